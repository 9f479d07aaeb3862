import { describe, it, deepEqual, equal, ENGINE } from "#test";
import { ReceiveBuffer } from "../../firmware/quic/receive-buffer.js";
import { SendQueue } from "../../firmware/quic/send-queue.js";
import { Prng } from "../support/prng.js";

const byteAt = (offset: number) => offset * 7 + (offset >> 8) & 0xff;
function bytesAt(from: number, to: number): Uint8Array {
	const bytes = new Uint8Array(to - from);
	for (let i = 0; i < bytes.length; i++)
		bytes[i] = byteAt(from + i);
	return bytes;
}

describe("send queue", () => {
	function queueOf(count: number, ranges = 4): SendQueue {
		const queue = new SendQueue(64, ranges), bytes = bytesAt(0, count);
		queue.putBytes(bytes, 0, count);
		queue.commit();
		return queue;
	}
	function send(queue: SendQueue, max: number, limit = Infinity): [number, number] {
		queue.propose(max, limit);
		queue.onSent(queue.from, queue.to);
		return [queue.from, queue.to];
	}

	it("sends in order up to the peer's credit", () => {
		const queue = queueOf(20);
		deepEqual(send(queue, 8), [0, 8]);
		equal(queue.propose(8, 10), 2);
		equal(queue.propose(8, 8), 0);
		equal(queue.hasPending(8), false);
		equal(queue.hasPending(9), true);
		deepEqual(send(queue, 100), [8, 20]);
		equal(queue.hasPending(Infinity), false);
	});

	it("sends the lost range again, not the packet, and before new data", () => {
		const queue = queueOf(20);
		send(queue, 5);
		send(queue, 5);
		send(queue, 5);
		queue.onLost(0, 5);
		queue.onLost(5, 10);
		deepEqual(send(queue, 100), [0, 10]);
		deepEqual(send(queue, 100), [15, 20]);
	});

	it("lost data needs no credit", () => {
		const queue = queueOf(20);
		send(queue, 10);
		queue.onLost(0, 10);
		equal(queue.hasPending(0), true);
		deepEqual(send(queue, 4, 0), [0, 4]);
	});

	it("gives room back from the front, whatever the order of acknowledgments", () => {
		const queue = queueOf(20);
		send(queue, 20);
		queue.onAcked(5, 10);
		equal(queue.base, 0);
		queue.onAcked(15, 20);
		queue.onAcked(0, 5);
		equal(queue.base, 10);
		equal(queue.isDrained, false);
		queue.onAcked(10, 15);
		equal(queue.base, 20);
		equal(queue.isDrained, true);
	});

	it("does not repeat what was acknowledged meanwhile", () => {
		const queue = queueOf(20);
		send(queue, 20);
		queue.onLost(0, 10);
		queue.onAcked(0, 10);
		equal(queue.hasPending(Infinity), false);
		queue.onAcked(12, 20);
		queue.onLost(12, 20);
		equal(queue.hasPending(Infinity), false);
		queue.onLost(0, 12);
		equal(queue.propose(100, Infinity), 2);
		equal(queue.from, 10);
	});

	it("delivers everything whatever is lost, with few ranges (by seed)", () => {
		for (let seed = 1; seed <= (ENGINE as string === "xs" ? 2 : 20); seed++) {
			const prng = new Prng(seed), queue = new SendQueue(64, 3), flight: [number, number][] = [], got = new Set<number>();
			let written = 0;
			for (let step = 0; got.size < 300; step++) {
				if (step > 20000)
					throw new Error(`seed ${seed}: no end`);
				while (written < 300 && queue.room > 0) {
					queue.putUint8(byteAt(written++));
					queue.commit();
				}
				if (prng.chance(0.6) && queue.propose(1 + prng.below(6), Infinity) > 0) {
					const copy = new Uint8Array(queue.to - queue.from);
					queue.copy(queue.from, queue.to, copy, 0);
					deepEqual(copy, bytesAt(queue.from, queue.to), `seed ${seed}`);
					flight.push([queue.from, queue.to]);
					queue.onSent(queue.from, queue.to);
				}
				else if (flight.length > 0) {
					const [from, to] = flight.splice(prng.below(flight.length), 1)[0]!;
					if (prng.chance(0.4))
						queue.onLost(from, to);
					else {
						queue.onAcked(from, to);
						for (let i = from; i < to; i++)
							got.add(i);
					}
				}
			}
			while (flight.length > 0)
				queue.onAcked(...flight.pop()!);
			for (let count = 0; !queue.isDrained; count++) {
				if (count > 100 || queue.propose(64, Infinity) === 0)
					throw new Error(`seed ${seed}: not drained`);
				const from = queue.from, to = queue.to;
				queue.onSent(from, to);
				queue.onAcked(from, to);
			}
		}
	});
});

describe("receive buffer", () => {
	const write = (buffer: ReceiveBuffer, from: number, to: number) => buffer.write(bytesAt(from, to), 0, to - from, from);
	function read(buffer: ReceiveBuffer, max = 1000): Uint8Array {
		const into = new Uint8Array(max);
		return into.slice(0, buffer.read(into, 0, max));
	}

	it("puts in order what comes out of order, overlapping or twice", () => {
		const buffer = new ReceiveBuffer(64, 4);
		equal(write(buffer, 10, 20), true);
		equal(read(buffer).length, 0);
		write(buffer, 5, 12);
		write(buffer, 0, 6);
		equal(buffer.contiguous, 20);
		write(buffer, 3, 18);
		deepEqual(read(buffer, 7), bytesAt(0, 7));
		write(buffer, 0, 22);
		deepEqual(read(buffer), bytesAt(7, 22));
		equal(buffer.base, 22);
		equal(buffer.highest, 22);
	});

	it("goes round its window", () => {
		const buffer = new ReceiveBuffer(16, 4);
		for (let at = 0; at < 200; at += 10) {
			write(buffer, at + 6, at + 10);
			write(buffer, at, at + 6);
			equal(buffer.limit, at + 16);
			deepEqual(read(buffer), bytesAt(at, at + 10));
		}
	});

	it("takes nothing where there are too many gaps, and recovers", () => {
		const buffer = new ReceiveBuffer(64, 2);
		write(buffer, 2, 3);
		write(buffer, 5, 6);
		equal(write(buffer, 8, 9), false);
		equal(buffer.highest, 6);
		equal(write(buffer, 0, 2), true);
		equal(write(buffer, 8, 9), true);
		write(buffer, 3, 8);
		deepEqual(read(buffer), bytesAt(0, 9));
	});

	it("agrees with the stream for any order (by seed)", () => {
		for (let seed = 1; seed <= (ENGINE as string === "xs" ? 2 : 20); seed++) {
			const prng = new Prng(seed), buffer = new ReceiveBuffer(32, 3);
			let at = 0;
			for (let step = 0; at < 400; step++) {
				if (step > 50000)
					throw new Error(`seed ${seed}: no end`);
				const from = Math.max(0, at - 8 + prng.below(30)), to = Math.min(buffer.limit, from + 1 + prng.below(9));
				if (from < to)
					write(buffer, from, to);
				const piece = read(buffer, prng.below(12));
				deepEqual(piece, bytesAt(at, at + piece.length), `seed ${seed}, step ${step}`);
				at += piece.length;
			}
		}
	});
});
