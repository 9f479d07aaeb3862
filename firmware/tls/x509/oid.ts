/** Object identifiers that mean something here, as the hex text of their DER content. OID_* are the places in this list. */
const OIDS: readonly string[] = Object.freeze(("550403 55040a 2a864886f70d010901 2a8648ce3d0201 2a8648ce3d030107 2b81040022 2a864886f70d010101 "
	+ "2a8648ce3d040302 2a8648ce3d040303 2a8648ce3d040304 2a864886f70d01010b 2a864886f70d01010c 2a864886f70d01010d 2a864886f70d01010a 2a864886f70d010108 "
	+ "2a864886f70d010104 2a864886f70d010105 2a8648ce3d0401 2b0e03021a 608648016503040201 608648016503040202 608648016503040203 "
	+ "551d0f 551d11 551d13 551d1e 551d24 551d25 2b06010505070118 2b0601050507300101 2b06010505070309 2b06010505070301 551d2500").split(" "));

export const OID_COMMON_NAME = 0;
export const OID_ORGANIZATION = 1;
/** emailAddress in a subject. */
export const OID_EMAIL_ADDRESS = 2;

export const OID_EC_PUBLIC_KEY = 3;
export const OID_P256 = 4;
export const OID_P384 = 5;
export const OID_RSA_ENCRYPTION = 6;

/** With SHA-384 and SHA-512 after them, as the crypto port's HASH_* come. */
export const OID_ECDSA_SHA256 = 7;
export const OID_RSA_SHA256 = 10;
export const OID_RSA_PSS = 13;
export const OID_MGF1 = 14;
/** And RSA with SHA-1, then ECDSA with it. */
export const OID_RSA_MD5 = 15;
export const OID_ECDSA_SHA1 = 17;

export const OID_SHA1 = 18;
/** With SHA-384 and SHA-512 after it. */
export const OID_SHA256 = 19;

export const OID_KEY_USAGE = 22;
export const OID_SUBJECT_ALT_NAME = 23;
export const OID_BASIC_CONSTRAINTS = 24;
export const OID_NAME_CONSTRAINTS = 25;
export const OID_POLICY_CONSTRAINTS = 26;
export const OID_EXTENDED_KEY_USAGE = 27;
export const OID_TLS_FEATURE = 28;
export const OID_OCSP_BASIC = 29;
export const OID_OCSP_SIGNING = 30;
export const OID_SERVER_AUTH = 31;
export const OID_ANY_EXTENDED_KEY_USAGE = 32;

/** The OID_* of an identifier's hex text; -1 = another. */
export function oidOf(hex: string): number {
	return OIDS.indexOf(hex);
}

/** Hex text of bytes[at, end). */
export function hexText(bytes: Uint8Array, at: number, end: number): string {
	let text = "";
	for (; at < end; at++)
		text += (bytes[at]! < 16 ? "0" : "") + bytes[at]!.toString(16);
	return text;
}

/** The dotted form of an identifier's hex text, for messages. Arcs above 2^53 come out rounded. */
export function dottedOid(hex: string): string {
	let text = "", arc = 0;
	for (let i = 0; i < hex.length; i += 2) {
		const byte = parseInt(hex.slice(i, i + 2), 16);
		arc = arc * 128 + (byte & 0x7f);
		if (byte & 0x80)
			continue;
		if (text === "") {
			const root = arc < 40 ? 0 : arc < 80 ? 1 : 2;
			text = "" + root;
			arc -= 40 * root;
		}
		text += "." + arc;
		arc = 0;
	}
	return text;
}
