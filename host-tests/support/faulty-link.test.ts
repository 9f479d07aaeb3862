import { describe, it, deepEqual, equal, ok, throws } from "#test";
import { FakeClock } from "./fake-clock.js";
import { FaultyLink } from "./faulty-link.js";
import type { LinkOptions } from "./faulty-link.js";
import { fakeTimer } from "./fake-timer.js";
import { Prng } from "./prng.js";
import { NO_TIMEOUT } from "../../firmware/wire/time.js";

const COUNT = 400;

// Sends numbered datagrams, one per ms, and returns the numbers in the order of arrival.
function run(options: LinkOptions): { link: FaultyLink, arrived: number[] } {
	const clock = new FakeClock(0x7fffffff - COUNT / 2);
	const link = new FaultyLink(clock, options);
	const arrived: number[] = [];
	const bytes = new Uint8Array(4);
	for (let i = 0; i < COUNT; i++) {
		bytes[0] = i >> 8;
		bytes[1] = i;
		link.send(bytes, 0, 2, datagram => { arrived.push(datagram[0]! * 256 + datagram[1]!); });
		clock.advance(1);
	}
	clock.advance(1000);
	return { link, arrived };
}

const inOrder = (numbers: number[]) => numbers.every((number, i) => i === 0 || numbers[i - 1]! <= number);

describe("fake clock", () => {
	it("runs what is due in the order of time, then of scheduling", () => {
		const clock = new FakeClock(), seen: string[] = [];
		clock.at(20, () => { seen.push("c"); });
		clock.at(10, () => { seen.push("a"); });
		clock.at(10, () => { seen.push(`b${clock.now()}`); });
		equal(clock.next, 10);
		clock.advance(15);
		deepEqual(seen, ["a", "b10"]);
		clock.advance(5);
		deepEqual(seen, ["a", "b10", "c"]);
		equal(clock.next, NO_TIMEOUT);
	});
	it("wraps as int32", () => {
		const clock = new FakeClock(0x7fffffff);
		clock.advance(1);
		equal(clock.now(), -0x80000000);
	});
	it("runs actions that actions scheduled, and ends a loop without a delay", () => {
		const clock = new FakeClock();
		let count = 0;
		const again = () => { count++; clock.at(10, again); };
		clock.at(0, again);
		clock.advance(100);
		equal(count, 11);
		const loop = () => { clock.at(0, loop); };
		clock.at(0, loop);
		throws(() => clock.advance(1, 50), "without a delay");
	});
	it("goes on until a condition holds", () => {
		const clock = new FakeClock();
		let done = false;
		clock.at(50, () => { done = true; });
		ok(clock.advanceUntil(() => done, 100));
		equal(clock.now(), 50);
		equal(clock.advanceUntil(() => false, 100), false);
		equal(clock.now(), 150);
	});
	it("gives timers that are set again and taken back", () => {
		const clock = new FakeClock();
		let fired = 0;
		const timer = fakeTimer(clock)(() => { fired++; });
		timer.schedule(10);
		timer.schedule(30);
		clock.advance(20);
		equal(fired, 0);
		clock.advance(10);
		equal(fired, 1);
		timer.schedule(5);
		timer.cancel();
		clock.advance(100);
		equal(fired, 1);
		timer.close();
	});
});

describe("faulty link", () => {
	it("delivers everything in order where nothing is wrong", () => {
		const { arrived } = run({ delay: 30, jitter: 20 });
		equal(arrived.length, COUNT);
		ok(inOrder(arrived));
	});
	it("loses about the rate that is asked for", () => {
		const { arrived, link } = run({ loss: 0.3 });
		ok(arrived.length > COUNT * 0.6 && arrived.length < COUNT * 0.8, `${arrived.length} arrived`);
		equal(link.statistics.lost + arrived.length, COUNT);
	});
	it("doubles, reorders and corrupts", () => {
		ok(run({ duplicate: 0.2 }).arrived.length > COUNT);
		const { arrived } = run({ reorder: 0.2 });
		equal(arrived.length, COUNT);
		ok(!inOrder(arrived));
		ok(run({ corrupt: 0.2 }).link.statistics.corrupted > COUNT / 10);
	});
	it("does the same again by the same seed, another by another", () => {
		const options = { seed: 7, loss: 0.1, reorder: 0.1, duplicate: 0.1, jitter: 5 };
		deepEqual(run(options).arrived, run(options).arrived);
		ok(run(options).arrived.join() !== run({ ...options, seed: 8 }).arrived.join());
	});
	it("swallows all in a black hole, the next n, and what is too long", () => {
		const clock = new FakeClock(), link = new FaultyLink(clock, { mtu: 10 });
		let arrived = 0;
		const send = (length: number) => {
			link.send(new Uint8Array(length), 0, length, () => { arrived++; });
			clock.advance(1);
		};
		link.blackhole = true;
		send(5);
		link.blackhole = false;
		link.loseNext = 1;
		send(5);
		send(11);
		equal(arrived, 0);
		send(10);
		equal(arrived, 1);
	});
});

describe("prng", () => {
	it("gives the same numbers on every engine", () => {
		const prng = new Prng(1);
		deepEqual([prng.next(), prng.next(), prng.below(100)], [2205151914, 1188728890, 51]);
	});
});
