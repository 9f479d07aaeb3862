/** What a hostile server does, in tables: each row is one thing that no peer does, and what must come of it. */
import { describe, equal, it, ok } from "#test";
import { ping, text } from "../support/frames.js";
import { Pair, type PairOptions } from "../support/pair.js";
import { APPLICATION } from "../support/test-peer.js";

/** How far the connection is when the attack comes: the ClientHello was sent; there are Handshake keys; all is done, stream 0
 *  is open and two packets of the client are under way. */
export const HELLO = 0;
export const KEYS = 1;
export const OPEN = 2;

/** What comes of it: nothing, the connection goes on; it ends without a word. Else the transport error code. */
export const IGNORED = -1;
export const SILENT = -2;

export interface Attack {
	readonly fact: string;
	/** HELLO, KEYS or OPEN. */
	readonly stage: number;
	readonly options?: PairOptions;
	readonly attack: (pair: Pair) => void;
	/** IGNORED, SILENT or the code of the CONNECTION_CLOSE. */
	readonly result: number;
	/** The code that `closeCode` tells where nothing was said. */
	readonly code?: number;
}

/** A connection at that stage. */
export function pairAt(stage: number, options: PairOptions = {}): Pair {
	if (stage === OPEN) {
		const pair = new Pair(options).establish();
		return pair.write(pair.client.openStream(), text("x")).pump().write(0, text("y")).pump();
	}
	const pair = new Pair(options).connect();
	return stage === KEYS ? pair.give(pair.peer.initialPacket(), pair.peer.handshakePackets(100)[0]!) : pair;
}

/** Declares one fact for each attack. Each time another connection, and at the end a new one, must not mind. */
export function attacks(area: string, rows: readonly Attack[]): void {
	describe(`hostile server: ${area}`, () => {
		let other: Pair | undefined;
		for (const row of rows)
			it(`${row.fact}: ${outcome(row.result)}`, () => {
				other ??= new Pair().establish();
				const pair = pairAt(row.stage, row.options);
				row.attack(pair);
				if (row.result === IGNORED)
					goesOn(pair, row.stage);
				else
					hasEnded(pair, row);
				isAlive(other);
			});
		it("leaves the next connection alone", () => isAlive(new Pair().establish()));
	});
}

const outcome = (result: number): string => result === IGNORED ? "goes on" : result === SILENT ? "ends in silence" : `0x${result.toString(16)}`;

function goesOn(pair: Pair, stage: number): void {
	equal(pair.client.closed, false, pair.client.closeReason);
	if (stage !== OPEN) {
		pair.give(pair.peer.initialPacket(), ...pair.peer.handshakePackets(), pair.peer.donePacket());
		equal(pair.client.statistics.established, true, pair.client.closeReason);
	}
	isAlive(pair);
}

/** It answers. */
export function isAlive(pair: Pair): void {
	const { client, peer } = pair, number = peer.nextNumber[APPLICATION]!, from = peer.packets.length;
	pair.frames(ping()).advance(30);
	equal(client.closed, false, client.closeReason);
	ok(peer.frames(APPLICATION, from).some(frame => frame.type <= 3 && frame.ranges.some(([low, high]) => low <= number && number <= high)), "a PING was not acknowledged");
}

function hasEnded(pair: Pair, { result, code }: Attack): void {
	const { client, peer } = pair;
	equal(client.closed, true, "closed");
	const closes = peer.frames().filter(frame => frame.type === 0x1c || frame.type === 0x1d);
	if (result === SILENT) {
		equal(closes.length, 0, "said so");
		equal(client.closeCode, code ?? 0, client.closeReason);
	}
	else {
		equal(client.closeCode, result, client.closeReason);
		equal(client.closeByPeer, false);
		ok(closes.length > 0 && closes.every(frame => frame.type === 0x1c && frame.values[0] === result), `not told of it: ${closes.map(frame => frame.values).join("; ")}`);
	}
	ok(client.closeReason.length > 0 && client.closeReason.length < 400, "no reason");
	// Silence, and an end that its own timers bring.
	const count = pair.sent.length;
	pair.advance(20000);
	equal(pair.sent.length, count, "goes on sending");
	equal(client.ended, true, "does not end");
}
