import { describe, it, equal, hex, unhex } from "#test";
import { VARINT_MAX, exceedsStreamCount, readVarint, varintLength, varintSize, writeVarint, writeVarint2 } from "../../firmware/quic/varint.js";

describe("varint", () => {
	// RFC 9000 A.1
	const SAMPLES: [string, number][] = [["c2197c5eff14e88c", 151288809941952652], ["9d7f3e7d", 494878333], ["7bbd", 15293], ["25", 37], ["4025", 37]];

	it("reads the samples of RFC 9000 A.1", () => {
		for (const [text, value] of SAMPLES) {
			const bytes = unhex(text);
			equal(varintSize(bytes[0]!), bytes.length);
			equal(readVarint(bytes, 0), value > VARINT_MAX ? VARINT_MAX : value, text);
		}
	});

	it("writes the shortest form, and reads it back", () => {
		const table: [number, string][] = [
			[0, "00"], [37, "25"], [63, "3f"], [64, "4040"], [15293, "7bbd"], [16383, "7fff"], [16384, "80004000"], [494878333, "9d7f3e7d"],
			[0x3fffffff, "bfffffff"], [0x40000000, "c000000040000000"], [0xffffffff, "c0000000ffffffff"], [0x100000000, "c000000100000000"],
			[2 ** 53 - 1, "c01fffffffffffff"],
		];
		for (const [value, text] of table) {
			const bytes = new Uint8Array(9);
			const end = writeVarint(bytes, 1, value);
			equal(hex(bytes, 1, end), text);
			equal(end - 1, varintLength(value));
			equal(readVarint(bytes, 1), value);
		}
	});

	it("saturates at 2^53-1", () => {
		equal(readVarint(unhex("c020000000000000"), 0), VARINT_MAX);
		equal(readVarint(unhex("ffffffffffffffff"), 0), VARINT_MAX);
		equal(readVarint(unhex("c01fffffffffffff"), 0), VARINT_MAX);
	});

	it("tells a stream count above 2^60, which saturation would hide", () => {
		equal(exceedsStreamCount(unhex("d000000000000000"), 0), false);
		equal(exceedsStreamCount(unhex("d000000000000001"), 0), true);
		equal(exceedsStreamCount(unhex("d100000000000000"), 0), true);
		equal(exceedsStreamCount(unhex("cfffffffffffffff"), 0), false);
		equal(exceedsStreamCount(unhex("3f"), 0), false);
	});

	it("writes a length that is known later in two bytes", () => {
		const bytes = new Uint8Array(2);
		writeVarint2(bytes, 0, 37);
		equal(hex(bytes), "4025");
		writeVarint2(bytes, 0, 1182);
		equal(hex(bytes), "449e");
	});
});
