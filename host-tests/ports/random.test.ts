import { describe, equal, it, ok } from "#test";
import { random } from "#hal";

describe("random", () => {
	it("fills every byte", () => {
		const seen = new Uint8Array(100);
		const bytes = new Uint8Array(100);
		for (let round = 0; round < 8; round++) {
			bytes.fill(0);
			random.fill(bytes);
			for (let i = 0; i < bytes.length; i++)
				seen[i]! |= bytes[i]!;
		}
		for (let i = 0; i < seen.length; i++)
			ok(seen[i] !== 0, `byte ${i} stayed 0 in 8 rounds`);
	});

	it("does not repeat itself", () => {
		const one = new Uint8Array(32);
		const other = new Uint8Array(32);
		random.fill(one);
		random.fill(other);
		let same = 0;
		for (let i = 0; i < one.length; i++)
			same += one[i] === other[i] ? 1 : 0;
		ok(same < 8, `${same} of 32 bytes equal`);
	});

	it("keeps to the range of a view", () => {
		const bytes = new Uint8Array(48);
		random.fill(bytes.subarray(16, 32));
		for (let i = 0; i < 16; i++) {
			equal(bytes[i], 0);
			equal(bytes[32 + i], 0);
		}
	});

	it("takes an empty and a long buffer", () => {
		random.fill(new Uint8Array(0));
		const long = new Uint8Array(5000);
		random.fill(long);
		let zeros = 0;
		for (let i = 0; i < long.length; i++)
			zeros += long[i] === 0 ? 1 : 0;
		ok(zeros < 100, `${zeros} zeros in 5000 bytes`);
	});
});
