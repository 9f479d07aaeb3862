/** Packet protection of one direction at one level (RFC 9001 §5). */
import { AEAD_AES_128_GCM, AEAD_AES_256_GCM, HASH_SHA256, HASH_SHA384, TAG_LENGTH, type Crypto, type PacketKey } from "../ports/crypto.js";
import { hkdfExpandLabel, hkdfExtract } from "../tls/hkdf.js";
import { decodePacketNumber } from "./packet-number.js";
import { bytesOfHex, VERSION_1, versionOf } from "./versions.js";

/** RFC 9001 §6.6: packets that one AES-GCM key may seal, but for those of a CONNECTION_CLOSE and its repetitions; the
 *  other AEAD has no limit below 2^62. */
export const CONFIDENTIALITY_LIMIT_AES = 0x800000 - 32;
/** RFC 9001 §6.6: packets that may fail to open over the connection. */
export const INTEGRITY_LIMIT_AES = 2 ** 52;
export const INTEGRITY_LIMIT_CHACHA = 2 ** 36;

const MASK_LENGTH = 5;

/** Keys of one direction. `unmask` then `open` take a packet apart in place; `seal` makes one. */
export class PacketProtection {
	/** Set by `unmask`. */
	packetNumber = 0;
	payloadAt = 0;
	/** Packets sealed with this key. */
	sealed = 0;
	readonly aead: number;
	#key: PacketKey;
	#crypto: Crypto;
	#label: string;
	/** The last mask, then the secret and the header protection key, of which the next keys are made. */
	#bytes: Uint8Array;

	/** `secret`: as long as the suite's digest, copied. `label`: the version's. `headerKey`: kept over key updates, wiped. */
	constructor(crypto: Crypto, aead: number, secret: Uint8Array, label = "quic ", headerKey?: Uint8Array) {
		const empty = new Uint8Array(0);
		const keyLength = aead === AEAD_AES_128_GCM ? 16 : 32, hash = hashOf(aead);
		const key = hkdfExpandLabel(crypto, hash, secret, label + "key", empty, keyLength);
		const iv = hkdfExpandLabel(crypto, hash, secret, label + "iv", empty, 12);
		const hp = headerKey ?? hkdfExpandLabel(crypto, hash, secret, label + "hp", empty, keyLength);
		const bytes = this.#bytes = new Uint8Array(MASK_LENGTH + secret.length + keyLength);
		bytes.set(secret, MASK_LENGTH);
		bytes.set(hp, MASK_LENGTH + secret.length);
		this.#key = crypto.packetKey(aead, key, iv, hp);
		key.fill(0);
		iv.fill(0);
		hp.fill(0);
		this.aead = aead;
		this.#label = label;
		this.#crypto = crypto;
	}

	/** Protects the packet bytes[start, end) in place: the number of `numberLength` bytes stands at `numberAt`, the
	 *  payload after it. Returns the packet's end, tag included. numberLength + payload must be at least 4 bytes. */
	seal(bytes: Uint8Array, start: number, numberAt: number, numberLength: number, end: number, packetNumber: number): number {
		const sealedEnd = this.#key.seal(bytes, start, numberAt + numberLength, end, packetNumber);
		const mask = this.#unmaskFirst(bytes, start, numberAt);
		for (let i = 0; i < numberLength; i++)
			bytes[numberAt + i]! ^= mask[1 + i]!;
		this.sealed++;
		return sealedEnd;
	}

	/** Removes header protection in place; sets packetNumber (told by `largest`, -1: none) and payloadAt.
	 *  Returns false where the packet is too short for a sample. */
	unmask(bytes: Uint8Array, start: number, numberAt: number, end: number, largest: number): boolean {
		if (end - numberAt < 4 + TAG_LENGTH)
			return false;
		const mask = this.#unmaskFirst(bytes, start, numberAt);
		const length = (bytes[start]! & 3) + 1;
		let truncated = 0;
		for (let i = 0; i < length; i++) {
			const byte = bytes[numberAt + i]! ^ mask[1 + i]!;
			bytes[numberAt + i] = byte;
			truncated = truncated * 256 + byte;
		}
		this.packetNumber = decodePacketNumber(truncated, length, largest);
		this.payloadAt = numberAt + length;
		return true;
	}

	// Also masks: the same twice is nothing. Returns the mask.
	#unmaskFirst(bytes: Uint8Array, start: number, numberAt: number): Uint8Array {
		const mask = this.#bytes;
		this.#key.mask(bytes, numberAt + 4, mask);
		bytes[start]! ^= mask[0]! & ((bytes[start]! & 0x80) !== 0 ? 0x0f : 0x1f);
		return mask;
	}

	/** Opens the payload bytes[payloadAt, end) in place. Returns its end, or -1 where it is not authentic. */
	open(bytes: Uint8Array, start: number, payloadAt: number, end: number, packetNumber: number): number {
		return this.#key.open(bytes, start, payloadAt, end, packetNumber);
	}

	/** The keys after a key update (RFC 9001 §6.1); the header protection key stays. */
	next(): PacketProtection {
		const bytes = this.#bytes, headerAt = bytes.length - (this.aead === AEAD_AES_128_GCM ? 16 : 32), length = headerAt - MASK_LENGTH;
		const secret = hkdfExpandLabel(this.#crypto, hashOf(this.aead), bytes.subarray(MASK_LENGTH, headerAt), this.#label + "ku", new Uint8Array(0), length);
		const keys = new PacketProtection(this.#crypto, this.aead, secret, this.#label, bytes.slice(headerAt));
		secret.fill(0);
		return keys;
	}

	/** Wipes the keys. Idempotent. */
	close(): void {
		this.#key.close();
		this.#bytes.fill(0);
	}
}

/** The hash of the suite (RFC 8446 §B.4). */
function hashOf(aead: number): number {
	return aead === AEAD_AES_256_GCM ? HASH_SHA384 : HASH_SHA256;
}

/** Initial keys of the client's or the server's packets for the client's first Destination Connection ID
 *  (RFC 9001 §5.2). `label`: "client in" or "server in". */
export function initialProtection(crypto: Crypto, destinationId: Uint8Array, label: "client in" | "server in", version = versionOf(VERSION_1)!): PacketProtection {
	const initial = hkdfExtract(crypto, HASH_SHA256, bytesOfHex(version.initialSalt), destinationId);
	const secret = hkdfExpandLabel(crypto, HASH_SHA256, initial, label, new Uint8Array(0), 32);
	const keys = new PacketProtection(crypto, AEAD_AES_128_GCM, secret, version.label);
	initial.fill(0);
	secret.fill(0);
	return keys;
}
