import { GROUP_P256, SIGNATURE_ECDSA, SIGNATURE_RSA_PSS, type Crypto, type Hash, type KeyPair, type PacketKey, type SigningKey } from "../../firmware/ports/crypto.js";

const P256_POINT_LENGTH = 65;
const X25519_LENGTH = 32;
/** RSAPublicKey of 4096 bits with an exponent of up to 8 bytes. */
const PUBLIC_KEY_MAX = 536;

/** The Crypto port on PSA Crypto (packet-key.c, hash.c, key-pair.c, verify.c, signing-key.c). The C side holds its
 *  objects in pools: 12 packet keys, 6 hashes, 4 key pairs, 2 signing keys; one more throws. */
class PsaCrypto implements Crypto {
	packetKey(aead: number, key: Uint8Array, iv: Uint8Array, headerKey: Uint8Array): PacketKey {
		return new PsaPacketKey(aead, key, iv, headerKey);
	}

	hash(algorithm: number): Hash {
		return new PsaHash(algorithm);
	}

	hmac(algorithm: number, key: Uint8Array, data: Uint8Array, offset: number, end: number, into: Uint8Array, at: number): number {
		return native("xs_hmac").call(this, algorithm, key, data, offset, end, into, at);
	}

	keyPair(group: number): KeyPair {
		return new PsaKeyPair(group, new Uint8Array(group === GROUP_P256 ? P256_POINT_LENGTH : X25519_LENGTH));
	}

	verify(signature: number, hash: number, publicKey: Uint8Array, message: Uint8Array, signatureBytes: Uint8Array): boolean {
		return native("xs_crypto_verify").call(this, signature, hash, publicKey, message, signatureBytes);
	}

	signingKey(name: string): SigningKey {
		return new PsaSigningKey(name);
	}
}

class PsaPacketKey extends Native("xs_packet_key_destructor") implements PacketKey {
	constructor(aead: number, key: Uint8Array, iv: Uint8Array, headerKey: Uint8Array) {
		super();
		native("xs_packet_key").call(this, aead, key, iv, headerKey);
	}

	seal(bytes: Uint8Array, aadStart: number, textStart: number, textEnd: number, packetNumber: number): number {
		return native("xs_packet_key_seal").call(this, bytes, aadStart, textStart, textEnd, packetNumber);
	}

	open(bytes: Uint8Array, aadStart: number, textStart: number, end: number, packetNumber: number): number {
		return native("xs_packet_key_open").call(this, bytes, aadStart, textStart, end, packetNumber);
	}

	mask(bytes: Uint8Array, sampleAt: number, into: Uint8Array): void {
		return native("xs_packet_key_mask").call(this, bytes, sampleAt, into);
	}

	close(): void {
		return native("xs_packet_key_close").call(this);
	}
}

class PsaHash extends Native("xs_hash_destructor") implements Hash {
	constructor(algorithm: number) {
		super();
		native("xs_hash").call(this, algorithm);
	}

	update(bytes: Uint8Array, offset: number, end: number): void {
		return native("xs_hash_update").call(this, bytes, offset, end);
	}

	digest(into: Uint8Array, at: number): number {
		return native("xs_hash_digest").call(this, into, at);
	}

	close(): void {
		return native("xs_hash_close").call(this);
	}
}

class PsaKeyPair extends Native("xs_key_pair_destructor") implements KeyPair {
	readonly publicKey: Uint8Array;

	constructor(group: number, publicKey: Uint8Array) {
		super();
		this.generate(group, publicKey);
		this.publicKey = publicKey;
	}

	generate(group: number, publicKey: Uint8Array): void {
		return native("xs_key_pair").call(this, group, publicKey);
	}

	derive(peerKey: Uint8Array, into: Uint8Array): number {
		return native("xs_key_pair_derive").call(this, peerKey, into);
	}

	close(): void {
		return native("xs_key_pair_close").call(this);
	}
}

class PsaSigningKey extends Native("xs_signing_key_destructor") implements SigningKey {
	readonly signature: number;
	readonly publicKey: Uint8Array;

	constructor(path: string) {
		super();
		const bytes = new Uint8Array(PUBLIC_KEY_MAX);
		this.publicKey = bytes.slice(0, this.read(path, bytes));
		this.signature = this.publicKey.length === P256_POINT_LENGTH ? SIGNATURE_ECDSA : SIGNATURE_RSA_PSS;
	}

	/** Returns the bytes of the public key. */
	read(path: string, publicKey: Uint8Array): number {
		return native("xs_signing_key").call(this, path, publicKey);
	}

	sign(signature: number, hash: number, message: Uint8Array, into: Uint8Array): number {
		return native("xs_signing_key_sign").call(this, signature, hash, message, into);
	}

	close(): void {
		return native("xs_signing_key_close").call(this);
	}
}

export const crypto: Crypto = Object.freeze(new PsaCrypto());
