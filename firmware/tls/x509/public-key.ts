import { CertificateError, FAULT_UNSUPPORTED } from "./certificate-error.js";
import { DerReader, malformed, TAG_NULL, TAG_OID, TAG_SEQUENCE } from "./der.js";
import { dottedOid, OID_EC_PUBLIC_KEY, OID_P256, OID_P384, OID_RSA_ENCRYPTION } from "./oid.js";

export const KEY_P256 = 1;
export const KEY_P384 = 2;
export const KEY_RSA = 3;

const RSA_BITS_MIN = 2048;
const RSA_BITS_MAX = 4096;

export interface PublicKey {
	/** KEY_P256, KEY_P384 or KEY_RSA. */
	readonly kind: number;
	/** As the crypto port's `verify` wants it: the uncompressed point, or the DER RSAPublicKey. */
	readonly bytes: Uint8Array;
}

/** Reads the SubjectPublicKeyInfo (RFC 5280 §4.1.2.7, RFC 5480, RFC 8017 §A.1.1) that `reader` stands at. */
export function readPublicKey(reader: DerReader): PublicKey {
	const info = reader.enter(TAG_SEQUENCE);
	const algorithm = info.enter(TAG_SEQUENCE);
	const oid = algorithm.oid();
	let kind = KEY_RSA;
	if (oid === OID_EC_PUBLIC_KEY)
		kind = readCurve(algorithm);
	else if (oid === OID_RSA_ENCRYPTION) {
		algorithm.expect(TAG_NULL);
		if (algorithm.contentAt !== algorithm.contentEnd)
			throw malformed("a NULL with content");
	}
	else
		throw new CertificateError(FAULT_UNSUPPORTED, `certificate has a public key of an unsupported kind (${dottedOid(oid)}); supported are ECDSA P-256, P-384 and RSA`);
	algorithm.finish();
	if (info.bitString() !== 0)
		throw malformed("a public key with unused bits");
	info.finish();
	const bytes = info.copy();
	if (kind === KEY_RSA)
		checkRsa(bytes);
	else
		checkPoint(bytes, kind === KEY_P256 ? 65 : 97);
	return Object.freeze({ kind, bytes });
}

function readCurve(algorithm: DerReader): number {
	// RFC 5480 §2.1.1: "specifiedCurve ... MUST NOT be used in PKIX"; nor implicitCurve.
	if (algorithm.nextTag !== TAG_OID)
		throw new CertificateError(FAULT_UNSUPPORTED, "certificate has a public key with explicit curve parameters");
	const curve = algorithm.oid();
	if (curve === OID_P256)
		return KEY_P256;
	if (curve === OID_P384)
		return KEY_P384;
	throw new CertificateError(FAULT_UNSUPPORTED, `certificate has a public key on an unsupported curve (${dottedOid(curve)}); supported are P-256 and P-384`);
}

function checkPoint(bytes: Uint8Array, length: number): void {
	// RFC 5480 §2.2: the uncompressed form MUST be supported; nobody uses the compressed one.
	if (bytes[0] === 2 || bytes[0] === 3)
		throw new CertificateError(FAULT_UNSUPPORTED, "certificate has a public key in compressed form");
	if (bytes.length !== length || bytes[0] !== 4)
		throw malformed("a public key of the wrong length");
}

function checkRsa(bytes: Uint8Array): void {
	const outer = new DerReader(bytes, 0, bytes.length);
	const key = outer.enter(TAG_SEQUENCE);
	outer.finish();
	key.integer();
	const bits = bitLength(key);
	if (bits === 0 || !(bytes[key.contentEnd - 1]! & 1))
		throw malformed("an RSA modulus that is negative or even");
	key.integer();
	const exponentBits = bitLength(key);
	if (exponentBits < 2 || !(bytes[key.contentEnd - 1]! & 1))
		throw malformed("an RSA exponent that is negative, even or one");
	key.finish();
	if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX || bits % 8 !== 0)
		throw new CertificateError(FAULT_UNSUPPORTED, `certificate has an RSA key of ${bits} bits; supported are ${RSA_BITS_MIN} to ${RSA_BITS_MAX}`);
	if (exponentBits > 64)
		throw new CertificateError(FAULT_UNSUPPORTED, `certificate has an RSA key with an exponent of ${exponentBits} bits`);
}

/** Bits of the positive INTEGER that was read last; 0 where it is zero or negative. */
function bitLength(reader: DerReader): number {
	let at = reader.contentAt;
	if (reader.bytes[at]! & 0x80)
		return 0;
	while (at < reader.contentEnd && reader.bytes[at] === 0)
		at++;
	return at === reader.contentEnd ? 0 : 8 * (reader.contentEnd - at) - (Math.clz32(reader.bytes[at]!) - 24);
}
