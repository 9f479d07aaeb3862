/** Crypto for fuzzing: hashes are real, but packets are only marked, key agreement and the server's signature made up, so that
 *  the time goes into what is tested. Nobody is kept out by it: never for anything but tests. */
import type { Crypto, KeyPair, PacketKey } from "../../firmware/ports/crypto.js";
import { TAG_LENGTH } from "../../firmware/ports/crypto.js";
import { crypto as real } from "../quic/support/pooled-crypto.js";

const SIGNATURE = Uint8Array.from({ length: 16 }, (_, i) => 0xa0 + i);
const PUBLIC_KEY = 0x42, SHARED_SECRET = 0x5a;

function sum(bytes: Uint8Array, from: number, to: number, start: number): number {
	let total = start;
	for (let i = from; i < to; i++)
		total = Math.imul(total, 31) + bytes[i]! | 0;
	return total;
}

class QuickKey implements PacketKey {
	#key: number;
	#header: number;

	constructor(key: Uint8Array, iv: Uint8Array, headerKey: Uint8Array) {
		this.#key = sum(iv, 0, iv.length, sum(key, 0, key.length, 1));
		this.#header = sum(headerKey, 0, headerKey.length, 1);
	}

	seal(bytes: Uint8Array, aadStart: number, textStart: number, textEnd: number, packetNumber: number): number {
		const total = sum(bytes, aadStart, textEnd, this.#key ^ packetNumber ^ textStart - aadStart);
		for (let i = 0; i < TAG_LENGTH; i++)
			bytes[textEnd + i] = total >> 8 * (i & 3) ^ i;
		return textEnd + TAG_LENGTH;
	}

	open(bytes: Uint8Array, aadStart: number, textStart: number, end: number, packetNumber: number): number {
		const textEnd = end - TAG_LENGTH;
		if (textEnd < textStart)
			return -1;
		const total = sum(bytes, aadStart, textEnd, this.#key ^ packetNumber ^ textStart - aadStart);
		for (let i = 0; i < TAG_LENGTH; i++)
			if (bytes[textEnd + i] !== ((total >> 8 * (i & 3) ^ i) & 255))
				return -1;
		return textEnd;
	}

	mask(bytes: Uint8Array, sampleAt: number, into: Uint8Array): void {
		for (let i = 0; i < 5; i++)
			into[i] = bytes[sampleAt + i]! ^ this.#header >> i;
	}

	close(): void {}
}

class QuickKeyPair implements KeyPair {
	readonly publicKey: Uint8Array;

	constructor(length: number) {
		this.publicKey = new Uint8Array(length).fill(PUBLIC_KEY);
	}

	derive(peerKey: Uint8Array, into: Uint8Array): number {
		if (peerKey.length !== this.publicKey.length || peerKey[0] !== PUBLIC_KEY)
			return -1;
		into.fill(SHARED_SECRET, 0, 32);
		return 32;
	}

	close(): void {}
}

export class QuickCrypto implements Crypto {
	/** Every signature counts as good: what comes after it is to be reached. */
	trusts = false;
	/** What was said of signatures that came before. */
	#known = new Map<string, boolean>();

	packetKey(_aead: number, key: Uint8Array, iv: Uint8Array, headerKey: Uint8Array): PacketKey {
		return new QuickKey(key, iv, headerKey);
	}

	hash(algorithm: number): ReturnType<Crypto["hash"]> {
		return real.hash(algorithm);
	}

	hmac(algorithm: number, key: Uint8Array, data: Uint8Array, offset: number, end: number, into: Uint8Array, at: number): number {
		return real.hmac(algorithm, key, data, offset, end, into, at);
	}

	keyPair(group: number): KeyPair {
		return new QuickKeyPair(group === 0x17 ? 65 : 32);
	}

	/** The server's, over anything. */
	sign(): Uint8Array {
		return SIGNATURE;
	}

	verify(signature: number, hash: number, publicKey: Uint8Array, message: Uint8Array, bytes: Uint8Array): boolean {
		if (this.trusts || (bytes.length === SIGNATURE.length && bytes.every((byte, i) => byte === SIGNATURE[i])))
			return true;
		const name = `${signature} ${hash} ${sum(publicKey, 0, publicKey.length, 1)} ${sum(message, 0, message.length, 1)} ${sum(bytes, 0, bytes.length, 1)}`;
		let isGood = this.#known.get(name);
		if (isGood === undefined) {
			isGood = real.verify(signature, hash, publicKey, message, bytes);
			if (this.#known.size >= 32)
				this.#known.clear();
			this.#known.set(name, isGood);
		}
		return isGood;
	}

	signingKey(name: string): ReturnType<Crypto["signingKey"]> {
		return real.signingKey(name);
	}
}
