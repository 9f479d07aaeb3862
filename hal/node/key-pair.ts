import { createECDH, createPublicKey, diffieHellman, generateKeyPairSync, type ECDH, type KeyObject } from "node:crypto";
import { GROUP_P256, GROUP_X25519, type KeyPair } from "../../firmware/ports/crypto.js";
import { checkRange } from "./range.js";

const SECRET_LENGTH = 32;
const P256_POINT_LENGTH = 65;
const UNCOMPRESSED = 4;
/** SubjectPublicKeyInfo of X25519 up to the key (RFC 8410 §4). */
const X25519_SPKI = Buffer.from("302a300506032b656e032100", "hex");

/** A fresh key pair; throws a RangeError for a group that the port does not know. */
export function keyPair(group: number): KeyPair {
	switch (group) {
		case GROUP_P256: return new P256KeyPair();
		case GROUP_X25519: return new X25519KeyPair();
	}
	throw new RangeError(`key pair: no group ${group}`);
}

class P256KeyPair implements KeyPair {
	readonly publicKey: Uint8Array;
	#pair: ECDH | undefined;

	constructor() {
		this.#pair = createECDH("prime256v1");
		this.publicKey = new Uint8Array(this.#pair.generateKeys());
	}

	derive(peerKey: Uint8Array, into: Uint8Array): number {
		checkRange("derive", into, 0, SECRET_LENGTH);
		if (this.#pair === undefined)
			throw new Error("key pair: closed");
		if (peerKey.length !== P256_POINT_LENGTH || peerKey[0] !== UNCOMPRESSED)
			return -1;
		try {
			into.set(this.#pair.computeSecret(peerKey));
		}
		catch {
			return -1;
		}
		return SECRET_LENGTH;
	}

	close(): void {
		this.#pair = undefined;
	}
}

class X25519KeyPair implements KeyPair {
	readonly publicKey: Uint8Array;
	#privateKey: KeyObject | undefined;

	constructor() {
		const pair = generateKeyPairSync("x25519");
		this.#privateKey = pair.privateKey;
		this.publicKey = new Uint8Array(pair.publicKey.export({ format: "der", type: "spki" }).subarray(X25519_SPKI.length));
	}

	derive(peerKey: Uint8Array, into: Uint8Array): number {
		checkRange("derive", into, 0, SECRET_LENGTH);
		if (this.#privateKey === undefined)
			throw new Error("key pair: closed");
		if (peerKey.length !== SECRET_LENGTH)
			return -1;
		try {
			const publicKey = createPublicKey({ key: Buffer.concat([X25519_SPKI, peerKey]), format: "der", type: "spki" });
			into.set(diffieHellman({ privateKey: this.#privateKey, publicKey }));
		}
		catch {
			return -1; // OpenSSL refuses an all-zero result.
		}
		return SECRET_LENGTH;
	}

	close(): void {
		this.#privateKey = undefined;
	}
}
