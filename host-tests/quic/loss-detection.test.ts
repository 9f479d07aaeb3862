import { describe, it, deepEqual, equal, ok, throws } from "#test";
import { QUIC_PTO_MAX, QUIC_SENT_PACKETS } from "../../firmware/config.js";
import { LossDetection } from "../../firmware/quic/loss-detection.js";
import { PacketSpace } from "../../firmware/quic/packet-space.js";
import { SENT_STREAM, type SentFrameSink } from "../../firmware/quic/sent-packets.js";
import { NO_TIMEOUT } from "../../firmware/wire/time.js";

class Sink implements SentFrameSink {
	readonly acked: number[] = [];
	readonly lost: number[] = [];
	onFrameAcked(_kind: number, _id: number, from: number): void {
		this.acked.push(from);
	}
	onFrameLost(_kind: number, _id: number, from: number): void {
		this.lost.push(from);
	}
}

function setUp() {
	const spaces = [new PacketSpace(0), new PacketSpace(1), new PacketSpace(2)], sink = new Sink();
	const loss = new LossDetection(spaces, sink);
	loss.isConfirmed = loss.isPeerValidated = true;
	const space = spaces[2]!;
	/** Sends a packet whose one frame has the packet's number as its offset. */
	const send = (now: number, size = 1000, inSpace = space) => {
		loss.sent.addFrame(SENT_STREAM, 0, inSpace.nextNumber, inSpace.nextNumber + 1);
		loss.onSent(inSpace, inSpace.nextNumber++, size, now, false);
	};
	const ack = (now: number, ranges: [number, number][], delay = 0, inSpace = space) => {
		const largest = ranges[0]![1];
		loss.beginAck(inSpace, largest);
		for (const [low, high] of ranges)
			loss.ackRange(inSpace, low, high);
		loss.endAck(inSpace, delay, now, -1, -1, -1);
	};
	return { loss, spaces, space, sink, send, ack };
}

describe("loss detection", () => {
	it("takes RTT samples as RFC 9002 §5.3 says", () => {
		const { loss, send, ack } = setUp();
		send(0);
		ack(100, [[0, 0]]);
		equal(loss.rtt.smoothed, 100);
		equal(loss.rtt.variation, 50);
		send(100);
		ack(240, [[1, 1]], 20);
		equal(loss.rtt.latest, 140);
		equal(loss.rtt.smoothed, 0.875 * 100 + 0.125 * 120);
		equal(loss.rtt.variation, 0.75 * 50 + 0.25 * 20);
		equal(loss.rtt.minimum, 100);
	});

	it("limits the peer's delay to its max_ack_delay, and ignores it below min_rtt", () => {
		const { loss, send, ack } = setUp();
		send(0);
		ack(100, [[0, 0]]);
		send(100);
		ack(300, [[1, 1]], 150);
		equal(loss.rtt.smoothed, 0.875 * 100 + 0.125 * 175);
		const before = loss.rtt.smoothed;
		send(300);
		ack(410, [[2, 2]], 25);
		equal(loss.rtt.smoothed, 0.875 * before + 0.125 * 110);
	});

	it("declares a packet lost that is three behind", () => {
		const { sink, send, ack, loss } = setUp();
		for (let i = 0; i < 5; i++)
			send(i);
		ack(50, [[3, 3]]);
		deepEqual(sink.acked, [3]);
		deepEqual(sink.lost, [0]);
		equal(loss.packetsLost, 1);
		equal(loss.congestion.inFlight, 3000);
	});

	it("declares a packet lost after 9/8 RTT, and not before", () => {
		const { loss, sink, send, ack } = setUp();
		send(0);
		send(5);
		ack(85, [[1, 1]]);
		deepEqual(sink.lost, []);
		equal(loss.pollTimeout(85), 5);
		loss.onTimeout(89);
		deepEqual(sink.lost, []);
		loss.onTimeout(90);
		deepEqual(sink.lost, [0]);
	});

	it("doubles the probe timeout up to the limit, repeats the two oldest packets, and starts again with an ACK", () => {
		const { loss, sink, send, ack, space } = setUp();
		send(0);
		ack(100, [[0, 0]]);
		for (let i = 0; i < 3; i++)
			send(100);
		// smoothed 100 + 4 * 50 + max_ack_delay 25
		equal(loss.pollTimeout(100), 325);
		loss.onTimeout(425);
		deepEqual(sink.lost, [1, 2]);
		equal(space.probes, 2);
		equal(loss.packetsLost, 0);
		let now = 425;
		const delays: number[] = [];
		for (let i = 0; i < 7; i++) {
			const delay = loss.pollTimeout(now);
			delays.push(delay);
			now += delay;
			loss.onTimeout(now);
			send(now);
		}
		// The first is counted from the last packet that was sent, at 100.
		deepEqual(delays, [325, 1300, 2600, QUIC_PTO_MAX, QUIC_PTO_MAX, QUIC_PTO_MAX, QUIC_PTO_MAX]);
		ack(now + 100, [[1, 9]]);
		equal(loss.probeCount, 0);
	});

	it("refuses an acknowledgment of what was not sent", () => {
		const { send, ack } = setUp();
		send(0);
		equal((throws(() => ack(1, [[0, 1]]), "not sent") as { code?: number }).code, 0x0a);
	});

	it("halves the window once per round trip and grows it again by acknowledgments", () => {
		const { loss, send, ack } = setUp();
		equal(loss.congestion.window, 12000);
		for (let i = 0; i < 10; i++)
			send(i, 1200);
		equal(loss.congestion.hasRoom, false);
		ack(50, [[0, 4]]);
		equal(loss.congestion.window, 12000 + 5 * 1200);
		ack(60, [[9, 9]]);
		// 5 and 6 are lost by number; what was sent before the loss was found does not halve again.
		equal(loss.congestion.window, 9000);
		loss.onTimeout(200);
		equal(loss.congestion.window, 9000);
	});

	it("does not grow a window that is not used", () => {
		const { loss, send, ack } = setUp();
		for (let i = 0; i < 20; i++) {
			send(i * 10, 100);
			ack(i * 10 + 5, [[i, i]]);
		}
		equal(loss.congestion.window, 12000);
	});

	it("falls to the minimum window after persistent congestion", () => {
		const { loss, send, ack } = setUp();
		send(0);
		ack(20, [[0, 0]]);
		for (let i = 1; i <= 8; i++)
			send(20 + i * 200);
		ack(1700, [[8, 8]]);
		equal(loss.congestion.window, 2400);
	});

	it("probes a server that may be blocked by its amplification limit", () => {
		const { loss, spaces, send, ack } = setUp();
		loss.isConfirmed = loss.isPeerValidated = false;
		const initial = spaces[0]!;
		spaces.splice(1, 1);
		send(0, 1200, initial);
		ack(50, [[0, 0]], 0, initial);
		equal(initial.eliciting, 0);
		const delay = loss.pollTimeout(50);
		ok(delay > 0 && delay < 1000, `delay ${delay}`);
		loss.onTimeout(50 + delay);
		equal(initial.probes, 1);
		loss.isPeerValidated = true;
		loss.setTimer(300);
		equal(loss.pollTimeout(300), NO_TIMEOUT);
	});

	it("does not arm the 1-RTT probe before the handshake is confirmed", () => {
		const { loss, send } = setUp();
		loss.isConfirmed = false;
		send(0);
		equal(loss.pollTimeout(0), NO_TIMEOUT);
	});

	it("forgets a space without a verdict on its packets", () => {
		const { loss, spaces, sink, send } = setUp();
		send(0, 1200, spaces[0]!);
		send(0, 500, spaces[1]!);
		loss.discard(spaces[0]!, 0, false);
		equal(loss.congestion.inFlight, 500);
		deepEqual(sink.lost, []);
		equal(spaces[1]!.eliciting, 1);
	});

	it("has a bounded memory, and uses all of it again", () => {
		const { loss, send, ack } = setUp();
		for (let round = 0; round < 3; round++) {
			const first = round * QUIC_SENT_PACKETS;
			for (let i = 0; i < QUIC_SENT_PACKETS; i++) {
				ok(loss.sent.hasRoom);
				send(0, 10);
			}
			equal(loss.sent.hasRoom, false);
			ack(1, [[first, first + QUIC_SENT_PACKETS - 1]]);
			equal(loss.sent.hasRoom, true);
		}
		equal(loss.congestion.inFlight, 0);
	});

	it("gives up the records of bare acknowledgments first", () => {
		const { loss, space } = setUp();
		for (let i = 0; i < QUIC_SENT_PACKETS; i++)
			loss.onSent(space, space.nextNumber++, 0, 0, false);
		equal(loss.sent.hasRoom, false);
		loss.sent.trim(true);
		equal(loss.sent.hasRoom, true);
	});

	it("counts time across the wrap of the clock", () => {
		const { loss, send, ack, sink } = setUp();
		const start = 0x7fffffff - 50;
		send(start);
		send(start + 10);
		ack(start + 100 | 0, [[1, 1]]);
		equal(loss.rtt.latest, 90);
		equal(loss.pollTimeout(start + 100 | 0), 2);
		loss.onTimeout(start + 102 | 0);
		deepEqual(sink.lost, [0]);
	});
});
