import { type Crypto, HASH_SHA256, SIGNATURE_ECDSA, SIGNATURE_RSA_PKCS1, SIGNATURE_RSA_PSS } from "../../ports/crypto.js";
import { hashLength } from "../hkdf.js";
import { FAULT_REFUSED, FAULT_UNSUPPORTED, refusal } from "./certificate-error.js";
import { DerReader, TAG_NULL, TAG_SEQUENCE } from "./der.js";
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
	const algorithm = reader.enter(TAG_SEQUENCE), oid = algorithm.oid();
	let signature = SIGNATURE_ECDSA, hash = HASH_SHA256 + oid - oids.OID_ECDSA_SHA256;
	if (oid === oids.OID_RSA_PSS) {
		signature = SIGNATURE_RSA_PSS;
		hash = readPssParameters(algorithm);
	}
	else if (oid >= oids.OID_RSA_SHA256 && oid < oids.OID_RSA_PSS) {
		signature = SIGNATURE_RSA_PKCS1;
		hash = HASH_SHA256 + oid - oids.OID_RSA_SHA256;
		// RFC 4055 §5: with PKCS#1 v1.5 the parameters are NULL, or absent.
		optionalNull(algorithm);
	}
	else if (oid >= oids.OID_RSA_MD5 && oid <= oids.OID_ECDSA_SHA1)
		throw refusal(FAULT_REFUSED, "is signed with SHA-1 or MD5, which can be forged");
	else if (oid < oids.OID_ECDSA_SHA256 || oid >= oids.OID_RSA_SHA256)
		throw unsupported(`with an unsupported algorithm (${algorithm.dotted})`);
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
		throw refusal(FAULT_REFUSED, "is signed with SHA-1");
	const hash = readHash(parameters.enter(0xa0)), mask = parameters.enter(0xa1).enterLast(TAG_SEQUENCE);
	if (mask.oid() !== oids.OID_MGF1 || readHash(mask) !== hash)
		throw unsupported("with RSA-PSS and an unsupported mask function");
	const salt = parameters.enter(0xa2), saltLength = salt.smallInteger();
	salt.finish();
	if (saltLength !== hashLength(hash))
		throw unsupported(`with RSA-PSS and a salt of ${saltLength} bytes`);
	parameters.finish();
	return hash;
}

/** Reads a hash's AlgorithmIdentifier, the last thing that `reader` holds. */
function readHash(reader: DerReader): number {
	const algorithm = reader.enterLast(TAG_SEQUENCE), oid = algorithm.oid();
	if (oid < oids.OID_SHA256 || oid > oids.OID_SHA256 + 2)
		throw unsupported(`over an unsupported hash (${algorithm.dotted})`);
	optionalNull(algorithm);
	algorithm.finish();
	return HASH_SHA256 + oid - oids.OID_SHA256;
}

function optionalNull(algorithm: DerReader): void {
	if (algorithm.nextTag === TAG_NULL)
		algorithm.null();
}

function unsupported(how: string): Error {
	return refusal(FAULT_UNSUPPORTED, "is signed " + how);
}
