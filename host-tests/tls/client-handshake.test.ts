import { deepEqual, describe, ENGINE, equal, hex, it, ok, throws } from "#test";
import { GROUP_P256, GROUP_X25519 } from "../../firmware/ports/crypto.js";
import { APPLICATION_KEYS, ClientHandshake, HANDSHAKE_KEYS, HANDSHAKE_NONE, LEVEL_APPLICATION, LEVEL_HANDSHAKE, LEVEL_INITIAL } from "../../firmware/tls/client-handshake.js";
import { certificates } from "./support/certificates.js";
import { OCSP_OFF } from "../../firmware/tls/x509/ocsp.js";
import { checkComplete, give, helloDone, OPTIONS, PARAMETERS, run, sent, SERVER, started } from "./support/client.js";
import { concat, text } from "./support/der-writer.js";
import { extension, message, parseClientHello, TestServer, u16, vector16, vector8 } from "./support/test-server.js";

describe("client handshake: ClientHello", () => {
	it("offers suites, groups with key shares, schemes, ALPN, name and transport parameters, and little else", () => {
		const bytes = sent(started(), LEVEL_INITIAL), parsed = parseClientHello(bytes);
		ok(bytes.length < 330, `${bytes.length} bytes`);
		deepEqual(parsed.suites, [0x1301, 0x1303, 0x1302]);
		deepEqual([...parsed.extensions.keys()], [0, 43, 10, 51, 13, 50, 16, 5, 57]);
		equal(hex(parsed.extensions.get(0)!), hex(concat(vector16(new Uint8Array([0]), vector16(text("broker.example"))))));
		equal(hex(parsed.extensions.get(43)!), "020304");
		equal(hex(parsed.extensions.get(10)!), "0004001d0017");
		equal(hex(parsed.extensions.get(13)!), "000a04030804050308050806");
		equal(hex(parsed.extensions.get(50)!), "001004030804050308050806040105010601");
		equal(hex(parsed.extensions.get(16)!), "0005046d717474");
		equal(hex(parsed.extensions.get(5)!), "0100000000");
		equal(parseClientHello(sent(started({ ocsp: OCSP_OFF }), LEVEL_INITIAL)).extensions.has(5), false);
		deepEqual(parsed.extensions.get(57), PARAMETERS);
		equal(parsed.shares[GROUP_X25519]!.length, 32);
		equal(parsed.shares[GROUP_P256]!.length, 65);
		ok(parsed.random.some(byte => byte !== 0), "random is zero");
	});

	it("sends no server name for an IP address", () => {
		equal(parseClientHello(sent(started({ serverName: "192.0.2.7" }), LEVEL_INITIAL)).extensions.has(0), false);
	});

	it("can be taken in pieces of any size", () => {
		const client = started(), parts: Uint8Array[] = [];
		for (let part = sent(client, LEVEL_INITIAL, 7); part.length > 0; part = sent(client, LEVEL_INITIAL, 7))
			parts.push(part);
		parseClientHello(concat(...parts));
		equal(client.pollTransmit(LEVEL_APPLICATION, new Uint8Array(8), 0, 8), 0);
	});

	it("refuses options that cannot work", () => {
		throws(() => new ClientHandshake({ ...OPTIONS, roots: [] }), "no CA certificate is configured");
		throws(() => new ClientHandshake({ ...OPTIONS, serverName: "a b" }), "neither a DNS name nor an IP address");
		throws(() => new ClientHandshake({ ...OPTIONS, alpn: "" }), "1 to 255 characters");
		throws(() => started().start(), "started twice");
	});
});

describe("client handshake: complete", () => {
	it("agrees with the server on every secret", () => {
		const { client, server } = run();
		checkComplete(client, server);
		equal(client.suite, 0x1301);
	});

	it("uses P-256 and ChaCha20-Poly1305 where the server chooses them", () => {
		const { client, server } = run({}, { group: GROUP_P256, suite: 0x1303 });
		checkComplete(client, server);
		equal(client.suite, 0x1303);
	});

	it("finds the server by its address", () => {
		const { client, server } = run({ serverName: "192.0.2.7" });
		checkComplete(client, server);
	});

	it("answers a certificate request with an empty Certificate", () => {
		const { client, server } = run({}, { requests: true });
		checkComplete(client, server);
	});

	it("passes over a certificate request that is longer than its buffer", () => {
		const authorities = extension(47, vector16(...new Array(40).fill(vector16(new Uint8Array(100)))));
		const { client, server } = run({}, { requests: true, change: (type, bytes) => type === 13 ? message(13, concat(vector8(), vector16(extension(13, vector16(u16(0x0403))), authorities))) : bytes });
		checkComplete(client, server);
	});

	it("takes chains with intermediates", () => {
		const { client, server } = run({}, { chain: certificates("leafDeep outer inner middle") });
		checkComplete(client, server);
	});

	it("takes messages that come byte by byte", () => {
		const client = started(), server = new TestServer(SERVER);
		const first = server.serverHello(sent(client, LEVEL_INITIAL));
		for (let i = 0; i < first.length; i++) {
			equal(client.pollEvent(), HANDSHAKE_NONE);
			client.receive(LEVEL_INITIAL, first, i, i + 1);
		}
		equal(client.pollEvent(), HANDSHAKE_KEYS);
		const flight = concat(...server.flight());
		for (let i = 0; i < flight.length; i++)
			client.receive(LEVEL_HANDSHAKE, flight, i, i + 1);
		checkComplete(client, server);
	});

	it("takes messages that are split at any one place", () => {
		const step = ENGINE === "xs" ? 397 : 5;
		for (let split = 0, length = 1; split < length; split += step) {
			const { client, server } = helloDone();
			const bytes = concat(...server.flight());
			length = bytes.length;
			const at = Math.min(split, length - 1);
			client.receive(LEVEL_HANDSHAKE, bytes, 0, at);
			equal(client.pollEvent(), HANDSHAKE_NONE, `split at ${split}`);
			client.receive(LEVEL_HANDSHAKE, bytes, at, length);
			equal(client.pollEvent(), APPLICATION_KEYS, `split at ${split}`);
		}
	});

	it("writes the key log's four lines", () => {
		const lines: string[] = [];
		const { client, server } = run({ keyLog: { write: (label, clientRandom, secret) => { lines.push(`${label} ${hex(clientRandom)} ${hex(secret)}`); } } });
		const id = hex(server.hello.random);
		deepEqual(lines, [
			`CLIENT_HANDSHAKE_TRAFFIC_SECRET ${id} ${hex(server.clientHandshakeSecret)}`,
			`SERVER_HANDSHAKE_TRAFFIC_SECRET ${id} ${hex(server.serverHandshakeSecret)}`,
			`CLIENT_TRAFFIC_SECRET_0 ${id} ${hex(server.clientSecret)}`,
			`SERVER_TRAFFIC_SECRET_0 ${id} ${hex(server.serverSecret)}`,
		]);
		client.close();
	});

	it("wipes the secrets when it is closed, and is silent then", () => {
		const { client, server } = run();
		const handshake = client.clientSecret;
		client.pollEvent();
		equal(handshake.every(byte => byte === 0), true);
		const application = client.clientSecret;
		deepEqual(application, server.clientSecret);
		client.close();
		client.close();
		equal(application.every(byte => byte === 0), true);
		equal(client.pollEvent(), HANDSHAKE_NONE);
		equal(sent(client, LEVEL_HANDSHAKE).length, 0);
		give(client, LEVEL_APPLICATION, new Uint8Array([1, 2, 3]));
	});
});
