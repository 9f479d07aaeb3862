import { crypto } from "#hal";
import { deepEqual, describe, equal, it, ok, throws } from "#test";
import type { Calendar } from "../../../firmware/ports/calendar.js";
import type { Crypto } from "../../../firmware/ports/crypto.js";
import { X509_SIGNATURES_MAX } from "../../../firmware/config.js";
import { FAULT_CLOCK, FAULT_EXPIRED, FAULT_MALFORMED, FAULT_REFUSED, FAULT_UNSUPPORTED, FAULT_UNTRUSTED } from "../../../firmware/tls/x509/certificate-error.js";
import { CertificateError } from "../../../firmware/tls/x509/certificate-error.js";
import { parseHost } from "../../../firmware/tls/x509/host-name.js";
import { checkRoot, verifyPath } from "../../../firmware/tls/x509/path.js";
import { KEY_P256, KEY_P384, KEY_RSA } from "../../../firmware/tls/x509/public-key.js";
import { CALENDAR, certificates } from "../support/certificates.js";


const at = (year: number, month: number, day: number, hour = 0, minute = 0, second = 0): Calendar =>
	({ isSet: true, seconds: () => Date.UTC(year, month - 1, day, hour, minute, second) / 1000 });

const verify = (chain: string, roots = "root", host = "broker.example", calendar = CALENDAR) =>
	verifyPath(crypto, calendar, certificates(roots), parseHost(host), certificates(chain));

function refused(fault: number, reason: string, chain: string, roots = "root", host = "broker.example", calendar = CALENDAR): void {
	const error = throws(() => verify(chain, roots, host, calendar), reason) as CertificateError;
	ok(error instanceof CertificateError, `${chain}: not a CertificateError but ${error.stack}`);
	equal(error.fault, fault, `${chain}: fault of "${error.message}"`);
}

describe("x509 path", () => {
	it("accepts a server's certificate right under the root, and with what is optional left out", () => {
		equal(verify("leaf").publicKey.kind, KEY_P256);
		verify("leafMinimal");
		verify("leafNoSubject");
		verify("leafUnknown");
		verify("leafBothPurposes");
		verify("leafFrom2050");
		verify("leafHostile");
		verify("leaf", "rootNoUsage");
		verify("leaf", "rootSerialZero");
		verify("leaf", "otherRoot rootOtherKey rootExpired root");
	});

	it("accepts intermediates in any order, with strangers and the root among them", () => {
		verify("leafBelow intermediate");
		verify("leafDeep inner middle outer");
		verify("leafDeep outer middle inner");
		verify("leafDeep root inner otherRoot middle leafBelow outer");
		verify("leafBelow intermediate", "rootPath0 rootPath1");
		verify("leafOfServerCa serverCa");
	});

	it("does not count a self-issued CA certificate against the path length", () => {
		verify("leafRenewed intermediateRenewed intermediate");
		refused(FAULT_REFUSED, `"intermediate" signed a certificate, but allows 0 CAs below it, not 1`, "leafTooDeep belowIntermediate intermediate");
		refused(FAULT_REFUSED, `"root" signed a certificate, but allows 0 CAs below it, not 1`, "leafBelow intermediate", "rootPath0");
		refused(FAULT_REFUSED, `"root" signed a certificate, but allows 1 CAs below it, not 3`, "leafDeep inner middle outer", "rootPath1");
	});

	it("accepts every supported algorithm of key and signature", () => {
		equal(verify("leafOf384", "root384").publicKey.kind, KEY_P384);
		equal(verify("leafPkcs1Sha256", "rootRsa").publicKey.kind, KEY_RSA);
		verify("leafPkcs1NoNull", "rootRsa");
		verify("leafPkcs1Sha384", "rootRsa");
		verify("leafPkcs1Sha512", "rootRsa");
		verify("leafPss", "rootRsa");
	});

	it("refuses weak and unknown algorithms", () => {
		refused(FAULT_REFUSED, "SHA-1 or MD5", "leafSha1");
		refused(FAULT_REFUSED, "SHA-1 or MD5", "leafPkcs1Sha1", "rootRsa");
		refused(FAULT_REFUSED, "SHA-1 or MD5", "leafPkcs1Md5", "rootRsa");
		refused(FAULT_REFUSED, "SHA-1", "leafPssDefaults", "rootRsa");
		refused(FAULT_UNSUPPORTED, "a salt of 20 bytes", "leafPssShortSalt", "rootRsa");
		refused(FAULT_UNSUPPORTED, "unsupported algorithm (1.3.101.112)", "leafEd25519");
		refused(FAULT_UNTRUSTED, "not signed by the configured CA", "leafEcdsaUnderRsa", "rootRsa");
		refused(FAULT_UNSUPPORTED, "of 1024 bits (RSA)", "leafRsa1024");
		refused(FAULT_MALFORMED, "RSA modulus", "leafRsaEven");
		refused(FAULT_MALFORMED, "RSA exponent", "leafRsaExponent1");
		refused(FAULT_UNSUPPORTED, "explicit curve parameters", "leafKeyExplicitCurve");
		refused(FAULT_UNSUPPORTED, "unsupported curve (1.3.132.0.10)", "leafKeyOtherCurve");
		refused(FAULT_UNSUPPORTED, "compressed form", "leafKeyCompressed");
		refused(FAULT_MALFORMED, "public key of the wrong length", "leafKeyShort");
		refused(FAULT_UNSUPPORTED, "unsupported kind (1.3.101.112)", "leafKeyEd25519");
	});

	it("refuses another CA, and another key under the CA's name", () => {
		refused(FAULT_UNTRUSTED, `certificate is not signed by the configured CA: it was issued by "root"`, "leaf", "otherRoot");
		refused(FAULT_UNTRUSTED, "certificate is not signed by the configured CA: a CA named \"root\" is known, but has another key", "leaf", "rootOtherKey");
		refused(FAULT_UNTRUSTED, `not signed by the configured CA: it was issued by "intermediate"`, "leafBelow");
		refused(FAULT_UNTRUSTED, `not signed by the configured CA`, "leafBelow intermediate", "otherRoot");
		refused(FAULT_UNTRUSTED, `not signed by the configured CA`, "leaf otherRoot", "otherRoot");
	});

	it("refuses a certificate that signs itself, even where it is configured as root", () => {
		refused(FAULT_UNTRUSTED, `not signed by the configured CA: "broker" signed itself`, "leafSelfSigned");
		refused(FAULT_REFUSED, `"broker" signed a certificate, but is not a CA`, "leafSelfSigned", "leafSelfSigned");
		refused(FAULT_REFUSED, "the server shows the certificate of a CA as its own", "leafIsCa");
		refused(FAULT_REFUSED, "the server shows the certificate of a CA as its own", "root");
	});

	it("refuses a changed byte anywhere in what is signed", () => {
		const [leaf] = certificates("leaf"), roots = certificates("root"), host = parseHost("broker.example");
		for (let i = 8; i < leaf!.length; i += 7) {
			const changed = leaf!.slice();
			changed[i]! ^= 1;
			ok(throws(() => verifyPath(crypto, CALENDAR, roots, host, [changed])) instanceof CertificateError, `byte ${i}`);
		}
	});

	it("judges the validity of every certificate, the root included", () => {
		refused(FAULT_EXPIRED, "certificate expired on 2024-01-02 (today is 2026-06-01)", "leafExpired");
		refused(FAULT_EXPIRED, "certificate is not valid before 2027-02-03 (today is 2026-06-01)", "leafFuture");
		refused(FAULT_EXPIRED, `CA certificate "expiredCa" expired on 2025-06-30`, "leafOfExpiredCa expiredCa");
		refused(FAULT_EXPIRED, `CA certificate "root" expired on 2024-01-02`, "leaf", "rootExpired");
		refused(FAULT_EXPIRED, `CA certificate "root" is not valid before 2030-01-01`, "leaf", "rootFuture");
		verify("leafOfExpiredCa expiredCa expiredCaRenewed");
		verify("leaf", "root", "broker.example", at(2025, 1, 1));
		verify("leaf", "root", "broker.example", at(2035, 1, 1));
		refused(FAULT_EXPIRED, "not valid before 2025-01-01 (today is 2024-12-31)", "leaf", "root", "broker.example", at(2024, 12, 31, 23, 59, 59));
		refused(FAULT_EXPIRED, "expired on 2035-01-01", "leaf", "root", "broker.example", at(2035, 1, 1, 0, 0, 1));
	});

	it("judges nothing while the clock is not set", () => {
		refused(FAULT_CLOCK, "the clock is not set: ", "leaf", "root", "broker.example", { isSet: false, seconds: () => 0 });
	});

	it("wants CAs to be CAs and servers' certificates to be for servers", () => {
		refused(FAULT_REFUSED, `"notCa" signed a certificate, but is not a CA`, "leafOfNotCa notCa");
		refused(FAULT_REFUSED, `"root" signed a certificate, but is not a CA`, "leaf", "rootNotCa");
		refused(FAULT_REFUSED, `"root" signed a certificate, but is not a CA`, "leaf", "rootNoConstraints");
		refused(FAULT_REFUSED, `"root" signed a certificate, but may not (its key usage lacks keyCertSign)`, "leaf", "rootWrongUsage");
		refused(FAULT_REFUSED, `"wrongUsage" signed a certificate, but may not (its key usage lacks keyCertSign)`, "leafOfWrongUsage wrongUsage");
		refused(FAULT_REFUSED, `"clientCa" signed a certificate, but not those of servers (extended key usage)`, "leafOfClientCa clientCa");
		refused(FAULT_REFUSED, "lacks serverAuth", "leafClient");
		refused(FAULT_REFUSED, "lacks serverAuth", "leafAnyPurpose");
		refused(FAULT_REFUSED, "no purpose", "leafNoPurpose");
		refused(FAULT_REFUSED, "lacks digitalSignature", "leafEncipherment");
		refused(FAULT_REFUSED, "claims rights of a CA", "leafCertSign");
		refused(FAULT_REFUSED, "claims rights of a CA", "leafConstraining");
	});

	it("accepts name constraints that are kept", () => {
		verify("leafOf_permitsExample permitsExample");
		verify("leafOf_permitsHost permitsHost");
		verify("leafOf_permitsDirectory permitsDirectory");
		verify("leafOf_permitsMailUnused permitsMailUnused");
	});

	it("refuses name constraints that are broken, damaged or not understood", () => {
		refused(FAULT_REFUSED, "too many names", "leafOf_manyConstraints manyConstraints");
		for (const name of ["permitsOther", "permitsSuffixOnly", "permitsOtherNet", "permitsOtherDirectory"])
			refused(FAULT_REFUSED, "outside of those that its CA is allowed", `leafOf_${name} ${name}`);
		for (const name of ["excludesHost", "excludesAll", "excludesUnderWildcard", "excludesNet"])
			refused(FAULT_REFUSED, "not allowed to certify", `leafOf_${name} ${name}`);
		refused(FAULT_REFUSED, "certificate has a DNS name that cannot be judged", "leafOf_permitsExampleOnly permitsExampleOnly");
		refused(FAULT_UNSUPPORTED, "limited to some mail addresses", "leafOf_permitsMail permitsMail");
		refused(FAULT_UNSUPPORTED, "limited to some mail addresses", "leafOf_permitsMailForOther permitsMailForOther");
		for (const name of ["dottedConstraint", "maskWithGap", "nestedConstraint", "unknownConstraint", "emptyConstraints"])
			refused(FAULT_MALFORMED, "certificate is damaged", `leafOf_${name} ${name}`);
	});

	it("ends the search where CAs sign each other", () => {
		refused(FAULT_UNTRUSTED, "not signed by the configured CA", "leafOfCrossA crossA crossB");
		verify("leafOfCrossA crossA crossB crossBByRoot");
		verify("leafOfCrossA crossB crossA", "crossBByRoot root");
	});

	it("checks no more signatures than its budget, whatever the chain looks like", () => {
		let count = 0;
		const counting = { verify: (...rest: Parameters<Crypto["verify"]>) => { count++; return crypto.verify(...rest); } } as Crypto;
		const chain = certificates("leafOfTwin twin0 twin1 twin2 twin3 twin4 twin0 twin1 twin2");
		const error = throws(() => verifyPath(counting, CALENDAR, certificates("root"), parseHost("broker.example"), chain), "not signed by the configured CA");
		equal((error as CertificateError).fault, FAULT_UNTRUSTED);
		ok(count <= X509_SIGNATURES_MAX, `${count} signatures`);
	});

	it("names what is wrong with a configured root", () => {
		refused(FAULT_UNTRUSTED, "configured CA certificate 1 cannot be used: certificate is of X.509 version 1", "leaf", "rootVersion1");
		throws(() => checkRoot(certificates("leaf")[0]!), "is not a CA");
		throws(() => checkRoot(new Uint8Array(3)), "certificate is damaged");
		deepEqual(checkRoot(certificates("root")[0]!).der, certificates("root")[0]);
	});

	it("refuses an empty chain", () => {
		refused(FAULT_REFUSED, "no certificate", "");
	});
});
