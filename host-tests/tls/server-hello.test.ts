import { crypto } from "#hal";
import { deepEqual, describe, equal, hex, it, ok, throws } from "#test";
import { GROUP_P256, GROUP_X25519 } from "../../firmware/ports/crypto.js";
import * as alert from "../../firmware/tls/alert.js";
import { AlertError } from "../../firmware/tls/alert.js";
import { HANDSHAKE_KEYS, HANDSHAKE_NONE, LEVEL_HANDSHAKE, LEVEL_INITIAL } from "../../firmware/tls/client-handshake.js";
import { ALPN, checkComplete, give, hello, refuses, refusesHello, sent, SERVER, started, VERSION } from "./support/client.js";
import { concat, text } from "./support/der-writer.js";
import { extension, message, parseClientHello, RETRY_RANDOM, type ServerOptions, TestServer, u16, vector16, vector8 } from "./support/test-server.js";

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
		refuses(alert.ALERT_UNEXPECTED_MESSAGE, "second HelloRetryRequest", () => give(client, LEVEL_INITIAL, hello({ random: RETRY_RANDOM, extensions: [VERSION, extension(44, vector16(new Uint8Array(1)))] })));
	});

	it("refuses one that changes nothing, or that asks for what it has or does not know", () => {
		const cases: [Uint8Array[], string][] = [
			[[], "would change nothing"],
			[[extension(51, u16(GROUP_P256))], "HelloRetryRequest for group 23, which it has or was not offered"],
			[[extension(51, u16(0x18))], "HelloRetryRequest for group 24, which it has or was not offered"],
		];
		for (const [extensions, reason] of cases)
			refuses(alert.ALERT_ILLEGAL_PARAMETER, reason, () => retried([GROUP_P256], extensions));
		refuses(alert.ALERT_ILLEGAL_PARAMETER, "empty cookie", () => retried([GROUP_P256], [extension(44, vector16())]));
		refuses(alert.ALERT_UNSUPPORTED_EXTENSION, "extension 41", () => retried([GROUP_P256], [extension(41, u16(0))]));
	});

	it("refuses another cipher suite or the first share after it", () => {
		const { client } = retried([GROUP_P256], [extension(51, u16(GROUP_X25519))]);
		refuses(alert.ALERT_ILLEGAL_PARAMETER, "suite changed after HelloRetryRequest", () => give(client, LEVEL_INITIAL, hello({ suite: 0x1303 })));
		const { client: other } = retried([GROUP_P256], [extension(51, u16(GROUP_X25519))]);
		const share = crypto.keyPair(GROUP_P256).publicKey;
		refuses(alert.ALERT_ILLEGAL_PARAMETER, "group 23, which no key share was sent for", () => give(other, LEVEL_INITIAL, hello({ extensions: [VERSION, extension(51, concat(u16(GROUP_P256), vector16(share)))] })));
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
			refusesHello(alert.ALERT_ILLEGAL_PARAMETER, "downgrade to an older TLS version", { random: concat(new Uint8Array(24), text("DOWNGRD"), new Uint8Array([last])), extensions: [] });
		refusesHello(alert.ALERT_ILLEGAL_PARAMETER, "TLS version 771 (771) was not offered", { extensions: [extension(43, u16(0x0303))] });
		refusesHello(alert.ALERT_ILLEGAL_PARAMETER, "TLS version 772 (769) was not offered", { version: 0x0301 });
		const client = started(), bare = concat(u16(0x0303), new Uint8Array(32), vector8(), u16(0xc02b), new Uint8Array(1));
		refuses(alert.ALERT_PROTOCOL_VERSION, "does not speak TLS 1.3", () => give(client, LEVEL_INITIAL, message(2, bare)));
	});

	it("refuses what was not offered", () => {
		refusesHello(alert.ALERT_ILLEGAL_PARAMETER, "session id", { sessionId: new Uint8Array(32) });
		refusesHello(alert.ALERT_ILLEGAL_PARAMETER, "compression", { compression: 1 });
		refusesHello(alert.ALERT_ILLEGAL_PARAMETER, "suite 4868 was not offered", { suite: 0x1304 });
		refusesHello(alert.ALERT_ILLEGAL_PARAMETER, "group 24, which no key share was sent for", { extensions: share(0x18, new Uint8Array(97)) });
		refusesHello(alert.ALERT_MISSING_EXTENSION, "no key share", { extensions: [VERSION] });
		refusesHello(alert.ALERT_UNSUPPORTED_EXTENSION, "extension 41", { extensions: [extension(41, u16(0)), ...share(GROUP_X25519, new Uint8Array(32).fill(9))] });
		refusesHello(alert.ALERT_UNSUPPORTED_EXTENSION, "extension 4660", { extensions: [extension(0x1234, u16(0)), ...share(GROUP_X25519, new Uint8Array(32).fill(9))] });
		refusesHello(alert.ALERT_ILLEGAL_PARAMETER, "extension 16 does not belong there", { extensions: [...share(GROUP_X25519, new Uint8Array(32).fill(9)), ALPN] });
		refusesHello(alert.ALERT_ILLEGAL_PARAMETER, "cookie", { extensions: [VERSION, extension(44, vector16(new Uint8Array(1)))] });
		refusesHello(alert.ALERT_ILLEGAL_PARAMETER, "extension 43 twice", { extensions: [VERSION, VERSION] });
		const client = started({ suites: [0x1303] });
		refuses(alert.ALERT_ILLEGAL_PARAMETER, "suite 4865 was not offered", () => give(client, LEVEL_INITIAL, hello({})));
	});

	it("refuses key shares that are zero, off the curve or of the wrong length", () => {
		const off = new Uint8Array(65).fill(1);
		off[0] = 4;
		refusesHello(alert.ALERT_ILLEGAL_PARAMETER, "invalid key share", { extensions: share(GROUP_X25519, new Uint8Array(32)) });
		refusesHello(alert.ALERT_ILLEGAL_PARAMETER, "invalid key share", { extensions: share(GROUP_P256, off) });
		for (const length of [0, 31, 33])
			refusesHello(alert.ALERT_ILLEGAL_PARAMETER, "invalid key share", { extensions: share(GROUP_X25519, new Uint8Array(length).fill(9)) });
		refusesHello(alert.ALERT_ILLEGAL_PARAMETER, "invalid key share", { extensions: share(GROUP_P256, new Uint8Array(33).fill(2)) });
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
		refuses(alert.ALERT_DECODE_ERROR, "ServerHello has 1 bytes too many", () => give(client, LEVEL_INITIAL, message(2, concat(whole.slice(4), new Uint8Array(1)))));
	});
});
