import { describe, it, deepEqual, equal, ok, throws } from "#test";
import { QUIC_SILENCE_MAX } from "../../firmware/config.js";
import { EVENT_CLOSED } from "../../firmware/quic/connection.js";
import { KEY_UPDATE_ERROR } from "../../firmware/quic/transport-error.js";
import { NO_TIMEOUT } from "../../firmware/wire/time.js";
import { applicationClose, bytesOf, connectionClose, padding, ping, stream, text, varints } from "./support/frames.js";
import { Pair } from "./support/pair.js";
import { APPLICATION, HANDSHAKE, RESET_TOKEN } from "./support/test-peer.js";

const closes = (pair: Pair) => pair.peer.packets.filter(packet => packet.frames.some(frame => frame.type === 0x1c || frame.type === 0x1d));

describe("close", () => {
	it("tells the peer code and reason, together with what was written last", () => {
		const pair = new Pair().establish();
		pair.write(pair.client.openStream(), text("DISCONNECT"));
		pair.client.close(7, "enough", pair.now);
		equal(pair.client.closed, true);
		const before = pair.peer.datagrams.length;
		pair.pump();
		equal(pair.peer.datagrams.length, before + 1);
		const frames = pair.peer.packets.at(-1)!.frames;
		deepEqual(frames.map(frame => frame.type), [2, 0x0a, 0x1d]);
		deepEqual(frames[1]!.data, text("DISCONNECT"));
		deepEqual([frames[2]!.values[0], frames[2]!.data], [7, text("enough")]);
		equal(pair.events.at(-1), EVENT_CLOSED);
		equal(pair.client.closeReason, "application error 0x7: enough");
		equal(pair.client.closeByPeer, false);
		equal(pair.client.statistics.established, false);
		equal(pair.client.openStream(), -1);
		pair.client.close(8, "again", pair.now);
		equal(pair.client.closeCode, 7);
	});

	it("repeats itself to a peer that goes on, less and less, and ends after three probe timeouts", () => {
		const pair = new Pair().establish();
		pair.client.close(0, "", pair.now);
		pair.pump();
		const first = closes(pair).length;
		for (let i = 0; i < 100; i++)
			pair.frames(ping());
		ok(closes(pair).length - first <= 7 && closes(pair).length > first, `${closes(pair).length - first} repetitions`);
		equal(pair.client.ended, false);
		pair.advance(pair.client.pollTimeout(pair.now));
		equal(pair.client.ended, true);
		equal(pair.client.pollTimeout(pair.now), NO_TIMEOUT);
		const count = pair.sent.length;
		pair.frames(ping()).frames(ping());
		equal(pair.sent.length, count);
	});

	it("by the peer is followed by silence", () => {
		for (const [frame, reason, code] of [[applicationClose(3, "bye"), "application error 0x3: bye", 3], [connectionClose(10, 6, "no"), "PROTOCOL_VIOLATION: no", 10],
			[connectionClose(0x174, 0, ""), "CRYPTO_ERROR 0x174 certificate_required: the server wants a client certificate, and got none", 0x174],
			[connectionClose(0x12a, 0, "no"), "CRYPTO_ERROR 0x12a bad_certificate: the server refuses the client certificate (no)", 0x12a],
			[connectionClose(0x133, 0, "no"), "CRYPTO_ERROR 0x133 decrypt_error: no", 0x133],
			[connectionClose(11, 0, ""), "INVALID_TOKEN, or the server's application refuses (MsQuic says both so)", 11]] as const) {
			const pair = new Pair().establish();
			pair.write(pair.client.openStream(), text("more"));
			pair.deliver(pair.peer.seal(APPLICATION, bytesOf(frame)));
			const count = pair.sent.length;
			pair.pump();
			equal(pair.client.closeReason, reason);
			equal(pair.client.closeCode, code);
			equal(pair.client.closeByPeer, true);
			pair.frames(ping()).frames(ping()).advance(10000);
			equal(pair.sent.length, count);
			equal(pair.client.ended, true);
			equal(pair.events.filter(event => event === EVENT_CLOSED).length, 1);
		}
	});

	it("keeps control characters of a peer's reason out of the log", () => {
		const pair = new Pair().establish();
		pair.frames(bytesOf(0x1d, varints(1, 200), text("a\nb\u001b[31m"), padding(192)));
		ok(pair.client.closeReason.startsWith("application error 0x1: a?b?[31m??"), pair.client.closeReason);
		ok(pair.client.closeReason.length < 160);
	});

	it("before the handshake is confirmed speaks at each level whose keys the server may have", () => {
		const initial = new Pair().connect();
		initial.client.close(5, "secret", initial.now);
		initial.pump();
		deepEqual(initial.peer.datagrams, [1200, 1200]);
		// An application's code and reason are not for Initial packets: APPLICATION_ERROR instead.
		deepEqual(initial.peer.packets.at(-1)!.frames.map(frame => [frame.type, frame.values[0], frame.data.length]), [[0x1c, 0x0c, 0]]);
		const both = new Pair().shake();
		both.client.close(5, "secret", both.now);
		both.pump();
		deepEqual(closes(both).map(packet => packet.space), [HANDSHAKE, APPLICATION]);
		deepEqual(closes(both)[1]!.frames.at(-1)!.values[0], 5);
		const idle = new Pair();
		idle.client.close(0, "", 0);
		equal(idle.client.ended, true);
		idle.pump();
		equal(idle.sent.length, 0);
	});

	it("stops what comes after it in the same packet and datagram", () => {
		const pair = new Pair().establish();
		pair.client.openStream();
		pair.give(pair.peer.seal(APPLICATION, bytesOf(applicationClose(1, ""), stream(0, 0, text("late")))));
		equal(pair.read(0).length, 0);
	});

	it("by idle timeout is silent, and the smaller of both limits counts", () => {
		const pair = new Pair({ parameters: { 1: varints(5000) } }).establish();
		pair.advance(4900);
		equal(pair.client.closed, false);
		const count = pair.sent.length;
		pair.advance(200);
		equal(pair.client.closed, true);
		equal(pair.client.closeReason, "idle timeout: nothing came from the server for 5000 ms");
		equal(pair.sent.length, count);
		const own = new Pair({ client: { idleTimeout: 3000 }, parameters: { 1: undefined } }).establish();
		own.advance(3100);
		equal(own.client.closed, true);
	});

	it("does not come while packets come, nor right after the first unanswered question", () => {
		const pair = new Pair({ parameters: { 1: varints(5000) } }).establish();
		for (let i = 0; i < 5; i++)
			pair.advance(4000).frames(ping());
		equal(pair.client.closed, false);
		const stream = pair.client.openStream();
		pair.advance(4500);
		pair.losing = true;
		pair.write(stream, text("?")).pump();
		pair.advance(4000);
		equal(pair.client.closed, false);
		pair.advance(1200);
		equal(pair.client.closed, true);
	});

	it("comes sooner where an answer is owed, and not where none is", () => {
		const pair = new Pair({ client: { idleTimeout: 60_000 }, parameters: { 1: varints(60_000) } }).establish();
		const stream = pair.client.openStream();
		pair.advance(QUIC_SILENCE_MAX + 1000);
		equal(pair.client.closed, false);
		pair.losing = true;
		pair.write(stream, text("?")).pump();
		pair.advance(QUIC_SILENCE_MAX - 100);
		equal(pair.client.closed, false);
		pair.advance(200);
		equal(pair.client.closed, true);
		ok(pair.client.closeReason.startsWith("the server has not answered for 10"), pair.client.closeReason);
	});

	it("is kept off by PING where keepAlive says so, at half of the idle timeout at the latest", () => {
		const pair = new Pair({ client: { keepAlive: 20000 }, parameters: { 1: varints(5000) } }).establish();
		pair.advance(50);
		for (let i = 0; i < 4; i++) {
			pair.advance(2600);
			ok(pair.peer.packets.at(-1)!.frames.some(frame => frame.type === 1));
			pair.frames(pair.peer.acknowledge());
		}
		equal(pair.client.closed, false);
	});

	it("is not kept off by a flood of PING where the server asks for the shortest timeout", () => {
		const pair = new Pair({ client: { keepAlive: 20000 }, parameters: { 1: varints(2) } }).establish();
		pair.advance(100);
		const count = pair.sent.length;
		for (let i = 0; i < 50; i++) {
			pair.advance(10);
			pair.frames(pair.peer.acknowledge());
		}
		ok(pair.sent.length - count <= 15, `${pair.sent.length - count} datagrams`);
		equal(pair.client.closed, false);
	});
});

describe("stateless reset", () => {
	it("ends the connection at once and in silence", () => {
		const pair = new Pair().establish();
		pair.write(pair.client.openStream(), text("x")).pump();
		const count = pair.sent.length;
		pair.give(pair.peer.statelessReset());
		equal(pair.client.closeReason, "stateless reset: the server does not know this connection any more");
		equal(pair.client.closeByPeer, true);
		pair.advance(5000);
		equal(pair.sent.length, count);
		const short = new Pair().establish();
		short.give(short.peer.statelessReset(RESET_TOKEN, 21));
		equal(short.client.closed, true);
	});

	it("needs the right token, 21 bytes, and a finished handshake", () => {
		const pair = new Pair().establish();
		for (let i = 0; i < 16; i++) {
			const token = RESET_TOKEN.slice();
			token[i]! ^= 1;
			pair.give(pair.peer.statelessReset(token));
		}
		pair.give(pair.peer.statelessReset(RESET_TOKEN, 20));
		equal(pair.client.closed, false);
		const early = new Pair().connect();
		early.give(early.peer.statelessReset());
		equal(early.client.closed, false);
	});
});

describe("key update", () => {
	/** The peer goes on to its next keys, both ways. */
	function update(pair: Pair): void {
		const peer = pair.peer;
		peer.send[APPLICATION] = peer.send[APPLICATION]!.next();
		peer.receive[APPLICATION] = peer.receive[APPLICATION]!.next();
		peer.phase ^= 1;
	}

	it("of the peer is followed, again and again", () => {
		const pair = new Pair().establish();
		pair.advance(100);
		for (let i = 0; i < 4; i++) {
			update(pair);
			pair.frames(ping()).advance(30);
			equal(pair.client.closed, false, pair.client.closeReason);
			equal(pair.peer.packets.at(-1)!.phase, pair.peer.phase);
			equal(pair.peer.unreadable, 0);
		}
	});

	it("leaves old keys for packets that were overtaken, for three probe timeouts", () => {
		const pair = new Pair().establish();
		const late = pair.peer.seal(APPLICATION, ping()), later = pair.peer.seal(APPLICATION, ping());
		update(pair);
		pair.frames(ping());
		const before = pair.client.statistics.packetsReceived;
		pair.give(late);
		equal(pair.client.statistics.packetsReceived, before + 1);
		pair.advance(5000);
		pair.give(later);
		equal(pair.client.statistics.packetsReceived, before + 1);
		equal(pair.client.closed, false);
	});

	it("is an error on a lower packet number, and twice without an answer", () => {
		const pair = new Pair().establish();
		const number = pair.peer.nextNumber[APPLICATION]!;
		pair.peer.nextNumber[APPLICATION] = number + 5;
		pair.frames(ping());
		update(pair);
		pair.give(pair.peer.seal(APPLICATION, ping(), { number })).closedWith(KEY_UPDATE_ERROR);
		const twice = new Pair().establish();
		twice.advance(100);
		update(twice);
		twice.deliver(twice.peer.seal(APPLICATION, ping()));
		update(twice);
		twice.deliver(twice.peer.seal(APPLICATION, ping())).closedWith(KEY_UPDATE_ERROR);
	});

	it("does not come of a flipped bit", () => {
		const pair = new Pair().establish();
		pair.peer.phase ^= 1;
		for (let i = 0; i < 5; i++)
			pair.frames(ping());
		pair.peer.phase ^= 1;
		equal(pair.client.statistics.droppedForged, 5);
		pair.frames(ping());
		equal(pair.client.closed, false);
	});
});

describe("connection", () => {
	it("refuses a second connect, and streams that are not open", () => {
		const pair = new Pair().connect();
		throws(() => pair.client.connect(0), "make a new one");
		throws(() => pair.client.sendRing(0), "not open");
		equal(pair.client.openStream(), -1);
		equal(pair.client.read(0, new Uint8Array(1), 0, 1), 0);
	});

	it("runs across the wrap of the clock", () => {
		const pair = new Pair({ start: 0x7fffffff - 200, parameters: { 1: varints(5000) } });
		pair.connect();
		pair.now = pair.now + 100 | 0;
		pair.give(pair.peer.initialPacket(), ...pair.peer.handshakePackets());
		pair.now = pair.now + 200 | 0;
		pair.give(pair.peer.donePacket());
		ok(pair.now < 0);
		equal(pair.client.statistics.rttMs, 100);
		pair.advance(4900);
		equal(pair.client.closed, false);
		pair.advance(200);
		equal(pair.client.closed, true);
	});
});
