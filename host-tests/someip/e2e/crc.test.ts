import { describe, equal, it, unhex } from "#test";
import { CRC_16_START, crc16, crc32P4, Crc64 } from "../../../firmware/someip/e2e/crc.js";

/** Bytes, CRC16, CRC32P4, CRC64. "123456789": the check values of the CRC catalogue (CRC-16/IBM-3740, CRC-32/AUTOSAR,
 *  CRC-64/XZ); the rest computed bit by bit in Python. */
const TABLE: [string, number, number, string][] = [
	["313233343536373839", 0x29b1, 0x1697d06a, "995dc9bbdf1939fa"],
	["00000000", 0x84c0, 0x6fb32240, "f4a586351e1b9f4b"],
	["332255aabbccddeeff", 0xf53f, 0xa65a343d, "701eceb219a8e5d5"],
	["ffffffff", 0x1d0f, 0xffffffff, "ffffffff00000000"],
	["", 0xffff, 0, "0000000000000000"],
];

describe("e2e: crc", () => {
	it("has the values of the table, whole and in two ranges", () => {
		const crc64 = new Crc64();
		for (const [text, sum16, sum32, sum64] of TABLE) {
			const bytes = unhex("aa" + text + "aa"), end = bytes.length - 1;
			for (let cut = 1; cut <= end; cut++) {
				equal(crc16(bytes, cut, end, crc16(bytes, 1, cut, CRC_16_START)), sum16, text);
				equal(crc32P4(bytes, cut, end, crc32P4(bytes, 1, cut, 0)), sum32, text);
				crc64.reset();
				crc64.update(bytes, 1, cut);
				crc64.update(bytes, cut, end);
				equal(crc64.high.toString(16).padStart(8, "0") + crc64.low.toString(16).padStart(8, "0"), sum64, text);
			}
		}
	});
});
