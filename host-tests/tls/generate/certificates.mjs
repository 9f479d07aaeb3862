// Writes fixtures/certificates.ts: one certificate for each rule of the X.509 verifier, kept or broken.
// `node scripts/build.mjs && node host-tests/tls/generate/certificates.mjs`; keys and signatures follow from labels, so
// that the same input gives the same file.
import { checkPrimeSync, constants, createHash, createPrivateKey, privateEncrypt, sign } from "node:crypto";
import { writeFileSync } from "node:fs";
import { p384 } from "@noble/curves/nist.js";
import { sha384 } from "@noble/hashes/sha2.js";
import { crypto } from "../../../build/hal/node/crypto.js";
import * as der from "../../../build/host-tests/tls/support/der-writer.js";
import { P256Key } from "../../../build/host-tests/tls/support/p256.js";
import * as x from "../../../build/host-tests/tls/support/certificate-writer.js";

const keys = new Map();
const key = label => keys.get(label) ?? keys.set(label, new P256Key(crypto, label)).get(label);
const out = {};
const put = (name, fields) => { out[name] = x.writeCertificate(fields); };

// Shapes of certificates

const CA_EXTENSIONS = [x.basicConstraints(true), x.keyUsage(5, 6)];
const NAMES = x.subjectAltName(x.dns("broker.example"), x.dns("*.Wild.Example"), x.address(192, 0, 2, 7));
const LEAF_EXTENSIONS = [x.keyUsage(0), x.extendedKeyUsage(x.SERVER_AUTH), NAMES];

/** A CA certificate `name` with the key of that label, signed by `issuer` with the issuer's key. */
const ca = (name, { subject = name, issuer = "root", issuerKey = issuer, keyLabel = name, ...rest } = {}) =>
	put(name, { subject, issuer, publicKey: key(keyLabel).publicKey, signer: key(issuerKey), extensions: CA_EXTENSIONS, ...rest });
/** A server's certificate. */
const leaf = (name, { issuer = "root", issuerKey = issuer, ...rest } = {}) =>
	put(name, { subject: "broker", issuer, publicKey: key("leaf").publicKey, signer: key(issuerKey), extensions: LEAF_EXTENSIONS, ...rest });
const replaced = (...extensions) => extensions;

// Roots

ca("root");
ca("rootOtherKey", { subject: "root", issuerKey: "impostor", keyLabel: "impostor" });
ca("otherRoot", { issuer: "otherRoot" });
ca("rootExpired", { subject: "root", keyLabel: "root", notBefore: "200101000000Z", notAfter: "240102030405Z" });
ca("rootFuture", { subject: "root", keyLabel: "root", notBefore: "300101000000Z" });
ca("rootNotCa", { subject: "root", keyLabel: "root", extensions: [x.basicConstraints(false)] });
ca("rootNoConstraints", { subject: "root", keyLabel: "root", extensions: [x.keyUsage(5)] });
ca("rootNoUsage", { subject: "root", keyLabel: "root", extensions: [x.basicConstraints(true)] });
ca("rootWrongUsage", { subject: "root", keyLabel: "root", extensions: [x.basicConstraints(true), x.keyUsage(0, 6)] });
ca("rootPath0", { subject: "root", keyLabel: "root", extensions: [x.basicConstraints(true, 0), x.keyUsage(5)] });
ca("rootPath1", { subject: "root", keyLabel: "root", extensions: [x.basicConstraints(true, 1), x.keyUsage(5)] });
ca("rootSerialZero", { subject: "root", keyLabel: "root", serial: der.integer(0) });
ca("rootVersion1", { subject: "root", keyLabel: "root", version: new Uint8Array(0), extensions: [] });

// Leaves right under the root

leaf("leaf");
leaf("leafMinimal", { extensions: replaced(NAMES) });
leaf("leafExpired", { notBefore: "220101000000Z", notAfter: "240102030405Z" });
leaf("leafFuture", { notBefore: "270203000000Z" });
leaf("leafFrom2050", { notAfter: "20550101000000Z" });
leaf("leafNoNames", { subject: "broker.example", extensions: replaced(x.keyUsage(0)) });
leaf("leafEmailOnly", { extensions: replaced(x.subjectAltName(x.email("a@broker.example"))) });
leaf("leafManyNames", { extensions: replaced(x.subjectAltName(...["a", "b", "c", "d"].map(each => x.dns(each + ".example")))) });
leaf("leafNulName", { extensions: replaced(x.subjectAltName(x.dns("broker.example\0.evil.example"))) });
leaf("leafEmptyName", { extensions: replaced(x.subjectAltName(x.dns(""))) });
leaf("leafNoNameInList", { extensions: replaced(x.subjectAltName()) });
leaf("leafEmptyUri", { extensions: replaced(x.subjectAltName(x.dns("broker.example"), der.element(0x86))) });
leaf("leafWrongAddress", { extensions: replaced(x.subjectAltName(x.address(192, 0, 2))) });
leaf("leafAddressAsName", { extensions: replaced(x.subjectAltName(x.dns("192.0.2.7"))) });
leaf("leafAddress6", { extensions: replaced(x.subjectAltName(x.address(...new Array(15).fill(0), 1))) });
leaf("leafUnknownNameKind", { extensions: replaced(x.subjectAltName(der.element(0x89, der.text("a")))) });
leaf("leafWideWildcard", { extensions: replaced(x.subjectAltName(x.dns("*.example"), x.dns("*"), x.dns("b*.wild.example"), x.dns("a.*.example"))) });
leaf("leafClient", { extensions: replaced(x.extendedKeyUsage(x.CLIENT_AUTH), NAMES) });
leaf("leafAnyPurpose", { extensions: replaced(x.extendedKeyUsage("2.5.29.37.0"), NAMES) });
leaf("leafBothPurposes", { extensions: replaced(x.extendedKeyUsage(x.CLIENT_AUTH, x.SERVER_AUTH), NAMES) });
leaf("leafNoPurpose", { extensions: replaced(x.extendedKeyUsage(), NAMES) });
leaf("leafEncipherment", { extensions: replaced(x.keyUsage(2), NAMES) });
leaf("leafCertSign", { extensions: replaced(x.keyUsage(0, 5), NAMES) });
leaf("leafConstraining", { extensions: replaced(x.nameConstraints([x.dns("example")], []), NAMES) });
leaf("leafIsCa", { extensions: [...CA_EXTENSIONS, NAMES] });
leaf("leafSelfSigned", { issuer: "broker", issuerKey: "leaf" });
leaf("leafCriticalUnknown", { extensions: [...LEAF_EXTENSIONS, x.extension("1.2.3.4.99999", true, der.nothing())] });
leaf("leafUnknown", { extensions: [...LEAF_EXTENSIONS, x.extension("1.2.3.4.99999", false, der.nothing())] });
leaf("leafTwice", { extensions: [...LEAF_EXTENSIONS, NAMES] });
leaf("leafCriticalFalse", { extensions: [der.sequence(der.oid("2.5.29.15"), der.boolean(false), der.octets(der.bits(new Uint8Array([0x80]), 7))), NAMES] });
leaf("leafUsagePadded", { extensions: [x.extension("2.5.29.15", true, der.bits(new Uint8Array([0x80]), 0)), NAMES] });
leaf("leafUsageEmpty", { extensions: [x.extension("2.5.29.15", true, der.bits(new Uint8Array(0), 0)), NAMES] });
leaf("leafPathWithoutCa", { extensions: [x.extension("2.5.29.19", true, der.sequence(der.integer(0))), NAMES] });
leaf("leafExplicitNotCa", { extensions: [x.extension("2.5.29.19", true, der.sequence(der.boolean(false))), NAMES] });
leaf("leafVersion1", { version: new Uint8Array(0), extensions: [] });
leaf("leafVersion2", { version: der.element(0xa0, der.integer(1)) });
leaf("leafNoExtensions", { extensions: [] });
leaf("leafSerialZero", { serial: der.integer(0) });
leaf("leafSerialNegative", { serial: der.element(2, new Uint8Array([0x80])) });
leaf("leafSerialLong", { serial: der.element(2, new Uint8Array(21).fill(1)) });
leaf("leafSerialPadded", { serial: der.element(2, new Uint8Array([0, 1])) });
leaf("leafAlgorithmsDiffer", { innerAlgorithm: der.sequence(der.oid("1.2.840.10045.4.3.3")) });
leaf("leafTimeWithoutSeconds", { notAfter: "3501010000Z" });
leaf("leafTimeZone", { notAfter: "350101000000+0100" });
leaf("leafTimeImpossible", { notAfter: "350231000000Z" });
leaf("leafTimeEarlyGeneralized", { notAfter: "20350101000000Z" });
leaf("leafNoIssuer", { issuer: "", issuerKey: "root" });
leaf("leafDamagedName", { subject: der.sequence(der.set()) });
leaf("leafSha1", { signer: { algorithm: der.sequence(der.oid("1.2.840.10045.4.1")), sign: () => new Uint8Array(70) } });
leaf("leafEd25519", { signer: { algorithm: der.sequence(der.oid("1.3.101.112")), sign: () => new Uint8Array(64) } });
leaf("leafKeyExplicitCurve", { publicKey: x.ecPublicKey(key("leaf").point, der.sequence(der.integer(1))) });
leaf("leafKeyOtherCurve", { publicKey: x.ecPublicKey(key("leaf").point, der.oid("1.3.132.0.10")) });
leaf("leafKeyCompressed", { publicKey: x.ecPublicKey(der.concat(new Uint8Array([2]), key("leaf").point.slice(1, 33)), der.oid("1.2.840.10045.3.1.7")) });
leaf("leafKeyShort", { publicKey: x.ecPublicKey(key("leaf").point.slice(0, 64), der.oid("1.2.840.10045.3.1.7")) });
leaf("leafKeyEd25519", { publicKey: der.sequence(der.sequence(der.oid("1.3.101.112")), der.bits(new Uint8Array(32))) });
leaf("leafHostile", { subject: "broker\u001b[31m" });

leaf("leafNoSubject", { subject: "", extensions: [x.extension("2.5.29.17", true, der.sequence(x.dns("broker.example")))] });
leaf("leafNoSubjectOptionalNames", { subject: "", extensions: replaced(x.subjectAltName(x.dns("broker.example"))) });
leaf("leafPolicyConstraints", { extensions: [...LEAF_EXTENSIONS, x.extension("2.5.29.36", false, der.sequence(der.element(0x80, new Uint8Array([0]))))] });
leaf("leafDamagedKeyId", { extensions: [...LEAF_EXTENSIONS, x.extension("2.5.29.14", false, der.text("key"))] });
leaf("leafMustStaple", { extensions: [...LEAF_EXTENSIONS, x.extension("1.3.6.1.5.5.7.1.24", false, der.sequence(der.integer(5)))] });
leaf("leafOtherFeature", { extensions: [...LEAF_EXTENSIONS, x.extension("1.3.6.1.5.5.7.1.24", false, der.sequence(der.integer(17)))] });

// Responders that sign OCSP responses

const OCSP_SIGNING = "1.3.6.1.5.5.7.3.9";
const responder = (name, { issuer = "root", issuerKey = issuer, ...rest } = {}) =>
	put(name, { subject: name, issuer, publicKey: key("responder").publicKey, signer: key(issuerKey), extensions: [x.keyUsage(0), x.extendedKeyUsage(OCSP_SIGNING)], ...rest });
responder("responder");
responder("responderExpired", { notBefore: "220101000000Z", notAfter: "240102030405Z" });
responder("responderNoPurpose", { extensions: [x.keyUsage(0)] });
responder("responderOtherPurpose", { extensions: [x.keyUsage(0), x.extendedKeyUsage(x.SERVER_AUTH)] });
responder("responderWrongUsage", { extensions: [x.keyUsage(2), x.extendedKeyUsage(OCSP_SIGNING)] });
responder("responderOfOther", { issuer: "otherRoot" });
responder("responderForged", { issuerKey: "impostor" });

// Intermediates

ca("intermediate", { extensions: [x.basicConstraints(true, 0), x.keyUsage(5)] });
leaf("leafBelow", { issuer: "intermediate" });
ca("outer");
ca("middle", { issuer: "outer" });
ca("inner", { issuer: "middle" });
leaf("leafDeep", { issuer: "inner" });
ca("belowIntermediate", { issuer: "intermediate" });
leaf("leafTooDeep", { issuer: "belowIntermediate" });
ca("intermediateRenewed", { subject: "intermediate", issuer: "intermediate", keyLabel: "renewed", extensions: [x.basicConstraints(true, 0), x.keyUsage(5)] });
leaf("leafRenewed", { issuer: "intermediate", issuerKey: "renewed" });
ca("notCa", { extensions: [x.keyUsage(0), NAMES] });
leaf("leafOfNotCa", { issuer: "notCa" });
ca("wrongUsage", { extensions: [x.basicConstraints(true), x.keyUsage(6)] });
leaf("leafOfWrongUsage", { issuer: "wrongUsage" });
ca("clientCa", { extensions: [...CA_EXTENSIONS, x.extendedKeyUsage(x.CLIENT_AUTH)] });
leaf("leafOfClientCa", { issuer: "clientCa" });
ca("serverCa", { extensions: [...CA_EXTENSIONS, x.extendedKeyUsage(x.SERVER_AUTH)] });
leaf("leafOfServerCa", { issuer: "serverCa" });
ca("expiredCa", { notBefore: "200101000000Z", notAfter: "250630000000Z" });
leaf("leafOfExpiredCa", { issuer: "expiredCa" });
ca("expiredCaRenewed", { subject: "expiredCa", keyLabel: "expiredCa" });
ca("crossA", { issuer: "crossB" });
ca("crossB", { issuer: "crossA" });
leaf("leafOfCrossA", { issuer: "crossA" });
ca("crossBByRoot", { subject: "crossB", keyLabel: "crossB" });
for (let i = 0; i < 5; i++)
	ca(`twin${i}`, { subject: "twin", issuer: "twin", keyLabel: `twin${i}`, issuerKey: `twin${(i + 1) % 5}` });
leaf("leafOfTwin", { issuer: "twin", issuerKey: "twin0" });

// Name constraints

const constrained = (name, permitted, excluded, leafFields = {}) => {
	ca(name, { extensions: [...CA_EXTENSIONS, x.nameConstraints(permitted, excluded)] });
	leaf(`leafOf_${name}`, { issuer: name, ...leafFields });
};
const onlyBroker = { extensions: replaced(x.subjectAltName(x.dns("broker.example"))) };
constrained("permitsExample", [x.dns("example"), x.address(192, 0, 2, 0, 255, 255, 255, 0)], []);
const many = count => new Array(count).fill(0).map((_, i) => x.dns(`h${i}.example`));
constrained("manyConstraints", [x.dns("example"), ...many(70)], [], { extensions: replaced(x.subjectAltName(x.dns("broker.example"), ...many(60))) });
constrained("permitsHost", [x.dns("broker.example")], [], onlyBroker);
constrained("permitsOther", [x.dns("other.example")], [], onlyBroker);
constrained("permitsSuffixOnly", [x.dns("roker.example")], [], onlyBroker);
constrained("permitsOtherNet", [x.address(10, 0, 0, 0, 255, 0, 0, 0)], []);
constrained("excludesHost", [], [x.dns("BROKER.example")], onlyBroker);
constrained("excludesAll", [], [x.dns("")], onlyBroker);
constrained("excludesUnderWildcard", [], [x.dns("a.wild.example")]);
constrained("excludesNet", [], [x.address(192, 0, 2, 0, 255, 255, 255, 248)]);
constrained("permitsDirectory", [x.directory("O=Zonal")], [], { subject: "O=Zonal/CN=broker", ...onlyBroker });
constrained("permitsOtherDirectory", [x.directory("O=Other")], [], { subject: "O=Zonal/CN=broker", ...onlyBroker });
constrained("permitsMail", [x.email("example")], [], { extensions: replaced(x.subjectAltName(x.dns("broker.example"), x.email("a@example"))) });
constrained("permitsMailForOther", [x.email("example")], [], { extensions: replaced(x.subjectAltName(x.dns("broker.example"), der.element(0xa0, der.oid("1.3.6.1.5.5.7.8.9"), der.element(0xa0, der.utf8("a@example"))))) });
constrained("permitsMailUnused", [x.email("example")], [], onlyBroker);
constrained("dottedConstraint", [x.dns(".example")], [], onlyBroker);
constrained("permitsExampleOnly", [x.dns("example")], [], { extensions: replaced(x.subjectAltName(x.dns("broker.example"), x.dns(".example"))) });
constrained("maskWithGap", [x.address(192, 0, 2, 0, 255, 0, 255, 0)], [], onlyBroker);
constrained("nestedConstraint", [der.sequence(x.dns("broker.example"))], [], onlyBroker);
constrained("unknownConstraint", [der.element(0x89, der.text("a"))], [], onlyBroker);
constrained("emptyConstraints", [], [], onlyBroker);

// Other keys

const p384Scalar = createHash("sha384").update("zonal test key p384").digest();
const p384Signer = {
	algorithm: der.sequence(der.oid("1.2.840.10045.4.3.3")),
	sign: message => {
		const signature = p384.Signature.fromBytes(p384.sign(sha384(message), p384Scalar, { prehash: false, lowS: false }));
		return x.ecdsaSignature(signature.r, signature.s);
	},
};
const p384Key = x.ecPublicKey(p384.getPublicKey(p384Scalar, false), der.oid("1.3.132.0.34"));
put("root384", { subject: "root384", issuer: "root384", publicKey: p384Key, signer: p384Signer, extensions: CA_EXTENSIONS });
put("leafOf384", { subject: "broker", issuer: "root384", publicKey: p384Key, signer: p384Signer, extensions: LEAF_EXTENSIONS });

const rsa = rsaKey("rsa", 2048);
const pkcs1 = (id, hash, parameters = der.nothing()) => ({ algorithm: der.sequence(der.oid(id), parameters), sign: message => sign(hash, message, rsa.privateKey) });
const RSA_SHA256 = "1.2.840.113549.1.1.11";
put("rootRsa", { subject: "rootRsa", issuer: "rootRsa", publicKey: rsa.publicKey, signer: pkcs1(RSA_SHA256, "sha256"), extensions: CA_EXTENSIONS });
const belowRsa = (name, signer, rest = {}) => leaf(name, { issuer: "rootRsa", signer, ...rest });
belowRsa("leafPkcs1Sha256", pkcs1(RSA_SHA256, "sha256"), { publicKey: rsa.publicKey });
belowRsa("leafPkcs1NoNull", pkcs1(RSA_SHA256, "sha256", new Uint8Array(0)));
belowRsa("leafPkcs1Sha384", pkcs1("1.2.840.113549.1.1.12", "sha384"));
belowRsa("leafPkcs1Sha512", pkcs1("1.2.840.113549.1.1.13", "sha512"));
belowRsa("leafPkcs1Sha1", pkcs1("1.2.840.113549.1.1.5", "sha1"));
belowRsa("leafPkcs1Md5", pkcs1("1.2.840.113549.1.1.4", "md5"));
belowRsa("leafPss", pssSigner(32));
belowRsa("leafPssShortSalt", pssSigner(20));
belowRsa("leafPssDefaults", { algorithm: der.sequence(der.oid("1.2.840.113549.1.1.10"), der.sequence()), sign: () => new Uint8Array(256) });
belowRsa("leafEcdsaUnderRsa", key("root"));
leaf("leafRsa1024", { publicKey: rsaKey("small", 1024).publicKey });
leaf("leafRsa2052", { publicKey: x.rsaPublicKey(rsa.modulus << 4n | 1n, 65537n) });
leaf("leafRsaEven", { publicKey: x.rsaPublicKey(rsa.modulus + 1n, 65537n) });
leaf("leafRsaExponent1", { publicKey: x.rsaPublicKey(rsa.modulus, 1n) });

function pssSigner(saltLength) {
	const sha256 = der.sequence(der.oid("2.16.840.1.101.3.4.2.1"), der.nothing());
	const parameters = der.sequence(der.element(0xa0, sha256), der.element(0xa1, der.sequence(der.oid("1.2.840.113549.1.1.8"), sha256)), der.element(0xa2, der.integer(saltLength)));
	return { algorithm: der.sequence(der.oid("1.2.840.113549.1.1.10"), parameters), sign: message => pss(message, saltLength) };
}

/** EMSA-PSS (RFC 8017 §9.1.1) with a salt that follows from the message. */
function pss(message, saltLength) {
	const digest = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
	const salt = digest("salt", message).subarray(0, saltLength);
	const h = digest(Buffer.alloc(8), digest(message), salt);
	const db = Buffer.concat([Buffer.alloc(256 - saltLength - 32 - 2), Buffer.from([1]), salt]);
	for (let at = 0, counter = 0; at < db.length; at += 32, counter++)
		digest(h, Buffer.from([0, 0, 0, counter])).forEach((byte, i) => { if (at + i < db.length) db[at + i] ^= byte; });
	db[0] &= 0x7f;
	return privateEncrypt({ key: rsa.privateKey, padding: constants.RSA_NO_PADDING }, Buffer.concat([db, h, Buffer.from([0xbc])]));
}

/** An RSA key whose primes follow from the label. */
function rsaKey(label, bits) {
	const e = 65537n;
	const prime = which => {
		let hex = "";
		for (let i = 0; hex.length < bits / 8; i++)
			hex += createHash("sha256").update(`${label} ${which} ${i}`).digest("hex");
		let value = BigInt("0x" + hex.slice(0, bits / 8)) | 3n << BigInt(bits / 2 - 2) | 1n;
		while ((value - 1n) % e === 0n || !checkPrimeSync(value))
			value += 2n;
		return value;
	};
	const p = prime("p"), q = prime("q"), modulus = p * q;
	const d = inverse(e, (p - 1n) * (q - 1n));
	const b64 = value => Buffer.from(value.toString(16).padStart(2 * Math.ceil(value.toString(16).length / 2), "0"), "hex").toString("base64url");
	const jwk = { kty: "RSA", n: b64(modulus), e: b64(e), d: b64(d), p: b64(p), q: b64(q), dp: b64(d % (p - 1n)), dq: b64(d % (q - 1n)), qi: b64(inverse(q, p)) };
	return { modulus, publicKey: x.rsaPublicKey(modulus, e), privateKey: createPrivateKey({ key: jwk, format: "jwk" }) };
}

function inverse(value, modulus) {
	let [a, b, u, v] = [value % modulus, modulus, 1n, 0n];
	while (a > 0n)
		[b, a, v, u] = [a, b % a, u, v - b / a * u];
	return (v % modulus + modulus) % modulus;
}

const lines = Object.entries(out).map(([name, bytes]) => `\t${name}: "${Buffer.from(bytes).toString("hex")}",`);
writeFileSync(new URL("../fixtures/certificates.ts", import.meta.url), `// Written by host-tests/tls/generate/certificates.mjs, version 1, from the rules in that file. Hex of DER.
// The P-256 keys belong to labels (support/p256.ts): "leaf" is the servers', the CAs' are their names.
export const CERTIFICATES: Readonly<Record<string, string>> = Object.freeze({
${lines.join("\n")}
});
`);
console.log(`${lines.length} certificates`);
