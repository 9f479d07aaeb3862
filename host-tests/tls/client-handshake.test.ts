import { crypto, random } from "#hal";
import { deepEqual, describe, ENGINE, equal, hex, it, ok, throws } from "#test";
import { GROUP_P256, GROUP_X25519 } from "../../firmware/ports/crypto.js";
import * as alert from "../../firmware/tls/alert.js";
import { AlertError } from "../../firmware/tls/alert.js";
import { APPLICATION_KEYS, ClientHandshake, HANDSHAKE_COMPLETE, HANDSHAKE_KEYS, HANDSHAKE_NONE, LEVEL_APPLICATION, LEVEL_HANDSHAKE, LEVEL_INITIAL } from "../../firmware/tls/client-handshake.js";
import type { HandshakeOptions } from "../../firmware/tls/handshake-options.js";
import { CALENDAR, certificates } from "./support/certificates.js";
import { concat, text } from "./support/der-writer.js";
import { P256Key } from "./support/p256.js";
import { Prng } from "../support/prng.js";
import { extension, message, parseClientHello, RETRY_RANDOM, type ServerOptions, TestServer, u16, vector16, vector24, vector8 } from "./support/test-server.js";

const key = new P256Key(crypto, "leaf");
const PARAMETERS = new Uint8Array([0x0f, 0x00]);
const OPTIONS: HandshakeOptions = { crypto, random, calendar: CALENDAR, serverName: "broker.example", alpn: "mqtt", roots: certificates("root"), transportParameters: PARAMETERS };
const SERVER: ServerOptions = { crypto, chain: certificates("leaf"), sign: content => key.sign(content) };

function started(options: Partial<HandshakeOptions> = {}): ClientHandshake {
	const client = new ClientHandshake({ ...OPTIONS, ...options });
	client.start();
	return client;
}

function sent(client: ClientHandshake, level: number, limit = 4096): Uint8Array {
	const into = new Uint8Array(limit);
	return into.slice(0, client.pollTransmit(level, into, 0, limit));
}

function give(client: ClientHandshake, level: number, bytes: Uint8Array): void {
	client.receive(level, bytes, 0, bytes.length);
}

/** Runs a handshake up to its end; returns both sides. */
function run(options: Partial<HandshakeOptions> = {}, serverOptions: Partial<ServerOptions> = {}): { client: ClientHandshake; server: TestServer } {
	const client = started(options), server = new TestServer({ ...SERVER, ...serverOptions });
	give(client, LEVEL_INITIAL, server.serverHello(sent(client, LEVEL_INITIAL)));
	equal(client.pollEvent(), HANDSHAKE_KEYS);
	deepEqual(client.clientSecret, server.clientHandshakeSecret);
	deepEqual(client.serverSecret, server.serverHandshakeSecret);
	for (const each of server.flight())
		give(client, LEVEL_HANDSHAKE, each);
	return { client, server };
}

/** A handshake of which the Handshake level is next. */
function helloDone(serverOptions: Partial<ServerOptions> = {}): { client: ClientHandshake; server: TestServer } {
	const client = started(), server = new TestServer({ ...SERVER, ...serverOptions });
	give(client, LEVEL_INITIAL, server.serverHello(sent(client, LEVEL_INITIAL)));
	client.pollEvent();
	return { client, server };
}

function checkComplete(client: ClientHandshake, server: TestServer): void {
	equal(client.pollEvent(), APPLICATION_KEYS);
	deepEqual(client.clientSecret, server.clientSecret);
	deepEqual(client.serverSecret, server.serverSecret);
	equal(client.pollEvent(), HANDSHAKE_COMPLETE);
	equal(client.pollEvent(), HANDSHAKE_NONE);
	equal(hex(sent(client, LEVEL_HANDSHAKE)), hex(server.expectedClientFlight()));
	equal(sent(client, LEVEL_HANDSHAKE).length, 0);
	deepEqual(client.peerTransportParameters, new Uint8Array([1, 2, 3]));
}

function refuses(code: number, reason: string, body: () => unknown): void {
	const error = throws(body, reason) as AlertError;
	ok(error instanceof AlertError, `not an AlertError: ${error.stack}`);
	equal(error.alert, code, `alert of "${error.message}"`);
	equal(error.reason, error.message);
}

/** The handshake ends with that alert when the server's message of that type is changed so. */
function refusesChanged(code: number, reason: string, type: number, change: (message: Uint8Array) => Uint8Array, serverOptions: Partial<ServerOptions> = {}): void {
	refuses(code, reason, () => run({}, { ...serverOptions, change: (each, bytes) => each === type ? change(bytes) : bytes }));
}

/** A ServerHello with a valid X25519 share, with parts replaced. */
function hello(parts: { version?: number; random?: Uint8Array; sessionId?: Uint8Array; suite?: number; compression?: number; extensions?: Uint8Array[] }): Uint8Array {
	const share = crypto.keyPair(GROUP_X25519).publicKey;
	return message(2, concat(u16(parts.version ?? 0x0303), parts.random ?? new Uint8Array(32), vector8(parts.sessionId ?? new Uint8Array(0)), u16(parts.suite ?? 0x1301),
		new Uint8Array([parts.compression ?? 0]), vector16(...parts.extensions ?? [VERSION, extension(51, concat(u16(GROUP_X25519), vector16(share)))])));
}

const VERSION = extension(43, u16(0x0304));

function refusesHello(code: number, reason: string, parts: Parameters<typeof hello>[0]): void {
	const client = started();
	refuses(code, reason, () => give(client, LEVEL_INITIAL, hello(parts)));
}

const encrypted = (...extensions: Uint8Array[]): Uint8Array => message(8, vector16(...extensions));
const ALPN = extension(16, vector16(vector8(text("mqtt"))));
const TRANSPORT = extension(57, new Uint8Array(3));

describe("client handshake: ClientHello", () => {
	it("offers suites, groups with key shares, schemes, ALPN, name and transport parameters, and little else", () => {
		const bytes = sent(started(), LEVEL_INITIAL), parsed = parseClientHello(bytes);
		ok(bytes.length < 330, `${bytes.length} bytes`);
		deepEqual(parsed.suites, [0x1301, 0x1303, 0x1302]);
		deepEqual([...parsed.extensions.keys()], [0, 43, 10, 51, 13, 50, 16, 57]);
		equal(hex(parsed.extensions.get(0)!), hex(concat(vector16(new Uint8Array([0]), vector16(text("broker.example"))))));
		equal(hex(parsed.extensions.get(43)!), "020304");
		equal(hex(parsed.extensions.get(10)!), "0004001d0017");
		equal(hex(parsed.extensions.get(13)!), "000a04030804050308050806");
		equal(hex(parsed.extensions.get(50)!), "001004030804050308050806040105010601");
		equal(hex(parsed.extensions.get(16)!), "0005046d717474");
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
		throws(() => new ClientHandshake({ ...OPTIONS, serverName: "a b" }), "neither a DNS name nor an IPv4 address");
		throws(() => new ClientHandshake({ ...OPTIONS, alpn: "" }), "1 to 255 characters");
		throws(() => started().start(), "started before");
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

describe("client handshake: HelloRetryRequest", () => {
	const retried = (shares: readonly number[], extensions: Uint8Array[], serverOptions: Partial<ServerOptions> = {}) => {
		const client = started({ shares }), server = new TestServer({ ...SERVER, ...serverOptions });
		const first = sent(client, LEVEL_INITIAL);
		give(client, LEVEL_INITIAL, server.retry(first, ...extensions));
		equal(client.pollEvent(), HANDSHAKE_NONE);
		return { client, server, first, second: sent(client, LEVEL_INITIAL) };
	};

	it("sends a key share of the group that the server wants, and the cookie", () => {
		const { client, server, first, second } = retried([GROUP_P256], [extension(51, u16(GROUP_X25519)), extension(44, vector16(text("biscuit")))]);
		const before = parseClientHello(first), after = parseClientHello(second);
		deepEqual(Object.keys(before.shares), [String(GROUP_P256)]);
		deepEqual(Object.keys(after.shares), [String(GROUP_X25519)]);
		deepEqual(after.random, before.random);
		equal(hex(after.extensions.get(44)!), "0007" + hex(text("biscuit")));
		give(client, LEVEL_INITIAL, server.serverHello(second));
		equal(client.pollEvent(), HANDSHAKE_KEYS);
		give(client, LEVEL_HANDSHAKE, concat(...server.flight()));
		checkComplete(client, server);
	});

	it("repeats its key shares where only a cookie is asked for", () => {
		const { client, server, first, second } = retried([GROUP_X25519, GROUP_P256], [extension(44, vector16(text("biscuit")))]);
		deepEqual(parseClientHello(first).shares, parseClientHello(second).shares);
		give(client, LEVEL_INITIAL, server.serverHello(second));
		equal(client.pollEvent(), HANDSHAKE_KEYS);
		give(client, LEVEL_HANDSHAKE, concat(...server.flight()));
		checkComplete(client, server);
	});

	it("refuses a second one", () => {
		const { client } = retried([GROUP_P256], [extension(51, u16(GROUP_X25519))]);
		refuses(alert.ALERT_UNEXPECTED_MESSAGE, "a second HelloRetryRequest", () => give(client, LEVEL_INITIAL, hello({ random: RETRY_RANDOM, extensions: [VERSION, extension(44, vector16(new Uint8Array(1)))] })));
	});

	it("refuses one that changes nothing, or that asks for what it has or does not know", () => {
		const cases: [Uint8Array[], string][] = [
			[[], "would change nothing"],
			[[extension(51, u16(GROUP_P256))], "asks for group 0x17"],
			[[extension(51, u16(0x18))], "asks for group 0x18"],
		];
		for (const [extensions, reason] of cases)
			refuses(alert.ALERT_ILLEGAL_PARAMETER, reason, () => retried([GROUP_P256], extensions));
		refuses(alert.ALERT_ILLEGAL_PARAMETER, "an empty cookie", () => retried([GROUP_P256], [extension(44, vector16())]));
		refuses(alert.ALERT_UNSUPPORTED_EXTENSION, "extension 41", () => retried([GROUP_P256], [extension(41, u16(0))]));
	});

	it("refuses another cipher suite or the first share after it", () => {
		const { client } = retried([GROUP_P256], [extension(51, u16(GROUP_X25519))]);
		refuses(alert.ALERT_ILLEGAL_PARAMETER, "changed its cipher suite", () => give(client, LEVEL_INITIAL, hello({ suite: 0x1303 })));
		const { client: other } = retried([GROUP_P256], [extension(51, u16(GROUP_X25519))]);
		const share = crypto.keyPair(GROUP_P256).publicKey;
		refuses(alert.ALERT_ILLEGAL_PARAMETER, "group 0x17, which no key share was sent for", () => give(other, LEVEL_INITIAL, hello({ extensions: [VERSION, extension(51, concat(u16(GROUP_P256), vector16(share)))] })));
	});
});

describe("client handshake: ServerHello", () => {
	const share = (group: number, bytes: Uint8Array) => [VERSION, extension(51, concat(u16(group), vector16(bytes)))];

	it("accepts the one that the next cases break", () => {
		const client = started();
		give(client, LEVEL_INITIAL, hello({}));
		equal(client.pollEvent(), HANDSHAKE_KEYS);
	});

	it("refuses other versions and names a downgrade", () => {
		refusesHello(alert.ALERT_PROTOCOL_VERSION, "does not speak TLS 1.3", { extensions: [] });
		refusesHello(alert.ALERT_PROTOCOL_VERSION, "does not speak TLS 1.3", { version: 0x0302, sessionId: new Uint8Array(32), suite: 0xc02b, extensions: [extension(0xff01, new Uint8Array(1))] });
		for (const last of [0, 1])
			refusesHello(alert.ALERT_ILLEGAL_PARAMETER, "talk the connection down", { random: concat(new Uint8Array(24), text("DOWNGRD"), new Uint8Array([last])), extensions: [] });
		refusesHello(alert.ALERT_ILLEGAL_PARAMETER, "TLS version 303", { extensions: [extension(43, u16(0x0303))] });
		refusesHello(alert.ALERT_ILLEGAL_PARAMETER, "TLS version 304 (301)", { version: 0x0301 });
		const client = started(), bare = concat(u16(0x0303), new Uint8Array(32), vector8(), u16(0xc02b), new Uint8Array(1));
		refuses(alert.ALERT_PROTOCOL_VERSION, "does not speak TLS 1.3", () => give(client, LEVEL_INITIAL, message(2, bare)));
	});

	it("refuses what was not offered", () => {
		refusesHello(alert.ALERT_ILLEGAL_PARAMETER, "session id", { sessionId: new Uint8Array(32) });
		refusesHello(alert.ALERT_ILLEGAL_PARAMETER, "compression", { compression: 1 });
		refusesHello(alert.ALERT_ILLEGAL_PARAMETER, "cipher suite 0x1304", { suite: 0x1304 });
		refusesHello(alert.ALERT_ILLEGAL_PARAMETER, "group 0x18", { extensions: share(0x18, new Uint8Array(97)) });
		refusesHello(alert.ALERT_MISSING_EXTENSION, "no key share", { extensions: [VERSION] });
		refusesHello(alert.ALERT_UNSUPPORTED_EXTENSION, "extension 41", { extensions: [extension(41, u16(0)), ...share(GROUP_X25519, new Uint8Array(32).fill(9))] });
		refusesHello(alert.ALERT_UNSUPPORTED_EXTENSION, "extension 4660", { extensions: [extension(0x1234, u16(0)), ...share(GROUP_X25519, new Uint8Array(32).fill(9))] });
		refusesHello(alert.ALERT_ILLEGAL_PARAMETER, "extension 16 where it does not belong", { extensions: [...share(GROUP_X25519, new Uint8Array(32).fill(9)), ALPN] });
		refusesHello(alert.ALERT_ILLEGAL_PARAMETER, "cookie", { extensions: [VERSION, extension(44, vector16(new Uint8Array(1)))] });
		refusesHello(alert.ALERT_ILLEGAL_PARAMETER, "extension 43 twice", { extensions: [VERSION, VERSION] });
		const client = started({ suites: [0x1303] });
		refuses(alert.ALERT_ILLEGAL_PARAMETER, "cipher suite 0x1301", () => give(client, LEVEL_INITIAL, hello({})));
	});

	it("refuses key shares that are zero, off the curve or of the wrong length", () => {
		const off = new Uint8Array(65).fill(1);
		off[0] = 4;
		refusesHello(alert.ALERT_ILLEGAL_PARAMETER, "key share is not valid", { extensions: share(GROUP_X25519, new Uint8Array(32)) });
		refusesHello(alert.ALERT_ILLEGAL_PARAMETER, "key share is not valid", { extensions: share(GROUP_P256, off) });
		for (const length of [0, 31, 33])
			refusesHello(alert.ALERT_ILLEGAL_PARAMETER, "key share is not valid", { extensions: share(GROUP_X25519, new Uint8Array(length).fill(9)) });
		refusesHello(alert.ALERT_ILLEGAL_PARAMETER, "key share is not valid", { extensions: share(GROUP_P256, new Uint8Array(33).fill(2)) });
	});

	it("refuses damaged encodings", () => {
		refusesHello(alert.ALERT_DECODE_ERROR, "bytes too many", { extensions: [extension(43, new Uint8Array([3, 4, 0]))] });
		refusesHello(alert.ALERT_DECODE_ERROR, "ends too early", { extensions: [extension(43, new Uint8Array(1))] });
		const whole = hello({});
		for (let length = 0; length < whole.length - 4; length++) {
			const client = started();
			ok(throws(() => give(client, LEVEL_INITIAL, message(2, whole.slice(4, 4 + length)))) instanceof AlertError, `${length} bytes`);
		}
		const client = started();
		refuses(alert.ALERT_DECODE_ERROR, "the ServerHello has 1 bytes too many", () => give(client, LEVEL_INITIAL, message(2, concat(whole.slice(4), new Uint8Array(1)))));
	});
});

describe("client handshake: the server's flight", () => {
	it("refuses another application protocol, in words", () => {
		refuses(alert.ALERT_NO_APPLICATION_PROTOCOL, `the server chose the application protocol "h3" instead of "mqtt"`, () => run({}, { alpn: "h3" }));
		refusesChanged(alert.ALERT_NO_APPLICATION_PROTOCOL, `did not agree to the application protocol "mqtt" (it sent no ALPN)`, 8, () => encrypted(TRANSPORT));
		refusesChanged(alert.ALERT_DECODE_ERROR, "ALPN", 8, () => encrypted(TRANSPORT, extension(16, vector16(vector8(text("mqtt")), vector8(text("h3"))))));
		refusesChanged(alert.ALERT_DECODE_ERROR, "without a name", 8, () => encrypted(TRANSPORT, extension(16, vector16(vector8()))));
	});

	it("refuses EncryptedExtensions without transport parameters, or with what was not asked for", () => {
		refusesChanged(alert.ALERT_MISSING_EXTENSION, "no QUIC transport parameters", 8, () => encrypted(ALPN));
		refusesChanged(alert.ALERT_UNSUPPORTED_EXTENSION, "extension 42", 8, () => encrypted(ALPN, TRANSPORT, extension(42, new Uint8Array(0))));
		refusesChanged(alert.ALERT_ILLEGAL_PARAMETER, "extension 51 where it does not belong", 8, () => encrypted(ALPN, TRANSPORT, extension(51, u16(29))));
		refusesChanged(alert.ALERT_ILLEGAL_PARAMETER, "extension 57 twice", 8, () => encrypted(ALPN, TRANSPORT, TRANSPORT));
		refusesChanged(alert.ALERT_DECODE_ERROR, "bytes too many", 8, () => encrypted(ALPN, TRANSPORT, extension(0, new Uint8Array(1))));
		refuses(alert.ALERT_UNSUPPORTED_EXTENSION, "extension 0", () => run({ serverName: "192.0.2.7" }, { change: (type, bytes) => type === 8 ? encrypted(ALPN, TRANSPORT, extension(0, new Uint8Array(0))) : bytes }));
	});

	it("accepts the extensions that a server may add", () => {
		refusesChanged(alert.ALERT_DECRYPT_ERROR, "Finished", 20, bytes => bytes.map((byte, i) => i < 4 ? byte : 0));
		const { client, server } = run({}, { change: (type, bytes) => type === 8 ? encrypted(extension(0, new Uint8Array(0)), extension(10, vector16(u16(29), u16(0x11ec))), ALPN, extension(57, new Uint8Array([1, 2, 3]))) : bytes });
		checkComplete(client, server);
	});

	it("says what is wrong with the certificate, and sends the alert for it", () => {
		const judging = (chain: string, options: Partial<HandshakeOptions> = {}) => () => run(options, { chain: certificates(chain) });
		refuses(alert.ALERT_UNKNOWN_CA, "not signed by the configured CA", judging("leaf", { roots: certificates("otherRoot") }));
		refuses(alert.ALERT_CERTIFICATE_EXPIRED, "certificate expired on 2024-01-02", judging("leafExpired"));
		refuses(alert.ALERT_CERTIFICATE_EXPIRED, "not valid before 2027-02-03", judging("leafFuture"));
		refuses(alert.ALERT_BAD_CERTIFICATE, "certificate is for broker.example, *.wild.example, 192.0.2.7, not for b.example", judging("leaf", { serverName: "b.example" }));
		refuses(alert.ALERT_BAD_CERTIFICATE, "certificate is damaged", judging("leafNulName"));
		refuses(alert.ALERT_UNSUPPORTED_CERTIFICATE, "RSA key of 1024 bits", judging("leafRsa1024"));
		refuses(alert.ALERT_CERTIFICATE_UNKNOWN, "the clock is not set", judging("leaf", { calendar: { isSet: false, seconds: () => 0 } }));
	});

	it("bounds the chain in certificates and in bytes", () => {
		const [leaf] = certificates("leaf");
		refuses(alert.ALERT_BAD_CERTIFICATE, "more than 6 certificates", () => run({}, { chain: new Array(7).fill(leaf) }));
		refuses(alert.ALERT_BAD_CERTIFICATE, "longer than 8192 bytes", () => run({}, { chain: [leaf!, new Uint8Array(8192)] }));
		refuses(alert.ALERT_BAD_CERTIFICATE, "longer than 8192 bytes", () => run({}, { chain: [new Uint8Array(200000)] }));
	});

	it("refuses damaged Certificate messages", () => {
		const [leaf] = certificates("leaf"), entry = concat(vector24(leaf!), vector16());
		refusesChanged(alert.ALERT_ILLEGAL_PARAMETER, "context", 11, () => message(11, concat(vector8(new Uint8Array(1)), vector24(entry))));
		refusesChanged(alert.ALERT_DECODE_ERROR, "no certificate", 11, () => message(11, concat(vector8(), vector24())));
		refusesChanged(alert.ALERT_DECODE_ERROR, "an empty certificate", 11, () => message(11, concat(vector8(), vector24(concat(vector24(), vector16())))));
		refusesChanged(alert.ALERT_DECODE_ERROR, "does not fill its message", 11, () => message(11, concat(vector8(), vector24(entry), new Uint8Array(1))));
		refusesChanged(alert.ALERT_DECODE_ERROR, "longer than the list", 11, () => message(11, concat(vector8(), vector24(vector24(leaf!)))));
		refusesChanged(alert.ALERT_DECODE_ERROR, "ends within a certificate", 11, () => message(11, concat(vector8(), vector24(entry, new Uint8Array(2)))));
		refusesChanged(alert.ALERT_UNSUPPORTED_EXTENSION, "with its certificate", 11, () => message(11, concat(vector8(), vector24(vector24(leaf!), vector16(extension(5, new Uint8Array(1)))))));
		for (let length = 1; length < 4; length++)
			refusesChanged(alert.ALERT_DECODE_ERROR, "too short", 11, () => message(11, new Uint8Array(length)));
	});

	it("refuses a CertificateVerify by another key, of another scheme or over another transcript", () => {
		const other = new P256Key(crypto, "other");
		refuses(alert.ALERT_DECRYPT_ERROR, "does not hold the key of its certificate", () => run({}, { sign: content => other.sign(content) }));
		refuses(alert.ALERT_DECRYPT_ERROR, "does not hold the key", () => run({}, { sign: content => key.sign(content.fill(0, 98)) }));
		refuses(alert.ALERT_DECRYPT_ERROR, "does not hold the key", () => run({}, { sign: () => new Uint8Array(0) }));
		for (const scheme of [0x0804, 0x0503])
			refuses(alert.ALERT_ILLEGAL_PARAMETER, "does not fit its certificate's key", () => run({}, { scheme, sign: () => new Uint8Array(64) }));
		for (const scheme of [0x0401, 0x0203, 0x0603, 0x0807])
			refuses(alert.ALERT_ILLEGAL_PARAMETER, "was not offered", () => run({}, { scheme, sign: () => new Uint8Array(64) }));
		refusesChanged(alert.ALERT_DECODE_ERROR, "bytes too many", 15, bytes => message(15, concat(bytes.slice(4), new Uint8Array(1))));
	});

	it("refuses a wrong Finished", () => {
		refusesChanged(alert.ALERT_DECRYPT_ERROR, "Finished is wrong", 20, bytes => bytes.map((byte, i) => i === 35 ? byte ^ 1 : byte));
		refusesChanged(alert.ALERT_DECODE_ERROR, "wrong length", 20, bytes => message(20, bytes.slice(5)));
		refusesChanged(alert.ALERT_DECODE_ERROR, "wrong length", 20, bytes => message(20, bytes));
	});

	it("refuses a damaged certificate request", () => {
		const requests = { requests: true }, list = extension(13, vector16(u16(0x0403)));
		refusesChanged(alert.ALERT_ILLEGAL_PARAMETER, "a context", 13, () => message(13, concat(vector8(new Uint8Array(1)), vector16(list))), requests);
		refusesChanged(alert.ALERT_MISSING_EXTENSION, "no signature schemes", 13, () => message(13, concat(vector8(), vector16(extension(47, new Uint8Array(2))))), requests);
		refusesChanged(alert.ALERT_DECODE_ERROR, "half a signature scheme", 13, () => message(13, concat(vector8(), vector16(extension(13, vector16(new Uint8Array(3)))))), requests);
		refusesChanged(alert.ALERT_ILLEGAL_PARAMETER, "twice", 13, () => message(13, concat(vector8(), vector16(list, list))), requests);
	});
});

describe("client handshake: order and levels", () => {
	it("refuses messages out of order", () => {
		const types = [1, 2, 4, 5, 8, 11, 13, 15, 20, 24, 254];
		for (const type of types.filter(each => each !== 2)) {
			const client = started();
			refuses(alert.ALERT_UNEXPECTED_MESSAGE, "", () => give(client, LEVEL_INITIAL, message(type, new Uint8Array(40))));
		}
		const expected = [[8], [11, 13], [15], [20]];
		for (let count = 0; count < expected.length; count++)
			for (const type of types.filter(each => !expected[count]!.includes(each))) {
				const { client, server } = helloDone();
				const flight = server.flight();
				for (let i = 0; i < count; i++)
					give(client, LEVEL_HANDSHAKE, flight.next().value!);
				refuses(alert.ALERT_UNEXPECTED_MESSAGE, "", () => give(client, LEVEL_HANDSHAKE, message(type, new Uint8Array(40))));
			}
	});

	it("refuses a Certificate where a request must have come before, and two requests", () => {
		const { client, server } = helloDone();
		give(client, LEVEL_HANDSHAKE, server.flight().next().value!);
		const request = message(13, concat(vector8(), vector16(extension(13, vector16(u16(0x0403))))));
		give(client, LEVEL_HANDSHAKE, request);
		refuses(alert.ALERT_UNEXPECTED_MESSAGE, "type 13 out of order", () => give(client, LEVEL_HANDSHAKE, request));
	});

	it("refuses data at another level than its own", () => {
		for (const level of [LEVEL_HANDSHAKE, LEVEL_APPLICATION]) {
			const client = started();
			refuses(alert.ALERT_UNEXPECTED_MESSAGE, `level ${level}`, () => give(client, level, hello({})));
		}
		for (const level of [LEVEL_INITIAL, LEVEL_APPLICATION]) {
			const { client, server } = helloDone();
			refuses(alert.ALERT_UNEXPECTED_MESSAGE, `level ${level}`, () => give(client, level, concat(...server.flight())));
		}
	});

	it("refuses bytes behind the last message of a level", () => {
		const client = started();
		refuses(alert.ALERT_UNEXPECTED_MESSAGE, "level 0", () => give(client, LEVEL_INITIAL, concat(hello({}), new Uint8Array([8]))));
		const { client: other, server } = helloDone();
		refuses(alert.ALERT_UNEXPECTED_MESSAGE, "level 1", () => give(other, LEVEL_HANDSHAKE, concat(...server.flight(), new Uint8Array([4]))));
	});

	it("refuses empty and overlong messages", () => {
		const client = started();
		refuses(alert.ALERT_DECODE_ERROR, "an empty message", () => give(client, LEVEL_INITIAL, message(2, new Uint8Array(0))));
		const other = started();
		refuses(alert.ALERT_DECODE_ERROR, "too long", () => give(other, LEVEL_INITIAL, new Uint8Array([2, 0xff, 0xff, 0xff])));
	});

	it("passes over session tickets of any length and refuses everything else after the handshake", () => {
		const { client, server } = run();
		checkComplete(client, server);
		const ticket = (length: number) => message(4, concat(new Uint8Array(8), vector8(new Uint8Array(8)), vector16(new Uint8Array(length)), vector16(extension(42, new Uint8Array(4)))));
		give(client, LEVEL_APPLICATION, concat(ticket(100), ticket(1), ticket(60000), ticket(300)));
		equal(client.pollEvent(), HANDSHAKE_NONE);
		const after: [Uint8Array, number, string][] = [
			[message(24, new Uint8Array(1)), alert.ALERT_UNEXPECTED_MESSAGE, "KeyUpdate"],
			[message(13, new Uint8Array(9)), alert.ALERT_UNEXPECTED_MESSAGE, "asked for a certificate after the handshake"],
			[message(20, new Uint8Array(32)), alert.ALERT_UNEXPECTED_MESSAGE, "type 20"],
			[ticket(0), alert.ALERT_DECODE_ERROR, "an empty session ticket"],
			[message(4, new Uint8Array(5)), alert.ALERT_DECODE_ERROR, "ends too early"],
			[new Uint8Array([4, 0xff, 0xff, 0xff]), alert.ALERT_DECODE_ERROR, "too long"],
		];
		for (const [bytes, code, reason] of after) {
			const { client: each } = run();
			refuses(code, reason, () => give(each, LEVEL_APPLICATION, bytes));
		}
	});

	it("ends with an AlertError, or waits for more, at changed bytes", () => {
		const rounds = ENGINE === "xs" ? 10 : 250, types = [2, 8, 13, 11, 15, 20];
		for (let seed = 1; seed <= rounds; seed++) {
			const prng = new Prng(seed), target = types[prng.below(types.length)];
			const client = started(), server = new TestServer({ ...SERVER, requests: true, change: (type, bytes) => {
				for (let count = type === target ? 1 + prng.below(3) : 0; count > 0; count--)
					bytes[prng.below(bytes.length)] = prng.below(256);
				return bytes;
			} });
			try {
				give(client, LEVEL_INITIAL, server.serverHello(sent(client, LEVEL_INITIAL)));
				if (client.pollEvent() === HANDSHAKE_KEYS)
					for (const each of server.flight())
						give(client, LEVEL_HANDSHAKE, each);
			}
			catch (error) {
				ok(error instanceof AlertError, `seed ${seed}: ${(error as Error).stack}`);
			}
		}
	});
});
