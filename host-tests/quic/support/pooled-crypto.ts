/** The crypto port for tests with many connections: the natives have few slots, so only the keys that were used last
 *  hold one (the others are imported again when they are needed), and old transcripts are closed. */
import { crypto as native } from "#hal";
import type { Crypto, Hash, KeyPair, PacketKey, SigningKey } from "../../../firmware/ports/crypto.js";

const OPEN_MAX = 4;
const HASHES_MAX = 4;

class PooledKey implements PacketKey {
	native: PacketKey | undefined;
	#pool: PooledCrypto;
	#make: () => PacketKey;
	#closed = false;

	constructor(pool: PooledCrypto, make: () => PacketKey) {
		this.#pool = pool;
		this.#make = make;
	}

	seal(bytes: Uint8Array, aadStart: number, textStart: number, textEnd: number, packetNumber: number): number {
		return this.#open().seal(bytes, aadStart, textStart, textEnd, packetNumber);
	}

	open(bytes: Uint8Array, aadStart: number, textStart: number, end: number, packetNumber: number): number {
		return this.#open().open(bytes, aadStart, textStart, end, packetNumber);
	}

	mask(bytes: Uint8Array, sampleAt: number, into: Uint8Array): void {
		this.#open().mask(bytes, sampleAt, into);
	}

	close(): void {
		this.#closed = true;
		this.#pool.drop(this);
	}

	#open(): PacketKey {
		if (this.#closed)
			throw new Error("packet key: closed");
		return this.#pool.use(this, this.#make);
	}
}

class PooledCrypto implements Crypto {
	#crypto: Crypto;
	/** The key that was used last stands last. */
	#open: PooledKey[] = [];
	#hashes: Hash[] = [];

	constructor(crypto: Crypto) {
		this.#crypto = crypto;
	}

	packetKey(aead: number, key: Uint8Array, iv: Uint8Array, headerKey: Uint8Array): PacketKey {
		const copies = [key.slice(), iv.slice(), headerKey.slice()] as const;
		return new PooledKey(this, () => this.#crypto.packetKey(aead, ...copies));
	}

	use(key: PooledKey, make: () => PacketKey): PacketKey {
		const at = this.#open.indexOf(key);
		if (at >= 0)
			this.#open.splice(at, 1);
		else if (this.#open.length >= OPEN_MAX)
			this.drop(this.#open[0]!);
		this.#open.push(key);
		return key.native ??= make();
	}

	drop(key: PooledKey): void {
		const at = this.#open.indexOf(key);
		if (at >= 0)
			this.#open.splice(at, 1);
		key.native?.close();
		key.native = undefined;
	}

	hash(algorithm: number): Hash {
		if (this.#hashes.length >= HASHES_MAX)
			this.#hashes[0]!.close();
		const native = this.#crypto.hash(algorithm), hashes = this.#hashes;
		const hash: Hash = {
			update: (bytes, offset, end) => native.update(bytes, offset, end),
			digest: (into, at) => native.digest(into, at),
			close: () => {
				native.close();
				const at = hashes.indexOf(hash);
				if (at >= 0)
					hashes.splice(at, 1);
			},
		};
		hashes.push(hash);
		return hash;
	}

	hmac(algorithm: number, key: Uint8Array, data: Uint8Array, offset: number, end: number, into: Uint8Array, at: number): number {
		return this.#crypto.hmac(algorithm, key, data, offset, end, into, at);
	}

	keyPair(group: number): KeyPair {
		return this.#crypto.keyPair(group);
	}

	verify(signature: number, hash: number, publicKey: Uint8Array, message: Uint8Array, signatureBytes: Uint8Array): boolean {
		return this.#crypto.verify(signature, hash, publicKey, message, signatureBytes);
	}

	signingKey(name: string): SigningKey {
		return this.#crypto.signingKey(name);
	}
}

/** One pool for all specs. */
export const crypto: Crypto = new PooledCrypto(native);
