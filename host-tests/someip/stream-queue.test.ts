import { deepEqual, describe, equal, it, ok } from "#test";
import { TCP_SEND_MAX, TCP_SEND_TOTAL } from "../../firmware/config.js";
import { HEADER_LENGTH, TYPE_RESPONSE } from "../../firmware/someip/header.js";
import { StreamQueue, StreamRoom } from "../../firmware/someip/stream-queue.js";

const CONNECTIONS = 16, FIRST = 512;

function queues(): StreamQueue[] {
	const room = new StreamRoom();
	return Array.from({ length: CONNECTIONS }, () => new StreamQueue(false, true, room));
}

const put = (queue: StreamQueue, length: number): boolean => queue.begin(0x1234, 1, length, 1, 1, 1, TYPE_RESPONSE, 0) >= 0;
const held = (list: StreamQueue[]): number => list.reduce((sum, { bytes }) => sum + bytes.length, 0);

describe("stream queue", () => {
	it("clients that read nothing do not take more memory than is theirs together, and none is left without any", () => {
		const list = queues();
		for (const queue of list)
			while (put(queue, 100));
		ok(held(list) <= TCP_SEND_TOTAL + CONNECTIONS * FIRST, `${held(list)} bytes`);
		for (const queue of list)
			ok(queue.to >= 4 * (HEADER_LENGTH + 100));
	});

	it("what was sent makes room for others", () => {
		const list = queues(), long = TCP_SEND_MAX - HEADER_LENGTH;
		for (let round = 0; round < 5; round++)
			for (const queue of list) {
				ok(put(queue, long));
				equal(queue.to - queue.from, TCP_SEND_MAX);
				queue.sent(TCP_SEND_MAX);
			}
		ok(held(list) <= TCP_SEND_TOTAL + CONNECTIONS * FIRST, `${held(list)} bytes`);
	});

	it("a connection that is lost gives its room back", () => {
		const list = queues(), long = TCP_SEND_MAX - HEADER_LENGTH;
		ok(put(list[0]!, long));
		equal(put(list[1]!, long), false);
		list[0]!.reset();
		ok(put(list[1]!, long));
		equal(put(list[0]!, long), false);
		ok(put(list[0]!, 100));
	});

	it("what waits stays as it is when the queue grows", () => {
		const [queue] = queues() as [StreamQueue];
		for (let i = 0; i < 30; i++) {
			const at = queue.begin(0x1234, i, 400, 1, 1, 1, TYPE_RESPONSE, 0);
			queue.bytes.fill(i, at, at + 400);
			if (i % 3 === 0)
				queue.sent(416);
		}
		for (let i = 10; i < 30; i++) {
			const at = queue.from + (i - 10) * 416;
			equal(queue.bytes[at + 3], i);
			ok(queue.bytes.subarray(at + 16, at + 416).every(byte => byte === i));
		}
	});

	it("does not grow where the arena has no room for the longer one; what it has is used all the same", () => {
		const asked: number[] = [], room = new StreamRoom(bytes => {
			asked.push(bytes);
			return bytes <= 1024;
		}), queue = new StreamQueue(false, true, room);
		const push = (length: number) => queue.begin(0x1234, 1, length, 1, 1, 1, 0x80, 0);
		ok(push(400) > 0 && push(500) > 0);
		deepEqual([push(600), push(64)].map(at => at > 0), [false, true]);
		deepEqual(asked, [1024, 2048]);
		equal(queue.bytes.length, 1024);
	});
});
