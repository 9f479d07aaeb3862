import { describe, it, equal, ok } from "#test";
import { QUIC_SEND_DATAGRAM } from "../../firmware/config.js";
import { Congestion } from "../../firmware/quic/congestion.js";
import { padding, varints } from "./support/frames.js";
import { Pair } from "./support/pair.js";
import { APPLICATION } from "./support/test-peer.js";

const INITIAL = 10 * QUIC_SEND_DATAGRAM, RTT = 100;

/** A window of that many initial ones, grown in slow start; the clock stands at 1000. */
function grown(times: number): Congestion {
	const congestion = new Congestion();
	while (congestion.window < times * INITIAL) {
		congestion.onSent(QUIC_SEND_DATAGRAM);
		congestion.onAcked(QUIC_SEND_DATAGRAM, 500, congestion.window);
	}
	congestion.pacingDelay(RTT, 1000);
	congestion.pacingDelay(RTT, 2000);
	return congestion;
}

/** Datagrams that go at `now`. */
function burst(congestion: Congestion, now: number): number {
	let count = 0;
	for (; congestion.hasRoom && congestion.pacingDelay(RTT, now) === 0; count++)
		congestion.onSent(QUIC_SEND_DATAGRAM);
	return count;
}

describe("pacing", () => {
	it("does not hold the initial window back", () => {
		equal(burst(new Congestion(), 0), 10);
	});

	it("sends no more than the initial window at once, then a window in four fifths of a round trip", () => {
		const congestion = grown(8);
		equal(burst(congestion, 2000), 10);
		const delay = congestion.pacingDelay(RTT, 2000);
		ok(delay > 0 && delay <= Math.ceil(QUIC_SEND_DATAGRAM / (1.25 * 8 * INITIAL / RTT)), `${delay}`);
		let sent = 10, now = 2000;
		while (congestion.hasRoom) {
			now += congestion.pacingDelay(RTT, now);
			const count = burst(congestion, now);
			ok(count <= 2, `${count} at ${now}`);
			sent += count;
		}
		ok(sent >= 79, `${sent}`);
		ok(now - 2000 >= 60 && now - 2000 <= 90, `${now - 2000} ms`);
	});

	it("does not add up what was not used, nor stumbles over a clock that wraps or stands still", () => {
		const congestion = grown(4);
		equal(burst(congestion, 100_000), 10);
		equal(burst(congestion, 100_000), 0);
		congestion.onDiscarded(10 * QUIC_SEND_DATAGRAM);
		equal(burst(congestion, -0x7fffff00), 10);
	});

	it("asks for the time when the rest may go", () => {
		const credit = varints(1 << 29), pair = new Pair({ parameters: { 4: credit, 6: credit } }).establish();
		equal(pair.client.openStream(), 0);
		let from = 0;
		// Round trips of 100 ms, until the window is large.
		for (let round = 0; round < 12; round++) {
			from = pair.peer.packets.length;
			for (let i = 0; i < 40; i++) {
				const room = pair.client.sendRing(0).room;
				if (room > 0)
					pair.write(0, padding(room)).pump();
				const delay = pair.client.pollTimeout(pair.now);
				if (delay > 5)
					break;
				pair.advance(delay);
			}
			pair.now += 100;
			pair.frames(pair.peer.acknowledge());
		}
		ok(pair.peer.packets.length - from >= 6);
		equal(pair.client.closed, false);
		equal(pair.peer.frames(APPLICATION).length > 0, true);
	});

	it("begins anew on another path", () => {
		const congestion = grown(4);
		congestion.reset(3000);
		equal(congestion.window, INITIAL);
		congestion.onLost(2999, 3001);
		equal(congestion.window, INITIAL);
		congestion.onLost(3001, 3002);
		equal(congestion.window, INITIAL / 2);
	});
});
