import { deepEqual, describe, equal, it, throws, unhex } from "#test";
import { PAYLOAD_DEPTH_MAX } from "../../../firmware/config.js";
import type { Layout } from "../../../firmware/someip/payload/layout.js";
import * as M from "../../../firmware/someip/payload/malformed.js";
import { BOM_NONE, BOM_OPTIONAL, UTF16BE, UTF16LE } from "../../../firmware/someip/payload/text.js";
import * as T from "../../../firmware/someip/payload/type.js";
import { read, write } from "./support/codec.js";

const BOOL: T.Type = { kind: T.KIND_BOOL }, U8: T.Type = { kind: T.KIND_UINT8 }, U16: T.Type = { kind: T.KIND_UINT16 }, U32: T.Type = { kind: T.KIND_UINT32 };
const STRING: T.Type = { kind: T.KIND_STRING }, COLOR: T.Type = { kind: T.KIND_ENUM, base: { kind: T.KIND_UINT8 }, members: [{ name: "RED", value: 0 }, { name: "BLUE", value: 7 }] };
const basic = (kind: T.BasicType["kind"], littleEndian?: boolean): T.Type => littleEndian === undefined ? { kind } : { kind, littleEndian };
const array = (element: T.Type, more: object = {}): T.Type => ({ kind: T.KIND_ARRAY, element, ...more });
const struct = (members: T.StructMember[], lengthWidth?: number): T.Type => ({ kind: T.KIND_STRUCT, members, ...(lengthWidth === undefined ? {} : { lengthWidth }) });
const union = (elements: T.Type[], more: object = {}): T.Type => ({ kind: T.KIND_UNION, elements, ...more });
const text = (more: object): T.Type => ({ kind: T.KIND_STRING, ...more });
const LITTLE: Layout = { littleEndian: true };

/** Type, value, bytes, layout: both ways. Floats from Python's struct.pack. */
const TABLE: [T.Type, T.Value, string, Layout?][] = [
	// Basic types (feat_req_someip_682), both byte orders (_42, _224)
	[BOOL, true, "01"], [BOOL, false, "00"],
	[U8, 200, "c8"], [basic(T.KIND_SINT8), -56, "c8"],
	[U16, 0x1234, "1234"], [U16, 0x1234, "3412", LITTLE], [basic(T.KIND_SINT16), -2, "fffe"], [basic(T.KIND_SINT16), -2, "feff", LITTLE],
	[U32, 0xdeadbeef, "deadbeef"], [U32, 0xdeadbeef, "efbeadde", LITTLE], [basic(T.KIND_SINT32), -559038737, "deadbeef"],
	[basic(T.KIND_UINT64), 0x10000000002, "0000010000000002"], [basic(T.KIND_SINT64), -2, "feffffffffffffff", LITTLE],
	[basic(T.KIND_WORDS64), { high: 0xffffffff, low: 1 }, "ffffffff00000001"],
	[basic(T.KIND_FLOAT32), 1.5, "3fc00000"], [basic(T.KIND_FLOAT32), -0.15625, "000020be", LITTLE],
	[basic(T.KIND_FLOAT64), 3.141592653589793, "400921fb54442d18"], [basic(T.KIND_FLOAT64), -1e300, "fe37e43c8800759c"],
	[struct([{ name: "a", type: U16 }, { name: "b", type: basic(T.KIND_UINT16, true) }, { name: "c", type: U16 }]), { a: 1, b: 2, c: 3 }, "0001 0200 0003"],
	// Enumerations: unknown values pass (_799); bit fields (_689)
	[COLOR, "BLUE", "07"], [COLOR, 9, "09"],
	[{ kind: T.KIND_ENUM, base: { kind: T.KIND_UINT16 }, members: [{ name: "X", value: 258 }] }, "X", "0201", LITTLE],
	[{ kind: T.KIND_BIT_FIELD, base: { kind: T.KIND_UINT16 }, members: [{ name: "low", shift: 0, bits: 1 }, { name: "mid", shift: 4, bits: 3 }, { name: "top", shift: 15, bits: 1 }] },
		{ low: 1, mid: 5, top: 1 }, "8051"],
	[{ kind: T.KIND_BIT_FIELD, base: { kind: T.KIND_UINT32 }, members: [{ name: "all", shift: 0, bits: 32 }] }, { all: 0xf0000001 }, "f0000001"],
	// Strings (_233, _562, _581, _582, _662, _687, _639, _800)
	[STRING, "Hi", "00000006 efbbbf 4869 00"], [STRING, "", "00000004 efbbbf 00"], [STRING, "é€😀", "0000000d efbbbf c3a9 e282ac f09f9880 00"],
	[text({ lengthWidth: 8 }), "Hi", "06 efbbbf 4869 00"], [text({ lengthWidth: 16 }), "Hi", "0006 efbbbf 4869 00"],
	[text({ encoding: UTF16BE, lengthWidth: 16 }), "Hé", "0008 feff 0048 00e9 0000"], [text({ encoding: UTF16LE, lengthWidth: 16 }), "Hé", "0008 fffe 4800 e900 0000"],
	[text({ encoding: UTF16BE, lengthWidth: 8 }), "😀", "08 feff d83d de00 0000"], [text({ encoding: UTF16LE, lengthWidth: 8 }), "😀", "08 fffe 3dd8 00de 0000"],
	[text({ size: 10 }), "Hi", "efbbbf 4869 0000000000"], [text({ size: 6 }), "Hi", "efbbbf 4869 00"], [text({ size: 8, encoding: UTF16LE }), "H", "fffe 4800 0000 0000"],
	[text({ size: 6, lengthWidth: 8 }), "H", "06 efbbbf 48 0000"],
	[text({ bom: BOM_NONE, terminated: false, lengthWidth: 8 }), "Hi", "02 4869"], [text({ bom: BOM_NONE, lengthWidth: 8 }), "", "01 00"],
	// Arrays (_243, _246, _254, _259, _621)
	[array(U16, { count: 3 }), [1, 2, 3], "0001 0002 0003"], [array(array(U8, { count: 2 }), { count: 2 }), [[1, 2], [3, 4]], "01020304"],
	[array(U16), [1, 2], "00000004 0001 0002"], [array(U16), [], "00000000"], [array(U16, { lengthWidth: 8 }), [1], "02 0001"], [array(U8, { lengthWidth: 16 }), [1], "0001 01"],
	[array(array(U8, { lengthWidth: 8 }), { lengthWidth: 16 }), [[1, 2], [], [3]], "0006 02 01 02 00 01 03"],
	[array(U16, { count: 2, lengthWidth: 8 }), [1, 2], "04 0001 0002"],
	[array(U16, { lengthWidth: 16 }), [1], "0002 0100", LITTLE], [array(U16, { lengthWidth: 16 }), [1], "0200 0100", { littleEndian: true, littleEndianLengths: true }],
	[array(STRING, { lengthWidth: 8 }), ["a"], "09 00000005 efbbbf 61 00"],
	[{ kind: T.KIND_BYTES, lengthWidth: 8 }, unhex("0102"), "02 0102"], [{ kind: T.KIND_BYTES, count: 2 }, unhex("0102"), "0102"],
	// Structs (_230, _600, _602)
	[struct([{ name: "a", type: U8 }, { name: "b", type: U32 }]), { a: 1, b: 2 }, "01 00000002"],
	[struct([{ name: "a", type: U8 }, { name: "b", type: struct([{ name: "c", type: U16 }], 16) }], 8), { a: 1, b: { c: 2 } }, "05 01 0002 0002"],
	// Alignment (_711, _239)
	[struct([{ name: "s", type: text({ lengthWidth: 8 }) }, { name: "n", type: U32, align: 4 }]), { s: "Hi", n: 5 }, "06 efbbbf 4869 00 00 00000005"],
	// Unions: uint8 and uint16 padded to 32 bits (_277, _278, _289)
	[union([U8, U16], { size: 4 }), { type: 1, value: 0xaa }, "00000004 00000001 aa 000000"], [union([U8, U16], { size: 4 }), { type: 2, value: 0xaabb }, "00000004 00000002 aabb 0000"],
	[union([U8, STRING], { lengthWidth: 16, typeWidth: 8 }), { type: 2, value: "" }, "0008 02 00000004 efbbbf 00"],
	[union([U8, U16], { lengthWidth: 8, typeWidth: 16, typeFirst: true }), { type: 2, value: 7 }, "0002 02 0007"],
	[union([U8, U16], { lengthWidth: 0, typeWidth: 8, size: 2 }), { type: 1, value: 7 }, "01 0700"],
	[union([U8], { lengthWidth: 8, typeWidth: 8, nullable: true }), null, "00 00"], [union([U8], { lengthWidth: 0, typeWidth: 8, size: 1, nullable: true }), null, "00 00"],
	// Map with three entries (_300), optional (_252)
	[{ kind: T.KIND_MAP, key: U16, value: U16 }, [{ key: 1, value: 2 }, { key: 3, value: 4 }, { key: 5, value: 6 }], "0000000c 0001 0002 0003 0004 0005 0006"],
	[{ kind: T.KIND_OPTIONAL, element: U16 }, 5, "00000002 0005"], [{ kind: T.KIND_OPTIONAL, element: U16, lengthWidth: 8 }, null, "00"],
];

describe("payload: codec", () => {
	it("reads and writes what the table says", () => {
		for (const [type, value, bytes, layout] of TABLE) {
			const plain = bytes.split(" ").join("");
			deepEqual(read(type, bytes, layout), value, `read ${bytes}`);
			equal(write(type, value, layout), plain, `write ${bytes}`);
		}
	});

	it("refuses every truncation, and writes nothing into too little room", () => {
		for (const [type, value, bytes, layout] of TABLE) {
			const all = unhex(bytes);
			for (let end = 0; end < all.length; end++) {
				const result = read(type, all.slice(0, end), layout);
				equal(typeof result === "number" && result < 0 && result >= M.MALFORMED_MISSING, true, `${bytes} at ${end}: ${JSON.stringify(result)}`);
				equal(write(type, value, layout, end), M.MALFORMED_SPACE, `${bytes} in ${end}`);
			}
		}
	});

	it("ignores parameters behind the known ones (feat_req_someip_168)", () => {
		for (const [type, value, bytes, layout] of TABLE)
			deepEqual(read(type, bytes + "ffff", layout), value, bytes);
	});

	it("ignores the upper bits of a boolean (feat_req_someip_817)", () => {
		deepEqual([read(BOOL, "fe"), read(BOOL, "ff"), read(BOOL, "03")], [false, true, true]);
	});

	it("refuses strings that are none", () => {
		const u16 = text({ encoding: UTF16BE, lengthWidth: 8 }), fixed = text({ size: 6 });
		for (const [type, bytes, expected] of [
			[STRING, "00000003 486900", M.MALFORMED_BOM], [STRING, "00000000", M.MALFORMED_BOM], [u16, "04 fffe 0000", M.MALFORMED_BOM],
			[STRING, "00000005 efbbbf 4869", M.MALFORMED_TERMINATOR], [STRING, "00000003 efbbbf", M.MALFORMED_TERMINATOR], [fixed, "efbbbf 486969", M.MALFORMED_TERMINATOR],
			[STRING, "00000006 efbbbf 4800 69", M.MALFORMED_TERMINATOR], [u16, "04 feff 0048", M.MALFORMED_TERMINATOR],
			[STRING, "00000005 efbbbf c3 00", M.MALFORMED_TEXT], [STRING, "00000006 efbbbf c080 00", M.MALFORMED_TEXT], [STRING, "00000007 efbbbf eda080 00", M.MALFORMED_TEXT],
			[u16, "06 feff d83d 0000", M.MALFORMED_TEXT], [u16, "06 feff de00 0000", M.MALFORMED_TEXT], [u16, "08 feff d83d 0041 0000", M.MALFORMED_TEXT],
			[STRING, "00000007 efbbbf 4869 00", M.MALFORMED_LENGTH], [STRING, "ffffffff efbbbf 4869 00", M.MALFORMED_LENGTH],
			[text({ bom: BOM_OPTIONAL, encoding: UTF16LE, lengthWidth: 8 }), "06 feff 0041 0000", M.MALFORMED_BOM],
		] as [T.Type, string, number][])
			equal(read(type, bytes), expected, bytes);
		equal(read({ kind: T.KIND_STRING, lengthWidth: 16, bom: BOM_NONE, terminated: false }, new Uint8Array([0x08, 0x01, ...new Array(0x801).fill(0x41)])), M.MALFORMED_LIMIT);
	});

	it("takes strings with an odd length, padding, or an optional mark", () => {
		// feat_req_someip_641: "the last byte shall be ignored. The two bytes before shall be 0x00 bytes (termination)."
		equal(read(text({ encoding: UTF16BE, lengthWidth: 8 }), "07 feff 0041 0000 ff"), "A");
		equal(read(text({ encoding: UTF16BE, lengthWidth: 8 }), "05 feff 0041 00"), M.MALFORMED_TERMINATOR);
		equal(read(STRING, "00000008 efbbbf 4869 000000"), "Hi");
		equal(read(text({ size: 8 }), "efbbbf 4869 00 ffff"), "Hi");
		for (const bytes of ["05 efbbbf 41 00", "02 41 00"])
			equal(read(text({ bom: BOM_OPTIONAL, lengthWidth: 8 }), bytes), "A");
		equal(write(text({ bom: BOM_OPTIONAL, lengthWidth: 8 }), "A"), "05efbbbf4100");
	});

	it("skips a struct's longer tail and a fixed array's further elements by their length (feat_req_someip_601)", () => {
		const type = array(struct([{ name: "a", type: U8 }], 8), { count: 2, lengthWidth: 8 });
		deepEqual(read(type, "08 03 01 ff ff 01 02 ff ff"), [{ a: 1 }, { a: 2 }]);
		equal(read(type, "04 03 01 ff ff 01 02"), M.MALFORMED_TRUNCATED);
	});

	it("gives members of a newer version their default where an older sender ends before them", () => {
		const type = struct([{ name: "a", type: U8 }, { name: "b", type: U16, default: 7 }], 8);
		deepEqual([read(type, "01 05"), read(type, "03 05 0006"), read(type, "02 05 00")], [{ a: 5, b: 7 }, { a: 5, b: 6 }, M.MALFORMED_TRUNCATED]);
		deepEqual(read(struct([{ name: "a", type: U8 }, { name: "b", type: U16, default: 7 }]), "05"), { a: 5, b: 7 });
	});

	it("skips unknown types of a union, padding, and refuses NULL where it must not be (feat_req_someip_273, _274)", () => {
		const type = struct([{ name: "u", type: union([U8], { lengthWidth: 8, typeWidth: 8 }) }, { name: "n", type: U8 }]);
		deepEqual(read(type, "03 05 aabbcc 09"), { u: { type: 5 }, n: 9 });
		deepEqual(read(type, "03 01 aabbcc 09"), { u: { type: 1, value: 0xaa }, n: 9 });
		equal(read(type, "00 00 09"), M.MALFORMED_UNION_TYPE);
		equal(read(type, "00 01 09"), M.MALFORMED_TRUNCATED);
		equal(read(type, "03 01 aa"), M.MALFORMED_LENGTH);
		deepEqual(read(struct([{ name: "u", type: union([U8], { lengthWidth: 0, typeWidth: 8, size: 2 }) }, { name: "n", type: U8 }]), "05 aabb 09"), { u: { type: 5 }, n: 9 });
	});

	it("refuses lengths that lie, halves of elements, too many elements", () => {
		for (const [type, bytes, expected] of [
			[array(U16), "00000003 0001 00", M.MALFORMED_TRUNCATED], [array(U16), "fffffff8 0001", M.MALFORMED_LENGTH], [array(U16), "00000004 0001", M.MALFORMED_LENGTH],
			[array(U8, { max: 2, lengthWidth: 8 }), "03 010203", M.MALFORMED_LIMIT], [array(array(U8, { lengthWidth: 8 }), { lengthWidth: 8 }), "02 02 01 02", M.MALFORMED_LENGTH],
			[{ kind: T.KIND_OPTIONAL, element: U8, lengthWidth: 8 }, "02 0102", M.MALFORMED_LIMIT], [{ kind: T.KIND_BYTES, max: 1, lengthWidth: 8 }, "02 0102", M.MALFORMED_LIMIT],
			[{ kind: T.KIND_MAP, key: U8, value: U8, lengthWidth: 8, max: 1 }, "04 01020304", M.MALFORMED_LIMIT], [{ kind: T.KIND_MAP, key: U8, value: U8, lengthWidth: 8 }, "03 010203", M.MALFORMED_TRUNCATED],
			[array(struct([]), { lengthWidth: 8 }), "01 00", M.MALFORMED_LENGTH],
		] as [T.Type, string, number][])
			equal(read(type, bytes), expected, bytes);
		// PAYLOAD_VALUES_MAX counts the array itself, and the members of bit fields, words and maps.
		const flags: T.Type = { kind: T.KIND_BIT_FIELD, base: { kind: T.KIND_UINT8 }, members: [{ name: "a", shift: 0, bits: 1 }] };
		for (const [element, size, most] of [[U8, 1, 1023], [flags, 1, 512], [basic(T.KIND_WORDS64), 8, 341]] as [T.Type, number, number][])
			for (const over of [0, 1]) {
				const bytes = new Uint8Array(2 + (most + over) * size);
				bytes[0] = bytes.length - 2 >> 8;
				bytes[1] = bytes.length - 2 & 0xff;
				const list = read(array(element, { lengthWidth: 16 }), bytes);
				equal(over ? list : (list as T.Value[]).length, over ? M.MALFORMED_LIMIT : most);
			}
	});

	it("refuses what recurses deeper than the limit", () => {
		const list: { kind: 16; element: T.Type; lengthWidth: number } = { kind: T.KIND_ARRAY, element: U8, lengthWidth: 8 };
		throws(() => { list.element = list; T.checkType(list); }, "nests deeper than PAYLOAD_DEPTH_MAX");
		let type: T.Type = U8, bytes = "2a", value: T.Value = 42;
		for (let i = 0; i < PAYLOAD_DEPTH_MAX; i++) {
			type = array(type, { lengthWidth: 8 });
			bytes = "0" + (i + 1) + bytes;
			value = [value];
		}
		deepEqual(read(type, bytes), value);
		equal(write(type, value), bytes);
		throws(() => T.checkType(array(type)), "nests deeper");
	});

	it("refuses values of another shape", () => {
		for (const [type, value, expected] of [
			[BOOL, 1, M.MALFORMED_VALUE], [U8, "1", M.MALFORMED_VALUE], [U8, 256, M.MALFORMED_VALUE], [U8, null, M.MALFORMED_VALUE], [COLOR, "GREEN", M.MALFORMED_VALUE],
			[STRING, 5, M.MALFORMED_VALUE], [STRING, "a\0b", M.MALFORMED_TEXT], [STRING, "\ud800", M.MALFORMED_TEXT], [text({ size: 5 }), "Hi", M.MALFORMED_LENGTH],
			[STRING, "a".repeat(2049), M.MALFORMED_LIMIT], [STRING, "é".repeat(1100), M.MALFORMED_LIMIT],
			[array(U8), {}, M.MALFORMED_VALUE], [array(U8, { count: 2 }), [1], M.MALFORMED_VALUE], [array(U8, { max: 1 }), [1, 2], M.MALFORMED_LIMIT],
			[struct([{ name: "a", type: U8 }]), {}, M.MALFORMED_VALUE], [struct([{ name: "a", type: U8 }]), [1], M.MALFORMED_VALUE], [struct([{ name: "toString", type: U8 }]), {}, M.MALFORMED_VALUE],
			[union([U8]), { type: 2, value: 1 }, M.MALFORMED_UNION_TYPE], [union([U8]), null, M.MALFORMED_UNION_TYPE], [union([U8]), { type: "1" }, M.MALFORMED_VALUE], [union([U16], { size: 1 }), { type: 1, value: 1 }, M.MALFORMED_LENGTH],
			[{ kind: T.KIND_BYTES }, [1], M.MALFORMED_VALUE], [{ kind: T.KIND_MAP, key: U8, value: U8 }, [1], M.MALFORMED_VALUE], [basic(T.KIND_WORDS64), 5, M.MALFORMED_VALUE],
			[{ kind: T.KIND_BIT_FIELD, base: { kind: T.KIND_UINT8 }, members: [{ name: "a", shift: 0, bits: 2 }] }, { a: 4 }, M.MALFORMED_VALUE],
			[array(U8, { lengthWidth: 8 }), new Array(256).fill(0), M.MALFORMED_LENGTH],
		] as [T.Type, T.Value, number][])
			equal(write(type, value), expected, JSON.stringify(value));
	});

	it("says at set-up what is wrong with a type", () => {
		for (const [type, message] of [
			[array(U8, { lengthWidth: 0 }), "type: needs count or a length field"], [array(U8, { lengthWidth: 24 }), "lengthWidth must be"],
			[text({ lengthWidth: 0 }), "needs size"], [union([U8], { lengthWidth: 0 }), "needs size"], [union([U8], { typeWidth: 0 }), "typeWidth must be"],
			[struct([{ name: "a", type: U8, id: 1 }, { name: "b", type: U8 }]), "type.b: either all members have ids or none"],
			[struct([{ name: "a", type: U8, id: 1 }, { name: "b", type: U8, id: 1 }]), "must be unique"], [struct([{ name: "a", type: U8, id: 4096 }]), "at most 0xfff"],
			[struct([{ name: "a", type: U8 }, { name: "a", type: U8 }]), "or of two"], [struct([{ name: "a", type: U8, align: 3 }]), "align must be"],
			[struct([{ name: "a", type: union([U8]), id: 1 }]), "put a tagged union into a struct"], [{ kind: 99 }, "unknown kind"],
			[{ kind: T.KIND_ENUM, base: { kind: T.KIND_SINT8 }, members: [] }, "must be unsigned"], [{ kind: T.KIND_MAP, key: U8, value: U8, lengthWidth: 0 }, "needs a length field"],
			[{ kind: T.KIND_BIT_FIELD, base: { kind: T.KIND_UINT8 }, members: [{ name: "a", shift: 7, bits: 2 }] }, "type.a: lies outside"],
		] as [T.Type, string][])
			throws(() => T.checkType(type), message);
	});
});
