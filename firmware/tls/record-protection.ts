import type { Crypto, PacketKey } from "../ports/crypto.js";
import type { CipherSuite } from "./cipher-suite.js";
import { hkdfExpandLabel } from "./hkdf.js";

/** Bytes of a record's header: type, version, length. */
export const RECORD_HEADER_LENGTH = 5;

const IV_LENGTH = 12;

/** The keys of one direction of TLS records (RFC 8446 §5.2, §5.3, §7.3). */
export class RecordProtection {
	/** Number of the next record. */
	sequence = 0;
	#crypto: Crypto;
	#suite: CipherSuite;
	#secret: Uint8Array;
	#key: PacketKey;

	/** `secret`: a traffic secret, copied. */
	constructor(crypto: Crypto, suite: CipherSuite, secret: Uint8Array) {
		this.#crypto = crypto;
		this.#suite = suite;
		this.#secret = secret.slice();
		const key = this.#expand("key", suite.keyLength), iv = this.#expand("iv", IV_LENGTH);
		// Records have no header protection: that key is given to the port because it wants one.
		this.#key = crypto.packetKey(suite.aead, key, iv, key);
		key.fill(0);
		iv.fill(0);
	}

	/** Seals the record at bytes[at] in place, whose header stands and whose content ends at `end`; returns its end. */
	seal(bytes: Uint8Array, at: number, end: number): number {
		return this.#key.seal(bytes, at, at + RECORD_HEADER_LENGTH, end, this.sequence++);
	}

	/** Opens the record bytes[at, end) in place; returns the end of its content, or -1. */
	open(bytes: Uint8Array, at: number, end: number): number {
		return this.#key.open(bytes, at, at + RECORD_HEADER_LENGTH, end, this.sequence++);
	}

	/** The keys after a KeyUpdate (RFC 8446 §7.2). */
	next(): RecordProtection {
		const secret = this.#expand("traffic upd", this.#secret.length);
		const keys = new RecordProtection(this.#crypto, this.#suite, secret);
		secret.fill(0);
		return keys;
	}

	/** Wipes the keys. Idempotent. */
	close(): void {
		this.#key.close();
		this.#secret.fill(0);
	}

	#expand(label: string, length: number): Uint8Array {
		return hkdfExpandLabel(this.#crypto, this.#suite.hash, this.#secret, label, new Uint8Array(0), length);
	}
}
