import { describe, it, deepEqual, equal, ok } from "#test";
import { addRange, coverRange, coversRange, makeRangeSet, type RangeSet, removeRange } from "../../firmware/quic/range-set.js";
import { Prng } from "../support/prng.js";

function content(set: RangeSet): number[][] {
	const ranges: number[][] = [];
	for (let at = 2; at <= set[0]!; at += 2)
		ranges.push([set[at - 1]!, set[at]!]);
	return ranges;
}

function setOf(capacity: number, ...ranges: [number, number][]): RangeSet {
	const set = makeRangeSet(capacity);
	for (const [from, to] of ranges)
		ok(addRange(set, from, to));
	return set;
}

describe("range set", () => {
	it("joins what touches or overlaps", () => {
		const table: [[number, number][], number[][]][] = [
			[[[5, 6], [6, 7]], [[5, 7]]],
			[[[5, 6], [4, 5]], [[4, 6]]],
			[[[5, 6], [8, 9]], [[5, 6], [8, 9]]],
			[[[8, 9], [5, 6]], [[5, 6], [8, 9]]],
			[[[1, 2], [3, 4], [5, 6], [2, 5]], [[1, 6]]],
			[[[1, 2], [3, 4], [5, 6], [0, 9]], [[0, 9]]],
			[[[1, 9], [3, 4]], [[1, 9]]],
		];
		for (const [added, expected] of table)
			deepEqual(content(setOf(4, ...added)), expected);
	});

	it("refuses a range too many and stays as it was", () => {
		const set = setOf(2, [1, 2], [5, 6]);
		equal(addRange(set, 8, 9), false);
		equal(addRange(set, 3, 4), false);
		deepEqual(content(set), [[1, 2], [5, 6]]);
		equal(addRange(set, 2, 3), true);
	});

	it("covers the gap to the nearest range where it is full", () => {
		const set = setOf(2, [1, 2], [10, 12]);
		coverRange(set, 4, 5);
		deepEqual(content(set), [[1, 5], [10, 12]]);
		coverRange(set, 8, 9);
		deepEqual(content(set), [[1, 5], [8, 12]]);
		coverRange(set, 20, 21);
		deepEqual(content(set), [[1, 5], [8, 21]]);
	});

	it("takes ranges out, splitting where it can", () => {
		const table: [[number, number], number[][]][] = [
			[[0, 3], [[10, 20], [30, 40]]], [[10, 20], [[30, 40]]], [[5, 12], [[12, 20], [30, 40]]], [[18, 32], [[10, 18], [32, 40]]],
			[[12, 14], [[10, 12], [14, 20], [30, 40]]], [[0, 99], []], [[20, 30], [[10, 20], [30, 40]]],
		];
		for (const [[from, to], expected] of table) {
			const set = setOf(3, [10, 20], [30, 40]);
			removeRange(set, from, to);
			deepEqual(content(set), expected, `without ${from} to ${to}`);
		}
		const full = setOf(1, [10, 20]);
		removeRange(full, 12, 14);
		deepEqual(content(full), [[10, 20]]);
	});

	it("agrees with a plain list of numbers", () => {
		for (let seed = 1; seed <= 5; seed++) {
			const prng = new Prng(seed), set = makeRangeSet(100), model = new Array<boolean>(100).fill(false);
			for (let step = 0; step < 80; step++) {
				const from = prng.below(90), to = from + 1 + prng.below(9), isAdded = prng.chance(0.6);
				if (isAdded)
					addRange(set, from, to);
				else
					removeRange(set, from, to);
				model.fill(isAdded, from, to);
				for (let i = 0; i < 99; i++)
					if (coversRange(set, i, i + 1) !== model[i])
						throw new Error(`seed ${seed}, step ${step}: ${i}`);
				for (let at = 2; at < set[0]!; at += 2)
					ok(set[at + 1]! > set[at]!, "ranges touch");
			}
		}
	});
});
