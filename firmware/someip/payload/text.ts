/** Strings: byte order mark, text, terminator (Open SOME/IP feat_req_someip_233…_239, _639…_642, _662, _666, _800). The
 *  length field, or the fixed size, is the caller's: these read and write what it covers. */
import { decodeUtf8, isUtf8 } from "../../wire/utf8.js";
import { PAYLOAD_STRING_MAX } from "../../config.js";
import { MALFORMED_BOM, MALFORMED_LIMIT, MALFORMED_TERMINATOR, MALFORMED_TEXT, MALFORMED_VALUE } from "./malformed.js";
import type { Reader } from "./reader.js";
import type { Writer } from "./writer.js";

export const UTF8 = 0;
export const UTF16BE = 1;
export const UTF16LE = 2;

/** feat_req_someip_662: "All strings shall always start with a Byte Order Mark (BOM)." AUTOSAR has interfaces without. */
export const BOM_REQUIRED = 0;
/** Written; read with and without. */
export const BOM_OPTIONAL = 1;
export const BOM_NONE = 2;

/** Ends with U+0000. */
export const TERMINATOR_LAST = 0;
/** U+0000 somewhere, whatever follows it: fixed size. */
export const TERMINATOR_WITHIN = 1;
export const TERMINATOR_NONE = 2;

/** Bytes that become text at once, and characters that are put together before they go to the rest. */
const PIECE = 8;
const PART = 64;

/** The text of all bytes up to the reader's end. It ends before its first U+0000. */
export function readText(reader: Reader, encoding: number, bom: number, terminator: number): string {
	const bytes = reader.bytes, unit = encoding === UTF8 ? 1 : 2;
	let at = reader.at, end = reader.end;
	if (reader.error !== 0)
		return "";
	if (end - at > PAYLOAD_STRING_MAX)
		return malformed(reader, MALFORMED_LIMIT);
	reader.at = end;
	// feat_req_someip_641: "For UTF-16LE and UTF-16BE strings having a odd length the last byte shall be ignored."
	end -= (end - at) % unit;
	if (bom !== BOM_NONE) {
		const size = bomSize(bytes, at, end, encoding);
		if (size < 0 || (size === 0 && bom === BOM_REQUIRED))
			return malformed(reader, MALFORMED_BOM);
		at += size;
	}
	let stop = at;
	while (stop < end && (bytes[stop] !== 0 || (unit === 2 && bytes[stop + 1] !== 0)))
		stop += unit;
	const last = end > at && bytes[end - 1] === 0 && (unit === 1 || bytes[end - 2] === 0);
	if ((terminator === TERMINATOR_LAST && !last) || (terminator === TERMINATOR_WITHIN && stop === end))
		return malformed(reader, MALFORMED_TERMINATOR);
	const high = encoding === UTF16LE ? 1 : 0;
	if (unit === 2)
		return isUtf16(bytes, at, stop, high) ? textOf16(bytes, at, stop, high) : malformed(reader, MALFORMED_TEXT);
	return isUtf8(bytes, at, stop) ? textOf8(bytes, at, stop) : malformed(reader, MALFORMED_TEXT);
}

export function writeText(writer: Writer, text: string, encoding: number, bom: number, terminator: number): void {
	const start = writer.at;
	if (typeof text !== "string")
		return writer.fail(MALFORMED_VALUE);
	if (text.length > PAYLOAD_STRING_MAX)
		return writer.fail(MALFORMED_LIMIT);
	if (bom !== BOM_NONE)
		put(writer, 0xfeff, encoding);
	for (let i = 0; i < text.length; i++) {
		const code = text.codePointAt(i)!;
		if (code === 0 || (code >= 0xd800 && code <= 0xdfff))
			return writer.fail(MALFORMED_TEXT);
		put(writer, code, encoding);
		if (code > 0xffff)
			i++;
	}
	if (terminator !== TERMINATOR_NONE)
		put(writer, 0, encoding);
	if (writer.at - start > PAYLOAD_STRING_MAX)
		writer.fail(MALFORMED_LIMIT);
}

function malformed(reader: Reader, code: number): string {
	reader.fail(code);
	return "";
}

/** Bytes of the mark; 0: none; -1: that of the other byte order. */
function bomSize(bytes: Uint8Array, at: number, end: number, encoding: number): number {
	if (encoding === UTF8)
		return end - at >= 3 && bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf ? 3 : 0;
	if (end - at < 2)
		return 0;
	const first = encoding === UTF16BE ? 0xfe : 0xff;
	if (bytes[at] === first && bytes[at + 1] === (first ^ 1))
		return 2;
	return bytes[at] === (first ^ 1) && bytes[at + 1] === first ? -1 : 0;
}

/** Whether surrogates come in pairs. `high`: which byte of a unit is the high one. */
function isUtf16(bytes: Uint8Array, at: number, end: number, high: number): boolean {
	let lead = false;
	for (; at < end; at += 2) {
		const kind = bytes[at + high]! & 0xfc;
		if ((kind === 0xdc) !== lead)
			return false;
		lead = kind === 0xd8;
	}
	return !lead;
}

/** The text, in pieces and parts: put together one by one, n characters would allocate n * n / 2 bytes on XS; and
 *  recursion would take stack. */
function textOf8(bytes: Uint8Array, at: number, end: number): string {
	let text = "", part = "";
	while (at < end) {
		let stop = end - at > PIECE ? at + PIECE : end;
		while (stop < end && (bytes[stop]! & 0xc0) === 0x80)
			stop--;
		part += isAscii(bytes, at, stop) && stop - at === PIECE
			? String.fromCharCode(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!, bytes[at + 4]!, bytes[at + 5]!, bytes[at + 6]!, bytes[at + 7]!)
			: decodeUtf8(bytes, at, stop);
		at = stop;
		if (part.length >= PART && at < end) {
			text += part;
			part = "";
		}
	}
	return text === "" ? part : text + part;
}

function isAscii(bytes: Uint8Array, at: number, end: number): boolean {
	for (; at < end; at++)
		if (bytes[at]! > 0x7f)
			return false;
	return true;
}

function textOf16(bytes: Uint8Array, at: number, end: number, high: number): string {
	let text = "", part = "";
	while (at < end) {
		const a = unitAt(bytes, at, high), b = at + 2 < end ? unitAt(bytes, at + 2, high) : 0;
		// An XS string does not join the halves of a pair that come one by one.
		if (at + 4 > end || isLead(b)) {
			part += String.fromCharCode(a);
			at += 2;
		}
		else {
			part += String.fromCharCode(a, b);
			at += 4;
		}
		if (part.length >= PART && at < end) {
			text += part;
			part = "";
		}
	}
	return text === "" ? part : text + part;
}

function unitAt(bytes: Uint8Array, at: number, high: number): number {
	return bytes[at + high]! << 8 | bytes[at + 1 - high]!;
}

function isLead(unit: number): boolean {
	return (unit & 0xfc00) === 0xd800;
}

function put(writer: Writer, code: number, encoding: number): void {
	if (encoding !== UTF8) {
		if (code > 0xffff) {
			putUnit(writer, 0xd800 + (code - 0x10000 >> 10), encoding);
			code = 0xdc00 + (code & 0x3ff);
		}
		putUnit(writer, code, encoding);
	}
	else if (code < 0x80)
		writer.uint8(code);
	else {
		if (code < 0x800)
			writer.uint8(0xc0 | code >> 6);
		else {
			if (code < 0x10000)
				writer.uint8(0xe0 | code >> 12);
			else {
				writer.uint8(0xf0 | code >> 18);
				writer.uint8(0x80 | code >> 12 & 0x3f);
			}
			writer.uint8(0x80 | code >> 6 & 0x3f);
		}
		writer.uint8(0x80 | code & 0x3f);
	}
}

function putUnit(writer: Writer, unit: number, encoding: number): void {
	writer.uint8(encoding === UTF16BE ? unit >> 8 : unit & 0xff);
	writer.uint8(encoding === UTF16BE ? unit & 0xff : unit >> 8);
}
