import { crypto, random } from "#hal";
import { deepEqual, describe, ENGINE, equal, hex, it, ok } from "#test";
import * as alert from "../../firmware/tls/alert.js";
import type { HandshakeOptions } from "../../firmware/tls/handshake-options.js";
import { RecordLayer } from "../../firmware/tls/record-layer.js";
import type { RecordProtection } from "../../firmware/tls/record-protection.js";
import { Prng } from "../support/prng.js";
import { CALENDAR, certificates } from "./support/certificates.js";
import { SERVER } from "./support/client.js";
import { concat, text } from "./support/der-writer.js";
import { plainRecord, RecordPeer } from "./support/record-peer.js";
import { extension, message, parseClientHello, type ServerOptions, u16, vector16, vector8 } from "./support/test-server.js";

const ALERT = 21, HANDSHAKE = 22, DATA = 23;
const OPTIONS: HandshakeOptions = { crypto, random, calendar: CALENDAR, serverName: "broker.example", alpn: "mqtt", roots: certificates("root") };

/** The present one: the port has few places for keys. */
let last: RecordPeer | undefined;

function peer(serverOptions: Partial<ServerOptions> = {}, options: Partial<HandshakeOptions> = {}): RecordPeer {
	last?.close();
	return last = new RecordPeer(new RecordLayer({ ...OPTIONS, ...options }), { ...SERVER, ...serverOptions });
}

function connected(serverOptions: Partial<ServerOptions> = {}, options: Partial<HandshakeOptions> = {}): RecordPeer {
	const made = peer(serverOptions, options);
	made.connect();
	equal(made.client.closeReason, "");
	equal(made.client.isConnected, true);
	return made;
}

/** The connection has ended with that alert of ours as its last word. */
function ends(made: RecordPeer, code: number, reason: string): void {
	equal(made.client.isClosed, true, "still open");
	ok(made.client.closeReason.includes(reason), made.client.closeReason);
	equal(made.client.closeAlert, code);
	deepEqual([...made.take()], [code === 0 ? 1 : 2, code]);
	equal(made.take(1200).length, 2);
	equal(made.client.room, 0);
}

describe("record layer: handshake", () => {
	it("shows middleboxes a TLS 1.2 resumption, and no QUIC", () => {
		const made = peer();
		made.client.start();
		const { sessionId, extensions } = parseClientHello(made.take());
		equal(hex(made.records[0]!.slice(0, 3)), "160301");
		equal(sessionId.length, 32);
		equal(extensions.has(57), false);
	});

	for (const suite of [0x1301, 0x1302, 0x1303])
		it(`carries data both ways after it: suite ${suite.toString(16)}`, () => {
			const made = connected({ suite });
			deepEqual(made.contents.map(each => each.type), [HANDSHAKE, 20, HANDSHAKE]);
			equal(hex(made.contents[2]!.bytes), hex(made.server.expectedClientFlight()));
			made.ring.putBytes(text("CONNECT"), 0, 7);
			made.ring.commit();
			equal(hex(made.take()), hex(text("CONNECT")));
			equal(made.ring.base, 7);
			made.send(DATA, text("CONNACK"));
			equal(made.client.room, 0);
			equal(hex(made.read(3)), hex(text("CON")));
			equal(hex(made.read()), hex(text("NACK")));
			ok(made.client.room > 16384);
		});

	it("takes flights in records of any size, and a stream in pieces of any size", () => {
		for (const size of ENGINE === "xs" ? [1, 300] : [1, 2, 5, 64, 300, 1000]) {
			const made = peer();
			made.connect(size);
			equal(made.client.isConnected, true, `records of ${size}`);
		}
		const made = peer();
		made.hello();
		const flight = made.record(HANDSHAKE, concat(...made.server.flight()));
		for (let i = 0; i < flight.length; i++)
			made.give(flight.slice(i, i + 1));
		equal(made.client.isConnected, true);
	});

	it("drops change_cipher_spec before the server's Finished, and refuses any other", () => {
		const made = peer();
		made.client.start();
		made.give(plainRecord(20, new Uint8Array([1])));
		made.give(plainRecord(HANDSHAKE, made.server.serverHello(made.take())));
		made.give(plainRecord(20, new Uint8Array([1])));
		made.protect(made.server.serverHandshakeSecret, made.server.clientHandshakeSecret);
		made.send(HANDSHAKE, concat(...made.server.flight()));
		equal(made.client.isConnected, true);
		for (const content of [[2], [1, 1]]) {
			const other = peer();
			other.hello();
			other.give(plainRecord(20, new Uint8Array(content)));
			ends(other, alert.ALERT_UNEXPECTED_MESSAGE, "change_cipher_spec");
		}
		const late = connected();
		late.give(plainRecord(20, new Uint8Array([1])));
		ends(late, alert.ALERT_UNEXPECTED_MESSAGE, "change_cipher_spec");
		const sealed = peer();
		sealed.hello();
		sealed.send(20, new Uint8Array([1]));
		ends(sealed, alert.ALERT_UNEXPECTED_MESSAGE, "content of type 20");
	});

	it("sends its change_cipher_spec before the second ClientHello, once", () => {
		const made = peer({}, { shares: [23] });
		made.client.start();
		made.give(plainRecord(HANDSHAKE, withSessionId(made.server.retry(made.take(), extension(51, u16(29))), made)));
		made.take();
		deepEqual(made.contents.map(each => each.type), [HANDSHAKE, 20, HANDSHAKE]);
		equal(made.records[2]![2], 3);
	});

	it("does without ALPN where the server does not know it, and not with another protocol", () => {
		connected({ alpn: "" });
		const made = peer({ alpn: "h2" });
		made.connect();
		ends(made, alert.ALERT_NO_APPLICATION_PROTOCOL, "\"h2\"");
	});

	it("ends with the handshake's alert where that fails", () => {
		const made = peer({}, { roots: certificates("otherRoot") });
		made.connect();
		ends(made, alert.ALERT_UNKNOWN_CA, "not signed by the configured CA");
	});

	it("resumes a session, without early data", () => {
		const made = connected({}, { wantsTickets: true });
		made.server.expectedClientFlight();
		made.send(HANDSHAKE, message(4, concat(new Uint8Array([0, 0, 14, 16, 1, 2, 3, 4]), vector8(new Uint8Array(1)), vector16(new Uint8Array(20)), vector16())));
		const session = made.client.takeSession()!, secret = session.secret.slice();
		equal(made.client.takeSession(), undefined);
		const again = connected({ secret }, { session });
		equal(again.client.resumed, true);
	});
});

/** The server's HelloRetryRequest with the session id that it must repeat; the transcript is not needed. */
function withSessionId(retry: Uint8Array, made: RecordPeer): Uint8Array {
	const { sessionId } = parseClientHello(made.contents[0]!.bytes);
	return message(2, concat(retry.slice(4, 38), vector8(sessionId), retry.slice(39)));
}

describe("record layer: records", () => {
	it("takes the longest record and padding of any length, and refuses one more byte", () => {
		const made = connected();
		for (const [length, padding] of [[16384, 0], [16000, 384], [0, 16384], [0, 0], [1, 300]] as const) {
			made.give(made.record(DATA, new Uint8Array(length).fill(7), padding));
			equal(made.read().length, length);
		}
		made.give(made.record(DATA, new Uint8Array(16384), 1));
		ends(made, alert.ALERT_RECORD_OVERFLOW, "too much content");
	});

	it("refuses records by their header alone", () => {
		const cases: [number[], number][] = [
			[[23, 3, 3, 0x41, 1], alert.ALERT_RECORD_OVERFLOW], [[22, 3, 3, 0, 1], alert.ALERT_UNEXPECTED_MESSAGE], [[21, 3, 3, 0, 2], alert.ALERT_UNEXPECTED_MESSAGE],
			[[24, 3, 3, 0, 1], alert.ALERT_UNEXPECTED_MESSAGE], [[0, 3, 3, 0, 1], alert.ALERT_UNEXPECTED_MESSAGE],
		];
		for (const [header, code] of cases) {
			const made = connected();
			made.give(new Uint8Array(header));
			ends(made, code, "record");
		}
		for (const [header, code] of [[[22, 3, 3, 0x40, 1], alert.ALERT_RECORD_OVERFLOW], [[23, 3, 3, 0, 1], alert.ALERT_UNEXPECTED_MESSAGE]] as const) {
			const made = peer();
			made.client.start();
			made.take();
			made.give(new Uint8Array(header));
			ends(made, code, "record");
		}
	});

	it("refuses what does not open, repeats, or has no content", () => {
		const forged = connected(), record = forged.record(DATA, new Uint8Array(3));
		record[6]! ^= 1;
		forged.give(record);
		ends(forged, alert.ALERT_BAD_RECORD_MAC, "cannot be decrypted");
		const repeated = connected(), once = repeated.record(DATA, new Uint8Array(3));
		repeated.give(once.slice());
		repeated.read();
		repeated.give(once);
		ends(repeated, alert.ALERT_BAD_RECORD_MAC, "cannot be decrypted");
		const short = connected();
		short.give(new Uint8Array([23, 3, 3, 0, 15, ...new Uint8Array(15)]));
		ends(short, alert.ALERT_BAD_RECORD_MAC, "cannot be decrypted");
		for (const [type, content, reason] of [[0, new Uint8Array(0), "has no type"], [0, new Uint8Array(5), "has no type"], [HANDSHAKE, new Uint8Array(0), "empty record"], [ALERT, new Uint8Array(0), "empty record"], [25, new Uint8Array(1), "content of type 25"]] as const) {
			const made = connected();
			made.send(type, content);
			ends(made, alert.ALERT_UNEXPECTED_MESSAGE, reason);
		}
	});

	it("refuses data before the handshake is done, and other content within a handshake message", () => {
		const early = peer();
		early.hello();
		early.send(DATA, new Uint8Array(1));
		ends(early, alert.ALERT_UNEXPECTED_MESSAGE, "data before");
		const mixed = connected();
		mixed.send(HANDSHAKE, new Uint8Array([4, 0]));
		mixed.send(DATA, new Uint8Array(1));
		ends(mixed, alert.ALERT_UNEXPECTED_MESSAGE, "is interrupted");
	});

	it("refuses handshake bytes behind a change of keys in the same record", () => {
		const made = peer();
		made.client.start();
		made.give(plainRecord(HANDSHAKE, concat(made.server.serverHello(made.take()), new Uint8Array(1))));
		equal(made.client.closeAlert, alert.ALERT_UNEXPECTED_MESSAGE);
		const late = peer();
		late.hello();
		late.send(HANDSHAKE, concat(...late.server.flight(), new Uint8Array([4])));
		equal(late.client.closeAlert, alert.ALERT_UNEXPECTED_MESSAGE);
	});

	it("cuts what it sends to the room that there is", () => {
		const made = connected(), data = new Uint8Array(5000).map((_, i) => i);
		made.ring.putBytes(data, 0, data.length);
		made.ring.commit();
		const before = made.contents.length;
		made.take(100);
		const sent = made.contents.slice(before);
		ok(sent.every(each => each.type === DATA && each.bytes.length <= 78));
		deepEqual(concat(...sent.map(each => each.bytes)), data);
	});
});

describe("record layer: KeyUpdate", () => {
	const following = (keys: RecordProtection): RecordProtection => {
		const next = keys.next();
		keys.close();
		return next;
	};
	const update = (request: number): Uint8Array => message(24, new Uint8Array([request]));

	it("follows the server's keys, and changes its own where it is asked", () => {
		for (const request of [0, 1, 1]) {
			const made = connected();
			for (let round = 0; round < 3; round++) {
				made.send(HANDSHAKE, update(request));
				made.sendKeys = following(made.sendKeys!);
				made.send(DATA, text("next"));
				equal(hex(made.read()), hex(text("next")));
				if (request === 1) {
					equal(hex(made.take()), "1800000100");
					made.clientUpdated();
				}
				made.ring.putBytes(text("mine"), 0, 4);
				made.ring.commit();
				equal(hex(made.take()), hex(text("mine")));
			}
		}
	});

	it("answers many requests with one update", () => {
		const made = connected(), before = made.contents.length;
		for (let i = 0; i < 5; i++) {
			made.send(HANDSHAKE, update(1));
			made.sendKeys = following(made.sendKeys!);
		}
		made.take();
		equal(made.contents.length, before + 1);
	});

	it("refuses a damaged one, one before the end of the handshake, and bytes behind it", () => {
		for (const [bytes, code] of [[update(2), alert.ALERT_ILLEGAL_PARAMETER], [message(24, new Uint8Array(2)), alert.ALERT_DECODE_ERROR], [concat(update(0), update(0)), alert.ALERT_UNEXPECTED_MESSAGE]] as const) {
			const made = connected();
			made.send(HANDSHAKE, bytes);
			equal(made.client.closeAlert, code);
		}
		const early = peer();
		early.hello();
		early.send(HANDSHAKE, update(0));
		equal(early.client.closeAlert, alert.ALERT_UNEXPECTED_MESSAGE);
	});
});

describe("record layer: the end", () => {
	it("close_notify is answered, after everything that came before it was read", () => {
		const made = connected();
		made.give(concat(made.record(DATA, text("last")), made.record(ALERT, new Uint8Array([1, 0]))));
		equal(made.client.isClosed, false);
		equal(hex(made.read()), hex(text("last")));
		ends(made, 0, "the server closed the connection");
	});

	it("close sends close_notify, once", () => {
		const made = connected();
		made.client.close();
		made.client.close();
		ends(made, 0, "closed");
	});

	it("an alert ends the connection without an answer, whatever its level; user_canceled does not", () => {
		for (const level of [1, 2, 99]) {
			const made = connected(), before = made.contents.length;
			made.send(ALERT, new Uint8Array([level, alert.ALERT_CERTIFICATE_REQUIRED]));
			equal(made.client.isClosed, true);
			equal(made.client.isPeerAlert, true);
			equal(made.client.closeReason, "the server wants a client certificate, and got none");
			made.take();
			equal(made.contents.length, before);
		}
		const plain = peer();
		plain.client.start();
		plain.take();
		plain.give(plainRecord(ALERT, new Uint8Array([2, 40])));
		ok(plain.client.closeReason.includes("handshake_failure"), plain.client.closeReason);
		const canceled = connected();
		canceled.send(ALERT, new Uint8Array([1, alert.ALERT_USER_CANCELED]));
		equal(canceled.client.isClosed, false);
		for (const content of [[2], [2, 40, 0]]) {
			const damaged = connected();
			damaged.send(ALERT, new Uint8Array(content));
			equal(damaged.client.closeAlert, alert.ALERT_DECODE_ERROR);
		}
	});

	it("a stream that breaks leaves nothing to say", () => {
		const made = connected(), before = made.contents.length;
		made.client.lost("TCP: reset by peer");
		equal(made.client.closeReason, "TCP: reset by peer");
		equal(made.client.closeAlert, -1);
		made.take();
		equal(made.contents.length, before);
		made.client.dispose();
		made.client.dispose();
	});

	it("ends with an alert, or waits for more, at changed bytes", () => {
		const rounds = ENGINE === "xs" ? 5 : 150;
		for (let seed = 1; seed <= rounds; seed++) {
			const prng = new Prng(seed), made = peer();
			made.hello();
			const flight = made.record(HANDSHAKE, concat(...made.server.flight()));
			for (let count = prng.below(3); count >= 0; count--)
				flight[prng.below(flight.length)] = prng.below(256);
			made.give(flight);
			made.take();
			if (made.client.isClosed)
				ok(made.client.closeAlert > 0, `seed ${seed}`);
		}
	});
});
