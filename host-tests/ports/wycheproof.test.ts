import { describe, ENGINE, equal, it, readText, skip, throws, unhex } from "#test";
import { crypto } from "#hal";
import { AEAD_AES_128_GCM, AEAD_AES_256_GCM, AEAD_CHACHA20_POLY1305, GROUP_P256, GROUP_X25519, HASH_SHA256, HASH_SHA384, SIGNATURE_ECDSA,
	SIGNATURE_RSA_PSS } from "../../firmware/ports/crypto.js";
import { hkdfExpand, hkdfExtract } from "../../firmware/tls/hkdf.js";

/** Vectors of C2SP/wycheproof (Apache-2.0), through the port. */
const FOLDER = "../shared/vectors/wycheproof/";

/** On XS signatures cost a hundred times more: every n-th valid one is enough there, all invalid ones are tried. */
const VALID_STEP = ENGINE === "xs" ? 3 : 1;

interface Vector { tcId: number; comment: string; flags: string[]; result: "valid" | "invalid" | "acceptable"; [field: string]: unknown }
interface Group { tests: Vector[]; [field: string]: any }

/** Declares a test that calls `check` with every group of the file; it returns how many vectors it tried. */
function vectors(file: string, fact: string, least: number, check: (group: Group) => number): void {
	const text = readText(FOLDER + file);
	if (text === undefined) {
		skip(fact, `no ${FOLDER}${file}`);
		return;
	}
	it(fact, () => {
		let tried = 0;
		for (const group of JSON.parse(text).testGroups as Group[])
			tried += check(group);
		if (tried < least)
			throw new Error(`${tried} vectors were tried, expected ${least}`);
	});
}

/** SubjectPublicKeyInfo of a named P-256 curve up to the point (RFC 5480 §2). */
const P256_SPKI = "3059301306072a8648ce3d020106082a8648ce3d030107034200";

function aead(algorithm: number, headerKeyLength: number): (group: Group) => number {
	return group => {
		if (group.ivSize !== 96 || group.tagSize !== 128 || group.keySize !== headerKeyLength * 8)
			return 0;
		for (const vector of group.tests) {
			const v = vector as unknown as { key: string, iv: string, aad: string, msg: string, ct: string, tag: string };
			const name = `vector ${vector.tcId}`;
			const key = crypto.packetKey(algorithm, unhex(v.key), unhex(v.iv), new Uint8Array(headerKeyLength));
			const start = v.aad.length >> 1;
			const textEnd = start + (v.msg.length >> 1);
			const sealed = unhex(v.aad + v.ct + v.tag);
			if (vector.result === "valid") {
				const bytes = new Uint8Array(textEnd + 16);
				bytes.set(unhex(v.aad + v.msg));
				equal(key.seal(bytes, 0, start, textEnd, 0), sealed.length, name);
				equalBytes(bytes, sealed, name);
				equal(key.open(bytes, 0, start, bytes.length, 0), textEnd, name);
				equalBytes(bytes.subarray(0, textEnd), unhex(v.aad + v.msg), name);
			}
			else
				equal(key.open(sealed, 0, start, sealed.length, 0), -1, name);
			key.close();
		}
		return group.tests.length;
	};
}

function equalBytes(actual: Uint8Array, expected: Uint8Array, name: string): void {
	equal(actual.length, expected.length, name);
	for (let i = 0; i < actual.length; i++)
		if (actual[i] !== expected[i])
			throw new Error(`${name}: byte ${i} differs`);
}

function signature(kind: number, hash: number, keyOf: (group: Group) => string): (group: Group) => number {
	return group => {
		const key = unhex(keyOf(group));
		let tried = 0;
		for (const vector of group.tests) {
			const isValid = vector.result === "valid";
			if (isValid && vector.tcId % VALID_STEP !== 0)
				continue;
			tried++;
			equal(crypto.verify(kind, hash, key, unhex(vector.msg as string), unhex(vector.sig as string)), isValid,
				`vector ${vector.tcId} (${vector.comment})`);
		}
		return tried;
	};
}

describe("wycheproof", () => {
	vectors("aes_gcm_test.json", "AES-128-GCM", 60, aead(AEAD_AES_128_GCM, 16));
	vectors("aes_gcm_test.json", "AES-256-GCM", 60, aead(AEAD_AES_256_GCM, 32));
	vectors("chacha20_poly1305_test.json", "ChaCha20-Poly1305", 200, aead(AEAD_CHACHA20_POLY1305, 32));
	vectors("ecdsa_secp256r1_sha256_test.json", "ECDSA P-256 with SHA-256", 300, signature(SIGNATURE_ECDSA, HASH_SHA256, group => group.publicKey.uncompressed));
	vectors("ecdsa_secp384r1_sha384_test.json", "ECDSA P-384 with SHA-384", 300, signature(SIGNATURE_ECDSA, HASH_SHA384, group => group.publicKey.uncompressed));
	vectors("hkdf_sha256_test.json", "HKDF with SHA-256 over the port's HMAC", 80, group => {
		for (const vector of group.tests) {
			const v = vector as unknown as { ikm: string, salt: string, info: string, size: number, okm: string };
			const expand = () => hkdfExpand(crypto, HASH_SHA256, hkdfExtract(crypto, HASH_SHA256, unhex(v.salt), unhex(v.ikm)), unhex(v.info), v.size);
			if (vector.result === "valid")
				equalBytes(expand(), unhex(v.okm), `vector ${vector.tcId}`);
			else
				throws(expand);
		}
		return group.tests.length;
	});
	vectors("rsa_pss_2048_sha256_mgf1_32_test.json", "RSA-PSS 2048 with SHA-256", 50, signature(SIGNATURE_RSA_PSS, HASH_SHA256, group => group.publicKeyAsn));

	// Private keys cannot be given to the port: only whether the peer's key is taken or refused is looked at.
	vectors("x25519_test.json", "X25519 refuses exactly the keys of low order", 30, group => {
		const pair = crypto.keyPair(GROUP_X25519);
		const into = new Uint8Array(32);
		let tried = 0;
		for (const vector of group.tests) {
			const isLow = vector.flags.includes("ZeroSharedSecret");
			if (!isLow && vector.tcId % (VALID_STEP * 5) !== 0)
				continue;
			tried++;
			equal(pair.derive(unhex(vector.public as string), into), isLow ? -1 : 32, `vector ${vector.tcId} (${vector.comment})`);
		}
		pair.close();
		return tried;
	});
	vectors("ecdh_secp256r1_test.json", "P-256 refuses points off the curve", 10, group => {
		const pair = crypto.keyPair(GROUP_P256);
		const into = new Uint8Array(32);
		let tried = 0;
		for (const vector of group.tests) {
			const encoded = vector.public as string;
			if (!encoded.startsWith(P256_SPKI) || vector.result === "acceptable")
				continue;
			const isValid = vector.result === "valid";
			if (isValid && vector.tcId % (VALID_STEP * 5) !== 0)
				continue;
			tried++;
			equal(pair.derive(unhex(encoded.slice(P256_SPKI.length)), into), isValid ? 32 : -1, `vector ${vector.tcId} (${vector.comment})`);
		}
		pair.close();
		return tried;
	});
});
