/** Primitives that the hal implements on PSA Crypto (board, PC) and on node:crypto (tests).
 *  Sizes in bytes. Key material that is passed in is copied; the caller wipes its own. */

export const AEAD_AES_128_GCM = 1;
export const AEAD_CHACHA20_POLY1305 = 2;
export const AEAD_AES_256_GCM = 3;

export const HASH_SHA256 = 1;
export const HASH_SHA384 = 2;
export const HASH_SHA512 = 3;
/** For identifiers that are made with it (RFC 6960), never for signatures. */
export const HASH_SHA1 = 4;

export const GROUP_P256 = 0x0017;
export const GROUP_X25519 = 0x001d;

/** How `verify` is to read its key: ECDSA takes the uncompressed point of P-256 or P-384 (its length tells
 *  which) and a DER signature; RSA takes the DER RSAPublicKey. */
export const SIGNATURE_ECDSA = 1;
export const SIGNATURE_RSA_PSS = 2;
export const SIGNATURE_RSA_PKCS1 = 3;

/** Longest signature, that of a 4096-bit RSA key. */
export const SIGNATURE_MAX = 512;

/** Tag length of every AEAD. */
export const TAG_LENGTH = 16;

/** One direction of packet protection: AEAD key, IV and header protection key (RFC 9001 §5). */
export interface PacketKey {
	/** Seals bytes[textStart, textEnd) in place with bytes[aadStart, textStart) as associated data and
	 *  nonce = iv XOR packetNumber (Number up to 2^53-1); writes the tag at textEnd. Returns textEnd + 16. */
	seal(bytes: Uint8Array, aadStart: number, textStart: number, textEnd: number, packetNumber: number): number;
	/** Opens bytes[textStart, end) in place, tag included. Returns the end of the plain text, or -1. */
	open(bytes: Uint8Array, aadStart: number, textStart: number, end: number, packetNumber: number): number;
	/** Writes the 5 mask bytes for the 16-byte sample at bytes[sampleAt] to into[0..4] (RFC 9001 §5.4). */
	mask(bytes: Uint8Array, sampleAt: number, into: Uint8Array): void;
	/** Wipes the keys. Idempotent. */
	close(): void;
}

/** A running hash whose state is kept after `digest`: the TLS transcript. */
export interface Hash {
	update(bytes: Uint8Array, offset: number, end: number): void;
	/** Writes the digest of what came so far to into[at…]; returns its length. The state goes on. */
	digest(into: Uint8Array, at: number): number;
	close(): void;
}

/** An ephemeral (EC)DHE key pair; the private key never enters the JavaScript heap. */
export interface KeyPair {
	/** X25519: 32 bytes; P-256: the 65-byte uncompressed point. */
	readonly publicKey: Uint8Array;
	/** Writes the 32-byte shared secret; returns 32, or -1 where the peer's key is refused
	 *  (length, off curve, all-zero result). */
	derive(peerKey: Uint8Array, into: Uint8Array): number;
	close(): void;
}

/** A private key that stays: read once, at set-up, and kept by the platform; only its name, signatures and the public
 *  half are ever in the JavaScript heap. */
export interface SigningKey {
	/** What `sign` makes with it: SIGNATURE_ECDSA (P-256) or SIGNATURE_RSA_PSS (2048 to 4096 bits). */
	readonly signature: number;
	/** As `verify` wants it. */
	readonly publicKey: Uint8Array;
	/** Signs `message` (hashed inside) into into[0…]; returns the signature's length, at most SIGNATURE_MAX. Throws a
	 *  RangeError for a `signature` that is not the key's, or too little room. */
	sign(signature: number, hash: number, message: Uint8Array, into: Uint8Array): number;
	/** Forgets the key. Idempotent. */
	close(): void;
}

export interface Crypto {
	packetKey(aead: number, key: Uint8Array, iv: Uint8Array, headerKey: Uint8Array): PacketKey;
	hash(algorithm: number): Hash;
	/** HMAC of data[offset, end) under `key`; writes to into[at…], returns the length. */
	hmac(algorithm: number, key: Uint8Array, data: Uint8Array, offset: number, end: number, into: Uint8Array, at: number): number;
	keyPair(group: number): KeyPair;
	/** True only where `signature` over `message` (hashed inside) is valid. Malformed input is false. RSA-PSS: salt as long as the hash. */
	verify(signature: number, hash: number, publicKey: Uint8Array, message: Uint8Array, signatureBytes: Uint8Array): boolean;
	/** The key of that name: on a PC the path of a file (PEM or DER; PKCS #8, SEC 1, PKCS #1; not encrypted); what names a
	 *  slot of protected storage will do on a board. Throws an Error whose message is to follow the name: "cannot be read". */
	signingKey(name: string): SigningKey;
}
