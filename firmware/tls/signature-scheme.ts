import { HASH_SHA256, HASH_SHA384, HASH_SHA512, SIGNATURE_ECDSA, SIGNATURE_RSA_PSS } from "../ports/crypto.js";
import { KEY_P256, KEY_P384, KEY_RSA } from "./x509/public-key.js";

/** One way of signing a CertificateVerify (RFC 8446 §4.2.3), bound to one kind of key. */
export interface SignatureScheme {
	readonly id: number;
	/** KEY_* of the certificate that may sign so. */
	readonly key: number;
	/** SIGNATURE_* and HASH_* of the crypto port. */
	readonly signature: number;
	readonly hash: number;
}

const SCHEMES: readonly SignatureScheme[] = Object.freeze([
	scheme(0x0403, KEY_P256, SIGNATURE_ECDSA, HASH_SHA256), // ecdsa_secp256r1_sha256
	scheme(0x0804, KEY_RSA, SIGNATURE_RSA_PSS, HASH_SHA256), // rsa_pss_rsae_sha256
	scheme(0x0503, KEY_P384, SIGNATURE_ECDSA, HASH_SHA384), // ecdsa_secp384r1_sha384
	scheme(0x0805, KEY_RSA, SIGNATURE_RSA_PSS, HASH_SHA384), // rsa_pss_rsae_sha384
	scheme(0x0806, KEY_RSA, SIGNATURE_RSA_PSS, HASH_SHA512), // rsa_pss_rsae_sha512
]);

/** The scheme of that number where this client offers it, or undefined. */
export function signatureScheme(id: number): SignatureScheme | undefined {
	return SCHEMES.find(each => each.id === id);
}

/** The first scheme for that kind of key (KEY_*) that the peer takes, by its list of numbers; undefined: none. */
export function schemeFor(key: number, taken: readonly number[]): SignatureScheme | undefined {
	return SCHEMES.find(each => each.key === key && taken.includes(each.id));
}

/** Those that "a TLS-compliant application MUST support" for CertificateVerify (RFC 8446 §9.1), without PKCS#1 v1.5. */
export const MANDATORY_SCHEMES: readonly number[] = Object.freeze([0x0403, 0x0804]);

function scheme(id: number, key: number, signature: number, hash: number): SignatureScheme {
	return Object.freeze({ id, key, signature, hash });
}
