import { crypto } from "#hal";
import { deepEqual, describe, equal, hex, it, ok } from "#test";
import { GROUP_P256, GROUP_X25519 } from "../../firmware/ports/crypto.js";
import * as alert from "../../firmware/tls/alert.js";
import { type ClientHandshake, EARLY_KEYS, HANDSHAKE_KEYS, HANDSHAKE_NONE, LEVEL_APPLICATION, LEVEL_HANDSHAKE, LEVEL_INITIAL, SESSION } from "../../firmware/tls/client-handshake.js";
import type { HandshakeOptions } from "../../firmware/tls/handshake-options.js";
import type { Session } from "../../firmware/tls/session.js";
import { CALENDAR } from "./support/certificates.js";
import { checkComplete, encrypted, give, hello, refuses, refusesChanged, run, sent, SERVER, started, TRANSPORT, ALPN, VERSION } from "./support/client.js";
import { concat, text } from "./support/der-writer.js";
import { extension, message, parseClientHello, type ServerOptions, TestServer, u16, vector16, vector8 } from "./support/test-server.js";

const u32 = (value: number): Uint8Array => concat(u16(value >>> 16), u16(value & 0xffff));
const NONCE = new Uint8Array([7, 7]);

function ticket(parts: { lifetime?: number; length?: number; extensions?: Uint8Array[] } = {}): Uint8Array {
	return message(4, concat(u32(parts.lifetime ?? 3600), u32(0xfffffff0), vector8(NONCE), vector16(new Uint8Array(parts.length ?? 40).fill(0x74)), vector16(...parts.extensions ?? [extension(42, u32(0xffffffff))])));
}

/** A session made by a handshake with that suite, and the secret by the server's arithmetic. */
function session(suite = 0x1301): { session: Session; secret: Uint8Array } {
	const { client, server } = run({ wantsTickets: true }, { suite });
	checkComplete(client, server);
	give(client, LEVEL_APPLICATION, ticket());
	equal(client.pollEvent(), SESSION);
	equal(client.pollEvent(), HANDSHAKE_NONE);
	const found = client.takeSession()!, secret = server.sessionSecret(NONCE);
	deepEqual(found.secret, secret);
	equal(client.takeSession(), undefined);
	client.close();
	deepEqual(found.secret, secret);
	return { session: found, secret };
}

function resumes(options: Partial<HandshakeOptions> = {}, serverOptions: Partial<ServerOptions> = {}, suite = 0x1301): { client: ClientHandshake; server: TestServer; hello: Uint8Array } {
	const made = session(suite), client = started({ session: made.session, ...options }), server = new TestServer({ ...SERVER, suite, secret: made.secret, ...serverOptions });
	const bytes = sent(client, LEVEL_INITIAL);
	if (options.earlyData) {
		equal(client.pollEvent(), EARLY_KEYS);
		equal(client.suite, suite);
	}
	const early = client.clientSecret.slice();
	give(client, LEVEL_INITIAL, server.serverHello(bytes));
	if (options.earlyData && server.resumed)
		deepEqual(early, server.earlySecret);
	return { client, server, hello: bytes };
}

function finish(client: ClientHandshake, server: TestServer, takesEarly = false): void {
	equal(client.pollEvent(), HANDSHAKE_KEYS);
	deepEqual(client.clientSecret, server.clientHandshakeSecret);
	for (const each of server.flight())
		give(client, LEVEL_HANDSHAKE, each);
	checkComplete(client, server, takesEarly);
}

describe("client handshake: session tickets", () => {
	it("are asked for where the caller wants them, and become sessions with the server's secret", () => {
		equal(parseClientHello(sent(started(), LEVEL_INITIAL)).extensions.has(45), false);
		equal(hex(parseClientHello(sent(started({ wantsTickets: true }), LEVEL_INITIAL)).extensions.get(45)!), "0101");
		for (const suite of [0x1301, 0x1302, 0x1303]) {
			const { session: { ticket: bytes, secret, ageAdd, lifetime, received, maxEarlyData, transport } } = session(suite);
			deepEqual([bytes.length, secret.length, ageAdd, lifetime, received, maxEarlyData, transport.length], [40, suite === 0x1302 ? 48 : 32, 0xfffffff0, 3600, CALENDAR.seconds(), 0xffffffff, 0]);
		}
	});

	it("are kept two at a time, the newest", () => {
		const { client, server } = run({ wantsTickets: true });
		checkComplete(client, server);
		give(client, LEVEL_APPLICATION, concat(ticket({ length: 1 }), ticket({ length: 2 }), ticket({ length: 3 })));
		equal(client.pollEvent(), SESSION);
		equal(client.takeSession()!.ticket.length, 2);
		equal(client.pollEvent(), SESSION);
		give(client, LEVEL_APPLICATION, concat(ticket({ length: 4 }), ticket({ length: 5 })));
		equal(client.takeSession()!.ticket.length, 4);
		equal(client.pollEvent(), SESSION);
		equal(client.takeSession()!.ticket.length, 5);
		equal(client.pollEvent(), HANDSHAKE_NONE);
	});

	it("are passed over where they cannot be used", () => {
		const { client, server } = run({ wantsTickets: true });
		checkComplete(client, server);
		give(client, LEVEL_APPLICATION, concat(ticket({ lifetime: 0 }), ticket({ length: 1025 }), ticket({ length: 60000 })));
		equal(client.pollEvent(), HANDSHAKE_NONE);
		const other = run();
		checkComplete(other.client, other.server);
		give(other.client, LEVEL_APPLICATION, ticket());
		equal(other.client.pollEvent(), HANDSHAKE_NONE);
	});

	it("end the connection where they break a rule", () => {
		const cases: [Uint8Array, number, string][] = [
			[ticket({ lifetime: 604801 }), alert.ALERT_ILLEGAL_PARAMETER, "more than seven days"],
			[ticket({ length: 0 }), alert.ALERT_DECODE_ERROR, "empty ticket"],
			[ticket({ extensions: [extension(42, new Uint8Array(3))] }), alert.ALERT_DECODE_ERROR, "ends too early"],
			[ticket({ extensions: [extension(42, new Uint8Array(5))] }), alert.ALERT_DECODE_ERROR, "bytes too many"],
			[ticket({ extensions: [extension(42, u32(1)), extension(42, u32(1))] }), alert.ALERT_ILLEGAL_PARAMETER, "twice"],
			[ticket({ extensions: [extension(51, u16(29))] }), alert.ALERT_ILLEGAL_PARAMETER, "extension 51 does not belong there"],
		];
		for (const [bytes, code, reason] of cases) {
			const { client } = run({ wantsTickets: true });
			refuses(code, reason, () => give(client, LEVEL_APPLICATION, bytes));
		}
	});
});

describe("client handshake: resumption", () => {
	for (const suite of [0x1301, 0x1302, 0x1303])
		it(`agrees with the server on every secret without a certificate: suite ${suite.toString(16)}`, () => {
			const { client, server, hello: bytes } = resumes({ earlyData: true }, { takesEarly: true }, suite);
			ok([...parseClientHello(bytes).extensions.keys()].pop() === 41, "pre_shared_key is not last");
			finish(client, server, true);
			equal(client.resumed, true);
		});

	it("goes on with certificates where the server does not resume", () => {
		for (const suite of [0x1301, 0x1303]) {
			const { session: old } = session(), client = started({ session: old, earlyData: true }), server = new TestServer({ ...SERVER, suite });
			give(client, LEVEL_INITIAL, server.serverHello(sent(client, LEVEL_INITIAL)));
			equal(client.pollEvent(), EARLY_KEYS);
			finish(client, server);
			equal(client.resumed, false);
		}
	});

	it("goes on with certificates under another hash", () => {
		const { session: old } = session(), client = started({ session: old }), server = new TestServer({ ...SERVER, suite: 0x1302 });
		give(client, LEVEL_INITIAL, server.serverHello(sent(client, LEVEL_INITIAL)));
		finish(client, server);
		equal(client.suite, 0x1302);
	});

	it("resumes where the server refuses the early data", () => {
		const { client, server } = resumes({ earlyData: true });
		finish(client, server);
		equal(client.resumed, true);
	});

	it("tells the ticket's age by the calendar, modulo 2^32", () => {
		const { session: old } = session();
		const calendar = { ...CALENDAR, seconds: () => old.received + 100 };
		const offer = parseClientHello(sent(started({ session: old, calendar }), LEVEL_INITIAL)).extensions.get(41)!;
		equal(hex(offer), hex(concat(vector16(vector16(new Uint8Array(40).fill(0x74)), u32(100000 - 16)), offer.slice(48))));
		equal(offer.length, 48 + 2 + 33);
	});

	it("offers no session that is over, from the future, of a suite that is not offered, or without a set clock", () => {
		const { session: old } = session();
		const at = (seconds: number, isSet = true): Partial<HandshakeOptions> => ({ session: old, earlyData: true, calendar: { ...CALENDAR, isSet, seconds: () => old.received + seconds } });
		const expired = { ...old, until: old.received + 9 };
		for (const options of [{ ...at(10), session: expired }, at(3600), at(-1), at(0, false), { session: old, suites: [0x1303] }]) {
			const client = started(options), { extensions } = parseClientHello(sent(client, LEVEL_INITIAL));
			equal(extensions.has(41) || extensions.has(42), false);
			equal(client.pollEvent(), HANDSHAKE_NONE);
		}
		equal(parseClientHello(sent(started(at(3599)), LEVEL_INITIAL)).extensions.has(42), true);
	});

	it("ends with the certificate, over any number of resumptions", () => {
		const { session: old } = session();
		equal(old.until, Date.UTC(2035, 0, 1) / 1000);
		old.until = 2_000_000_000;
		const secret = old.secret.slice(), client = started({ session: old }), server = new TestServer({ ...SERVER, secret });
		give(client, LEVEL_INITIAL, server.serverHello(sent(client, LEVEL_INITIAL)));
		finish(client, server);
		give(client, LEVEL_APPLICATION, ticket());
		equal(client.pollEvent(), SESSION);
		equal(client.takeSession()!.until, 2_000_000_000);
	});

	it("announces early data only where the ticket allows it", () => {
		const { session: old } = session();
		old.maxEarlyData = 0;
		const client = started({ session: old, earlyData: true });
		equal(client.earlyOffered, false);
		equal(client.pollEvent(), HANDSHAKE_NONE);
		equal(parseClientHello(sent(client, LEVEL_INITIAL)).extensions.has(42), false);
	});

	it("binds its second ClientHello too, and takes the early data back", () => {
		for (const suite of [0x1301, 0x1302]) {
			const made = session(suite), client = started({ session: made.session, earlyData: true, shares: [GROUP_P256] });
			const server = new TestServer({ ...SERVER, suite, secret: made.secret });
			equal(client.pollEvent(), EARLY_KEYS);
			equal(client.earlyOffered, true);
			give(client, LEVEL_INITIAL, server.retry(sent(client, LEVEL_INITIAL), extension(51, u16(GROUP_X25519)), extension(44, vector16(text("biscuit")))));
			equal(client.earlyOffered, false);
			const second = sent(client, LEVEL_INITIAL), { extensions } = parseClientHello(second);
			equal(extensions.has(42), false);
			equal([...extensions.keys()].pop(), 41);
			give(client, LEVEL_INITIAL, server.serverHello(second));
			equal(server.resumed, true);
			finish(client, server);
			equal(client.resumed, true);
		}
	});

	it("leaves the session out of its second ClientHello where the hash is another", () => {
		const made = session(), client = started({ session: made.session, shares: [GROUP_P256] }), server = new TestServer({ ...SERVER, suite: 0x1302 });
		give(client, LEVEL_INITIAL, server.retry(sent(client, LEVEL_INITIAL), extension(51, u16(GROUP_X25519))));
		const second = sent(client, LEVEL_INITIAL);
		equal(parseClientHello(second).extensions.has(41), false);
		give(client, LEVEL_INITIAL, server.serverHello(second));
		finish(client, server);
		equal(client.resumed, false);
	});

	it("refuses a choice that was not offered", () => {
		const share = (): Uint8Array => extension(51, concat(u16(GROUP_X25519), vector16(crypto.keyPair(GROUP_X25519).publicKey)));
		refuses(alert.ALERT_UNSUPPORTED_EXTENSION, "extension 41", () => give(started(), LEVEL_INITIAL, hello({ extensions: [VERSION, share(), extension(41, u16(0))] })));
		const chosen = (suite: number, identity: number, extensions = [VERSION, share(), extension(41, u16(identity))]) => () =>
			give(started({ session: session().session }), LEVEL_INITIAL, hello({ suite, extensions }));
		refuses(alert.ALERT_ILLEGAL_PARAMETER, "was not offered", chosen(0x1301, 1));
		refuses(alert.ALERT_ILLEGAL_PARAMETER, "was not offered", chosen(0x1301, 0xffff));
		refuses(alert.ALERT_ILLEGAL_PARAMETER, "another hash", chosen(0x1302, 0));
		refuses(alert.ALERT_MISSING_EXTENSION, "no key share", chosen(0x1301, 0, [VERSION, extension(41, u16(0))]));
		refuses(alert.ALERT_DECODE_ERROR, "ends too early", chosen(0x1301, 0, [VERSION, share(), extension(41, new Uint8Array(1))]));
	});

	it("refuses early data that it did not announce, of a session not resumed, or under another suite", () => {
		refusesChanged(alert.ALERT_UNSUPPORTED_EXTENSION, "extension 42", 8, () => encrypted(ALPN, TRANSPORT, extension(42, new Uint8Array(0))));
		const early = (serverOptions: Partial<ServerOptions>) => () => {
			const { client, server } = resumes({ earlyData: true }, { takesEarly: true, ...serverOptions });
			finish(client, server);
		};
		refuses(alert.ALERT_ILLEGAL_PARAMETER, "early data without the session", early({ secret: undefined }));
		refuses(alert.ALERT_ILLEGAL_PARAMETER, "early data without the session", early({ suite: 0x1303 }));
		refuses(alert.ALERT_DECODE_ERROR, "bytes too many", early({ takesEarly: false, change: (type, bytes) => type === 8 ? encrypted(ALPN, TRANSPORT, extension(42, new Uint8Array(1))) : bytes }));
	});

	it("refuses a certificate or a request for one", () => {
		for (const type of [11, 13]) {
			const { client, server } = resumes();
			client.pollEvent();
			give(client, LEVEL_HANDSHAKE, server.flight().next().value!);
			refuses(alert.ALERT_UNEXPECTED_MESSAGE, `message ${type} out of order`, () => give(client, LEVEL_HANDSHAKE, message(type, new Uint8Array(20))));
		}
	});

	it("refuses the Finished of a server that does not know the session's secret", () => {
		const { client, server } = resumes({}, { change: (type, bytes) => type === 20 ? bytes.map((byte, i) => i < 4 ? byte : byte ^ 1) : bytes });
		equal(client.pollEvent(), HANDSHAKE_KEYS);
		const { clientSecret } = client;
		refuses(alert.ALERT_DECRYPT_ERROR, "Finished is wrong", () => {
			for (const each of server.flight())
				give(client, LEVEL_HANDSHAKE, each);
		});
		equal(client.pollEvent(), HANDSHAKE_NONE);
		equal(clientSecret.every(byte => byte === 0), true);
	});

	it("wipes the early secret when the next keys are there, and the sessions at its end", () => {
		const { client } = resumes({ earlyData: true });
		const early = client.clientSecret;
		ok(early.some(byte => byte !== 0));
		equal(client.pollEvent(), HANDSHAKE_KEYS);
		equal(early.every(byte => byte === 0), true);
		const { client: other, server } = run({ wantsTickets: true });
		while (other.pollEvent() !== HANDSHAKE_NONE);
		server.expectedClientFlight();
		give(other, LEVEL_APPLICATION, ticket());
		equal(other.pollEvent(), SESSION);
		other.close();
		equal(other.takeSession(), undefined);
	});
});
