/** Floods: what a server may send as often as it likes must cost nothing that stays, and answers that are fewer. */
import { liveBytes } from "#hal";
import { describe, ENGINE, equal, it, ok } from "#test";
import { QUIC_STREAM_RECEIVE_WINDOW } from "../../../firmware/config.js";
import { CONNECTION_ID_LIMIT_ERROR } from "../../../firmware/quic/transport-error.js";
import { bytesOf, crypto, datagram, maxData, maxStreamData, maxStreams, newConnectionId, padding, pathChallenge, ping, resetStream, stopSending, stream, text, varints } from "../support/frames.js";
import type { Pair, PairOptions } from "../support/pair.js";
import { APPLICATION, INITIAL } from "../support/test-peer.js";
import { HELLO, isAlive, OPEN, pairAt } from "./attack.js";

const IS_XS = ENGINE as string === "xs";
/** Packets of one flood; those of the first ones may fill what is bounded. */
const PACKETS = IS_XS ? 40 : 800, FIRST = IS_XS ? 40 : 200;
/** Bytes that may be there afterwards and were not before: on Node the collector's noise. */
const GROWTH_MAX = IS_XS ? 4096 : 1024 * 1024;

interface Flood {
	readonly fact: string;
	readonly stage?: number;
	readonly options?: PairOptions;
	/** The frames of packet number `i`. */
	readonly frames: (i: number, pair: Pair) => Uint8Array;
	/** Code that ends it; none unless given. */
	readonly code?: number;
}

const many = (count: number, frame: (i: number) => Uint8Array): Uint8Array => bytesOf(...Array.from({ length: count }, (_, i) => frame(i)));
const ID = text("new id 1"), TOKEN = text("0123456789abcdef");
let sparse = 0;

const FLOODS: readonly Flood[] = [
	{ fact: "PING", frames: () => many(100, ping) },
	{ fact: "PADDING", frames: () => padding(1000) },
	{ fact: "PATH_CHALLENGE", frames: i => many(50, at => pathChallenge(bytesOf(padding(5), i >> 8 & 255, i & 255, at))) },
	{ fact: "NEW_TOKEN", frames: i => many(5, at => bytesOf(7, varints(100), new Uint8Array(100).fill(i + at))) },
	{ fact: "NEW_TOKEN longer than what is kept", frames: () => bytesOf(7, varints(1000), padding(1000)) },
	{ fact: "one NEW_CONNECTION_ID over and over", frames: () => many(10, () => newConnectionId(1, 0, ID, TOKEN)) },
	{ fact: "NEW_CONNECTION_ID with rising retire_prior_to", frames: i => newConnectionId(i + 1, i + 1, bytesOf(text("flood"), i >> 16, i >> 8 & 255, i & 255), TOKEN), code: CONNECTION_ID_LIMIT_ERROR },
	{ fact: "MAX_DATA and MAX_STREAM_DATA, up and down", frames: i => many(50, at => bytesOf(maxData(i * at), maxStreamData(0, i + at))) },
	{ fact: "MAX_STREAMS, up and down", frames: i => many(50, at => bytesOf(maxStreams(i * 50 + at), maxStreams(at, 1))) },
	{ fact: "DATA_BLOCKED, STREAM_DATA_BLOCKED, STREAMS_BLOCKED", frames: i => many(50, at => bytesOf(0x14, varints(i + at), 0x15, 0, varints(i), 0x16, varints(at), 0x17, varints(at))) },
	{ fact: "HANDSHAKE_DONE", frames: () => new Uint8Array(1000).fill(0x1e) },
	{ fact: "STREAM frames of no bytes", frames: () => many(100, () => stream(0, 0, bytesOf())) },
	{ fact: "STREAM frames of one byte, each the same", frames: () => many(100, () => stream(0, 0, text("a"))) },
	{ fact: "STREAM frames of one byte with gaps", frames: () => many(100, at => stream(0, 1 + at * 2, text("a"))) },
	{ fact: "STREAM frames whose bytes nobody reads", frames: i => stream(0, Math.min(i * 500, QUIC_STREAM_RECEIVE_WINDOW - 500), padding(500)) },
	{ fact: "STOP_SENDING", frames: () => many(100, () => stopSending(0, 3)) },
	{ fact: "RESET_STREAM", frames: () => many(100, () => resetStream(0, 3, 0)) },
	{ fact: "streams of the server, opened and reset at once", options: { client: { peerUniStreams: 2 } }, frames: (i, pair) => {
		// As many as were granted meanwhile.
		const grants = pair.peer.frames(APPLICATION).filter(frame => frame.type === 0x13);
		const granted = grants.length === 0 ? sparse : grants[grants.length - 1]!.values[0]!;
		sparse = i === 0 ? 2 : granted;
		return resetStream(3 + 4 * (sparse - 1), 1, 0);
	} },
	{ fact: "DATAGRAM", options: { client: { datagrams: 2048 } }, frames: i => many(10, at => datagram(new Uint8Array(90).fill(i + at))) },
	{ fact: "DATAGRAM of no bytes", options: { client: { datagrams: 2048 } }, frames: () => many(300, () => datagram(bytesOf())) },
	{ fact: "CRYPTO of no bytes", frames: () => many(100, () => crypto(0, bytesOf())) },
	{ fact: "CRYPTO with gaps", frames: () => many(100, at => crypto(100 + at * 2, bytesOf(1))) },
	{ fact: "CRYPTO with gaps before the handshake", stage: HELLO, frames: () => many(100, at => crypto(1000 + at * 2, bytesOf(1))) },
	{ fact: "PING before the handshake", stage: HELLO, frames: () => many(50, ping) },
	{ fact: "ACK of the same over and over", frames: (_, pair) => pair.peer.acknowledge() },
	{ fact: "packets with gaps between their numbers", frames: (_, pair) => {
		pair.peer.nextNumber[APPLICATION] = pair.peer.nextNumber[APPLICATION]! + 2;
		return bytesOf(ping(), padding(3));
	} },
];

/** Gives packets from number `from` on; returns how many the client answered with. */
function flood(pair: Pair, { frames, stage = OPEN }: Flood, from: number, count: number): number {
	let answers = 0;
	for (let i = from; i < from + count && !pair.client.closed; i++) {
		pair.give(pair.peer.seal(stage === HELLO ? INITIAL : APPLICATION, frames(i, pair)));
		answers += pair.sent.length;
		pair.forget();
		pair.now++;
		// Without the server's acknowledgments what we send would be waiting for them.
		if (i % 50 === 49 && stage === OPEN)
			pair.deliver(pair.peer.seal(APPLICATION, pair.peer.acknowledge()));
	}
	return answers;
}

describe("hostile server: floods", () => {
	for (const each of FLOODS)
		it(`${each.fact}: ${each.code === undefined ? "nothing grows" : `0x${each.code.toString(16)}`}`, () => {
			const pair = pairAt(each.stage ?? OPEN, each.options);
			flood(pair, each, 0, FIRST);
			const before = liveBytes();
			const answers = flood(pair, each, FIRST, PACKETS);
			if (each.code !== undefined) {
				equal(pair.client.closeCode, each.code, pair.client.closeReason);
				return;
			}
			const growth = liveBytes() - before;
			equal(pair.client.closed, false, pair.client.closeReason);
			ok(growth <= GROWTH_MAX, `grew by ${growth} bytes`);
			ok(answers <= PACKETS + 10, `${answers} datagrams in answer to ${PACKETS}`);
			if (each.stage === undefined)
				isAlive(pair);
		});
});
