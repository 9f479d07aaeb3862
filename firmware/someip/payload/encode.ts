/** Table-driven encoder: writes a value as its Type says. */
import { tagOf, WIRE_STATIC_LENGTH, wireTypeOfWidth } from "./layout.js";
import { MALFORMED_LIMIT, MALFORMED_UNION_TYPE, MALFORMED_VALUE } from "./malformed.js";
import { BOM_REQUIRED, TERMINATOR_LAST, TERMINATOR_NONE, UTF8, writeText } from "./text.js";
import {
	type ArrayType, type BasicType, type BitFieldType, type BytesType, type EnumType, KIND_ARRAY, KIND_BIT_FIELD, KIND_BOOL, KIND_BYTES,
	KIND_ENUM, KIND_FLOAT32, KIND_FLOAT64, KIND_MAP, KIND_OPTIONAL, KIND_SINT16, KIND_SINT32, KIND_SINT64, KIND_SINT8,
	KIND_STRING, KIND_STRUCT, KIND_UINT16, KIND_UINT32, KIND_UINT64, KIND_UINT8, KIND_UNION, KIND_WORDS64, lengthWidthOf,
	type MapType, type StringType, type StructMember, type StructType, type Type, type UnionType, type Value, wireTypeOfType,
} from "./type.js";
import type { Writer } from "./writer.js";

type Members = { readonly [name: string]: Value };

/** Returns the bytes written, or the writer's MALFORMED_* code. */
export function encode(type: Type, value: Value, writer: Writer): number {
	const start = writer.at;
	encodeSized(type, value, writer, lengthWidthOf(type));
	return writer.error === 0 ? writer.at - start : writer.error;
}

function put(type: Type, value: Value, writer: Writer): void {
	return encodeSized(type, value, writer, lengthWidthOf(type));
}

function encodeSized(type: Type, value: Value, writer: Writer, width: number): void {
	switch (type.kind) {
		case KIND_ENUM: return encodeEnum(type, value, writer);
		case KIND_BIT_FIELD: return encodeBitField(type, value, writer);
		case KIND_STRING: return encodeString(type, value, writer, width);
		case KIND_BYTES: return encodeBytes(type, value, writer, width);
		case KIND_ARRAY: return encodeArray(type, value, writer, width);
		case KIND_STRUCT: return encodeStruct(type, value, writer, width);
		case KIND_UNION: return encodeUnion(type, value, writer, width);
		case KIND_MAP: return encodeMap(type, value, writer, width);
		case KIND_OPTIONAL: {
			const mark = writer.enter(width);
			if (value !== null && value !== undefined)
				put(type.element, value, writer);
			return writer.leave(mark, width);
		}
	}
	encodeBasic(type, value, writer);
}

function encodeBasic(type: BasicType, value: Value, writer: Writer): void {
	if (type.kind === KIND_WORDS64 ? !isMembers(value) : typeof value !== (type.kind === KIND_BOOL ? "boolean" : "number"))
		return writer.fail(MALFORMED_VALUE);
	const littleEndian = writer.littleEndian, number = value as number;
	if (type.littleEndian !== undefined)
		writer.littleEndian = type.littleEndian;
	switch (type.kind) {
		case KIND_BOOL: writer.bool(value as boolean); break;
		case KIND_UINT8: writer.uint8(number); break;
		case KIND_UINT16: writer.uint16(number); break;
		case KIND_UINT32: writer.uint32(number); break;
		case KIND_UINT64: writer.uint64(number); break;
		case KIND_SINT8: writer.sint8(number); break;
		case KIND_SINT16: writer.sint16(number); break;
		case KIND_SINT32: writer.sint32(number); break;
		case KIND_SINT64: writer.sint64(number); break;
		case KIND_FLOAT32: writer.float32(number); break;
		case KIND_FLOAT64: writer.float64(number); break;
		case KIND_WORDS64: writer.words64((value as Members)["high"] as number, (value as Members)["low"] as number);
	}
	writer.littleEndian = littleEndian;
}

function encodeEnum(type: EnumType, value: Value, writer: Writer): void {
	const members = type.members;
	for (let i = 0; i < members.length; i++)
		if (members[i]!.name === value)
			return encodeBasic(type.base, members[i]!.value, writer);
	encodeBasic(type.base, value, writer);
}

function encodeBitField(type: BitFieldType, value: Value, writer: Writer): void {
	if (!isMembers(value))
		return writer.fail(MALFORMED_VALUE);
	let base = 0;
	for (let i = 0; i < type.members.length; i++) {
		const { name, shift, bits } = type.members[i]!, part = value[name];
		if (typeof part !== "number" || part !== Math.floor(part) || part < 0 || part >= 2 ** bits)
			return writer.fail(MALFORMED_VALUE);
		base += part * 2 ** shift;
	}
	encodeBasic(type.base, base, writer);
}

function encodeString(type: StringType, value: Value, writer: Writer, width: number): void {
	const mark = writer.enter(width), start = writer.at;
	writeText(writer, value as string, type.encoding ?? UTF8, type.bom ?? BOM_REQUIRED, type.terminated === false ? TERMINATOR_NONE : TERMINATOR_LAST);
	// feat_req_someip_233: "Fill unused space using “\0”."
	if (type.size !== undefined)
		writer.pad(start, type.size);
	writer.leave(mark, width);
}

function encodeBytes(type: BytesType, value: Value, writer: Writer, width: number): void {
	if (!(value instanceof Uint8Array) || value.length !== (type.count ?? value.length))
		return writer.fail(MALFORMED_VALUE);
	if (value.length > (type.max ?? value.length))
		return writer.fail(MALFORMED_LIMIT);
	const mark = writer.enter(width);
	writer.copy(value, 0, value.length);
	writer.leave(mark, width);
}

function encodeArray(type: ArrayType, value: Value, writer: Writer, width: number): void {
	if (!Array.isArray(value) || value.length !== (type.count ?? value.length))
		return writer.fail(MALFORMED_VALUE);
	if (value.length > (type.max ?? value.length))
		return writer.fail(MALFORMED_LIMIT);
	const mark = writer.enter(width);
	for (let i = 0; i < value.length && writer.error === 0; i++)
		put(type.element, value[i], writer);
	writer.leave(mark, width);
}

function encodeStruct(type: StructType, value: Value, writer: Writer, width: number): void {
	if (!isMembers(value))
		return writer.fail(MALFORMED_VALUE);
	const members = type.members, tagged = writer.tagged && members.length > 0 && members[0]!.id !== undefined;
	if (tagged && width === 0 && writer.depth > 0)
		width = writer.taggedLengthWidth;
	const mark = writer.enter(width);
	for (let i = 0; i < members.length && writer.error === 0; i++) {
		const member = members[i]!, part = Object.hasOwn(value, member.name) ? value[member.name] : undefined;
		const given = part === undefined || (part === null && tagged) ? member.default : part;
		let memberWidth = lengthWidthOf(member.type);
		if (tagged) {
			if (given === undefined && member.optional)
				continue;
			memberWidth = putTag(member, memberWidth, writer);
		}
		else if (member.align !== undefined)
			writer.align(member.align);
		encodeSized(member.type, given, writer, memberWidth);
	}
	writer.leave(mark, width);
}

/** Writes a member's tag. Returns the width of its length field. */
function putTag(member: StructMember, width: number, writer: Writer): number {
	let wireType = wireTypeOfType(member.type);
	if (wireType === WIRE_STATIC_LENGTH) {
		width ||= writer.taggedLengthWidth;
		if (writer.selfDescribing)
			wireType = wireTypeOfWidth(width);
	}
	writer.tag(tagOf(wireType, member.id!));
	return width;
}

function encodeUnion(type: UnionType, value: Value, writer: Writer, width: number): void {
	const typeWidth = type.typeWidth ?? 32;
	if (value !== null && !isMembers(value))
		return writer.fail(MALFORMED_VALUE);
	const number = value === null ? 0 : value["type"] as number, element = type.elements[number - 1];
	if (number === 0 ? !type.nullable : element === undefined)
		return writer.fail(MALFORMED_UNION_TYPE);
	if (type.typeFirst)
		writer.lengthField(typeWidth, number);
	// The length field does not count the type field behind it, so that it is written by hand.
	const field = writer.at;
	writer.zeros(width >> 3);
	if (!type.typeFirst)
		writer.lengthField(typeWidth, number);
	const mark = writer.enter(0);
	if (element !== undefined)
		put(element, (value as Members)["value"], writer);
	if (type.size !== undefined)
		writer.pad(mark, type.size);
	writer.leave(mark, 0);
	if (width > 0)
		writer.patch(field, width, writer.at - mark);
}

function encodeMap(type: MapType, value: Value, writer: Writer, width: number): void {
	if (!Array.isArray(value))
		return writer.fail(MALFORMED_VALUE);
	if (value.length > (type.max ?? value.length))
		return writer.fail(MALFORMED_LIMIT);
	const mark = writer.enter(width);
	for (let i = 0; i < value.length && writer.error === 0; i++) {
		const entry: Value = value[i];
		if (!isMembers(entry))
			return writer.fail(MALFORMED_VALUE);
		put(type.key, entry["key"], writer);
		put(type.value, entry["value"], writer);
	}
	writer.leave(mark, width);
}

function isMembers(value: Value): value is Members {
	return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}
