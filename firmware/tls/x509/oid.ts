/** Object identifiers as the hex text of their DER content, to be compared as strings. */

export const OID_COMMON_NAME = "550403";
export const OID_ORGANIZATION = "55040a";

export const OID_RSA_ENCRYPTION = "2a864886f70d010101";
export const OID_RSA_PSS = "2a864886f70d01010a";
export const OID_MGF1 = "2a864886f70d010108";
export const OID_RSA_SHA1 = "2a864886f70d010105";
export const OID_RSA_MD5 = "2a864886f70d010104";
export const OID_RSA_SHA256 = "2a864886f70d01010b";
export const OID_RSA_SHA384 = "2a864886f70d01010c";
export const OID_RSA_SHA512 = "2a864886f70d01010d";
export const OID_EC_PUBLIC_KEY = "2a8648ce3d0201";
export const OID_P256 = "2a8648ce3d030107";
export const OID_P384 = "2b81040022";
export const OID_ECDSA_SHA1 = "2a8648ce3d0401";
export const OID_ECDSA_SHA256 = "2a8648ce3d040302";
export const OID_ECDSA_SHA384 = "2a8648ce3d040303";
export const OID_ECDSA_SHA512 = "2a8648ce3d040304";

export const OID_SHA1 = "2b0e03021a";
export const OID_SHA256 = "608648016503040201";
export const OID_SHA384 = "608648016503040202";
export const OID_SHA512 = "608648016503040203";

export const OID_KEY_USAGE = "551d0f";
export const OID_SUBJECT_ALT_NAME = "551d11";
export const OID_BASIC_CONSTRAINTS = "551d13";
export const OID_NAME_CONSTRAINTS = "551d1e";
export const OID_POLICY_CONSTRAINTS = "551d24";
export const OID_EXTENDED_KEY_USAGE = "551d25";

export const OID_AUTHORITY_INFO = "2b06010505070101";
/** What all extensions of RFC 5280 §4.2.1 begin with. */
export const OID_STANDARD_EXTENSIONS = "551d";
export const OID_TLS_FEATURE = "2b06010505070118";
export const OID_OCSP_BASIC = "2b0601050507300101";
export const OID_OCSP_SIGNING = "2b06010505070309";
export const OID_SERVER_AUTH = "2b06010505070301";
export const OID_ANY_EXTENDED_KEY_USAGE = "551d2500";

/** Hex text of bytes[at, end). */
export function hexText(bytes: Uint8Array, at: number, end: number): string {
	let text = "";
	for (; at < end; at++)
		text += (bytes[at]! < 16 ? "0" : "") + bytes[at]!.toString(16);
	return text;
}

/** The dotted form of an identifier's hex text, for messages. Arcs above 2^53 come out rounded. */
export function dottedOid(hex: string): string {
	let text = "", arc = 0, first = true;
	for (let i = 0; i < hex.length; i += 2) {
		const byte = parseInt(hex.slice(i, i + 2), 16);
		arc = arc * 128 + (byte & 0x7f);
		if (byte & 0x80)
			continue;
		if (first) {
			const root = arc < 40 ? 0 : arc < 80 ? 1 : 2;
			text = `${root}.${arc - 40 * root}`;
			first = false;
		}
		else
			text += `.${arc}`;
		arc = 0;
	}
	return text;
}
