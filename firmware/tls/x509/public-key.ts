import { FAULT_UNSUPPORTED, refusal } from "./certificate-error.js";
import { type DerReader, enterSequence, malformed, TAG_OID, TAG_SEQUENCE } from "./der.js";
import { OID_EC_PUBLIC_KEY, OID_P256, OID_P384, OID_RSA_ENCRYPTION } from "./oid.js";

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
	const info = reader.enter(TAG_SEQUENCE), algorithm = info.enter(TAG_SEQUENCE), oid = algorithm.oid();
	let kind = KEY_RSA;
	if (oid === OID_EC_PUBLIC_KEY)
		kind = readCurve(algorithm);
	else if (oid === OID_RSA_ENCRYPTION)
		algorithm.null();
	else
		throw unsupported(`of an unsupported kind (${algorithm.dotted}); supported are ECDSA P-256, P-384 and RSA`);
	algorithm.finish();
	if (info.bitString() !== 0)
		throw malformed("a public key with unused bits");
	info.finish();
	const bytes = info.copy();
	if (kind === KEY_RSA)
		checkRsa(bytes);
	else {
		// RFC 5480 §2.2: the uncompressed form MUST be supported; nobody uses the compressed one.
		if (bytes[0] === 2 || bytes[0] === 3)
			throw unsupported("in compressed form");
		if (bytes.length !== (kind === KEY_P256 ? 65 : 97) || bytes[0] !== 4)
			throw malformed("a public key of the wrong length");
	}
	return Object.freeze({ kind, bytes });
}

function unsupported(what: string): Error {
	return refusal(FAULT_UNSUPPORTED, "has a public key " + what);
}

function readCurve(algorithm: DerReader): number {
	// RFC 5480 §2.1.1: "specifiedCurve ... MUST NOT be used in PKIX"; nor implicitCurve.
	if (algorithm.nextTag !== TAG_OID)
		throw unsupported("with explicit curve parameters");
	const curve = algorithm.oid();
	if (curve !== OID_P256 && curve !== OID_P384)
		throw unsupported(`on an unsupported curve (${algorithm.dotted}); supported are P-256 and P-384`);
	return curve === OID_P256 ? KEY_P256 : KEY_P384;
}

function checkRsa(bytes: Uint8Array): void {
	const key = enterSequence(bytes), bits = bitLength(key), isOdd = bytes[key.contentEnd - 1]! & 1, exponentBits = bitLength(key);
	if (bits === 0 || !isOdd)
		throw malformed("a wrong RSA modulus");
	if (exponentBits < 2 || !(bytes[key.contentEnd - 1]! & 1))
		throw malformed("a wrong RSA exponent");
	key.finish();
	if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX || bits % 8 !== 0)
		throw unsupported(`of ${bits} bits (RSA); supported are ${RSA_BITS_MIN} to ${RSA_BITS_MAX}`);
	if (exponentBits > 64)
		throw unsupported(`with an RSA exponent of ${exponentBits} bits`);
}

/** Moves over an INTEGER. Bits of a positive one; 0 where it is zero or negative. */
function bitLength(reader: DerReader): number {
	reader.integer();
	// At most one byte of zeros leads: the number is minimal.
	const length = reader.length, first = reader.bytes[reader.contentAt]!;
	return first >= 0x80 ? 0 : first > 0 ? 8 * length - Math.clz32(first) + 24 : length === 1 ? 0 : 8 * length - 8;
}
