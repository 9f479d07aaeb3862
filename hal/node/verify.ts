import { constants, createPublicKey, verify as verifySignature, type KeyObject } from "node:crypto";
import { SIGNATURE_ECDSA, SIGNATURE_RSA_PKCS1, SIGNATURE_RSA_PSS } from "../../firmware/ports/crypto.js";

/** SubjectPublicKeyInfo up to the uncompressed point (RFC 5480 §2). */
const P256_SPKI = Buffer.from("3059301306072a8648ce3d020106082a8648ce3d030107034200", "hex");
const P384_SPKI = Buffer.from("3076301006072a8648ce3d020106052b81040022036200", "hex");
const P256_POINT_LENGTH = 65;
const P384_POINT_LENGTH = 97;
const UNCOMPRESSED = 4;

/** True only where the signature is valid. Malformed keys and signatures are false, an unknown kind throws. */
export function verify(signature: number, hash: string, publicKey: Uint8Array, message: Uint8Array, signatureBytes: Uint8Array): boolean {
	if (signature !== SIGNATURE_ECDSA && signature !== SIGNATURE_RSA_PSS && signature !== SIGNATURE_RSA_PKCS1)
		throw new RangeError(`verify: no signature ${signature}`);
	try {
		if (signature === SIGNATURE_ECDSA)
			return verifySignature(hash, message, ecdsaKey(publicKey), signatureBytes);
		if (!isOneSequence(publicKey))
			return false;
		const key = createPublicKey({ key: Buffer.from(publicKey), format: "der", type: "pkcs1" });
		return signature === SIGNATURE_RSA_PSS
			? verifySignature(hash, message, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }, signatureBytes)
			: verifySignature(hash, message, { key, padding: constants.RSA_PKCS1_PADDING }, signatureBytes);
	}
	catch {
		return false;
	}
}

/** OpenSSL takes a key with bytes behind it. An RSAPublicKey is longer than 127 bytes: its length is in long form. */
function isOneSequence(der: Uint8Array): boolean {
	return der[0] === 0x30 && (der[1] === 0x81 && der.length === 3 + der[2]! || der[1] === 0x82 && der.length === 4 + der[2]! * 256 + der[3]!);
}

function ecdsaKey(point: Uint8Array): KeyObject {
	const isP256 = point.length === P256_POINT_LENGTH;
	if (!isP256 && point.length !== P384_POINT_LENGTH || point[0] !== UNCOMPRESSED)
		throw new RangeError("not an uncompressed point");
	return createPublicKey({ key: Buffer.concat([isP256 ? P256_SPKI : P384_SPKI, point]), format: "der", type: "spki" });
}
