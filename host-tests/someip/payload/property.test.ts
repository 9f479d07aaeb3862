import { deepEqual, describe, ENGINE, equal, it } from "#test";
import { decode } from "../../../firmware/someip/payload/decode.js";
import { encode } from "../../../firmware/someip/payload/encode.js";
import type { Layout } from "../../../firmware/someip/payload/layout.js";
import { MALFORMED_MISSING } from "../../../firmware/someip/payload/malformed.js";
import { Reader } from "../../../firmware/someip/payload/reader.js";
import { BOM_OPTIONAL } from "../../../firmware/someip/payload/text.js";
import * as T from "../../../firmware/someip/payload/type.js";
import { Writer } from "../../../firmware/someip/payload/writer.js";
import { Prng } from "../../support/prng.js";

const ROUNDS = ENGINE === "xs" ? 40 : 600, MUTATIONS = ENGINE === "xs" ? 5 : 40;
const WIDTHS = [8, 16, 32], TEXTS = ["", "a", "Hällo", "€uro", "😀 und mehr", "0123456789"];

function randomType(random: Prng, depth: number): T.Type {
	const pick = random.below(depth <= 1 ? 16 : 22), lengthWidth = WIDTHS[random.below(3)]!;
	if (pick < 12)
		return { kind: pick as T.BasicType["kind"], ...(random.chance(0.2) ? { littleEndian: random.chance(0.5) } : {}) };
	switch (pick) {
		case 12: return { kind: T.KIND_ENUM, base: { kind: (1 + random.below(4)) as 1 }, members: [{ name: "ONE", value: 1 }, { name: "TWO", value: 2 }] };
		case 13: return { kind: T.KIND_BIT_FIELD, base: { kind: (1 + random.below(3)) as 1 }, members: [{ name: "a", shift: 0, bits: 3 }, { name: "b", shift: 5, bits: 2 }] };
		case 14: return { kind: T.KIND_STRING, encoding: random.below(3), bom: random.chance(0.5) ? 0 : BOM_OPTIONAL, ...(random.chance(0.3) ? { size: 40 } : { lengthWidth }) };
		case 15: return { kind: T.KIND_BYTES, ...(random.chance(0.3) ? { count: random.below(9) } : { lengthWidth }) };
		case 16: return { kind: T.KIND_OPTIONAL, element: randomType(random, depth - 1), lengthWidth: 32 };
		case 17: return { kind: T.KIND_MAP, key: randomType(random, 1), value: randomType(random, depth - 1), lengthWidth: 32 };
		case 18: return { kind: T.KIND_UNION, elements: [randomType(random, depth - 1), randomType(random, depth - 1)], lengthWidth: 32, typeWidth: lengthWidth, typeFirst: random.chance(0.3), nullable: random.chance(0.5) };
		case 19: return { kind: T.KIND_ARRAY, element: randomType(random, depth - 1), ...(random.chance(0.3) ? { count: random.below(4) } : { lengthWidth: 32 }) };
	}
	const tagged = random.chance(0.5), members: T.StructMember[] = [];
	for (let i = 1 + random.below(5); i > 0; i--) {
		const type = randomType(random, depth - 1);
		members.push({ name: "m" + i, type: tagged && type.kind === T.KIND_UNION ? { kind: T.KIND_STRUCT, members: [{ name: "u", type }] } : type,
			...(tagged ? { id: i * 7, optional: random.chance(0.5) } : random.chance(0.2) ? { align: 1 << random.below(4) } : {}) });
	}
	return { kind: T.KIND_STRUCT, members, lengthWidth: random.chance(0.5) ? 32 : 0 };
}

function randomValue(random: Prng, type: T.Type, tagged: boolean): T.Value {
	const list = (count: number, element: () => T.Value): T.Value[] => Array.from({ length: count }, element);
	const integer = (bits: number): number => bits > 32 ? random.next() + random.below(0x200000) * 0x100000000 : random.below(2 ** bits);
	switch (type.kind) {
		case T.KIND_BOOL: return random.chance(0.5);
		case T.KIND_UINT8: case T.KIND_UINT16: case T.KIND_UINT32: case T.KIND_UINT64: return integer(4 << type.kind);
		case T.KIND_SINT8: case T.KIND_SINT16: case T.KIND_SINT32: return integer(4 << type.kind - 4) - 2 ** ((4 << type.kind - 4) - 1);
		case T.KIND_SINT64: return random.chance(0.5) ? integer(64) : -1 - random.next();
		case T.KIND_FLOAT32: return Math.fround(random.next() / 1000);
		case T.KIND_FLOAT64: return random.next() / 997;
		case T.KIND_WORDS64: return { high: random.next(), low: random.next() };
		case T.KIND_ENUM: return ["ONE", "TWO", 0, 77][random.below(4)];
		case T.KIND_BIT_FIELD: return { a: random.below(8), b: random.below(4) };
		case T.KIND_STRING: return TEXTS[random.below(TEXTS.length)];
		case T.KIND_BYTES: {
			const bytes = new Uint8Array(type.count ?? random.below(20));
			random.fill(bytes);
			return bytes;
		}
		case T.KIND_OPTIONAL: return random.chance(0.5) ? null : randomFull(random, type.element, tagged);
		case T.KIND_MAP: return list(random.below(3), () => ({ key: randomFull(random, type.key, tagged), value: randomFull(random, type.value, tagged) }));
		case T.KIND_UNION: {
			const number = random.below(3);
			return number === 0 && type.nullable ? null : { type: number || 1, value: randomValue(random, type.elements[(number || 1) - 1]!, tagged) };
		}
		case T.KIND_ARRAY: return list(type.count ?? random.below(4), () => randomFull(random, type.element, tagged));
	}
	const value: { [name: string]: T.Value } = {};
	for (const member of type.members)
		if (!tagged || !member.optional || random.chance(0.5))
			value[member.name] = randomValue(random, member.type, tagged);
	return value;
}

/** A value of an element. One of no bytes cannot stand in a dynamic array, so that it is made anew. */
function randomFull(random: Prng, type: T.Type, tagged: boolean): T.Value {
	for (let i = 0; ; i++) {
		const value = randomValue(random, type, tagged), writer = new Writer({ tagged });
		writer.attach(new Uint8Array(4096));
		writer.begin(0, 0, 4096);
		if (encode(type, value, writer) > 0 || i > 20)
			return value;
	}
}

describe("payload: properties", () => {
	it("any value of any type comes back; any truncation or mutation ends with a code or a value, within bounds", () => {
		let truncated = 0, mutated = 0;
		for (let seed = 1; seed <= ROUNDS; seed++) {
			const random = new Prng(seed), type = randomType(random, 3);
			const layout: Layout = { littleEndian: random.chance(0.5), littleEndianLengths: random.chance(0.3), tagged: random.chance(0.5), selfDescribing: random.chance(0.5) };
			const value = randomValue(random, type, layout.tagged!), bytes = new Uint8Array(8192), writer = new Writer(layout), reader = new Reader(layout);
			T.checkType(type);
			writer.attach(bytes);
			writer.begin(3, 19, bytes.length);
			const length = encode(type, value, writer);
			if (length < 0)
				throw new Error(`seed ${seed}: ${length}`);
			reader.attach(bytes);
			reader.begin(3, 19, 19 + length);
			const again = decode(type, reader);
			deepEqual([reader.error, reader.error ? undefined : again, reader.at, reader.depth], [0, value, 19 + length, 0], `seed ${seed}`);
			for (let end = 0; end < length; end += 1 + (length >> 6)) {
				reader.begin(3, 19, 19 + end);
				decode(type, reader);
				equal(reader.error <= 0 && reader.error >= MALFORMED_MISSING && reader.at <= 19 + end && reader.end === 19 + end && reader.depth === 0, true, `seed ${seed} end ${end}`);
				truncated += reader.error < 0 ? 1 : 0;
			}
			const copy = bytes.slice();
			for (let i = 0; i < MUTATIONS && length > 0; i++) {
				bytes.set(copy);
				for (let n = 1 + random.below(3); n > 0; n--)
					bytes[19 + random.below(length)] = [0, 1, 0x7f, 0x80, 0xff, random.below(256)][random.below(6)]!;
				reader.begin(3, 19, 19 + length);
				decode(type, reader);
				equal(reader.error <= 0 && reader.error >= MALFORMED_MISSING && reader.at <= 19 + length && reader.end === 19 + length && reader.depth === 0, true, `seed ${seed} mutation ${i}`);
				mutated += reader.error < 0 ? 1 : 0;
			}
		}
		equal(truncated > ROUNDS && mutated > ROUNDS / 2, true, `${truncated} ${mutated}`);
	});
});
