/** Types of payloads as data: for JSON payloads and tests. Generated codecs call reader and writer themselves. */
import { PAYLOAD_DEPTH_MAX } from "../../config.js";
import { WIRE_16, WIRE_32, WIRE_64, WIRE_8, WIRE_STATIC_LENGTH } from "./layout.js";

export const KIND_BOOL = 0;
export const KIND_UINT8 = 1;
export const KIND_UINT16 = 2;
export const KIND_UINT32 = 3;
export const KIND_UINT64 = 4;
export const KIND_SINT8 = 5;
export const KIND_SINT16 = 6;
export const KIND_SINT32 = 7;
export const KIND_SINT64 = 8;
export const KIND_FLOAT32 = 9;
export const KIND_FLOAT64 = 10;
/** 64 bits, all of them: { high, low }. */
export const KIND_WORDS64 = 11;
export const KIND_ENUM = 12;
export const KIND_BIT_FIELD = 13;
export const KIND_STRING = 14;
/** An array of uint8 as Uint8Array. */
export const KIND_BYTES = 15;
export const KIND_ARRAY = 16;
export const KIND_STRUCT = 17;
export const KIND_UNION = 18;
export const KIND_MAP = 19;
export const KIND_OPTIONAL = 20;

/** Widths are bits of length and type fields: 8, 16 or 32, and 0 where none is written. */
export interface BasicType {
	readonly kind: 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11;
	/** Where it differs from the layout's. */
	readonly littleEndian?: boolean;
}
/** Reads as the member's name, or as a number where it has none (Open SOME/IP feat_req_someip_799). Both are written. */
export interface EnumType {
	readonly kind: typeof KIND_ENUM;
	readonly base: BasicType;
	readonly members: readonly { readonly name: string; readonly value: number }[];
}
/** Numbers by name; bits that no member covers are 0 when written. `shift` counts from the lowest bit. */
export interface BitFieldType {
	readonly kind: typeof KIND_BIT_FIELD;
	readonly base: BasicType;
	readonly members: readonly { readonly name: string; readonly shift: number; readonly bits: number }[];
}
/** Of fixed `size` in bytes, or with a length field (default 32). Constants of text.ts; defaults UTF8, BOM_REQUIRED, terminated. */
export interface StringType {
	readonly kind: typeof KIND_STRING;
	readonly encoding?: number;
	readonly bom?: number;
	readonly terminated?: boolean;
	readonly size?: number;
	readonly lengthWidth?: number;
}
/** Of fixed `count`, or with a length field in bytes (default 32) and at most `max` elements. */
export interface BytesType {
	readonly kind: typeof KIND_BYTES;
	readonly count?: number;
	readonly max?: number;
	readonly lengthWidth?: number;
}
export interface ArrayType {
	readonly kind: typeof KIND_ARRAY;
	readonly element: Type;
	readonly count?: number;
	readonly max?: number;
	readonly lengthWidth?: number;
}
export interface StructMember {
	readonly name: string;
	readonly type: Type;
	/** Padding in front of it up to a multiple of this many bytes from the start of the message. */
	readonly align?: number;
	/** Data id of a tag; all members of a struct have one or none has. */
	readonly id?: number;
	/** Need not come where tagged. */
	readonly optional?: boolean;
	/** Its value where the sender knows an older version of the struct and does not send it. */
	readonly default?: Value;
}
export interface StructType {
	readonly kind: typeof KIND_STRUCT;
	readonly members: readonly StructMember[];
	/** Default: no length field. */
	readonly lengthWidth?: number;
}
/** { type, value }, types counted from 1; null where empty; { type } alone where the type is unknown. */
export interface UnionType {
	readonly kind: typeof KIND_UNION;
	readonly elements: readonly Type[];
	readonly lengthWidth?: number;
	readonly typeWidth?: number;
	/** The type field stands in front of the length field. */
	readonly typeFirst?: boolean;
	readonly nullable?: boolean;
	/** Bytes that each element is padded to; needed where there is no length field. */
	readonly size?: number;
}
/** An array of { key, value }. */
export interface MapType {
	readonly kind: typeof KIND_MAP;
	readonly key: Type;
	readonly value: Type;
	readonly max?: number;
	readonly lengthWidth?: number;
}
/** An array of 0 or 1 elements (feat_req_someip_252): null or the value. */
export interface OptionalType {
	readonly kind: typeof KIND_OPTIONAL;
	readonly element: Type;
	readonly lengthWidth?: number;
}
export type Type = BasicType | EnumType | BitFieldType | StringType | BytesType | ArrayType | StructType | UnionType | MapType | OptionalType;

export type Value = undefined | null | boolean | number | string | Uint8Array | readonly Value[] | { readonly [name: string]: Value };

/** Bits of the length field of a type. Defaults: feat_req_someip_254, _566, _581, _602. */
export function lengthWidthOf(type: Type): number {
	switch (type.kind) {
		case KIND_STRUCT:
			return type.lengthWidth ?? 0;
		case KIND_STRING:
			return type.lengthWidth ?? (type.size === undefined ? 32 : 0);
		case KIND_BYTES: case KIND_ARRAY:
			return type.lengthWidth ?? (type.count === undefined ? 32 : 0);
		case KIND_UNION: case KIND_MAP: case KIND_OPTIONAL:
			return type.lengthWidth ?? 32;
	}
	return 0;
}

/** The wire type of a tagged member; WIRE_STATIC_LENGTH for all that is not basic. */
export function wireTypeOfType(type: Type): number {
	switch (type.kind) {
		case KIND_ENUM: case KIND_BIT_FIELD:
			return wireTypeOfType(type.base);
		case KIND_BOOL: case KIND_UINT8: case KIND_SINT8:
			return WIRE_8;
		case KIND_UINT16: case KIND_SINT16:
			return WIRE_16;
		case KIND_UINT32: case KIND_SINT32: case KIND_FLOAT32:
			return WIRE_32;
		case KIND_UINT64: case KIND_SINT64: case KIND_FLOAT64: case KIND_WORDS64:
			return WIRE_64;
	}
	return WIRE_STATIC_LENGTH;
}

/** The bits of a bit field's member in its base value. */
export function bitsOf(value: number, shift: number, bits: number): number {
	return bits === 32 ? value >>> 0 : value >>> shift & (1 << bits) - 1;
}

interface Part {
	readonly type: Type;
	readonly path: string;
	readonly depth: number;
}

/** Returns `type`; throws where it cannot be encoded, with what to change. For set-up. Level by level, not nested: the
 *  board's stack is short. */
export function checkType(type: Type): Type {
	const parts: Part[] = [{ type, path: "type", depth: 1 }];
	for (let i = 0; i < parts.length; i++)
		checkPart(parts[i]!, parts);
	return type;
}

/** Checks one level and appends what is within it. */
function checkPart({ type, path, depth }: Part, parts: Part[]): void {
	const width = (type as StructType).lengthWidth;
	require(width === undefined || width === 0 || width === 8 || width === 16 || width === 32, path, "lengthWidth must be 0, 8, 16 or 32");
	require(depth <= PAYLOAD_DEPTH_MAX || type.kind < KIND_STRING, path, "nests deeper than PAYLOAD_DEPTH_MAX");
	switch (type.kind) {
		case KIND_ENUM:
			require(type.base.kind >= KIND_UINT8 && type.base.kind <= KIND_UINT64, path, "the base of an enumeration must be unsigned");
			break;
		case KIND_BIT_FIELD:
			require(type.base.kind >= KIND_UINT8 && type.base.kind <= KIND_UINT32, path, "the base of a bit field must be uint8, uint16 or uint32");
			for (const { name, shift, bits } of type.members)
				require(bits > 0 && shift >= 0 && shift + bits <= 8 << wireTypeOfType(type), path + "." + name, "lies outside of its base");
			break;
		case KIND_STRING:
			require(type.size !== undefined || width !== 0, path, "needs size or a length field");
			break;
		case KIND_BYTES: case KIND_ARRAY:
			require(type.count !== undefined || width !== 0, path, "needs count or a length field");
			if (type.kind === KIND_ARRAY)
				parts.push({ type: type.element, path: path + "[]", depth: depth + 1 });
			break;
		case KIND_STRUCT:
			checkMembers(type.members, path, depth + 1, parts);
			break;
		case KIND_UNION:
			require(type.size !== undefined || width !== 0, path, "needs size or a length field");
			require(type.typeWidth === undefined || [8, 16, 32].includes(type.typeWidth), path, "typeWidth must be 8, 16 or 32");
			for (let i = 0; i < type.elements.length; i++)
				parts.push({ type: type.elements[i]!, path: path + "|" + (i + 1), depth: depth + 1 });
			break;
		case KIND_MAP:
			require(width !== 0, path, "needs a length field");
			parts.push({ type: type.key, path: path + ".key", depth: depth + 1 }, { type: type.value, path: path + ".value", depth: depth + 1 });
			break;
		case KIND_OPTIONAL:
			require(width !== 0, path, "needs a length field");
			parts.push({ type: type.element, path: path + "?", depth: depth + 1 });
			break;
		default:
			require(type.kind >= KIND_BOOL && type.kind <= KIND_WORDS64, path, "unknown kind " + type.kind);
	}
}

function checkMembers(members: readonly StructMember[], path: string, depth: number, parts: Part[]): void {
	const names = new Set<string>(), ids = new Set<number | undefined>();
	for (const { name, type, id, align = 1 } of members) {
		const at = path + "." + name;
		require(name !== "__proto__" && !names.has(name), at, "cannot be the name of a member, or of two");
		require((id === undefined) === (members[0]!.id === undefined), at, "either all members have ids or none");
		require(id === undefined || (id >= 0 && id <= 0xfff && !ids.has(id)), at, "the id must be unique and at most 0xfff");
		// A union's length field does not cover its type field: who does not know the member could not skip it.
		require(id === undefined || type.kind !== KIND_UNION, at, "put a tagged union into a struct with a length field");
		require([1, 2, 4, 8, 16, 32].includes(align), at, "align must be 1, 2, 4, 8, 16 or 32");
		names.add(name);
		ids.add(id);
		parts.push({ type, path: at, depth });
	}
}

function require(condition: boolean, path: string, what: string): void {
	if (!condition)
		throw new RangeError(path + ": " + what);
}
