import type { Crypto } from "../ports/crypto.js";
import { HASH_SHA256 } from "../ports/crypto.js";
import { Writer } from "./writer.js";

const HASH_SHA256_LENGTH = 32;

/** Digest length in bytes of SHA-256, SHA-384 or SHA-512, by their HASH_*. */
export function hashLength(hash: number): number {
	return HASH_SHA256_LENGTH + 16 * (hash - HASH_SHA256);
}

/** HKDF-Extract (RFC 5869 §2.2). An empty `salt` stands for a hash length of zeros. */
export function hkdfExtract(crypto: Crypto, hash: number, salt: Uint8Array, keyMaterial: Uint8Array): Uint8Array {
	const length = hashLength(hash);
	const secret = new Uint8Array(length);
	crypto.hmac(hash, salt.length === 0 ? new Uint8Array(length) : salt, keyMaterial, 0, keyMaterial.length, secret, 0);
	return secret;
}

/** HKDF-Expand-Label (RFC 8446 §7.1): `length` bytes from `secret` under "tls13 " + `label` and `context`. */
export function hkdfExpandLabel(crypto: Crypto, hash: number, secret: Uint8Array, label: string, context: Uint8Array, length: number): Uint8Array {
	return hkdfExpand(crypto, hash, secret, encodeLabel(label, context, length), length);
}

/** HKDF-Expand (RFC 5869 §2.3). */
export function hkdfExpand(crypto: Crypto, hash: number, secret: Uint8Array, info: Uint8Array, length: number): Uint8Array {
	const size = hashLength(hash);
	if (length > 255 * size)
		throw new RangeError(`HKDF cannot give ${length} bytes`);
	const output = new Uint8Array(length);
	// T(n) = HMAC(secret, T(n-1) | info | n); T(0) is empty.
	const block = new Uint8Array(size + info.length + 1);
	block.set(info, size);
	let from = size;
	for (let at = 0, counter = 1; at < length; at += size, counter++) {
		block[size + info.length] = counter;
		crypto.hmac(hash, secret, block, from, block.length, block, 0);
		const count = length - at < size ? length - at : size;
		output.set(block.subarray(0, count), at);
		from = 0;
	}
	block.fill(0);
	return output;
}

function encodeLabel(label: string, context: Uint8Array, length: number): Uint8Array {
	const writer = new Writer(80), name = "tls13 " + label;
	writer.numbers(2, length);
	writer.numbers(1, name.length);
	writer.text(name);
	writer.vector(1, context);
	return writer.finish();
}
