import { createCipheriv, createDecipheriv, type CipherCCM, type DecipherCCM } from "node:crypto";
import { AEAD_AES_128_GCM, AEAD_AES_256_GCM, AEAD_CHACHA20_POLY1305, TAG_LENGTH, type PacketKey } from "../../firmware/ports/crypto.js";
import { checkRange } from "./range.js";

const IV_LENGTH = 12;
const SAMPLE_LENGTH = 16;
const MASK_LENGTH = 5;
const ZEROS = Buffer.alloc(MASK_LENGTH);

/** Packet protection on node:crypto (RFC 9001 §5.3, §5.4). */
export class NodePacketKey implements PacketKey {
	#key: Buffer;
	#iv: Buffer;
	#headerKey: Buffer;
	#nonce: Buffer;
	#name: string;
	#isGcm: boolean;
	#closed: boolean;

	constructor(aead: number, key: Uint8Array, iv: Uint8Array, headerKey: Uint8Array) {
		this.#name = nameOf(aead);
		this.#isGcm = aead !== AEAD_CHACHA20_POLY1305;
		const length = aead === AEAD_AES_128_GCM ? 16 : 32;
		if (key.length !== length || headerKey.length !== length || iv.length !== IV_LENGTH)
			throw new RangeError(`packet key: key of ${key.length}, iv of ${iv.length}, header key of ${headerKey.length} bytes; expected ${length}, ${IV_LENGTH}, ${length}`);
		this.#key = Buffer.from(key);
		this.#iv = Buffer.from(iv);
		this.#headerKey = Buffer.from(headerKey);
		this.#nonce = Buffer.alloc(IV_LENGTH);
		this.#closed = false;
	}

	seal(bytes: Uint8Array, aadStart: number, textStart: number, textEnd: number, packetNumber: number): number {
		this.#check();
		checkRange("seal", bytes, aadStart, textStart);
		checkRange("seal", bytes, textStart, textEnd);
		checkRange("seal", bytes, textEnd, textEnd + TAG_LENGTH);
		this.#setNonce(packetNumber);
		// The CCM types are those whose setAAD takes the options that both AEADs here share.
		const cipher = createCipheriv(this.#name as "aes-128-ccm", this.#key, this.#nonce, { authTagLength: TAG_LENGTH }) as CipherCCM;
		cipher.setAAD(bytes.subarray(aadStart, textStart), { plaintextLength: textEnd - textStart });
		bytes.set(cipher.update(bytes.subarray(textStart, textEnd)), textStart);
		cipher.final();
		bytes.set(cipher.getAuthTag(), textEnd);
		return textEnd + TAG_LENGTH;
	}

	open(bytes: Uint8Array, aadStart: number, textStart: number, end: number, packetNumber: number): number {
		this.#check();
		checkRange("open", bytes, aadStart, textStart);
		checkRange("open", bytes, textStart, end);
		const textEnd = end - TAG_LENGTH;
		if (textEnd < textStart)
			return -1;
		this.#setNonce(packetNumber);
		const decipher = createDecipheriv(this.#name as "aes-128-ccm", this.#key, this.#nonce, { authTagLength: TAG_LENGTH }) as DecipherCCM;
		decipher.setAuthTag(bytes.subarray(textEnd, end));
		decipher.setAAD(bytes.subarray(aadStart, textStart), { plaintextLength: textEnd - textStart });
		const text = decipher.update(bytes.subarray(textStart, textEnd));
		try {
			decipher.final();
		}
		catch {
			return -1;
		}
		bytes.set(text, textStart);
		return textEnd;
	}

	mask(bytes: Uint8Array, sampleAt: number, into: Uint8Array): void {
		this.#check();
		checkRange("mask", bytes, sampleAt, sampleAt + SAMPLE_LENGTH);
		checkRange("mask", into, 0, MASK_LENGTH);
		const sample = bytes.subarray(sampleAt, sampleAt + SAMPLE_LENGTH);
		if (this.#isGcm) {
			const cipher = createCipheriv(`aes-${8 * this.#headerKey.length}-ecb`, this.#headerKey, null).setAutoPadding(false);
			into.set(cipher.update(sample).subarray(0, MASK_LENGTH));
		}
		else
			// OpenSSL's 16-byte IV is counter and nonce, as in the sample (RFC 9001 §5.4.4).
			into.set(createCipheriv("chacha20", this.#headerKey, sample).update(ZEROS));
	}

	close(): void {
		this.#key.fill(0);
		this.#iv.fill(0);
		this.#headerKey.fill(0);
		this.#closed = true;
	}

	#check(): void {
		if (this.#closed)
			throw new Error("packet key: closed");
	}

	#setNonce(packetNumber: number): void {
		if (!(Number.isSafeInteger(packetNumber) && packetNumber >= 0))
			throw new RangeError(`packet key: packet number ${packetNumber}`);
		this.#iv.copy(this.#nonce);
		this.#nonce.writeUInt32BE((this.#iv.readUInt32BE(4) ^ Math.floor(packetNumber / 4294967296)) >>> 0, 4);
		this.#nonce.writeUInt32BE((this.#iv.readUInt32BE(8) ^ (packetNumber >>> 0)) >>> 0, 8);
	}
}

function nameOf(aead: number): string {
	switch (aead) {
		case AEAD_AES_128_GCM: return "aes-128-gcm";
		case AEAD_AES_256_GCM: return "aes-256-gcm";
		case AEAD_CHACHA20_POLY1305: return "chacha20-poly1305";
		default: throw new RangeError(`packet key: no AEAD ${aead}`);
	}
}
