import { describe, equal, it, ok, throws, unhex } from "#test";
import { crypto } from "#hal";
import { HASH_SHA256, HASH_SHA384, SIGNATURE_ECDSA, SIGNATURE_RSA_PKCS1, SIGNATURE_RSA_PSS } from "../../firmware/ports/crypto.js";
import { MESSAGE, RSA_KEY, SHORT_SALT, SIGNATURES, type SignatureVector } from "./signatures.js";

function message(): Uint8Array {
	const bytes = new Uint8Array(MESSAGE.length);
	for (let i = 0; i < bytes.length; i++)
		bytes[i] = MESSAGE.charCodeAt(i);
	return bytes;
}

function verify(vector: SignatureVector, text = message(), signature = unhex(vector.signature), key = unhex(vector.key)): boolean {
	return crypto.verify(vector.kind, vector.hash, key, text, signature);
}

describe("verify", () => {
	for (const vector of SIGNATURES)
		it(`takes ${vector.name}, and nothing that was changed`, () => {
			ok(verify(vector));
			const text = message();
			text[3]! ^= 1;
			ok(!verify(vector, text), "message changed");
			ok(!verify(vector, text.subarray(0, 39)), "message cut");
			const signature = unhex(vector.signature);
			signature[signature.length - 1]! ^= 1;
			ok(!verify(vector, message(), signature), "signature changed");
			ok(!crypto.verify(vector.kind, vector.hash === HASH_SHA256 ? HASH_SHA384 : HASH_SHA256, unhex(vector.key), message(), unhex(vector.signature)), "other hash");
		});

	it("is false for signatures and keys of every wrong length", () => {
		for (const vector of [SIGNATURES[0]!, SIGNATURES[4]!, SIGNATURES[5]!]) {
			const signature = unhex(vector.signature);
			for (let length = 0; length < signature.length; length += length < 12 ? 1 : 23)
				ok(!verify(vector, message(), signature.subarray(0, length)), `signature of ${length} bytes`);
			const longer = new Uint8Array(signature.length + 1);
			longer.set(signature);
			ok(!verify(vector, message(), longer), "signature with a byte more");
			const key = unhex(vector.key);
			for (let length = 0; length < key.length; length += length < 12 ? 1 : 23)
				ok(!verify(vector, message(), signature, key.subarray(0, length)), `key of ${length} bytes`);
			const longerKey = new Uint8Array(key.length + 1);
			longerKey.set(key);
			ok(!verify(vector, message(), signature, longerKey), "key with a byte more");
			ok(!verify(vector, message(), new Uint8Array(3000)), "signature of 3000 zeros");
			ok(!verify(vector, message(), signature, new Uint8Array(3000)), "key of 3000 zeros");
		}
	});

	it("takes only the strict DER form of an ECDSA signature", () => {
		const vector = SIGNATURES[0]!;
		const r = integer(vector.signature, 0);
		const s = integer(vector.signature, 1);
		const sequence = (body: string): string => "30" + (body.length < 512 ? byte(body.length >> 1) : "") + body;
		const der = (value: string): string => "02" + byte(value.length >> 1) + value;
		ok(verify(vector, message(), unhex(sequence(der(r) + der(s)))));
		for (const [what, text] of [
			["zero in front of r", sequence(der("00" + r) + der(s))],
			["zero in front of s", sequence(der(r) + der("00" + s))],
			["long form of the length", "3081" + byte((der(r) + der(s)).length >> 1) + der(r) + der(s)],
			["indefinite length", "3080" + der(r) + der(s) + "0000"],
			["long form of r's length", sequence("0281" + byte(r.length >> 1) + r + der(s))],
			["a third integer", sequence(der(r) + der(s) + "020101")],
			["trailing byte", sequence(der(r) + der(s)) + "00"],
			["r alone", sequence(der(r))],
			["empty integers", sequence("02000200")],
			["zeros", sequence("020100020100")],
			["r = 0", sequence("020100" + der(s))],
			["s = 0", sequence(der(r) + "020100")],
			["negative r", sequence(der("ff" + r.slice(-62)) + der(s))],
			["raw form", r.padStart(64, "0").slice(-64) + s.padStart(64, "0").slice(-64)],
			["a set", "31" + sequence(der(r) + der(s)).slice(2)],
			["nothing", ""],
		] as const)
			ok(!verify(vector, message(), unhex(text)), what);
	});

	it("is false for ECDSA keys off the curve or in another form", () => {
		const vector = SIGNATURES[0]!;
		for (const at of [0, 1, 64]) {
			const key = unhex(vector.key);
			key[at]! ^= 1;
			ok(!verify(vector, message(), unhex(vector.signature), key), `byte ${at} changed`);
		}
		ok(!verify(vector, message(), unhex(vector.signature), unhex("02" + vector.key.slice(2, 66))), "compressed");
	});

	it("wants a PSS salt as long as the hash", () => {
		ok(!crypto.verify(SIGNATURE_RSA_PSS, HASH_SHA256, unhex(RSA_KEY), message(), unhex(SHORT_SALT)));
	});

	it("does not take one scheme's signature for another's", () => {
		const pss = SIGNATURES.find(vector => vector.kind === SIGNATURE_RSA_PSS)!;
		const pkcs1 = SIGNATURES.find(vector => vector.kind === SIGNATURE_RSA_PKCS1)!;
		ok(!crypto.verify(SIGNATURE_RSA_PKCS1, pss.hash, unhex(pss.key), message(), unhex(pss.signature)));
		ok(!crypto.verify(SIGNATURE_RSA_PSS, pkcs1.hash, unhex(pkcs1.key), message(), unhex(pkcs1.signature)));
		ok(!crypto.verify(SIGNATURE_ECDSA, pss.hash, unhex(pss.key), message(), unhex(pss.signature)));
	});

	it("refuses unknown kinds and hashes", () => {
		const empty = new Uint8Array(0);
		ok(throws(() => crypto.verify(0, HASH_SHA256, empty, empty, empty)) instanceof RangeError);
		ok(throws(() => crypto.verify(SIGNATURE_ECDSA, 7, empty, empty, empty)) instanceof RangeError);
		equal(crypto.verify(SIGNATURE_ECDSA, HASH_SHA256, empty, empty, empty), false);
	});
});

function byte(value: number): string {
	return (value < 16 ? "0" : "") + value.toString(16);
}

/** The n-th INTEGER's content in a DER signature. */
function integer(signature: string, n: number): string {
	let at = 4;
	for (;; n--) {
		const length = parseInt(signature.slice(at + 2, at + 4), 16) * 2;
		if (n === 0)
			return signature.slice(at + 4, at + 4 + length);
		at += 4 + length;
	}
}
