/** ECDSA signing on P-256 for tests: the port only verifies. Not constant in time, and the key is made of a label:
 *  never for anything but tests. */
import { type Crypto, HASH_SHA256 } from "../../../firmware/ports/crypto.js";
import { bytesOfHex, integer, oid, sequence, text } from "./der-writer.js";
import { ecPublicKey, type Signer } from "./certificate-writer.js";

// FIPS 186-4 §D.1.2.3
const P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const GX = 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n;
const GY = 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n;

/** X, Y, Z in Jacobian coordinates; Z = 0 is the point at infinity. */
type Point = readonly [bigint, bigint, bigint];

export class P256Key implements Signer {
	readonly algorithm = sequence(oid("1.2.840.10045.4.3.2"));
	/** The uncompressed point. */
	readonly point: Uint8Array;
	#crypto: Crypto;
	#scalar: bigint;

	/** The key that belongs to the label. */
	constructor(crypto: Crypto, label: string) {
		this.#crypto = crypto;
		this.#scalar = number(this.#digest(text(`zonal test key ${label}`))) % (N - 1n) + 1n;
		const [x, y] = affine(multiply(this.#scalar));
		this.point = bytesOfHex("04" + hex(x) + hex(y));
	}

	/** SubjectPublicKeyInfo. */
	get publicKey(): Uint8Array {
		return ecPublicKey(this.point, oid("1.2.840.10045.3.1.7"));
	}

	/** The private key's 64 hex digits. */
	get scalarText(): string {
		return hex(this.#scalar);
	}

	/** A DER signature over SHA-256 of the message; the same each time. */
	sign(message: Uint8Array): Uint8Array {
		const digest = this.#digest(message);
		const k = number(this.#digest(text(hex(this.#scalar) + hex(number(digest))))) % (N - 1n) + 1n;
		const r = affine(multiply(k))[0] % N;
		const s = inverse(k, N) * (number(digest) + r * this.#scalar) % N;
		return sequence(integer(r), integer(s));
	}

	#digest(message: Uint8Array): Uint8Array {
		const hash = this.#crypto.hash(HASH_SHA256), digest = new Uint8Array(32);
		hash.update(message, 0, message.length);
		hash.digest(digest, 0);
		hash.close();
		return digest;
	}
}

function multiply(scalar: bigint): Point {
	let result: Point = [1n, 1n, 0n];
	const binary = scalar.toString(2);
	for (let i = 0; i < binary.length; i++) {
		result = double(result);
		if (binary[i] === "1")
			result = addBase(result);
	}
	return result;
}

function double([x, y, z]: Point): Point {
	if (z === 0n)
		return [x, y, z];
	const delta = z * z % P, gamma = y * y % P, beta = x * gamma % P;
	const alpha = 3n * (x - delta) * (x + delta) % P;
	const x3 = modulo(alpha * alpha - 8n * beta);
	return [x3, modulo(alpha * (4n * beta - x3) - 8n * gamma * gamma), modulo((y + z) * (y + z) - gamma - delta)];
}

/** Plus the generator. */
function addBase([x, y, z]: Point): Point {
	if (z === 0n)
		return [GX, GY, 1n];
	const zz = z * z % P, h = modulo(GX * zz - x), r = modulo(GY * zz * z - y);
	if (h === 0n)
		return r === 0n ? double([x, y, z]) : [1n, 1n, 0n];
	const hh = h * h % P, hhh = h * hh % P, v = x * hh % P;
	const x3 = modulo(r * r - hhh - 2n * v);
	return [x3, modulo(r * (v - x3) - y * hhh), z * h % P];
}

function affine([x, y, z]: Point): [bigint, bigint] {
	const over = inverse(z, P), squared = over * over % P;
	return [x * squared % P, y * squared * over % P];
}

/** By Euclid. */
function inverse(value: bigint, modulus: bigint): bigint {
	let a = (value % modulus + modulus) % modulus, b = modulus, x = 1n, y = 0n;
	while (a > 0n) {
		const q = b / a;
		[b, a] = [a, b % a];
		[y, x] = [x, y - q * x];
	}
	return (y % modulus + modulus) % modulus;
}

function modulo(value: bigint): bigint {
	const rest = value % P;
	return rest < 0n ? rest + P : rest;
}

function number(bytes: Uint8Array): bigint {
	let value = 0n;
	for (let i = 0; i < bytes.length; i++)
		value = value << 8n | BigInt(bytes[i]!);
	return value;
}

function hex(value: bigint): string {
	const text = value.toString(16);
	return "0".repeat(64 - text.length) + text;
}
