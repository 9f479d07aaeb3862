import { describe, equal, hex, it, ok, throws } from "#test";
import { crypto } from "#hal";
import { HASH_SHA256, HASH_SHA384, HASH_SHA512, SIGNATURE_ECDSA, SIGNATURE_MAX, SIGNATURE_RSA_PKCS1, SIGNATURE_RSA_PSS, type SigningKey } from "../../firmware/ports/crypto.js";

// Keys that OpenSSL 3 made for these specs and nothing else.
const path = (name: string): string => `host-tests/ports/fixtures/${name}`;

const message = new Uint8Array(130).fill(0x20);
const other = new Uint8Array(130).fill(0x21);

function withKey(name: string, body: (key: SigningKey) => void): void {
	const key = crypto.signingKey(path(name));
	try {
		body(key);
	}
	finally {
		key.close();
	}
}

/** Signs and verifies through the port. */
function check(key: SigningKey, hash: number): void {
	const into = new Uint8Array(SIGNATURE_MAX), length = key.sign(key.signature, hash, message, into), signature = into.slice(0, length);
	ok(crypto.verify(key.signature, hash, key.publicKey, message, signature), "the signature is good");
	ok(!crypto.verify(key.signature, hash, key.publicKey, other, signature), "and for its message only");
}

describe("signing key", () => {
	it("signs with P-256, whatever form the file has", () => {
		const publicKeys: string[] = [];
		for (const name of ["p256.pem", "p256.der", "p256-sec1.pem"])
			withKey(name, key => {
				equal(key.signature, SIGNATURE_ECDSA);
				equal(key.publicKey.length, 65);
				publicKeys.push(hex(key.publicKey));
				check(key, HASH_SHA256);
			});
		equal(publicKeys[1], publicKeys[0]);
		equal(publicKeys[2], publicKeys[0]);
	});

	it("writes ECDSA signatures in DER, of every length that they have", () => {
		const lengths = new Set<number>(), into = new Uint8Array(SIGNATURE_MAX);
		withKey("p256.pem", key => {
			for (let i = 0; i < 40; i++) {
				const length = key.sign(SIGNATURE_ECDSA, HASH_SHA256, message, into);
				lengths.add(length);
				ok(length === into[1]! + 2 && length <= 72, `${length} bytes`);
				ok(crypto.verify(SIGNATURE_ECDSA, HASH_SHA256, key.publicKey, message, into.slice(0, length)));
			}
		});
		ok(lengths.size > 1, "r and s have their sign's zero only where they need it");
	});

	it("signs with RSA-PSS of 2048 and 4096 bits and every hash", () => {
		for (const name of ["rsa2048.pem", "rsa2048-pkcs1.pem", "rsa2048-pkcs1.der"])
			withKey(name, key => {
				equal(key.signature, SIGNATURE_RSA_PSS);
				equal(key.publicKey.length, 270);
				check(key, HASH_SHA256);
			});
		withKey("rsa4096.pem", key => {
			equal(key.publicKey.length, 526);
			for (const hash of [HASH_SHA256, HASH_SHA384, HASH_SHA512])
				check(key, hash);
		});
	});

	for (const [name, says] of [
		["absent.pem", "cannot be read"],
		["../fixtures", "cannot be read"],
		["../signatures.ts", "too long for a private key"],
		["../key-log.test.ts", "holds no private key"],
		["p256-encrypted.pem", "holds an encrypted key"],
		["p256-encrypted.der", "holds an encrypted key"],
		["p256-sec1-encrypted.pem", "holds an encrypted key"],
		["damaged.pem", "holds a damaged private key"],
		["p384.pem", "holds a key of another kind; use ECDSA P-256, or RSA of 2048 to 4096 bits"],
		["ed25519.pem", "holds a key of another kind"],
		["rsa1024.pem", "holds a key of another kind"],
	] as const)
		it(`says that ${name} ${says}`, () => {
			throws(() => crypto.signingKey(path(name)), says);
		});

	it("makes its own kind of signature only, into room for it", () => {
		const into = new Uint8Array(SIGNATURE_MAX);
		withKey("p256.pem", key => {
			throws(() => key.sign(SIGNATURE_RSA_PSS, HASH_SHA256, message, into), "the key makes no signature 2");
			throws(() => key.sign(SIGNATURE_ECDSA, 9, message, into), "no algorithm 9");
			throws(() => key.sign(SIGNATURE_ECDSA, HASH_SHA256, message, new Uint8Array(60)), "room for 60 bytes");
		});
		withKey("rsa2048.pem", key => {
			throws(() => key.sign(SIGNATURE_RSA_PKCS1, HASH_SHA256, message, into), "the key makes no signature 3");
			throws(() => key.sign(SIGNATURE_RSA_PSS, HASH_SHA256, message, new Uint8Array(255)), "room for 255 bytes");
		});
	});

	it("signs nothing after close, which may come twice", () => {
		const key = crypto.signingKey(path("p256.pem"));
		key.close();
		key.close();
		throws(() => key.sign(SIGNATURE_ECDSA, HASH_SHA256, message, new Uint8Array(80)), "closed");
	});

	it("gives its place back", () => {
		for (let i = 0; i < 6; i++) {
			throws(() => crypto.signingKey(path("p384.pem")), "another kind");
			withKey("p256.pem", key => { check(key, HASH_SHA256); });
		}
	});
});
