import { deepEqual, describe, equal, hex, it, unhex } from "#test";
import { PAYLOAD_DEPTH_MAX } from "../../../firmware/config.js";
import { NETWORK_ORDER } from "../../../firmware/someip/payload/layout.js";
import { MALFORMED_DEPTH, MALFORMED_LENGTH, MALFORMED_SPACE, MALFORMED_TRUNCATED, MALFORMED_VALUE } from "../../../firmware/someip/payload/malformed.js";
import { Reader } from "../../../firmware/someip/payload/reader.js";
import { Writer } from "../../../firmware/someip/payload/writer.js";

function reader(text: string, littleEndian = false): Reader {
	const r = new Reader({ littleEndian }), bytes = unhex(text);
	r.attach(bytes);
	r.begin(0, 0, bytes.length);
	return r;
}

function written(body: (w: Writer) => void, room = 64, littleEndian = false): string | number {
	const w = new Writer({ littleEndian }), bytes = new Uint8Array(room);
	w.attach(bytes);
	w.begin(0, 0, room);
	body(w);
	return w.length < 0 ? w.length : hex(bytes, 0, w.length);
}

describe("payload: reader and writer", () => {
	it("read the words of 64-bit integers and saturate the numbers", () => {
		for (const [text, unsigned, signed, high, low] of [
			["0000000000000001", 1, 1, 0, 1],
			["ffffffffffffffff", Number.MAX_SAFE_INTEGER, -1, 0xffffffff, 0xffffffff],
			["001fffffffffffff", Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 0x1fffff, 0xffffffff],
			["0020000000000000", Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 0x200000, 0],
			["ffe0000000000001", Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER, 0xffe00000, 1],
			["ffe0000000000000", Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER, 0xffe00000, 0],
			["8000000000000000", Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER, 0x80000000, 0],
			["7fffffffffffffff", Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 0x7fffffff, 0xffffffff],
			["ffffffff00000000", Number.MAX_SAFE_INTEGER, -0x100000000, 0xffffffff, 0],
			["0001000200030004", 0x1000200030004, 0x1000200030004, 0x10002, 0x30004],
		] as [string, number, number, number, number][]) {
			equal(reader(text).uint64(), unsigned, text);
			equal(reader(text).sint64(), signed, text);
			const r = reader(text);
			r.words64();
			deepEqual([r.high, r.low, r.at, r.error], [high, low, 8, 0], text);
			const swapped = hex(unhex(text).reverse());
			equal(reader(swapped, true).uint64(), unsigned, swapped);
			equal(reader(swapped, true).sint64(), signed, swapped);
			equal(written(w => w.words64(high, low)), text);
			equal(written(w => w.words64(high, low), 64, true), swapped);
		}
	});

	it("refuse numbers that do not fit", () => {
		for (const write of [
			(w: Writer) => w.uint8(256), (w: Writer) => w.uint8(-1), (w: Writer) => w.uint8(0.5), (w: Writer) => w.uint8(NaN),
			(w: Writer) => w.sint8(128), (w: Writer) => w.sint8(-129), (w: Writer) => w.uint16(65536), (w: Writer) => w.sint16(32768),
			(w: Writer) => w.uint32(-1), (w: Writer) => w.uint32(0x100000000), (w: Writer) => w.sint32(0x80000000), (w: Writer) => w.sint32(1.5),
			(w: Writer) => w.uint64(-1), (w: Writer) => w.uint64(2 ** 53), (w: Writer) => w.sint64(-(2 ** 53)), (w: Writer) => w.sint64(Infinity),
			(w: Writer) => w.words64(-1, 0), (w: Writer) => w.words64(0, 1.5),
		])
			equal(written(write), MALFORMED_VALUE, `${write}`);
		equal(written(w => { w.sint64(-Number.MAX_SAFE_INTEGER); w.sint8(-128); w.sint16(-32768); w.sint32(-0x80000000); }), "ffe0000000000001808000" + "80000000");
	});

	it("go on with zeros after the first violation and keep its code", () => {
		const r = reader("00 01 00 00 00 09 02");
		equal(r.uint16(), 1);
		const outer = r.enter(32);
		deepEqual([r.error, r.at, r.end], [MALFORMED_LENGTH, 7, 7]);
		deepEqual([r.uint8(), r.uint64(), r.float32(), r.bool(), r.copy(1).length, r.tag()], [0, 0, 0, false, 0, -1]);
		r.leave(outer);
		deepEqual([r.error, r.at, r.end, r.uint8(), r.depth], [MALFORMED_LENGTH, 7, 7, 0, 0]);
	});

	it("skip what a length field covers beyond what was read", () => {
		const r = reader("00 04 aa bb cc dd 11");
		const outer = r.enter(16);
		equal(r.uint8(), 0xaa);
		r.leave(outer);
		deepEqual([r.uint8(), r.error], [0x11, 0]);
	});

	it("read nothing outside of [at, end)", () => {
		const r = new Reader(NETWORK_ORDER);
		r.attach(new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]));
		for (let end = 2; end < 10; end++) {
			for (const [size, read] of [[1, () => r.uint8()], [2, () => r.uint16()], [4, () => r.uint32()], [8, () => r.uint64()], [4, () => r.float32()],
				[8, () => r.float64()], [8, () => r.sint64()], [4, () => r.lengthField(32)], [3, () => r.skip(3)], [5, () => r.copy(5)]] as [number, () => void][]) {
				r.begin(0, 2, end);
				read();
				deepEqual([r.error, r.at], end - 2 >= size ? [0, 2 + size] : [MALFORMED_TRUNCATED, end], `${end} ${read}`);
			}
			r.begin(0, 2, end);
			deepEqual([r.tag(), r.error], end === 2 ? [-1, 0] : end === 3 ? [-1, MALFORMED_TRUNCATED] : [0x0304, 0]);
		}
		for (const [at, end] of [[-1, 2], [3, 2], [0, 13], [13, 13]] as [number, number][]) {
			r.begin(0, at, end);
			deepEqual([r.error, r.uint8()], [MALFORMED_TRUNCATED, 0]);
		}
	});

	it("count alignment from the start of the message", () => {
		const r = new Reader(NETWORK_ORDER), bytes = unhex("ffffff 01 0000 02 00000000000000 03");
		r.attach(bytes);
		r.begin(1, 3, bytes.length);
		equal(r.uint8(), 1);
		r.align(2);
		equal(r.at, 5);
		r.align(4);
		equal(r.at, 5);
		r.uint8();
		equal(r.uint8(), 2);
		r.align(8);
		equal(r.at, 9);
		r.align(32);
		equal(r.error, MALFORMED_TRUNCATED);
		equal(written(w => { w.uint8(1); w.align(4); w.uint8(2); w.align(1); w.align(8); w.align(8); }), "0100000002000000");
	});

	it("write nothing beyond the end", () => {
		const bytes = new Uint8Array(12).fill(0xee), w = new Writer(NETWORK_ORDER);
		w.attach(bytes);
		for (let room = 0; room < 8; room++)
			for (const [size, write] of [[1, () => w.uint8(0)], [2, () => w.uint16(0)], [4, () => w.uint32(0)], [8, () => w.uint64(0)], [4, () => w.float32(0)],
				[8, () => w.float64(0)], [2, () => w.tag(0)], [4, () => w.leave(w.enter(32), 32)], [3, () => w.zeros(3)], [5, () => w.copy(bytes, 0, 5)]] as [number, () => void][]) {
				bytes.fill(0xee);
				w.begin(0, 2, 2 + room);
				write();
				equal(w.length, room >= size ? size : MALFORMED_SPACE, `${room} ${write}`);
				for (let i = 2 + room; i < 12; i++)
					equal(bytes[i], 0xee);
			}
		for (const [at, end] of [[-1, 2], [3, 2], [0, 13]] as [number, number][]) {
			w.begin(0, at, end);
			w.uint8(1);
			equal(w.length, MALFORMED_TRUNCATED);
		}
	});

	it("refuse lengths that do not fit into their field", () => {
		equal(written(w => { const mark = w.enter(8); w.zeros(255); w.leave(mark, 8); }, 300), "ff" + "00".repeat(255));
		equal(written(w => { const mark = w.enter(8); w.zeros(256); w.leave(mark, 8); }, 300), MALFORMED_LENGTH);
		equal(written(w => { const mark = w.enter(16); w.zeros(65536); w.leave(mark, 16); }, 70000), MALFORMED_LENGTH);
	});

	it("limit the depth", () => {
		const r = reader("00".repeat(20));
		for (let i = 0; i < PAYLOAD_DEPTH_MAX; i++)
			r.deepen();
		equal(r.error, 0);
		r.enter(8);
		equal(r.error, MALFORMED_DEPTH);
		equal(written(w => { for (let i = 0; i <= PAYLOAD_DEPTH_MAX; i++) w.enter(8); }), MALFORMED_DEPTH);
	});

	it("make no new view while the buffer stays", () => {
		const r = new Reader(NETWORK_ORDER), bytes = unhex("0000 1234");
		r.attach(bytes);
		bytes[2] = 0x99;
		r.attach(bytes);
		r.begin(0, 2, 4);
		equal(r.uint16(), 0x9934);
		r.attach(new Uint8Array(bytes.buffer, 2, 2));
		r.begin(0, 0, 2);
		equal(r.uint16(), 0x9934);
	});
});
