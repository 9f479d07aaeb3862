/** Table-driven decoder: a Type and a Reader make a value. Look at `reader.error` afterwards: where it is not 0 the
 *  value means nothing. Bytes behind the type are not looked at (Open SOME/IP feat_req_someip_168).
 *  One frame per level of nesting, and calls in tail position: on XS, which leaves those frames out, the deepest type
 *  must find its way onto the board's stack. */
import { PAYLOAD_VALUES_MAX } from "../../config.js";
import { dataIdOf, WIRE_STATIC_LENGTH, wireTypeOf } from "./layout.js";
import { MALFORMED_DUPLICATE, MALFORMED_LENGTH, MALFORMED_LIMIT, MALFORMED_MISSING, MALFORMED_UNION_TYPE } from "./malformed.js";
import type { Reader } from "./reader.js";
import { BOM_REQUIRED, readText, TERMINATOR_LAST, TERMINATOR_NONE, TERMINATOR_WITHIN, UTF8 } from "./text.js";
import {
	type ArrayType, type BasicType, type BitFieldType, bitsOf, type BytesType, type EnumType, KIND_ARRAY, KIND_BIT_FIELD, KIND_BOOL,
	KIND_BYTES, KIND_ENUM, KIND_FLOAT32, KIND_FLOAT64, KIND_MAP, KIND_OPTIONAL, KIND_SINT16, KIND_SINT32, KIND_SINT64,
	KIND_SINT8, KIND_STRING, KIND_STRUCT, KIND_UINT16, KIND_UINT32, KIND_UINT64, KIND_UINT8, KIND_UNION, KIND_WORDS64,
	lengthWidthOf, type MapType, type OptionalType, type StringType, type StructMember, type StructType, type Type, type UnionType, type Value, wireTypeOfType,
} from "./type.js";

type Members = { [name: string]: Value };

export function decode(type: Type, reader: Reader): Value {
	return decodeSized(type, reader, lengthWidthOf(type));
}

/** `width`: bits of the length field, which a tag may have widened. */
function decodeSized(type: Type, reader: Reader, width: number): Value {
	// Members that do not come through here, of bit fields and maps, are added where they are made.
	if (++reader.values > PAYLOAD_VALUES_MAX)
		return reader.fail(MALFORMED_LIMIT);
	switch (type.kind) {
		case KIND_ENUM: return decodeEnum(type, reader);
		case KIND_BIT_FIELD: return decodeBitField(type, reader);
		case KIND_STRING: return decodeString(type, reader, width);
		case KIND_BYTES: return decodeBytes(type, reader, width);
		case KIND_ARRAY: return decodeArray(type, reader, width);
		case KIND_STRUCT: return decodeStruct(type, reader, width);
		case KIND_UNION: return decodeUnion(type, reader, width);
		case KIND_MAP: return decodeMap(type, reader, width);
		case KIND_OPTIONAL: return decodeOptional(type, reader, width);
	}
	return decodeBasic(type, reader);
}

function decodeBasic(type: BasicType, reader: Reader): Value {
	const littleEndian = reader.littleEndian;
	if (type.littleEndian !== undefined)
		reader.littleEndian = type.littleEndian;
	let value: Value;
	switch (type.kind) {
		case KIND_BOOL: value = reader.bool(); break;
		case KIND_UINT8: value = reader.uint8(); break;
		case KIND_UINT16: value = reader.uint16(); break;
		case KIND_UINT32: value = reader.uint32(); break;
		case KIND_UINT64: value = reader.uint64(); break;
		case KIND_SINT8: value = reader.sint8(); break;
		case KIND_SINT16: value = reader.sint16(); break;
		case KIND_SINT32: value = reader.sint32(); break;
		case KIND_SINT64: value = reader.sint64(); break;
		case KIND_FLOAT32: value = reader.float32(); break;
		case KIND_FLOAT64: value = reader.float64(); break;
		case KIND_WORDS64:
			reader.values += 2;
			reader.words64();
			value = { high: reader.high, low: reader.low };
	}
	reader.littleEndian = littleEndian;
	return value;
}

/** feat_req_someip_799: "Implementations shall support sending and receiving undefined enumeration values". */
function decodeEnum(type: EnumType, reader: Reader): Value {
	const value = decodeBasic(type.base, reader), members = type.members;
	for (let i = 0; i < members.length; i++)
		if (members[i]!.value === value)
			return members[i]!.name;
	return value;
}

function decodeBitField(type: BitFieldType, reader: Reader): Value {
	const base = decodeBasic(type.base, reader) as number, value: Members = {}, members = type.members;
	reader.values += members.length;
	for (let i = 0; i < members.length; i++)
		value[members[i]!.name] = bitsOf(base, members[i]!.shift, members[i]!.bits);
	return value;
}

function decodeString(type: StringType, reader: Reader, width: number): Value {
	const outer = width > 0 ? reader.enter(width) : reader.narrow(type.size!);
	const terminator = type.terminated === false ? TERMINATOR_NONE : type.size === undefined ? TERMINATOR_LAST : TERMINATOR_WITHIN;
	const text = readText(reader, type.encoding ?? UTF8, type.bom ?? BOM_REQUIRED, terminator);
	reader.leave(outer);
	return text;
}

function decodeBytes(type: BytesType, reader: Reader, width: number): Value {
	const outer = width > 0 ? reader.enter(width) : reader.narrow(type.count!);
	const length = reader.end - reader.at;
	if (length > (type.max ?? length))
		reader.fail(MALFORMED_LIMIT);
	const value = reader.copy(type.count ?? length);
	reader.leave(outer);
	return value;
}

/** Fixed arrays with a length field may be longer on the wire than here: what is over is skipped. */
function decodeArray(type: ArrayType, reader: Reader, width: number): Value {
	const list: Value[] = [], outer = enter(reader, width), count = type.count;
	if (count !== undefined)
		for (let i = 0; i < count && reader.error === 0; i++)
			list.push(decode(type.element, reader));
	else
		while (reader.at < reader.end) {
			const at = reader.at;
			if (list.length === type.max)
				reader.fail(MALFORMED_LIMIT);
			list.push(decode(type.element, reader));
			if (reader.at === at)
				reader.fail(MALFORMED_LENGTH);
		}
	leave(reader, width, outer);
	return list;
}

function decodeStruct(type: StructType, reader: Reader, width: number): Value {
	const members = type.members, value: Members = {};
	if (reader.tagged && members.length > 0 && members[0]!.id !== undefined)
		return decodeTagged(members, reader, width);
	const outer = enter(reader, width);
	for (let i = 0; i < members.length && reader.error === 0; i++) {
		const member = members[i]!;
		if (member.default !== undefined && reader.at === reader.end && (width > 0 || reader.depth === 1)) {
			value[member.name] = member.default;
			continue;
		}
		if (member.align !== undefined)
			reader.align(member.align);
		value[member.name] = decode(member.type, reader);
	}
	leave(reader, width, outer);
	return value;
}

/** AUTOSAR TLV: members in any order, unknown ones skipped. */
function decodeTagged(members: readonly StructMember[], reader: Reader, width: number): Value {
	// Only the payload's end ends tagged members without a length field: within others they have one.
	if (width === 0 && reader.depth > 0)
		width = reader.taggedWidth(WIRE_STATIC_LENGTH, 0);
	const value: Members = {}, outer = enter(reader, width);
	for (let tag = reader.tag(); tag >= 0; tag = reader.tag()) {
		const member = memberOf(members, dataIdOf(tag));
		if (member === undefined) {
			reader.skipTagged(tag);
			continue;
		}
		if (Object.hasOwn(value, member.name))
			reader.fail(MALFORMED_DUPLICATE);
		const wireType = wireTypeOfType(member.type);
		if (wireType < WIRE_STATIC_LENGTH || wireTypeOf(tag) < WIRE_STATIC_LENGTH)
			reader.expect(tag, wireType);
		value[member.name] = wireType < WIRE_STATIC_LENGTH ? decode(member.type, reader)
			: decodeSized(member.type, reader, reader.taggedWidth(wireTypeOf(tag), lengthWidthOf(member.type)));
	}
	for (let i = 0; i < members.length && reader.error === 0; i++) {
		const member = members[i]!;
		if (Object.hasOwn(value, member.name))
			continue;
		if (member.default !== undefined)
			value[member.name] = member.default;
		else if (!member.optional)
			reader.fail(MALFORMED_MISSING);
	}
	leave(reader, width, outer);
	return value;
}

function memberOf(members: readonly StructMember[], id: number): StructMember | undefined {
	for (let i = 0; i < members.length; i++)
		if (members[i]!.id === id)
			return members[i];
	return undefined;
}

/** feat_req_someip_272: the length field "does not include the size of the length field and type field". */
function decodeUnion(type: UnionType, reader: Reader, width: number): Value {
	const typeWidth = type.typeWidth ?? 32;
	let number = type.typeFirst ? reader.lengthField(typeWidth) : 0;
	const length = width > 0 ? reader.lengthField(width) : type.size!;
	if (!type.typeFirst)
		number = reader.lengthField(typeWidth);
	const outer = reader.narrow(length);
	let value: Value = null;
	if (number > 0)
		value = number > type.elements.length ? { type: number } : { type: number, value: decode(type.elements[number - 1]!, reader) };
	else if (!type.nullable)
		reader.fail(MALFORMED_UNION_TYPE);
	reader.leave(outer);
	return value;
}

function decodeMap(type: MapType, reader: Reader, width: number): Value {
	const list: Value[] = [], outer = reader.enter(width);
	while (reader.at < reader.end) {
		const at = reader.at;
		if (list.length === type.max)
			reader.fail(MALFORMED_LIMIT);
		reader.values += 2;
		const key = decode(type.key, reader);
		list.push({ key, value: decode(type.value, reader) });
		if (reader.at === at)
			reader.fail(MALFORMED_LENGTH);
	}
	reader.leave(outer);
	return list;
}

function decodeOptional(type: OptionalType, reader: Reader, width: number): Value {
	const outer = reader.enter(width);
	const value = reader.at < reader.end ? decode(type.element, reader) : null;
	if (reader.at < reader.end)
		reader.fail(MALFORMED_LIMIT);
	reader.leave(outer);
	return value;
}

function enter(reader: Reader, width: number): number {
	if (width > 0)
		return reader.enter(width);
	reader.deepen();
	return reader.end;
}

function leave(reader: Reader, width: number, outer: number): void {
	if (width > 0)
		reader.leave(outer);
	else
		reader.depth--;
}
