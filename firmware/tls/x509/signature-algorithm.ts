import { type Crypto, HASH_SHA256, HASH_SHA384, HASH_SHA512, SIGNATURE_ECDSA, SIGNATURE_RSA_PKCS1, SIGNATURE_RSA_PSS } from "../../ports/crypto.js";
import { hashLength } from "../hkdf.js";
import { CertificateError, FAULT_REFUSED, FAULT_UNSUPPORTED } from "./certificate-error.js";
import { DerReader, malformed, TAG_NULL, TAG_SEQUENCE } from "./der.js";
import * as oids from "./oid.js";
import { KEY_RSA, type PublicKey } from "./public-key.js";

export interface SignatureAlgorithm {
	/** SIGNATURE_* and HASH_* of the crypto port. */
	readonly signature: number;
	readonly hash: number;
}

/** Reads the AlgorithmIdentifier of a certificate's signature (RFC 5758, RFC 4055) that `reader` stands at.
 *  Throws where it is not supported; SHA-1 and MD5 never are. */
export function readSignatureAlgorithm(reader: DerReader): SignatureAlgorithm {
	const algorithm = reader.enter(TAG_SEQUENCE);
	const oid = algorithm.oid();
	let signature = SIGNATURE_ECDSA, hash = 0;
	switch (oid) {
		case oids.OID_ECDSA_SHA256: hash = HASH_SHA256; break;
		case oids.OID_ECDSA_SHA384: hash = HASH_SHA384; break;
		case oids.OID_ECDSA_SHA512: hash = HASH_SHA512; break;
		case oids.OID_RSA_SHA256: signature = SIGNATURE_RSA_PKCS1; hash = HASH_SHA256; break;
		case oids.OID_RSA_SHA384: signature = SIGNATURE_RSA_PKCS1; hash = HASH_SHA384; break;
		case oids.OID_RSA_SHA512: signature = SIGNATURE_RSA_PKCS1; hash = HASH_SHA512; break;
		case oids.OID_RSA_PSS: signature = SIGNATURE_RSA_PSS; hash = readPssParameters(algorithm); break;
		case oids.OID_RSA_SHA1:
		case oids.OID_RSA_MD5:
		case oids.OID_ECDSA_SHA1:
			throw new CertificateError(FAULT_REFUSED, "certificate is signed with SHA-1 or MD5, which can be forged");
		default:
			throw new CertificateError(FAULT_UNSUPPORTED, `certificate is signed with an unsupported algorithm (${oids.dottedOid(oid)})`);
	}
	// RFC 4055 §5: with PKCS#1 v1.5 the parameters are NULL, or absent.
	if (signature === SIGNATURE_RSA_PKCS1)
		optionalNull(algorithm);
	algorithm.finish();
	return Object.freeze({ signature, hash });
}

/** True where that key has signed `message` so. */
export function isSigned(crypto: Crypto, { signature, hash }: SignatureAlgorithm, key: PublicKey, message: Uint8Array, bytes: Uint8Array): boolean {
	return signature === SIGNATURE_ECDSA === (key.kind !== KEY_RSA) && crypto.verify(signature, hash, key.bytes, message, bytes);
}

/** RSASSA-PSS-params (RFC 4055 §3.1): one hash for both uses, MGF1, a salt as long as the hash. Returns the hash. */
function readPssParameters(algorithm: DerReader): number {
	const parameters = algorithm.enter(TAG_SEQUENCE);
	// Absent fields stand for SHA-1 and its salt length.
	if (parameters.nextTag !== 0xa0)
		throw new CertificateError(FAULT_REFUSED, "certificate is signed with SHA-1, which can be forged");
	const hash = readHash(parameters.enter(0xa0));
	const mask = parameters.enter(0xa1);
	const function1 = mask.enter(TAG_SEQUENCE);
	mask.finish();
	if (function1.oid() !== oids.OID_MGF1 || readHash(function1) !== hash)
		throw new CertificateError(FAULT_UNSUPPORTED, "certificate is signed with RSA-PSS and an unsupported mask function");
	const salt = parameters.enter(0xa2);
	const saltLength = salt.smallInteger();
	salt.finish();
	if (saltLength !== hashLength(hash))
		throw new CertificateError(FAULT_UNSUPPORTED, `certificate is signed with RSA-PSS and a salt of ${saltLength} bytes`);
	parameters.finish();
	return hash;
}

/** Reads a hash's AlgorithmIdentifier, the last thing that `reader` holds. */
function readHash(reader: DerReader): number {
	const algorithm = reader.enter(TAG_SEQUENCE);
	reader.finish();
	const oid = algorithm.oid();
	optionalNull(algorithm);
	algorithm.finish();
	switch (oid) {
		case oids.OID_SHA256: return HASH_SHA256;
		case oids.OID_SHA384: return HASH_SHA384;
		case oids.OID_SHA512: return HASH_SHA512;
		default: throw new CertificateError(FAULT_UNSUPPORTED, `certificate is signed over an unsupported hash (${oids.dottedOid(oid)})`);
	}
}

function optionalNull(algorithm: DerReader): void {
	if (algorithm.optional(TAG_NULL) && algorithm.contentAt !== algorithm.contentEnd)
		throw malformed("a NULL with content");
}
