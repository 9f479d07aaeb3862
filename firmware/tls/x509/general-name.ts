import { CertificateError, FAULT_MALFORMED } from "./certificate-error.js";
import { DerReader, malformed, TAG_SEQUENCE } from "./der.js";

/** Tags of the GeneralName choices (RFC 5280 §4.2.1.6). */
export const NAME_OTHER = 0xa0;
export const NAME_EMAIL = 0x81;
export const NAME_DNS = 0x82;
export const NAME_DIRECTORY = 0xa4;
export const NAME_URI = 0x86;
export const NAME_ADDRESS = 0x87;

/** x400Address, ediPartyName, registeredID, and the above. */
const NAME_TAGS: readonly number[] = Object.freeze([NAME_OTHER, 0xa3, 0xa5, 0x88, NAME_EMAIL, NAME_DNS, NAME_DIRECTORY, NAME_URI, NAME_ADDRESS]);

/** Refuses what is none of the choices. */
export function checkNameTag(tag: number): void {
	if (!NAME_TAGS.includes(tag))
		throw malformed("a name of an unknown kind");
}

/** Checks the GeneralNames that fill `names`: at least one, each of a known kind and form. Throws CertificateError. */
export function checkGeneralNames(names: DerReader): void {
	if (names.atEnd)
		throw malformed("an empty list of names");
	while (!names.atEnd) {
		names.read();
		const { tag } = names, length = names.contentEnd - names.contentAt;
		checkNameTag(tag);
		if (tag === NAME_DNS)
			checkDnsText(names);
		else if (length === 0)
			throw malformed("an empty name");
		else if (tag === NAME_ADDRESS && length !== 4 && length !== 16)
			throw malformed("an IP address that is neither 4 nor 16 bytes long");
		else if (tag === NAME_DIRECTORY) {
			const name = names.content();
			name.expect(TAG_SEQUENCE);
			name.finish();
		}
	}
}

/** The text of the dNSName that was read last, in lower case. */
export function dnsText(names: DerReader): string {
	let text = "";
	for (let i = names.contentAt; i < names.contentEnd; i++)
		text += String.fromCharCode(names.bytes[i]!);
	return text.toLowerCase();
}

/** No NUL, no blank, nothing outside of ASCII: a name that other software might cut short is refused. */
function checkDnsText(names: DerReader): void {
	if (names.contentAt === names.contentEnd)
		throw malformed("an empty DNS name");
	for (let i = names.contentAt; i < names.contentEnd; i++)
		if (names.bytes[i]! <= 0x20 || names.bytes[i]! >= 0x7f)
			throw new CertificateError(FAULT_MALFORMED, "certificate is damaged: it contains a DNS name with control characters");
}
