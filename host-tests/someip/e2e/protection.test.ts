import { deepEqual, describe, ENGINE, equal, hex, it, throws, unhex } from "#test";
import * as E2E from "../../../firmware/someip/e2e/protection.js";
import { Prng } from "../../support/prng.js";

type Profile = E2E.ProtectionOptions["profile"];

/** Profile, offset, data id, counter, protected range. From a bit-by-bit implementation in Python after the specification; the
 *  ranges of zeros are the examples of the AUTOSAR E2E protocol, the last four are autosar-e2e's (C). */
const TABLE: [Profile, number, number, number, string][] = [
	["P04", 0, 0x0a0b0c0d, 0x0, "001000000a0b0c0d862b055600000000"],
	["P04", 0, 0x0a0b0c0d, 0x1, "001000010a0b0c0da58e680700000000"],
	["P04", 8, 0x0a0b0c0d, 0x0, "0000000000000000001800000a0b0c0d69d7502e00000000"],
	["P04", 8, 0x0a0b0c0d, 0x1, "0000000000000000001800010a0b0c0d4a723d7f00000000"],
	["P05", 0, 0x1234, 0x0, "1cca000000000000"],
	["P05", 0, 0x1234, 0x1, "cf8d010000000000"],
	["P05", 8, 0x1234, 0x0, "00000000000000002891000000000000"],
	["P05", 8, 0x1234, 0x1, "0000000000000000fbd6010000000000"],
	["P06", 0, 0x1234, 0x0, "b155000800000000"],
	["P06", 0, 0x1234, 0x1, "f4f5000801000000"],
	["P06", 8, 0x1234, 0x0, "00000000000000004eb7001000000000"],
	["P06", 8, 0x1234, 0x1, "00000000000000000b17001001000000"],
	["P07", 0, 0x0a0b0c0d, 0x0, "1fb2e737fcedbcd900000018000000000a0b0c0d00000000"],
	["P07", 0, 0x0a0b0c0d, 0x1, "7bde7268b8e9bc2700000018000000010a0b0c0d00000000"],
	["P07", 8, 0x0a0b0c0d, 0x0, "000000000000000017f7c817323865a800000020000000000a0b0c0d00000000"],
	["P07", 8, 0x0a0b0c0d, 0x1, "0000000000000000739b5d48763c655600000020000000010a0b0c0d00000000"],
	["P04", 8, 0xfedcba98, 0xffff, "01020304050607080027fffffedcba98fa188b770000000000000000000000007061796c6f6164"],
	["P04", 16, 0xfedcba98, 0xffff, "010203040506070800000000000000000027fffffedcba98a1b6ce68000000007061796c6f6164"],
	["P05", 8, 0xffee, 0xff, "01020304050607084e56ff0000000000000000000000000000000000000000007061796c6f6164"],
	["P05", 16, 0xffee, 0xff, "010203040506070800000000000000008cdaff000000000000000000000000007061796c6f6164"],
	["P06", 8, 0xffee, 0xff, "010203040506070882ed0027ff000000000000000000000000000000000000007061796c6f6164"],
	["P06", 16, 0xffee, 0xff, "01020304050607080000000000000000cab80027ff00000000000000000000007061796c6f6164"],
	["P07", 8, 0xfedcba98, 0xffffffff, "01020304050607081541c476c8535f4100000027fffffffffedcba98000000007061796c6f6164"],
	["P07", 11, 0xfedcba98, 0xffffffff, "01020304050607080000009fc0a6dfa4eb301800000027fffffffffedcba98007061796c6f6164"],
	["P04", 8, 0x1b1875e7, 0x5e62, "02f7bca4ecdf406600195e621b1875e7ef8501278444ff5f4d"],
	["P05", 8, 0xc019, 0x0, "8c4d7c49844607ac541900faf4333c08"],
	["P06", 8, 0x50ea, 0xac, "7ef81cf084a7130fc4490012ac920a0eb005"],
	["P07", 8, 0x2a7c1881, 0xffffffff, "931b90ef64b84c25c9441d0f6a3971fe00000021ffffffff2a7c1881fc2d894310"],
];
const HEADER = { P04: 12, P05: 3, P06: 5, P07: 20 }, COUNTER_MAX = { P04: 0xffff, P05: 0xff, P06: 0xff, P07: 0xffffffff };

describe("e2e: protection", () => {
	it("writes and accepts what the table says", () => {
		for (const [profile, offset, dataId, counter, text] of TABLE) {
			const options = { profile, offset, dataId, maxDeltaCounter: 1 }, expected = unhex(text), bytes = expected.slice();
			bytes.fill(0xee, offset, offset + HEADER[profile]);
			const protector = new E2E.Protector(options);
			protector.counter = counter;
			equal(protector.protect(bytes, 0, bytes.length), counter, text);
			equal(hex(bytes), text);
			equal(protector.counter, counter === COUNTER_MAX[profile] ? 0 : counter + 1, text);
			const checker = new E2E.Checker(options);
			equal(checker.check(expected, 0, expected.length), E2E.CHECK_OK, text);
			deepEqual([checker.counter, checker.ok, checker.headerLength, checker.offset], [counter, 1, HEADER[profile], offset]);
		}
	});

	it("has the CRC of profile 05 in vsomeip's byte order on demand", () => {
		const bytes = unhex("0102030405060708564eff0000000000000000000000000000000000000000007061796c6f6164");
		equal(new E2E.Checker({ profile: "P05", dataId: 0xffee, maxDeltaCounter: 1, bigEndianCrc: true }).check(bytes, 0, bytes.length), E2E.CHECK_OK);
		equal(new E2E.Checker({ profile: "P05", dataId: 0xffee, maxDeltaCounter: 1 }).check(bytes, 0, bytes.length), E2E.CHECK_ERROR);
		const protector = new E2E.Protector({ profile: "P05", dataId: 0xffee, bigEndianCrc: true }), copy = bytes.slice();
		protector.counter = 255;
		protector.protect(copy, 0, copy.length);
		equal(hex(copy), hex(bytes));
	});

	it("works in place within a datagram and touches nothing around the header", () => {
		for (const profile of ["P04", "P05", "P06", "P07"] as Profile[]) {
			const bytes = new Uint8Array(80), before = bytes.fill(0x77).slice(), options = { profile, dataId: 0x1234, maxDeltaCounter: 1 };
			new E2E.Protector(options).protect(bytes, 20, 70);
			for (let i = 0; i < 80; i++)
				if (i < 28 || i >= 28 + HEADER[profile])
					equal(bytes[i], before[i], `${profile} ${i}`);
			equal(new E2E.Checker(options).check(bytes, 20, 70), E2E.CHECK_OK);
			equal(new E2E.Checker(options).check(bytes, 20, 69), E2E.CHECK_ERROR);
			equal(new E2E.Checker(options).check(bytes, 21, 70), E2E.CHECK_ERROR);
		}
	});

	it("notices every single bit, every truncation, another data id", () => {
		const random = new Prng(7);
		for (const profile of ["P04", "P05", "P06", "P07"] as Profile[]) {
			const options = { profile, dataId: 0xabcd, maxDeltaCounter: 1 }, bytes = new Uint8Array(40);
			random.fill(bytes);
			new E2E.Protector(options).protect(bytes, 0, 40);
			for (let bit = 0; bit < 320; bit += ENGINE === "xs" ? 3 : 1) {
				bytes[bit >> 3]! ^= 1 << (bit & 7);
				equal(new E2E.Checker(options).check(bytes, 0, 40), E2E.CHECK_ERROR, `${profile} ${bit}`);
				bytes[bit >> 3]! ^= 1 << (bit & 7);
			}
			const checker = new E2E.Checker(options);
			for (let end = 0; end < 40; end++)
				equal(checker.check(bytes, 0, end), E2E.CHECK_ERROR, `${profile} ${end}`);
			deepEqual([checker.wrongLength + checker.wrongCrc, checker.counter], [40, -1]);
			const other = new E2E.Checker({ ...options, dataId: 0xabce });
			equal(other.check(bytes, 0, 40), E2E.CHECK_ERROR);
			equal(profile === "P04" || profile === "P07" ? other.wrongDataId : other.wrongCrc, 1, profile);
		}
	});

	it("tells a wrong length from a wrong CRC, and reads nothing where the header does not fit", () => {
		for (const profile of ["P04", "P06", "P07"] as Profile[]) {
			const options = { profile, dataId: 1, maxDeltaCounter: 1 }, bytes = new Uint8Array(64), long = new E2E.Checker({ ...options, minLength: 50 });
			new E2E.Protector(options).protect(bytes, 0, 40);
			equal(long.check(bytes, 0, 40), E2E.CHECK_ERROR);
			for (const [start, end] of [[0, 0], [0, 65], [-1, 40], [60, 64], [64, 64], [40, 0]] as [number, number][])
				equal(long.check(bytes, start, end), E2E.CHECK_ERROR, `${start} ${end}`);
			deepEqual([long.wrongLength, long.wrongCrc], [7, 0]);
		}
		const protector = new E2E.Protector({ profile: "P04", dataId: 1, offset: 8 }), bytes = new Uint8Array(30).fill(9);
		for (const [start, end] of [[0, 19], [11, 30], [-1, 25], [0, 31]] as [number, number][])
			equal(protector.protect(bytes, start, end), E2E.NOT_PROTECTED);
		deepEqual([protector.counter, protector.refused, protector.protectedMessages, bytes.every(byte => byte === 9)], [0, 4, 0, true]);
		equal(protector.protect(bytes, 10, 30), 0);
	});

	it("judges the counter, across its wrap", () => {
		const { CHECK_OK: OK, CHECK_OK_SOME_LOST: LOST, CHECK_REPEATED: AGAIN, CHECK_WRONG_SEQUENCE: WRONG } = E2E;
		for (const profile of ["P04", "P05", "P06", "P07"] as Profile[]) {
			const max = COUNTER_MAX[profile], options = { profile, dataId: 5, maxDeltaCounter: 3 };
			const protector = new E2E.Protector(options), checker = new E2E.Checker(options), bytes = new Uint8Array(32);
			const send = (counter: number): number => {
				protector.counter = counter;
				protector.protect(bytes, 0, 32);
				return checker.check(bytes, 0, 32);
			};
			for (const [counter, status] of [[77, OK], [78, OK], [78, AGAIN], [79, OK], [81, LOST], [84, LOST], [88, WRONG], [89, OK], [88, WRONG], [89, OK],
				[max - 1, WRONG], [max, OK], [0, OK], [0, AGAIN], [max, WRONG], [1, LOST], [max - 1, WRONG], [1, LOST], [2, OK]] as [number, number][])
				equal(send(counter), status, `${profile} ${counter}`);
			deepEqual([checker.ok, checker.someLost, checker.lost, checker.repeated, checker.wrongSequence], [8, 4, 1 + 2 + 1 + 2, 2, 5], profile);
			const before = checker.counter;
			bytes[31]! ^= 1;
			deepEqual([checker.check(bytes, 0, 32), checker.counter, checker.status], [E2E.CHECK_ERROR, before, E2E.CHECK_ERROR]);
			deepEqual([checker.miss(), checker.noNewData, checker.status], [E2E.CHECK_NO_NEW_DATA, 1, E2E.CHECK_NO_NEW_DATA]);
			equal(send(3), OK);
		}
	});

	it("says at set-up what is wrong", () => {
		for (const [options, message] of [
			[{ profile: "P05", dataId: 0x10000 }, "at most 16 bits"], [{ profile: "P04", dataId: 2 ** 32 }, "at most 32 bits"], [{ profile: "P04", dataId: 1.5 }, "dataId"],
			[{ profile: "P04", dataId: 1, offset: -1 }, "offset must be"], [{ profile: "P04", dataId: 1, offset: 0.5 }, "offset must be"], [{ profile: "P04", dataId: 1, minLength: 19 }, "minLength must be at least 20"],
			[{ profile: "P04", dataId: 1, maxLength: 65536 }, "maxLength must be"], [{ profile: "P04", dataId: 1, minLength: 50, maxLength: 40 }, "maxLength must be"],
			[{ profile: "P01", dataId: 1 }, "must be P04, P05, P06 or P07, not P01"], [{ profile: "P06", dataId: 1, maxDeltaCounter: 0 }, "from 1 to 255"], [{ profile: "P06", dataId: 1, maxDeltaCounter: 256 }, "from 1 to 255"],
		] as [E2E.CheckerOptions, string][])
			throws(() => new E2E.Checker({ ...options, maxDeltaCounter: options.maxDeltaCounter ?? 1 }), message);
	});
});
