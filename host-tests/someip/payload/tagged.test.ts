import { deepEqual, describe, equal, it, unhex } from "#test";
import type { Layout } from "../../../firmware/someip/payload/layout.js";
import * as M from "../../../firmware/someip/payload/malformed.js";
import { Reader } from "../../../firmware/someip/payload/reader.js";
import * as T from "../../../firmware/someip/payload/type.js";
import { read, write } from "./support/codec.js";

const TAGGED: Layout = { tagged: true }, SELF: Layout = { tagged: true, selfDescribing: true };
const U8: T.Type = { kind: T.KIND_UINT8 }, U16: T.Type = { kind: T.KIND_UINT16 };
const struct = (members: T.StructMember[], lengthWidth = 0): T.Type => ({ kind: T.KIND_STRUCT, members, lengthWidth });

const ALL = struct([
	{ name: "a", type: U8, id: 1 }, { name: "b", type: U16, id: 2 }, { name: "c", type: { kind: T.KIND_FLOAT32 }, id: 3 }, { name: "d", type: { kind: T.KIND_UINT64 }, id: 0xfff },
	{ name: "s", type: { kind: T.KIND_STRING, lengthWidth: 16 }, id: 5 }, { name: "l", type: { kind: T.KIND_ARRAY, element: U8, lengthWidth: 8 }, id: 6 },
	{ name: "t", type: struct([{ name: "x", type: U8 }]), id: 7, optional: true },
]);
const VALUE = { a: 1, b: 2, c: 1.5, d: 4, s: "Hi", l: [9, 8], t: { x: 3 } };

describe("payload: tagged members (AUTOSAR TLV)", () => {
	it("reads and writes all wire types", () => {
		for (const [layout, bytes] of [
			[TAGGED, "0001 01  1002 0002  2003 3fc00000  3fff 0000000000000004  4005 0006 efbbbf486900  4006 02 0908  4007 00000001 03"],
			[SELF, "0001 01  1002 0002  2003 3fc00000  3fff 0000000000000004  6005 0006 efbbbf486900  5006 02 0908  7007 00000001 03"],
			[{ ...TAGGED, taggedLengthWidth: 8 }, "0001 01  1002 0002  2003 3fc00000  3fff 0000000000000004  4005 0006 efbbbf486900  4006 02 0908  4007 01 03"],
			// Tags stay big-endian (PRS_SOMEIP_00203).
			[{ ...SELF, littleEndian: true, littleEndianLengths: true }, "0001 01  1002 0200  2003 0000c03f  3fff 0400000000000000  6005 0600 efbbbf486900  5006 02 0908  7007 01000000 03"],
		] as [Layout, string][]) {
			equal(write(ALL, VALUE, layout), bytes.split(" ").join(""));
			deepEqual(read(ALL, bytes, layout), VALUE);
		}
	});

	it("takes whichever width of length field the tag says", () => {
		const type = struct([{ name: "l", type: { kind: T.KIND_ARRAY, element: U8, lengthWidth: 16 }, id: 1 }]);
		for (const bytes of ["4001 0002 0102", "5001 02 0102", "6001 0002 0102", "7001 00000002 0102"])
			deepEqual(read(type, bytes, TAGGED), { l: [1, 2] }, bytes);
	});

	it("takes members in any order and skips unknown ones of each wire type", () => {
		const type = struct([{ name: "a", type: U8, id: 1 }, { name: "b", type: U16, id: 2 }]);
		deepEqual(read(type, "1002 0005 0001 04", TAGGED), { b: 5, a: 4 });
		for (const unknown of ["0003 ff", "1003 ffff", "2003 ffffffff", "3003 ffffffffffffffff", "4003 00000003 ffffff", "5003 01 ff", "6003 0000", "7003 00000001 ff"]) {
			deepEqual(read(type, `${unknown} 0001 04 ${unknown} 1002 0005 ${unknown}`, TAGGED), { a: 4, b: 5 }, unknown);
			const bytes = unhex(`0001 04 1002 0005 ${unknown}`);
			for (let end = 8; end < bytes.length; end++)
				equal(read(type, bytes.slice(0, end), TAGGED), M.MALFORMED_TRUNCATED, `${unknown} at ${end}`);
		}
		deepEqual(read(type, "8001 04 9002 0005", TAGGED), { a: 4, b: 5 }, "the reserved bit is ignored");
	});

	it("refuses duplicates, wrong wire types, missing members", () => {
		const type = struct([{ name: "a", type: U8, id: 1 }, { name: "b", type: { kind: T.KIND_STRING }, id: 2, optional: true }, { name: "c", type: U8, id: 3, default: 9 }]);
		deepEqual(read(type, "0001 04", TAGGED), { a: 4, c: 9 });
		equal(read(type, "0001 04 0001 04", TAGGED), M.MALFORMED_DUPLICATE);
		equal(read(type, "1001 0004", TAGGED), M.MALFORMED_WIRE_TYPE);
		equal(read(type, "4001 00000001 04", TAGGED), M.MALFORMED_WIRE_TYPE);
		equal(read(type, "0001 04 0002 04", TAGGED), M.MALFORMED_WIRE_TYPE);
		equal(read(type, "", TAGGED), M.MALFORMED_MISSING);
		equal(read(type, "0003 01", TAGGED), M.MALFORMED_MISSING);
		equal(write(type, { b: "x" }, TAGGED), M.MALFORMED_VALUE);
		equal(write(type, { a: 4 }, TAGGED), "000104" + "000309");
	});

	it("nests, each level with ids of its own", () => {
		const type = struct([{ name: "in", type: struct([{ name: "x", type: U8, id: 1 }, { name: "y", type: U8, id: 2, optional: true }], 8), id: 1 }, { name: "z", type: U8, id: 2 }]);
		const bytes = "4001 07 0001 05 1009 eeee 0002 06";
		deepEqual(read(type, bytes, TAGGED), { in: { x: 5 }, z: 6 });
		equal(write(type, { in: { x: 5, y: 7 }, z: 6 }, TAGGED), "400106000105000207" + "000206");
	});

	it("gives a struct of tagged members within others a length field", () => {
		const type = struct([{ name: "in", type: struct([{ name: "x", type: U8, id: 1 }]) }, { name: "z", type: U8 }]);
		deepEqual(read(type, "00000003 0001 05 06", TAGGED), { in: { x: 5 }, z: 6 });
		equal(write(type, { in: { x: 5 }, z: 6 }, { tagged: true, taggedLengthWidth: 8 }), "0300010506");
	});

	it("is off unless the interface says so: the same types are positional", () => {
		equal(write(struct([{ name: "a", type: U8, id: 1 }, { name: "b", type: U16, id: 2 }]), { a: 1, b: 2 }), "010002");
		deepEqual(read(struct([{ name: "a", type: U8, id: 1 }, { name: "b", type: U16, id: 2 }]), "010002"), { a: 1, b: 2 });
	});

	it("gives generated codecs the same in single steps", () => {
		const reader = new Reader(TAGGED), bytes = unhex("5001 01 07 0009 ff 0002 06");
		reader.attach(bytes);
		reader.begin(0, 0, bytes.length);
		const outer = reader.enterTagged(reader.tag(), 16);
		equal(reader.uint8(), 7);
		reader.leave(outer);
		reader.skipTagged(reader.tag());
		reader.expect(reader.tag(), 0);
		deepEqual([reader.uint8(), reader.tag(), reader.error], [6, -1, 0]);
		reader.begin(0, 4, 7);
		reader.leave(reader.enterTagged(reader.tag(), 0));
		equal(reader.error, M.MALFORMED_WIRE_TYPE);
	});
});
