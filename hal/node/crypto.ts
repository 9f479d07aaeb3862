import { createHash, createHmac, type Hash as NodeHashObject } from "node:crypto";
import { type Crypto, type Hash, type KeyPair, type PacketKey, type SigningKey } from "../../firmware/ports/crypto.js";
import { hashName } from "./hash-name.js";
import { NodePacketKey } from "./packet-key.js";
import { keyPair } from "./key-pair.js";
import { checkRange } from "./range.js";
import { NodeSigningKey } from "./signing-key.js";
import { verify } from "./verify.js";

class NodeHash implements Hash {
	#hash: NodeHashObject;
	#closed: boolean;

	constructor(algorithm: number) {
		this.#hash = createHash(hashName(algorithm));
		this.#closed = false;
	}

	update(bytes: Uint8Array, offset: number, end: number): void {
		this.#check();
		checkRange("hash", bytes, offset, end);
		this.#hash.update(bytes.subarray(offset, end));
	}

	digest(into: Uint8Array, at: number): number {
		this.#check();
		return put("hash", this.#hash.copy().digest(), into, at);
	}

	close(): void {
		this.#closed = true;
	}

	#check(): void {
		if (this.#closed)
			throw new Error("hash: closed");
	}
}

/** The Crypto port on node:crypto, for tests and quick runs. */
class NodeCrypto implements Crypto {
	packetKey(aead: number, key: Uint8Array, iv: Uint8Array, headerKey: Uint8Array): PacketKey {
		return new NodePacketKey(aead, key, iv, headerKey);
	}

	hash(algorithm: number): Hash {
		return new NodeHash(algorithm);
	}

	hmac(algorithm: number, key: Uint8Array, data: Uint8Array, offset: number, end: number, into: Uint8Array, at: number): number {
		checkRange("hmac", data, offset, end);
		return put("hmac", createHmac(hashName(algorithm), key).update(data.subarray(offset, end)).digest(), into, at);
	}

	keyPair(group: number): KeyPair {
		return keyPair(group);
	}

	verify(signature: number, hash: number, publicKey: Uint8Array, message: Uint8Array, signatureBytes: Uint8Array): boolean {
		return verify(signature, hashName(hash), publicKey, message, signatureBytes);
	}

	signingKey(name: string): SigningKey {
		return new NodeSigningKey(name);
	}
}

function put(what: string, result: Buffer, into: Uint8Array, at: number): number {
	checkRange(what, into, at, at + result.length);
	into.set(result, at);
	return result.length;
}

export const crypto: Crypto = new NodeCrypto();
