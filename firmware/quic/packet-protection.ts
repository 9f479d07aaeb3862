/** Packet protection of one direction at one level (RFC 9001 §5). */
import { AEAD_AES_128_GCM, HASH_SHA256, TAG_LENGTH, type Crypto, type PacketKey } from "../ports/crypto.js";
import { hkdfExpandLabel, hkdfExtract } from "../tls/hkdf.js";
import { decodePacketNumber } from "./packet-number.js";

const INITIAL_SALT = Object.freeze([
	0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a,
]);

/** RFC 9001 §6.6: packets that one AES-GCM key may seal, but for those of a CONNECTION_CLOSE and its repetitions; the
 *  other AEAD has no limit below 2^62. */
export const CONFIDENTIALITY_LIMIT_AES = 0x800000 - 32;
/** RFC 9001 §6.6: packets that may fail to open over the connection. */
export const INTEGRITY_LIMIT_AES = 2 ** 52;
export const INTEGRITY_LIMIT_CHACHA = 2 ** 36;

/** Keys of one direction. `unmask` then `open` take a packet apart in place; `seal` makes one. */
export class PacketProtection {
	/** Set by `unmask`. */
	packetNumber = 0;
	payloadAt = 0;
	/** Packets sealed with this key. */
	sealed = 0;
	readonly aead: number;
	#key: PacketKey;
	#mask: Uint8Array;
	#crypto: Crypto;
	#secret: Uint8Array;
	#headerKey: Uint8Array;

	/** `secret`: 32 bytes, copied (both suites hash with SHA-256). `headerKey`: kept over key updates. */
	constructor(crypto: Crypto, aead: number, secret: Uint8Array, headerKey?: Uint8Array) {
		const empty = new Uint8Array(0);
		const keyLength = aead === AEAD_AES_128_GCM ? 16 : 32;
		const key = hkdfExpandLabel(crypto, HASH_SHA256, secret, "quic key", empty, keyLength);
		const iv = hkdfExpandLabel(crypto, HASH_SHA256, secret, "quic iv", empty, 12);
		this.#headerKey = headerKey === undefined ? hkdfExpandLabel(crypto, HASH_SHA256, secret, "quic hp", empty, keyLength) : headerKey.slice();
		this.#key = crypto.packetKey(aead, key, iv, this.#headerKey);
		key.fill(0);
		iv.fill(0);
		this.aead = aead;
		this.#crypto = crypto;
		this.#secret = secret.slice();
		this.#mask = new Uint8Array(5);
	}

	/** Protects the packet bytes[start, end) in place: the number of `numberLength` bytes stands at `numberAt`, the
	 *  payload after it. Returns the packet's end, tag included. numberLength + payload must be at least 4 bytes. */
	seal(bytes: Uint8Array, start: number, numberAt: number, numberLength: number, end: number, packetNumber: number): number {
		const sealedEnd = this.#key.seal(bytes, start, numberAt + numberLength, end, packetNumber);
		const mask = this.#mask;
		this.#key.mask(bytes, numberAt + 4, mask);
		bytes[start]! ^= mask[0]! & ((bytes[start]! & 0x80) !== 0 ? 0x0f : 0x1f);
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
		const mask = this.#mask;
		this.#key.mask(bytes, numberAt + 4, mask);
		bytes[start]! ^= mask[0]! & ((bytes[start]! & 0x80) !== 0 ? 0x0f : 0x1f);
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

	/** Opens the payload bytes[payloadAt, end) in place. Returns its end, or -1 where it is not authentic. */
	open(bytes: Uint8Array, start: number, payloadAt: number, end: number, packetNumber: number): number {
		return this.#key.open(bytes, start, payloadAt, end, packetNumber);
	}

	/** The keys after a key update (RFC 9001 §6.1); the header protection key stays. */
	next(): PacketProtection {
		const secret = hkdfExpandLabel(this.#crypto, HASH_SHA256, this.#secret, "quic ku", new Uint8Array(0), 32);
		const keys = new PacketProtection(this.#crypto, this.aead, secret, this.#headerKey);
		secret.fill(0);
		return keys;
	}

	/** Wipes the keys. Idempotent. */
	close(): void {
		this.#key.close();
		this.#secret.fill(0);
		this.#headerKey.fill(0);
	}
}

/** Initial keys of the client's or the server's packets for the client's first Destination Connection ID
 *  (RFC 9001 §5.2). `label`: "client in" or "server in". */
export function initialProtection(crypto: Crypto, destinationId: Uint8Array, label: "client in" | "server in"): PacketProtection {
	const initial = hkdfExtract(crypto, HASH_SHA256, Uint8Array.from(INITIAL_SALT), destinationId);
	const secret = hkdfExpandLabel(crypto, HASH_SHA256, initial, label, new Uint8Array(0), 32);
	const keys = new PacketProtection(crypto, AEAD_AES_128_GCM, secret);
	initial.fill(0);
	secret.fill(0);
	return keys;
}
