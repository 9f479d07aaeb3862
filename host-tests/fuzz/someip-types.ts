/** Payload types of every kind, to be decoded out of anything. */
import {
	KIND_ARRAY, KIND_BIT_FIELD, KIND_BOOL, KIND_BYTES, KIND_ENUM, KIND_FLOAT64, KIND_MAP, KIND_OPTIONAL, KIND_SINT64, KIND_STRING, KIND_STRUCT, KIND_UINT16,
	KIND_UINT32, KIND_UINT64, KIND_UINT8, KIND_UNION, KIND_WORDS64, type Type,
} from "../../firmware/someip/payload/type.js";
import { BOM_OPTIONAL, UTF16BE, UTF16LE } from "../../firmware/someip/payload/text.js";

const U8: Type = { kind: KIND_UINT8 }, U16: Type = { kind: KIND_UINT16 }, U32: Type = { kind: KIND_UINT32 };
const TEXT: Type = { kind: KIND_STRING }, LIST: Type = { kind: KIND_ARRAY, element: U16, lengthWidth: 8 };

export const PAYLOAD_TYPES: readonly Type[] = [
	{ kind: KIND_STRUCT, members: [{ name: "a", type: U8 }, { name: "b", type: TEXT }, { name: "c", type: LIST, align: 4 }, { name: "d", type: { kind: KIND_FLOAT64, littleEndian: true } }] },
	{ kind: KIND_STRUCT, lengthWidth: 16, members: [{ name: "a", type: { kind: KIND_SINT64 } }, { name: "b", type: { kind: KIND_WORDS64 } }, { name: "z", type: U8, default: 1 }] },
	{ kind: KIND_STRUCT, members: [{ name: "a", id: 1, type: U32 }, { name: "b", id: 2, type: TEXT, optional: true }, { name: "c", id: 3, type: LIST, optional: true }] },
	{ kind: KIND_STRING, encoding: UTF16BE }, { kind: KIND_STRING, encoding: UTF16LE, size: 20 }, { kind: KIND_STRING, bom: BOM_OPTIONAL, lengthWidth: 8 },
	{ kind: KIND_UNION, elements: [U8, TEXT, LIST], nullable: true }, { kind: KIND_UNION, elements: [U8, U16], lengthWidth: 0, typeWidth: 8, size: 4, typeFirst: true },
	{ kind: KIND_MAP, key: U8, value: TEXT, lengthWidth: 16 }, { kind: KIND_OPTIONAL, element: U32 },
	{ kind: KIND_ARRAY, element: { kind: KIND_ARRAY, element: { kind: KIND_ARRAY, element: U8, lengthWidth: 8 }, lengthWidth: 8 }, max: 20 },
	{ kind: KIND_ARRAY, element: { kind: KIND_BOOL }, count: 40 }, { kind: KIND_BYTES, max: 100 }, { kind: KIND_BYTES, count: 16 }, { kind: KIND_UINT64 },
	{ kind: KIND_ENUM, base: U8 as any, members: [{ name: "one", value: 1 }] },
	{ kind: KIND_BIT_FIELD, base: U32 as any, members: [{ name: "low", shift: 0, bits: 4 }, { name: "high", shift: 31, bits: 1 }] },
];
