import type { Crypto } from "../ports/crypto.js";
import { hashLength, hkdfExpandLabel, hkdfExtract } from "./hkdf.js";

/** The secrets of one TLS 1.3 handshake (RFC 8446 §7.1):
 *  early -> `toHandshake` -> `toMaster`, with traffic secrets taken in between. */
export class KeySchedule {
	/** Digest length in bytes; also the length of every secret. */
	readonly length: number;
	#crypto: Crypto;
	#hash: number;
	#secret: Uint8Array;

	/** `preShared`: the secret of a session that is resumed. */
	constructor(crypto: Crypto, hash: number, preShared?: Uint8Array) {
		this.length = hashLength(hash);
		this.#crypto = crypto;
		this.#hash = hash;
		this.#secret = hkdfExtract(crypto, hash, new Uint8Array(0), preShared ?? new Uint8Array(this.length));
	}

	/** Mixes the (EC)DHE shared secret in. */
	toHandshake(shared: Uint8Array): void {
		this.#advance(shared);
	}

	toMaster(): void {
		this.#advance(new Uint8Array(this.length));
	}

	/** Derive-Secret of the present stage; `transcript` is a digest, by default that of no messages. */
	derive(label: string, transcript = this.#empty()): Uint8Array {
		return hkdfExpandLabel(this.#crypto, this.#hash, this.#secret, label, transcript, this.length);
	}

	/** verify_data of a Finished under the sender's handshake traffic secret (RFC 8446 §4.4.4). */
	verifyData(trafficSecret: Uint8Array, transcript: Uint8Array): Uint8Array {
		const key = hkdfExpandLabel(this.#crypto, this.#hash, trafficSecret, "finished", new Uint8Array(0), this.length);
		const data = new Uint8Array(this.length);
		this.#crypto.hmac(this.#hash, key, transcript, 0, transcript.length, data, 0);
		key.fill(0);
		return data;
	}

	/** Wipes the secret. Idempotent. */
	close(): void {
		this.#secret.fill(0);
	}

	#advance(keyMaterial: Uint8Array): void {
		const salt = this.derive("derived");
		const next = hkdfExtract(this.#crypto, this.#hash, salt, keyMaterial);
		salt.fill(0);
		this.#secret.fill(0);
		this.#secret = next;
	}

	#empty(): Uint8Array {
		const hash = this.#crypto.hash(this.#hash);
		const digest = new Uint8Array(this.length);
		hash.digest(digest, 0);
		hash.close();
		return digest;
	}
}

/** True where both are equal; the time does not depend on where they differ. */
export function equalConstantTime(a: Uint8Array, b: Uint8Array): boolean {
	if (a.length !== b.length)
		return false;
	let difference = 0;
	for (let i = 0; i < a.length; i++)
		difference |= a[i]! ^ b[i]!;
	return difference === 0;
}
