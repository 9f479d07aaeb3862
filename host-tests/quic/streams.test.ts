import { describe, it, deepEqual, equal, ok } from "#test";
import { QUIC_CONNECTION_RECEIVE_WINDOW, QUIC_STREAMS, QUIC_STREAM_RECEIVE_WINDOW, QUIC_STREAM_SEND_RING } from "../../firmware/config.js";
import { EVENT_STREAM_CLOSED, EVENT_STREAM_CREDIT, EVENT_STREAM_READABLE } from "../../firmware/quic/connection.js";
import { FINAL_SIZE_ERROR, FLOW_CONTROL_ERROR } from "../../firmware/quic/transport-error.js";
import { bytesOf, maxData, maxStreamData, maxStreams, padding, resetStream, stopSending, stream, text, varint8, varints, type ParsedFrame } from "./support/frames.js";
import { Pair, type PairOptions } from "./support/pair.js";
import { APPLICATION } from "./support/test-peer.js";

const isStream = (frame: ParsedFrame) => frame.type >= 8 && frame.type < 0x10;

function opened(options: PairOptions = {}): Pair {
	const pair = new Pair(options).establish();
	equal(pair.client.openStream(), 0);
	return pair;
}

/** What the peer got on a stream, put in order. */
function sentOn(pair: Pair, id: number): Uint8Array {
	const bytes: number[] = [];
	for (const frame of pair.peer.frames(APPLICATION))
		if (isStream(frame) && frame.values[0] === id)
			for (let i = 0; i < frame.data.length; i++)
				bytes[frame.values[1]! + i] = frame.data[i]!;
	return Uint8Array.from(bytes);
}

/** Acknowledges everything that the peer got. */
const ackAll = (pair: Pair) => pair.peer.acknowledge();

describe("streams", () => {
	it("carry bytes and their end both ways", () => {
		const pair = opened();
		pair.write(0, text("hello")).pump();
		pair.client.finish(0);
		pair.pump();
		const frames = pair.peer.frames(APPLICATION).filter(isStream);
		deepEqual(frames.map(frame => [frame.values[1], frame.data.length, frame.fin]), [[0, 5, false], [5, 0, true]]);
		pair.frames(stream(0, 0, text("wor")), ackAll(pair));
		deepEqual(pair.read(0), text("wor"));
		equal(pair.client.isFinished(0), false);
		pair.frames(stream(0, 3, text("ld"), true));
		deepEqual(pair.read(0), text("ld"));
		equal(pair.client.isFinished(0), true);
		pair.poll();
		deepEqual(pair.events.slice(-3), [EVENT_STREAM_READABLE, EVENT_STREAM_READABLE, EVENT_STREAM_CLOSED]);
		equal(pair.client.read(0, new Uint8Array(5), 0, 5), 0);
	});

	it("put FIN on the last data where it is known in time", () => {
		const pair = opened();
		pair.write(0, text("all")).client.finish(0);
		pair.pump();
		const [frame] = pair.peer.frames(APPLICATION).filter(isStream);
		deepEqual([frame!.data.length, frame!.fin], [3, true]);
	});

	it("report readable once per arrival, and the end without data", () => {
		const pair = opened();
		pair.frames(stream(0, 2, text("c")));
		equal(pair.events.includes(EVENT_STREAM_READABLE), false);
		pair.frames(stream(0, 0, text("ab")));
		equal(pair.events.filter(event => event === EVENT_STREAM_READABLE).length, 1);
		deepEqual(pair.read(0), text("abc"));
		pair.frames(stream(0, 3, bytesOf(), true));
		equal(pair.events.filter(event => event === EVENT_STREAM_READABLE).length, 2);
		equal(pair.client.isFinished(0), true);
	});

	it("wait for credit: none at first, then MAX_STREAMS", () => {
		const pair = new Pair({ parameters: { 8: undefined } }).establish();
		equal(pair.client.openStream(), -1);
		equal(pair.events.includes(EVENT_STREAM_CREDIT), false);
		pair.pump();
		deepEqual(pair.peer.frames(APPLICATION).filter(frame => frame.type === 0x16).map(frame => frame.values), [[0]]);
		equal(pair.client.openStream(), -1);
		pair.pump();
		equal(pair.peer.frames(APPLICATION).filter(frame => frame.type === 0x16).length, 1);
		pair.frames(maxStreams(1));
		equal(pair.events.at(-1), EVENT_STREAM_CREDIT);
		equal(pair.client.openStream(), 0);
		equal(pair.client.openStream(), -1);
		pair.frames(maxStreams(1), maxStreams(0));
		equal(pair.client.openStream(), -1);
		pair.frames(maxStreams(10));
		equal(pair.client.openStream(), 4);
	});

	it("are limited by the table, and slots are used again", () => {
		const pair = new Pair({ parameters: { 8: varints(100) } }).establish();
		for (let i = 0; i < QUIC_STREAMS; i++)
			equal(pair.client.openStream(), i * 4);
		equal(pair.client.openStream(), -1);
		pair.client.finish(4);
		pair.pump();
		pair.frames(stream(4, 0, bytesOf(), true), ackAll(pair));
		equal(pair.events.at(-1), EVENT_STREAM_CLOSED);
		equal(pair.eventStreams.at(-1), 4);
		const id = pair.client.openStream();
		equal(id, QUIC_STREAMS * 4);
		pair.write(id, text("again")).pump();
		deepEqual(sentOn(pair, id), text("again"));
		// What comes late for the old stream is passed over.
		pair.frames(stream(4, 0, bytesOf(), true), resetStream(4, 0, 0), stopSending(4, 0), maxStreamData(4, 9));
		equal(pair.client.closed, false);
	});

	it("ask what they write for room, and get it back with acknowledgments", () => {
		const pair = opened();
		const ring = pair.client.sendRing(0), data = new Uint8Array(QUIC_STREAM_SEND_RING).fill(7);
		pair.write(0, data).pump();
		equal(ring.room, 0);
		equal(sentOn(pair, 0).length, QUIC_STREAM_SEND_RING);
		pair.frames(ackAll(pair));
		equal(ring.room, QUIC_STREAM_SEND_RING);
	});

	it("stay within the peer's stream and connection credit, and say once that they are blocked", () => {
		const pair = opened({ parameters: { 4: varints(250), 6: varints(100) } });
		pair.write(0, padding(400)).pump();
		equal(sentOn(pair, 0).length, 100);
		const blocked = (type: number) => pair.peer.frames(APPLICATION).filter(frame => frame.type === type).map(frame => frame.values);
		deepEqual(blocked(0x15), [[0, 100]]);
		pair.frames(maxStreamData(0, 50)).pump();
		deepEqual(blocked(0x15).length, 1);
		pair.frames(maxStreamData(0, 1000));
		equal(sentOn(pair, 0).length, 250);
		deepEqual(blocked(0x14), [[250]]);
		pair.frames(maxData(100)).frames(maxData(300));
		equal(sentOn(pair, 0).length, 300);
		pair.frames(maxData(1000));
		equal(sentOn(pair, 0).length, 400);
	});

	it("do not wait for credit to repeat what was lost", () => {
		const pair = opened({ parameters: { 4: varints(100), 6: varints(100) } });
		pair.losing = true;
		pair.write(0, padding(200)).pump();
		pair.losing = false;
		pair.advance(500);
		equal(sentOn(pair, 0).length, 100);
	});

	it("give credit as the application reads, before the window is used up", () => {
		const pair = opened(), window = QUIC_STREAM_RECEIVE_WINDOW;
		const credit = () => pair.peer.frames(APPLICATION).filter(frame => frame.type === 0x11).map(frame => frame.values);
		const total = () => pair.peer.frames(APPLICATION).filter(frame => frame.type === 0x10).map(frame => frame.values[0]!);
		const half = window / 2;
		for (let at = 0; at < half; at += 512)
			pair.frames(stream(0, at, padding(512)));
		deepEqual(credit(), []);
		equal(pair.read(0).length, half);
		pair.pump();
		deepEqual(credit(), [[0, half + window]]);
		deepEqual(total(), []);
		for (let at = half; at < 3 * window; at += 512) {
			pair.frames(stream(0, at, padding(512)));
			pair.read(0);
			pair.pump();
		}
		equal(pair.client.closed, false, pair.client.closeReason);
		ok(total().at(-1)! > QUIC_CONNECTION_RECEIVE_WINDOW);
	});

	it("repeat a credit that was lost, with its present value", () => {
		const pair = opened();
		for (let at = 0; at < 2048; at += 512)
			pair.frames(stream(0, at, padding(512)));
		pair.losing = true;
		pair.read(0);
		pair.pump();
		pair.losing = false;
		pair.advance(500);
		deepEqual(pair.peer.frames(APPLICATION).filter(frame => frame.type === 0x11)[0]!.values, [0, 2048 + 2 * QUIC_STREAM_RECEIVE_WINDOW]);
	});

	it("refuse more than they allowed", () => {
		const at = (offset: number, data = text("x")) => opened().frames(stream(0, offset, data));
		at(QUIC_STREAM_RECEIVE_WINDOW - 1);
		at(QUIC_STREAM_RECEIVE_WINDOW).closedWith(FLOW_CONTROL_ERROR);
		at(2 ** 53 - 10, padding(20)).closedWith(FLOW_CONTROL_ERROR);
		opened().frames(bytesOf(0x0e, 0, varint8(0x3fffffff, 0xffffffff), 1, 0)).closedWith(FLOW_CONTROL_ERROR);
		opened().frames(resetStream(0, 0, QUIC_STREAM_RECEIVE_WINDOW + 1)).closedWith(FLOW_CONTROL_ERROR);
		const many = new Pair().establish(), count = QUIC_CONNECTION_RECEIVE_WINDOW / QUIC_STREAM_RECEIVE_WINDOW;
		for (let i = 0; i <= count; i++)
			many.client.openStream();
		for (let i = 0; i < count; i++)
			many.frames(stream(i * 4, QUIC_STREAM_RECEIVE_WINDOW - 1, text("x")));
		equal(many.client.closed, false);
		many.frames(stream(count * 4, 0, text("x"))).closedWith(FLOW_CONTROL_ERROR);
	});

	it("have one final size", () => {
		const table: Uint8Array[][] = [
			[stream(0, 0, text("abc"), true), stream(0, 0, text("abcd"))],
			[stream(0, 0, text("abc"), true), stream(0, 0, text("ab"), true)],
			[stream(0, 0, text("abc"), true), stream(0, 0, text("abcd"), true)],
			[stream(0, 0, text("abc")), stream(0, 0, text("ab"), true)],
			[stream(0, 0, text("abc"), true), resetStream(0, 0, 4)],
			[stream(0, 0, text("abc")), resetStream(0, 0, 2)],
			[stream(0, 5, text("abc")), stream(0, 6, bytesOf(), true)],
		];
		for (const frames of table)
			opened().frames(...frames).closedWith(FINAL_SIZE_ERROR);
		const good = opened().frames(stream(0, 0, text("abc"), true), stream(0, 0, text("abc"), true), stream(0, 1, text("b")), resetStream(0, 0, 3));
		equal(good.client.closed, false);
	});

	it("keep the first bytes where an overlap differs from what was read", () => {
		const pair = opened().frames(stream(0, 0, text("abc")));
		deepEqual(pair.read(0), text("abc"));
		pair.frames(stream(0, 0, text("xyzdef")));
		deepEqual(pair.read(0), text("def"));
	});

	it("do not acknowledge what makes a gap too many, and take it later", () => {
		const pair = opened();
		for (let i = 0; i < 40; i++)
			pair.frames(stream(0, 1 + i * 2, text("x")));
		equal(pair.client.closed, false);
		ok(pair.client.statistics.droppedFull > 20);
		const bytes = new Uint8Array(82).fill(0x79);
		pair.frames(stream(0, 0, bytes, true));
		equal(pair.read(0).length, 82);
		equal(pair.client.isFinished(0), true);
	});

	it("end where the peer resets them, and the credit comes back", () => {
		const pair = opened();
		pair.write(0, text("question")).pump();
		pair.frames(stream(0, 0, text("partial")), resetStream(0, 99, 2000));
		deepEqual(pair.events.slice(-2), [EVENT_STREAM_READABLE, EVENT_STREAM_CLOSED]);
		equal(pair.client.isFinished(0), false);
		equal(pair.read(0).length, 0);
		deepEqual(pair.peer.frames(APPLICATION).filter(frame => frame.type === 4).map(frame => frame.values), [[0, 99, 8]]);
		pair.frames(ackAll(pair));
		// The slot is free: three more and this one make the table full again.
		for (let i = 0; i < QUIC_STREAMS; i++)
			ok(pair.client.openStream() > 0);
		equal(pair.client.openStream(), -1);
	});

	it("stop sending where the peer asks for it, with its code, and can be read on", () => {
		const pair = opened();
		pair.write(0, text("abc")).pump();
		pair.write(0, text("def"));
		pair.frames(stopSending(0, 42));
		equal(pair.client.streamError(0), 42);
		deepEqual(pair.peer.frames(APPLICATION).filter(frame => frame.type === 4).map(frame => frame.values), [[0, 42, 3]]);
		equal(pair.events.at(-1), EVENT_STREAM_CLOSED);
		pair.frames(stream(0, 0, text("bye"), true));
		deepEqual(pair.read(0), text("bye"));
		equal(pair.client.isFinished(0), true);
	});

	it("repeat RESET_STREAM where it is lost", () => {
		const pair = opened();
		pair.write(0, text("abc")).pump();
		pair.frames(ackAll(pair));
		pair.losing = true;
		pair.client.abort(0, 5);
		pair.pump();
		pair.losing = false;
		pair.advance(500);
		ok(pair.peer.frames(APPLICATION).some(frame => frame.type === 4 && frame.values[1] === 5));
		ok(pair.peer.frames(APPLICATION).some(frame => frame.type === 5 && frame.values[1] === 5));
	});

	it("broken off by the application take what still comes off the windows", () => {
		const pair = opened();
		pair.frames(stream(0, 0, padding(1000)));
		pair.client.abort(0, 1);
		pair.pump();
		for (let at = 1000; at < 20000; at += 1000) {
			pair.frames(stream(0, at, padding(1000)));
			equal(pair.client.closed, false, pair.client.closeReason);
		}
		pair.frames(resetStream(0, 1, 20000), ackAll(pair));
		equal(pair.events.at(-1), EVENT_STREAM_CLOSED);
		for (let i = 0; i < QUIC_STREAMS; i++)
			ok(pair.client.openStream() > 0);
	});

	it("share a datagram", () => {
		const pair = new Pair().establish();
		const a = pair.client.openStream(), b = pair.client.openStream();
		const before = pair.peer.datagrams.length;
		pair.write(a, text("aa")).write(b, text("bb")).pump();
		equal(pair.peer.datagrams.length, before + 1);
		deepEqual(sentOn(pair, a), text("aa"));
		deepEqual(sentOn(pair, b), text("bb"));
	});
});
