import { describe, it, deepEqual, equal } from "#test";
import { MAX_ACK_DELAY, ReceivedPackets } from "../../firmware/quic/received-packets.js";
import { parseFrames } from "./support/frames.js";

function frameOf(received: ReceivedPackets, now = 0, room = 200) {
	const bytes = new Uint8Array(300);
	const end = received.write(bytes, 0, room, now);
	return parseFrames(bytes.slice(0, end))[0];
}

describe("received packets", () => {
	it("acknowledges three full ack-eliciting packets or ten small ones at once, fewer after max_ack_delay", () => {
		const received = new ReceivedPackets(false);
		received.add(0, true, 1000);
		equal(received.isDue(1000), false);
		equal(received.delay(1010), MAX_ACK_DELAY - 10);
		equal(received.isDue(1000 + MAX_ACK_DELAY), true);
		received.add(1, true, 1010);
		equal(received.isDue(1010), false);
		received.add(2, true, 1010);
		equal(received.isDue(1010), true);
		equal(received.delay(1010), 0);
		frameOf(received, 1010);
		equal(received.isDue(2000), false);
		for (let i = 3; i < 13; i++) {
			equal(received.isDue(2000), false);
			received.add(i, true, 2000, 0, 30);
		}
		equal(received.isDue(2000), true);
	});

	it("does not take the first number for a gap", () => {
		const received = new ReceivedPackets(false);
		received.add(7, true, 0);
		equal(received.isDue(0), false);
		received.add(9, true, 0);
		equal(received.isDue(0), true);
	});

	it("acknowledges at once what comes out of order, and every Initial and Handshake packet", () => {
		const late = new ReceivedPackets(false);
		late.add(0, true, 0);
		frameOf(late);
		late.add(2, true, 0);
		equal(late.isDue(0), true);
		const immediate = new ReceivedPackets(true);
		immediate.add(0, true, 0);
		equal(immediate.isDue(0), true);
	});

	it("never acknowledges packets that only acknowledge by themselves", () => {
		const received = new ReceivedPackets(false);
		received.add(0, false, 0);
		received.add(5, false, 0);
		equal(received.isDue(100000), false);
	});

	it("writes ranges, newest first, and the delay in units of 8 microseconds", () => {
		const received = new ReceivedPackets(false);
		for (const number of [0, 1, 4, 5, 6, 9])
			received.add(number, true, 50);
		const frame = frameOf(received, 60)!;
		deepEqual(frame.values, [9, 1250]);
		deepEqual(frame.ranges, [[9, 9], [4, 6], [0, 1]]);
	});

	it("writes as many ranges as fit, and nothing where not even one does", () => {
		const received = new ReceivedPackets(false);
		for (let number = 0; number < 20; number += 2)
			received.add(number, true, 0);
		deepEqual(frameOf(received, 0, 9)!.ranges, [[18, 18], [16, 16], [14, 14]]);
		received.add(20, true, 0);
		equal(frameOf(received, 0, 4), undefined);
	});

	it("knows duplicates, also those of ranges that it forgot", () => {
		const received = new ReceivedPackets(false);
		for (let number = 0; number < 200; number += 2)
			received.add(number, true, 0);
		equal(received.isDuplicate(198), true);
		equal(received.isDuplicate(199), false);
		equal(received.isDuplicate(0), true);
		// Below the floor nothing can be told, so it counts as a duplicate.
		equal(received.isDuplicate(1), true);
		equal(received.isDuplicate(191), false);
	});

	it("stops acknowledging what the peer knows that we have", () => {
		const received = new ReceivedPackets(false);
		for (const number of [0, 1, 4, 8])
			received.add(number, true, 0);
		received.onAckAcked(4);
		deepEqual(frameOf(received)!.ranges, [[8, 8]]);
		equal(received.isDuplicate(4), true);
		received.onAckAcked(8);
		received.add(9, true, 0);
		deepEqual(frameOf(received)!.ranges, [[8, 9]]);
	});
});
