import { AEAD_AES_128_GCM, AEAD_AES_256_GCM, AEAD_CHACHA20_POLY1305, HASH_SHA256, HASH_SHA384 } from "../ports/crypto.js";

export const TLS_AES_128_GCM_SHA256 = 0x1301;
export const TLS_AES_256_GCM_SHA384 = 0x1302;
export const TLS_CHACHA20_POLY1305_SHA256 = 0x1303;

export interface CipherSuite {
	readonly id: number;
	readonly name: string;
	/** AEAD_* and HASH_* of the crypto port. */
	readonly aead: number;
	readonly hash: number;
	/** Bytes of the AEAD key. */
	readonly keyLength: number;
}

/** Every suite that this client knows (RFC 8446 §B.4), the preferred one first. */
export const CIPHER_SUITES: readonly CipherSuite[] = Object.freeze([
	Object.freeze({ id: TLS_AES_128_GCM_SHA256, name: "TLS_AES_128_GCM_SHA256", aead: AEAD_AES_128_GCM, hash: HASH_SHA256, keyLength: 16 }),
	Object.freeze({ id: TLS_CHACHA20_POLY1305_SHA256, name: "TLS_CHACHA20_POLY1305_SHA256", aead: AEAD_CHACHA20_POLY1305, hash: HASH_SHA256, keyLength: 32 }),
	Object.freeze({ id: TLS_AES_256_GCM_SHA384, name: "TLS_AES_256_GCM_SHA384", aead: AEAD_AES_256_GCM, hash: HASH_SHA384, keyLength: 32 }),
]);

/** The suite of that number, or undefined. */
export function cipherSuite(id: number): CipherSuite | undefined {
	return CIPHER_SUITES.find(suite => suite.id === id);
}
