/** Field sections in QPACK's encoding (RFC 9204 §4.5), by the static table alone: we announce no dynamic one, and use none.
 *  Fields are name and value in turn, one character a byte. */
import { HTTP3_FIELD_SECTION_MAX } from "../config.js";
import { Http3Error, QPACK_DECOMPRESSION_FAILED } from "./error-code.js";
import type { HuffmanDecoder } from "./huffman.js";
import { STATIC_TABLE, staticIndex } from "./static-table.js";

/** RFC 9114 §4.2.2: what a field counts beyond its name and value. */
const FIELD_OVERHEAD = 32;
const INTEGER_MAX = 0x3fffffff;
/** RFC 9204 §7.1.3: "never indexed", so that no intermediary puts it into a table. */
const SECRETS: readonly string[] = Object.freeze(["authorization", "cookie", "proxy-authorization"]);

/** Writes the fields to into[at…]; returns the end, or -1 where there is no room. */
export function writeFieldSection(into: Uint8Array, at: number, fields: readonly string[]): number {
	if (into.length - at < 2)
		return -1;
	into[at++] = 0;
	into[at++] = 0;
	for (let i = 0; i < fields.length; i += 2) {
		const name = fields[i]!, value = fields[i + 1]!, secret = SECRETS.includes(name);
		// Room for the name, the value and their lengths.
		if (into.length - at < name.length + value.length + 10)
			return -1;
		const whole = secret ? -1 : staticIndex(name, value);
		if (whole >= 0) {
			at = writeInteger(into, at, 0xc0, 6, whole);
			continue;
		}
		const index = staticIndex(name);
		at = index >= 0 ? writeInteger(into, at, secret ? 0x70 : 0x50, 4, index) : writeText(into, at, secret ? 0x30 : 0x20, 3, name);
		at = writeText(into, at, 0, 7, value);
	}
	return at;
}

function writeText(into: Uint8Array, at: number, first: number, prefix: number, text: string): number {
	at = writeInteger(into, at, first, prefix, text.length);
	for (let i = 0; i < text.length; i++)
		into[at++] = text.charCodeAt(i);
	return at;
}

// RFC 7541 §5.1.
function writeInteger(into: Uint8Array, at: number, first: number, prefix: number, value: number): number {
	const most = (1 << prefix) - 1;
	if (value < most) {
		into[at] = first | value;
		return at + 1;
	}
	into[at++] = first | most;
	for (value -= most; value >= 0x80; value >>= 7)
		into[at++] = 0x80 | value & 0x7f;
	into[at] = value;
	return at + 1;
}

/** Reads one field section after the other. */
export class FieldSectionReader {
	#huffman: HuffmanDecoder;
	#bytes: Uint8Array = new Uint8Array(0);
	#at = 0;
	#end = 0;

	constructor(huffman: HuffmanDecoder) {
		this.#huffman = huffman;
	}

	/** The fields of bytes[at, end), or undefined where they are larger than HTTP3_FIELD_SECTION_MAX. Throws an Http3Error where they
	 *  are not encoded as they must be. */
	read(bytes: Uint8Array, at: number, end: number): string[] | undefined {
		this.#bytes = bytes;
		this.#at = at;
		this.#end = end;
		// RFC 9204 §4.5.1.1: a Required Insert Count other than 0 needs a dynamic table.
		if (this.#integer(8) !== 0)
			throw damaged("a reference to a dynamic table that was not allowed");
		this.#integer(7);
		const fields: string[] = [];
		for (let size = 0; this.#at < this.#end;) {
			const name = this.#field(fields), value = fields[fields.length - 1]!;
			size += name.length + value.length + FIELD_OVERHEAD;
			if (size > HTTP3_FIELD_SECTION_MAX)
				return undefined;
		}
		return fields;
	}

	// Appends one field; returns its name.
	#field(fields: string[]): string {
		const first = this.#bytes[this.#at]!;
		let name: string, value: string;
		if ((first & 0x80) !== 0) {
			const index = this.#static(first & 0x40, 6);
			name = STATIC_TABLE[index]!;
			value = STATIC_TABLE[index + 1]!;
		}
		else {
			if ((first & 0x40) !== 0)
				name = STATIC_TABLE[this.#static(first & 0x10, 4)]!;
			else if ((first & 0x20) !== 0)
				name = this.#text(3);
			else
				throw damaged("a reference to a dynamic table that was not allowed");
			value = this.#text(7);
		}
		fields.push(name, value);
		return name;
	}

	#static(isStatic: number, prefix: number): number {
		const index = this.#integer(prefix) * 2;
		if (isStatic === 0 || index >= STATIC_TABLE.length)
			throw damaged("a reference to a table entry that does not exist");
		return index;
	}

	// The bit above the length's prefix tells Huffman's code.
	#text(prefix: number): string {
		if (this.#at >= this.#end)
			throw damaged("a field without a value");
		const isHuffman = this.#bytes[this.#at]! >> prefix & 1, length = this.#integer(prefix), at = this.#at;
		if (length > this.#end - at)
			throw damaged("text beyond the end");
		this.#at += length;
		if (isHuffman === 0) {
			let text = "";
			for (let i = at; i < at + length; i++)
				text += String.fromCharCode(this.#bytes[i]!);
			return text;
		}
		const text = this.#huffman.decode(this.#bytes, at, at + length);
		if (text === undefined)
			throw damaged("text that is not in Huffman's code");
		return text;
	}

	#integer(prefix: number): number {
		const most = (1 << prefix) - 1;
		if (this.#at >= this.#end)
			throw damaged("an integer beyond the end");
		let value = this.#bytes[this.#at++]! & most;
		if (value < most)
			return value;
		for (let scale = 1; ; scale *= 0x80) {
			if (this.#at >= this.#end)
				throw damaged("an integer beyond the end");
			const byte = this.#bytes[this.#at++]!;
			value += (byte & 0x7f) * scale;
			if (value > INTEGER_MAX || scale > INTEGER_MAX)
				throw damaged("an integer that is too large");
			if (byte < 0x80)
				return value;
		}
	}
}

function damaged(reason: string): Http3Error {
	return new Http3Error(QPACK_DECOMPRESSION_FAILED, `field section: ${reason}`);
}
