import { DerReader, malformed, TAG_SEQUENCE } from "./der.js";

/** Tags of the GeneralName choices (RFC 5280 §4.2.1.6). */
export const NAME_OTHER = 0xa0;
export const NAME_EMAIL = 0x81;
export const NAME_DNS = 0x82;
export const NAME_DIRECTORY = 0xa4;
export const NAME_ADDRESS = 0x87;

/** Of otherName, x400Address, directoryName and ediPartyName: choices 0, 3, 4 and 5 of nine. */
const CONSTRUCTED = 0xa0;

/** Refuses what is none of the choices. */
export function checkNameTag(tag: number): void {
	const choice = tag & 0x1f, isConstructed = choice === 0 || choice >= 3 && choice <= 5;
	if (choice > 8 || tag !== (isConstructed ? CONSTRUCTED : 0x80) + choice)
		throw malformed("a name of an unknown kind");
}

/** Checks the GeneralNames that fill `names`: at least one, each of a known kind and form. Throws CertificateError. */
export function checkGeneralNames(names: DerReader): void {
	if (names.atEnd)
		throw malformed("an empty list of names");
	while (!names.atEnd) {
		names.read();
		const tag = names.tag, length = names.length;
		checkNameTag(tag);
		if (length === 0)
			throw malformed("an empty name");
		if (tag === NAME_DNS)
			checkDnsText(names);
		else if (tag === NAME_ADDRESS && length !== 4 && length !== 16)
			throw malformed("an IP address of the wrong length");
		else if (tag === NAME_DIRECTORY)
			names.content().enterLast(TAG_SEQUENCE);
	}
}

/** The text of the dNSName bytes[at, end), in lower case. */
export function dnsText(bytes: Uint8Array, at: number, end: number): string {
	return asciiText(bytes, at, end).toLowerCase();
}

/** A character for each byte. */
export function asciiText(bytes: Uint8Array, at: number, end: number): string {
	let text = "";
	for (; at < end; at++)
		text += String.fromCharCode(bytes[at]!);
	return text;
}

/** No NUL, no blank, nothing outside of ASCII: a name that other software might cut short is refused. */
function checkDnsText(names: DerReader): void {
	for (let i = names.contentAt; i < names.contentEnd; i++)
		if (names.bytes[i]! <= 0x20 || names.bytes[i]! >= 0x7f)
			throw malformed("a DNS name with control characters");
}
