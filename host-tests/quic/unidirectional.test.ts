import { describe, it, deepEqual, equal, ok, throws } from "#test";
import { QUIC_STREAMS, QUIC_STREAM_RECEIVE_WINDOW, QUIC_UNI_RECEIVE_WINDOW } from "../../firmware/config.js";
import { EVENT_STREAM_CLOSED, EVENT_STREAM_CREDIT, EVENT_STREAM_OPENED, EVENT_STREAM_READABLE } from "../../firmware/quic/connection.js";
import { FLOW_CONTROL_ERROR, STREAM_LIMIT_ERROR, STREAM_STATE_ERROR } from "../../firmware/quic/transport-error.js";
import { bytesOf, maxStreamData, maxStreams, padding, resetStream, stopSending, stream, text, varints, type ParsedFrame } from "./support/frames.js";
import { Pair, type PairOptions } from "./support/pair.js";
import { APPLICATION } from "./support/test-peer.js";

const UNI = { 7: varints(16384), 9: varints(3) };
const isStream = (frame: ParsedFrame) => frame.type >= 8 && frame.type < 0x10;
const ofType = (pair: Pair, type: number) => pair.peer.frames(APPLICATION).filter(frame => frame.type === type).map(frame => frame.values);

function established(peerUniStreams = 3, parameters: PairOptions["parameters"] = UNI, client: PairOptions["client"] = {}): Pair {
	return new Pair({ parameters: parameters!, client: { peerUniStreams, ...client } }).establish();
}

describe("unidirectional streams", () => {
	it("carry what we send, and give their slot and nothing else back", () => {
		const pair = established();
		for (let i = 0; i < 3; i++)
			equal(pair.client.openUniStream(), 2 + 4 * i);
		equal(pair.client.openUniStream(), -1);
		pair.write(2, text("settings")).client.finish(2);
		pair.pump();
		deepEqual(pair.peer.frames(APPLICATION).filter(isStream).map(frame => [frame.values[0], frame.data.length, frame.fin]), [[2, 8, true]]);
		deepEqual(ofType(pair, 0x17), [[3]]);
		pair.frames(pair.peer.acknowledge());
		deepEqual([pair.events.at(-1), pair.eventStreams.at(-1)], [EVENT_STREAM_CLOSED, 2]);
		pair.frames(maxStreams(4, 1));
		equal(pair.events.at(-1), EVENT_STREAM_CREDIT);
		equal(pair.client.openUniStream(), 14);
	});

	it("have no half of the peer's: each frame about it is a STREAM_STATE_ERROR", () => {
		const table = [stream(2, 0, text("x")), resetStream(2, 0, 0), bytesOf(0x15, 2, 0)];
		for (const frame of table) {
			const pair = established();
			equal(pair.client.openUniStream(), 2);
			pair.frames(frame).closedWith(STREAM_STATE_ERROR);
		}
		const pair = established();
		equal(pair.client.openUniStream(), 2);
		pair.frames(maxStreamData(2, 9), stopSending(2, 7));
		equal(pair.client.streamError(2), 7);
		deepEqual(ofType(pair, 4), [[2, 7, 0]]);
		equal(pair.client.read(2, new Uint8Array(9), 0, 9), 0);
	});

	it("of the peer are opened by its frames, lower ones with them, and are read to their end", () => {
		const pair = established();
		pair.frames(stream(7, 0, text("second")));
		deepEqual(pair.events.slice(-3), [EVENT_STREAM_OPENED, EVENT_STREAM_OPENED, EVENT_STREAM_READABLE]);
		deepEqual(pair.eventStreams.slice(-3), [3, 7, 7]);
		deepEqual(pair.read(7), text("second"));
		pair.frames(stream(7, 6, text("!"), true), stream(3, 0, text("first"), true));
		deepEqual([pair.read(7), pair.read(3)], [text("!"), text("first")]);
		equal(pair.client.isFinished(7) && pair.client.isFinished(3), true);
		pair.pump();
		deepEqual(pair.events.slice(-2), [EVENT_STREAM_CLOSED, EVENT_STREAM_CLOSED]);
		throws(() => pair.client.sendRing(11), "not open");
	});

	it("of the peer give their credit back when they are over, again where that was lost", () => {
		const pair = established(2);
		for (let i = 0; i < 20; i++) {
			pair.losing = i === 9;
			pair.frames(stream(3 + 4 * i, 0, text("x"), true));
			equal(pair.client.closed, false, `stream ${i}: ${pair.client.closeReason}`);
			equal(pair.read(3 + 4 * i).length, 1);
			pair.pump();
			pair.losing = false;
			if (i === 9)
				pair.advance(500);
			pair.frames(pair.peer.acknowledge());
			equal(ofType(pair, 0x13).at(-1)![0], 3 + i);
		}
		// Both slots are free; a late frame for an old one is passed over.
		pair.frames(stream(3, 0, text("x"), true), resetStream(7, 0, 1));
		equal(pair.client.closed, false);
		pair.frames(stream(3 + 4 * 22, 0, text("x"))).closedWith(STREAM_LIMIT_ERROR);
	});

	it("of the peer keep within their number and their window", () => {
		established(0).frames(stream(3, 0, text("x"))).closedWith(STREAM_LIMIT_ERROR);
		established(2).frames(stream(11, 0, text("x"))).closedWith(STREAM_LIMIT_ERROR);
		established(3).frames(stream(1, 0, text("x"))).closedWith(STREAM_LIMIT_ERROR);
		established(3).frames(stream(3, QUIC_UNI_RECEIVE_WINDOW - 1, text("x")));
		established(3).frames(stream(3, QUIC_UNI_RECEIVE_WINDOW, text("x"))).closedWith(FLOW_CONTROL_ERROR);
		for (const frame of [maxStreamData(3, 9), stopSending(3, 9)])
			established(3).frames(frame).closedWith(STREAM_STATE_ERROR);
	});

	it("of the peer are bounded apart from ours", () => {
		const pair = established(3, { ...UNI, 8: varints(100) });
		for (let i = 0; i < QUIC_STREAMS; i++)
			equal(pair.client.openStream(), 4 * i);
		equal(pair.client.openStream(), -1);
		pair.frames(stream(11, 0, text("x")));
		equal(pair.client.closed, false);
		deepEqual(pair.read(11), text("x"));
	});

	it("can be told to stop, and reset", () => {
		const pair = established();
		pair.frames(stream(3, 0, text("much")));
		pair.client.stopSending(3, 5);
		pair.pump();
		deepEqual(ofType(pair, 5), [[3, 5]]);
		deepEqual(ofType(pair, 4), []);
		pair.frames(stream(3, 4, padding(500)), resetStream(3, 5, 600));
		deepEqual([pair.events.at(-1), pair.eventStreams.at(-1)], [EVENT_STREAM_CLOSED, 3]);
		equal(pair.client.openUniStream(), 2);
		pair.write(2, text("abc")).pump();
		pair.client.reset(2, 9);
		pair.pump();
		deepEqual(ofType(pair, 4), [[2, 9, 3]]);
		pair.frames(pair.peer.acknowledge());
		deepEqual([pair.events.at(-1), pair.eventStreams.at(-1)], [EVENT_STREAM_CLOSED, 2]);
	});
});

describe("bidirectional streams of the peer", () => {
	it("are answered on, within the credit for them, and counted", () => {
		const pair = established(0, { 5: varints(4) }, { peerBidiStreams: 1 });
		pair.frames(stream(1, 0, text("question"), true));
		deepEqual(pair.events.slice(-2), [EVENT_STREAM_OPENED, EVENT_STREAM_READABLE]);
		deepEqual(pair.read(1), text("question"));
		pair.write(1, text("answer")).client.finish(1);
		pair.pump();
		equal(pair.peer.frames(APPLICATION).filter(isStream)[0]!.data.length, 4);
		pair.frames(maxStreamData(1, 100));
		pair.frames(pair.peer.acknowledge());
		deepEqual([pair.events.at(-1), pair.eventStreams.at(-1)], [EVENT_STREAM_CLOSED, 1]);
		pair.pump();
		deepEqual(ofType(pair, 0x12), [[2]]);
		pair.frames(stream(9, 0, text("x"))).closedWith(STREAM_LIMIT_ERROR);
	});
});

describe("halves of a stream", () => {
	it("end one by one: ours reset, the peer's read on", () => {
		const pair = new Pair().establish();
		const id = pair.client.openStream();
		pair.write(id, text("abc")).pump();
		pair.client.reset(id, 8);
		pair.pump();
		deepEqual(ofType(pair, 4), [[id, 8, 3]]);
		deepEqual(ofType(pair, 5), []);
		pair.frames(pair.peer.acknowledge(), stream(id, 0, text("still"), true));
		deepEqual(pair.read(id), text("still"));
		pair.poll();
		deepEqual([pair.events.at(-1), pair.eventStreams.at(-1)], [EVENT_STREAM_CLOSED, id]);
	});

	it("the peer's stopped, ours goes on; STOP_SENDING is not sent where the end is known", () => {
		const pair = new Pair().establish();
		const id = pair.client.openStream();
		pair.frames(stream(id, 0, text("noise")));
		pair.client.stopSending(id, 4);
		pair.write(id, text("abc")).client.finish(id);
		pair.pump();
		deepEqual(ofType(pair, 5), [[id, 4]]);
		equal(pair.peer.frames(APPLICATION).some(frame => isStream(frame) && frame.fin), true);
		const other = pair.client.openStream();
		pair.frames(stream(other, 0, text("noise"), true));
		pair.client.stopSending(other, 4);
		pair.pump();
		equal(ofType(pair, 5).length, 1);
	});
});

describe("urgency", () => {
	/** Stream ids in the order in which their data went out. */
	const order = (pair: Pair, from: number) => pair.peer.frames(APPLICATION, from).filter(isStream).map(frame => frame.values[0]!);

	it("lets the urgent stream go first", () => {
		const pair = new Pair().establish();
		const [a, b, c] = [pair.client.openStream(), pair.client.openStream(), pair.client.openStream()];
		pair.client.setUrgency(c!, 0);
		pair.client.setUrgency(a!, 7);
		const from = pair.peer.packets.length;
		for (const id of [a, b, c])
			pair.write(id!, padding(2000));
		pair.pump();
		const sequence = order(pair, from);
		deepEqual([sequence.indexOf(c!), sequence.lastIndexOf(c!) < sequence.indexOf(b!) + 1, sequence.lastIndexOf(b!) < sequence.indexOf(a!) + 1], [0, true, true]);
	});

	it("lets equal ones take turns, packet by packet", () => {
		const pair = new Pair().establish();
		const ids = [pair.client.openStream(), pair.client.openStream(), pair.client.openStream()];
		const from = pair.peer.packets.length;
		for (const id of ids)
			pair.write(id, padding(3000));
		pair.pump();
		const firsts = pair.peer.packets.slice(from).map(packet => packet.frames.filter(isStream)[0]?.values[0]);
		deepEqual(firsts.slice(0, 6), [...ids, ...ids]);
	});
});

describe("receive windows", () => {
	const grown = (pair: Pair) => Math.max(0, ...ofType(pair, 0x11).map((values, i, all) => values[1]! - (i === 0 ? 0 : all[i - 1]![1]!)));

	it("double while the reader keeps up, as far as the memory goes", () => {
		const pair = new Pair({ client: { receiveMemory: 16384 } }).establish();
		const id = pair.client.openStream();
		let offset = 0;
		const limit = () => ofType(pair, 0x11).at(-1)?.[1] ?? QUIC_STREAM_RECEIVE_WINDOW;
		const total = () => ofType(pair, 0x10).at(-1)?.[0] ?? 4096;
		for (let round = 0; round < 12; round++) {
			const end = Math.min(limit(), total());
			for (; offset < end; offset += 500)
				pair.frames(stream(id, offset, padding(Math.min(500, end - offset))));
			offset = end;
			pair.read(id);
			pair.pump();
			pair.frames(pair.peer.acknowledge());
			equal(pair.client.closed, false, pair.client.closeReason);
		}
		equal(limit() - offset, 16384);
		ok(grown(pair) <= 32768);
	});

	it("double where half of them is used up within two round trips, however much is left", () => {
		const pair = new Pair({ client: { receiveMemory: 16384 } }).establish(), id = pair.client.openStream();
		for (let offset = 0; offset < 60_000; offset += 700) {
			pair.frames(stream(id, offset, padding(700)));
			pair.read(id);
			pair.pump();
			if (offset % 2100 === 1400)
				pair.advance(20).frames(pair.peer.acknowledge());
		}
		equal(pair.client.closed, false, pair.client.closeReason);
		ok(ofType(pair, 0x11).at(-1)![1]! - 60_000 > 4096, `${ofType(pair, 0x11).at(-1)}`);
	});

	it("stay as they are where the reader is slow, or the peer does not use them up", () => {
		const slow = new Pair({ client: { receiveMemory: 65536 } }).establish(), id = slow.client.openStream();
		slow.frames(stream(id, 0, padding(1000))).frames(stream(id, 1000, padding(1048)));
		slow.read(id, 1500);
		slow.pump();
		deepEqual(ofType(slow, 0x11), [[id, 1500 + QUIC_STREAM_RECEIVE_WINDOW]]);
		const easy = new Pair({ client: { receiveMemory: 65536 } }).establish(), other = easy.client.openStream();
		for (let offset = 0; offset < 50000; offset += 700) {
			easy.frames(stream(other, offset, padding(700)));
			easy.read(other);
			easy.pump().advance(1000);
		}
		ok(ofType(easy, 0x11).every(([, limit]) => limit! <= 50000 + 700 + QUIC_STREAM_RECEIVE_WINDOW));
	});
});
