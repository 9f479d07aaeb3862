import { describe, equal, hex, it, ok, throws, unhex } from "#test";
import { crypto } from "#hal";
import { GROUP_P256, GROUP_X25519 } from "../../firmware/ports/crypto.js";

/** The base point of P-256 (SP 800-186 §3.2.1.3), uncompressed. */
const P256_BASE = "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";

/** Points of low order of Curve25519: RFC 7748 §6.1 wants the all-zero result refused. */
const LOW_ORDER = [
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

function agrees(group: number, length: number): void {
	const one = crypto.keyPair(group);
	const other = crypto.keyPair(group);
	equal(one.publicKey.length, length);
	ok(hex(one.publicKey) !== hex(other.publicKey), "two pairs are the same");
	const a = new Uint8Array(32);
	const b = new Uint8Array(40);
	equal(one.derive(other.publicKey, a), 32);
	equal(other.derive(one.publicKey, b.subarray(4, 36)), 32);
	equal(hex(a), hex(b, 4, 36));
	ok(hex(a) !== hex(new Uint8Array(32)));
	equal(hex(b, 0, 4) + hex(b, 36), "0000000000000000");
	// The pair can be used again: TLS derives once, but nothing forbids it.
	equal(one.derive(other.publicKey, b), 32);
	equal(hex(b, 0, 32), hex(a));
	one.close();
	other.close();
}

describe("key pair", () => {
	it("agrees on X25519", () => agrees(GROUP_X25519, 32));

	it("agrees on P-256", () => agrees(GROUP_P256, 65));

	it("refuses X25519 keys that lead to an all-zero secret, and wrong lengths", () => {
		const pair = crypto.keyPair(GROUP_X25519);
		const into = new Uint8Array(32);
		for (const key of LOW_ORDER)
			equal(pair.derive(unhex(key), into), -1, key);
		for (const length of [0, 31, 33, 65])
			equal(pair.derive(new Uint8Array(length).fill(9), into), -1, `${length} bytes`);
		equal(hex(into), hex(new Uint8Array(32)), "written to all the same");
		pair.close();
	});

	it("refuses P-256 keys off the curve, at infinity, compressed or of another length", () => {
		const pair = crypto.keyPair(GROUP_P256);
		const into = new Uint8Array(32);
		equal(pair.derive(unhex(P256_BASE), into), 32);
		for (const at of [1, 32, 33, 64]) {
			const key = unhex(P256_BASE);
			key[at]! ^= 1;
			equal(pair.derive(key, into), -1, `byte ${at} changed`);
		}
		const hybrid = unhex(P256_BASE);
		hybrid[0] = 7;
		equal(pair.derive(hybrid, into), -1, "hybrid form");
		equal(pair.derive(new Uint8Array([0]), into), -1, "infinity");
		equal(pair.derive(unhex("04" + "00".repeat(64)), into), -1, "zeros");
		equal(pair.derive(unhex("04" + "ff".repeat(64)), into), -1, "coordinates beyond the field");
		equal(pair.derive(unhex("03" + P256_BASE.slice(2, 66)), into), -1, "compressed form");
		equal(pair.derive(unhex(P256_BASE + "00"), into), -1, "66 bytes");
		equal(pair.derive(new Uint8Array(0), into), -1, "0 bytes");
		pair.close();
	});

	it("wants room for the secret", () => {
		for (const group of [GROUP_P256, GROUP_X25519]) {
			const pair = crypto.keyPair(group);
			ok(throws(() => pair.derive(pair.publicKey, new Uint8Array(31))) instanceof RangeError);
			pair.close();
		}
	});

	it("refuses unknown groups", () => {
		ok(throws(() => crypto.keyPair(0x0018)) instanceof RangeError);
		ok(throws(() => crypto.keyPair(0)) instanceof RangeError);
	});

	it("may be closed twice, and is then of no use; its place can be used again", () => {
		for (let i = 0; i < 6; i++) {
			const pair = crypto.keyPair(i & 1 ? GROUP_P256 : GROUP_X25519);
			const own = pair.publicKey;
			pair.close();
			pair.close();
			throws(() => pair.derive(own, new Uint8Array(32)));
		}
	});
});
