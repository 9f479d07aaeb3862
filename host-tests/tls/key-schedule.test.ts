import { crypto } from "#hal";
import { describe, equal, hex, it, throws, unhex } from "#test";
import { HASH_SHA256, HASH_SHA384, SIGNATURE_RSA_PSS } from "../../firmware/ports/crypto.js";
import { signedContent } from "../../firmware/tls/certificate-verify.js";
import { hkdfExpand, hkdfExpandLabel, hkdfExtract } from "../../firmware/tls/hkdf.js";
import { equalConstantTime, KeySchedule } from "../../firmware/tls/key-schedule.js";
import { DerReader } from "../../firmware/tls/x509/der.js";
import { RFC8448 } from "./fixtures/rfc8448.js";

const same = (actual: Uint8Array, expected: string): void => equal(hex(actual), hex(unhex(expected)));

/** SHA-256 over messages of the trace. */
function digest(...names: (keyof typeof RFC8448)[]): Uint8Array {
	const hash = crypto.hash(HASH_SHA256), into = new Uint8Array(32);
	for (const name of names) {
		const bytes = unhex(RFC8448[name]);
		hash.update(bytes, 0, bytes.length);
	}
	hash.digest(into, 0);
	hash.close();
	return into;
}

describe("key schedule", () => {
	it("derives every secret of the trace in RFC 8448 §3", () => {
		const schedule = new KeySchedule(crypto, HASH_SHA256);
		schedule.toHandshake(unhex(RFC8448.sharedSecret));
		const hello = digest("clientHello", "serverHello");
		same(hello, RFC8448.helloHash);
		const client = schedule.derive("c hs traffic", hello), server = schedule.derive("s hs traffic", hello);
		same(client, RFC8448.clientHandshake);
		same(server, RFC8448.serverHandshake);
		same(hkdfExpandLabel(crypto, HASH_SHA256, server, "key", new Uint8Array(0), 16), RFC8448.serverHandshakeKey);
		same(hkdfExpandLabel(crypto, HASH_SHA256, server, "iv", new Uint8Array(0), 12), RFC8448.serverHandshakeIv);
		const verify = digest("clientHello", "serverHello", "encryptedExtensions", "certificate", "certificateVerify");
		same(schedule.verifyData(server, verify), RFC8448.serverFinished.slice(12));
		const finished = digest("clientHello", "serverHello", "encryptedExtensions", "certificate", "certificateVerify", "serverFinished");
		same(finished, RFC8448.finishedHash);
		same(schedule.verifyData(client, finished), RFC8448.clientFinished.slice(12));
		schedule.toMaster();
		same(schedule.derive("c ap traffic", finished), RFC8448.clientApplication);
		same(schedule.derive("s ap traffic", finished), RFC8448.serverApplication);
		same(schedule.derive("exp master", finished), RFC8448.exporterMaster);
		const end = digest("clientHello", "serverHello", "encryptedExtensions", "certificate", "certificateVerify", "serverFinished", "clientFinished");
		same(schedule.derive("res master", end), RFC8448.resumptionMaster);
		schedule.close();
	});

	it("signs the content of the trace's CertificateVerify", () => {
		const certificate = unhex(RFC8448.certificate), verify = unhex(RFC8448.certificateVerify);
		// Handshake header 4, context 1, list 3, length 3; then down to the SubjectPublicKeyInfo.
		const tbs = new DerReader(certificate, 11, certificate.length - 2).enter(0x30).enter(0x30);
		for (let i = 0; i < 6; i++)
			tbs.read();
		const info = tbs.enter(0x30);
		info.read();
		info.bitString();
		const content = signedContent(digest("clientHello", "serverHello", "encryptedExtensions", "certificate"), "server");
		equal(crypto.verify(SIGNATURE_RSA_PSS, HASH_SHA256, info.copy(), content, verify.slice(8)), true);
	});

	it("takes a hash of another length", () => {
		const schedule = new KeySchedule(crypto, HASH_SHA384);
		schedule.toHandshake(new Uint8Array(32));
		schedule.toMaster();
		equal(schedule.derive("c ap traffic", new Uint8Array(48)).length, 48);
	});

	it("forgets its secret when it is closed", () => {
		const schedule = new KeySchedule(crypto, HASH_SHA256);
		schedule.close();
		same(schedule.derive("derived", new Uint8Array(32)), hex(hkdfExpandLabel(crypto, HASH_SHA256, new Uint8Array(32), "derived", new Uint8Array(32), 32)));
	});
});

describe("hkdf", () => {
	it("gives RFC 5869 Appendix A.1 to A.3", () => {
		const ikm = new Uint8Array(22).fill(0x0b);
		const first = hkdfExtract(crypto, HASH_SHA256, unhex("000102030405060708090a0b0c"), ikm);
		same(first, "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
		same(hkdfExpand(crypto, HASH_SHA256, first, unhex("f0f1f2f3f4f5f6f7f8f9"), 42),
			"3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
		const range = (from: number, count: number) => new Uint8Array(count).map((_, i) => from + i);
		const second = hkdfExtract(crypto, HASH_SHA256, range(0x60, 80), range(0, 80));
		same(second, "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244");
		same(hkdfExpand(crypto, HASH_SHA256, second, range(0xb0, 80), 82),
			"b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
		const third = hkdfExtract(crypto, HASH_SHA256, new Uint8Array(0), ikm);
		same(third, "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04");
		same(hkdfExpand(crypto, HASH_SHA256, third, new Uint8Array(0), 42),
			"8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
	});

	it("gives at most 255 blocks", () => {
		equal(hkdfExpand(crypto, HASH_SHA256, new Uint8Array(32), new Uint8Array(0), 255 * 32).length, 8160);
		throws(() => hkdfExpand(crypto, HASH_SHA256, new Uint8Array(32), new Uint8Array(0), 255 * 32 + 1), "cannot give");
	});
});

describe("equalConstantTime", () => {
	it("finds a difference in any place and in the length", () => {
		const a = new Uint8Array([1, 2, 3]);
		equal(equalConstantTime(a, new Uint8Array([1, 2, 3])), true);
		for (let i = 0; i < 3; i++) {
			const b = a.slice();
			b[i]! ^= 0x80;
			equal(equalConstantTime(a, b), false);
		}
		equal(equalConstantTime(a, new Uint8Array([1, 2])), false);
	});
});
