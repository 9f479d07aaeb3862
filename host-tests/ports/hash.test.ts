import { describe, equal, hex, it, ok, throws, unhex } from "#test";
import { crypto } from "#hal";
import { HASH_SHA1, HASH_SHA256, HASH_SHA384, HASH_SHA512 } from "../../firmware/ports/crypto.js";

function ascii(text: string): Uint8Array {
	const bytes = new Uint8Array(text.length);
	for (let i = 0; i < bytes.length; i++)
		bytes[i] = text.charCodeAt(i);
	return bytes;
}

function digest(algorithm: number, ...parts: Uint8Array[]): string {
	const hash = crypto.hash(algorithm);
	for (const part of parts)
		hash.update(part, 0, part.length);
	const into = new Uint8Array(64);
	const length = hash.digest(into, 0);
	hash.close();
	return hex(into, 0, length);
}

function hmac(algorithm: number, key: Uint8Array, data: Uint8Array): string {
	const into = new Uint8Array(64);
	return hex(into, 0, crypto.hmac(algorithm, key, data, 0, data.length, into, 0));
}

// FIPS 180-4 examples, from NIST's "Examples with Intermediate Values".
const ABC_1 = "a9993e364706816aba3e25717850c26c9cd0d89d";
const ABC_256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const ABC_384 = "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7";
const ABC_512 = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
const EMPTY_256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const TWO_BLOCKS = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
const TWO_BLOCKS_256 = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";

describe("hash", () => {
	it("gives the known answers of SHA-1, SHA-256, SHA-384 and SHA-512", () => {
		equal(digest(HASH_SHA1, ascii("abc")), ABC_1);
		equal(digest(HASH_SHA256), EMPTY_256);
		equal(digest(HASH_SHA256, ascii("abc")), ABC_256);
		equal(digest(HASH_SHA384, ascii("abc")), ABC_384);
		equal(digest(HASH_SHA512, ascii("abc")), ABC_512);
		equal(digest(HASH_SHA256, ascii(TWO_BLOCKS)), TWO_BLOCKS_256);
	});

	it("does not care how the input is cut", () => {
		const text = ascii(TWO_BLOCKS);
		for (let cut = 0; cut <= text.length; cut += 7)
			equal(digest(HASH_SHA256, text.subarray(0, cut), text.subarray(cut)), TWO_BLOCKS_256);
		const hash = crypto.hash(HASH_SHA256);
		const into = new Uint8Array(32);
		for (let i = 0; i < text.length; i++)
			hash.update(text, i, i + 1);
		hash.digest(into, 0);
		equal(hex(into), TWO_BLOCKS_256);
		hash.close();
	});

	it("goes on after digest, as often as wanted", () => {
		const hash = crypto.hash(HASH_SHA256);
		const text = ascii("xabcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq");
		const into = new Uint8Array(40);
		equal(hash.digest(into, 8), 32);
		equal(hex(into, 8), EMPTY_256);
		hash.update(text, 1, 4);
		hash.digest(into, 0);
		equal(hex(into, 0, 32), ABC_256);
		hash.digest(into, 0);
		equal(hex(into, 0, 32), ABC_256);
		hash.update(text, 4, text.length);
		hash.digest(into, 0);
		equal(hex(into, 0, 32), digest(HASH_SHA256, text.subarray(1)));
		hash.close();
	});

	it("keeps several running hashes apart", () => {
		const one = crypto.hash(HASH_SHA256);
		const other = crypto.hash(HASH_SHA384);
		const third = crypto.hash(HASH_SHA256);
		const text = ascii("abc");
		const into = new Uint8Array(48);
		for (let i = 0; i < 3; i++) {
			one.update(text, i, i + 1);
			other.update(text, i, i + 1);
		}
		one.digest(into, 0);
		equal(hex(into, 0, 32), ABC_256);
		other.digest(into, 0);
		equal(hex(into), ABC_384);
		third.digest(into, 0);
		equal(hex(into, 0, 32), EMPTY_256);
		one.close();
		other.close();
		third.close();
	});

	it("refuses ranges outside the buffer, and unknown algorithms", () => {
		const hash = crypto.hash(HASH_SHA256);
		const bytes = new Uint8Array(31);
		for (const [offset, end] of [[0, 32], [-1, 4], [5, 4], [32, 32], [0, 4294967297], [0, NaN], [0.5, 3]])
			ok(throws(() => hash.update(bytes, offset!, end!)) instanceof RangeError, `${offset} to ${end}`);
		ok(throws(() => hash.digest(bytes, 0)) instanceof RangeError);
		ok(throws(() => hash.digest(new Uint8Array(40), 9)) instanceof RangeError);
		ok(throws(() => hash.digest(new Uint8Array(40), -1)) instanceof RangeError);
		hash.close();
		ok(throws(() => crypto.hash(5)) instanceof RangeError);
		ok(throws(() => crypto.hash(0)) instanceof RangeError);
	});

	it("may be closed twice, and is then of no use; its place can be used again", () => {
		for (let i = 0; i < 50; i++) {
			const hash = crypto.hash(HASH_SHA256);
			hash.close();
			hash.close();
			throws(() => hash.update(new Uint8Array(1), 0, 1));
			throws(() => hash.digest(new Uint8Array(32), 0));
		}
	});
});

// RFC 4231 §4.2, §4.3, §4.7, §4.8
const CASES: readonly { key: string, data: Uint8Array, sha256: string, sha384: string, sha512: string }[] = [
	{
		key: "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", data: ascii("Hi There"),
		sha256: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
		sha384: "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
		sha512: "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
	},
	{
		key: "4a656665", data: ascii("what do ya want for nothing?"),
		sha256: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
		sha384: "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
		sha512: "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
	},
	{
		key: "aa".repeat(131), data: ascii("Test Using Larger Than Block-Size Key - Hash Key First"),
		sha256: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
		sha384: "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952",
		sha512: "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598",
	},
];

describe("hmac", () => {
	it("gives the answers of RFC 4231", () => {
		for (const { key, data, sha256, sha384, sha512 } of CASES) {
			equal(hmac(HASH_SHA256, unhex(key), data), sha256);
			equal(hmac(HASH_SHA384, unhex(key), data), sha384);
			equal(hmac(HASH_SHA512, unhex(key), data), sha512);
		}
	});

	it("takes an empty key and an empty text", () => {
		equal(hmac(HASH_SHA256, new Uint8Array(0), new Uint8Array(0)), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
		equal(hmac(HASH_SHA256, new Uint8Array(64), new Uint8Array(0)), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
	});

	it("reads and writes at the places given; key, text and result may be one buffer", () => {
		const bytes = new Uint8Array(80);
		bytes.set(ascii("what do ya want for nothing?"), 3);
		equal(crypto.hmac(HASH_SHA256, ascii("Jefe"), bytes, 3, 31, bytes, 40), 32);
		equal(hex(bytes, 40, 72), CASES[1]!.sha256);
		const key = new Uint8Array(32);
		key.set(ascii("Jefe"));
		crypto.hmac(HASH_SHA256, key, key, 0, 32, key, 0);
		const other = new Uint8Array(32);
		other.set(ascii("Jefe"));
		equal(hex(key), hmac(HASH_SHA256, other, other));
	});

	it("refuses ranges outside the buffers", () => {
		const key = new Uint8Array(4);
		ok(throws(() => crypto.hmac(HASH_SHA256, key, new Uint8Array(8), 0, 9, new Uint8Array(32), 0)) instanceof RangeError);
		ok(throws(() => crypto.hmac(HASH_SHA256, key, new Uint8Array(8), -1, 4, new Uint8Array(32), 0)) instanceof RangeError);
		ok(throws(() => crypto.hmac(HASH_SHA256, key, new Uint8Array(8), 0, 8, new Uint8Array(31), 0)) instanceof RangeError);
		ok(throws(() => crypto.hmac(HASH_SHA384, key, new Uint8Array(8), 0, 8, new Uint8Array(48), 1)) instanceof RangeError);
		ok(throws(() => crypto.hmac(9, key, new Uint8Array(8), 0, 8, new Uint8Array(64), 0)) instanceof RangeError);
	});
});
