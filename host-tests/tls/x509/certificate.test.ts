import { describe, ENGINE, equal, it, ok, throws } from "#test";
import type { Crypto } from "../../../firmware/ports/crypto.js";
import { type Certificate, isSignedBy, nameText, parseCertificate } from "../../../firmware/tls/x509/certificate.js";
import { CertificateError, FAULT_MALFORMED, FAULT_REFUSED, FAULT_UNSUPPORTED } from "../../../firmware/tls/x509/certificate-error.js";
import { CERTIFICATES } from "../fixtures/certificates.js";
import { Prng } from "../../support/prng.js";
import { certificates } from "../support/certificates.js";
import { concat } from "../support/der-writer.js";

const one = (name: string): Uint8Array => certificates(name)[0]!;

/** Parses as deep as anything looks at a certificate. */
function readAll(der: Uint8Array): Certificate {
	const certificate = parseCertificate(der);
	isSignedBy({ verify: () => false } as unknown as Crypto, certificate, certificate);
	nameText(der, certificate.subjectAt, certificate.subjectEnd);
	return certificate;
}

function refused(name: string, fault: number, reason: string): void {
	const error = throws(() => parseCertificate(one(name)), reason);
	equal((error as CertificateError).fault, fault, `${name}: ${error.message}`);
}

describe("x509 certificate", () => {
	it("reads the fields of a certificate", () => {
		const certificate = parseCertificate(one("leaf"));
		equal(certificate.notBefore, Date.UTC(2025, 0, 1) / 1000);
		equal(certificate.notAfter, Date.UTC(2035, 0, 1) / 1000);
		equal(nameText(certificate.der, certificate.issuerAt, certificate.issuerEnd), "root");
		equal(certificate.publicKey.bytes.length, 65);
		equal(certificate.extensions.isCa, false);
		equal(certificate.extensions.keyUsage, 0x80);
		equal(parseCertificate(one("intermediate")).extensions.pathLength, 0);
		equal(parseCertificate(one("leafFrom2050")).notAfter, Date.UTC(2055, 0, 1) / 1000);
	});

	it("keeps control characters of a name out of messages", () => {
		const certificate = parseCertificate(one("leafHostile"));
		equal(nameText(certificate.der, certificate.subjectAt, certificate.subjectEnd), "broker?[31m");
	});

	it("refuses what breaks X.509", () => {
		refused("leafVersion1", FAULT_REFUSED, "X.509 version 1");
		refused("leafVersion2", FAULT_REFUSED, "X.509 version 2");
		refused("leafNoExtensions", FAULT_REFUSED, "no extensions");
		refused("leafCriticalUnknown", FAULT_UNSUPPORTED, "critical extension that is not supported (1.2.3.4.99999)");
		refused("leafNoSubjectOptionalNames", FAULT_MALFORMED, "neither a subject nor critical names");
		refused("leafPolicyConstraints", FAULT_MALFORMED, "policy constraints that are not critical");
		refused("leafDamagedKeyId", FAULT_MALFORMED, "an element longer");
		refused("leafRsa2052", FAULT_UNSUPPORTED, "of 2052 bits (RSA)");
		refused("leafTwice", FAULT_MALFORMED, "extension 2.5.29.17 twice");
		refused("leafAlgorithmsDiffer", FAULT_MALFORMED, "two signature algorithms that differ");
		refused("leafNoIssuer", FAULT_MALFORMED, "an empty issuer");
		refused("leafDamagedName", FAULT_MALFORMED, "an empty set in a name");
		for (const name of ["leafSerialZero", "leafSerialNegative", "leafSerialLong"])
			refused(name, FAULT_MALFORMED, "a wrong serial number");
		refused("leafSerialPadded", FAULT_MALFORMED, "a wrong integer");
		refused("leafCriticalFalse", FAULT_MALFORMED, "a default that is spelled out");
		refused("leafExplicitNotCa", FAULT_MALFORMED, "a default that is spelled out");
		refused("leafPathWithoutCa", FAULT_MALFORMED, "a path length");
		refused("leafUsagePadded", FAULT_MALFORMED, "a wrong key usage");
		refused("leafUsageEmpty", FAULT_MALFORMED, "a wrong key usage");
	});

	it("refuses times in any other form than RFC 5280's", () => {
		refused("leafTimeWithoutSeconds", FAULT_MALFORMED, "a time");
		refused("leafTimeZone", FAULT_MALFORMED, "a time");
		refused("leafTimeImpossible", FAULT_MALFORMED, "a time that does not exist");
		refused("leafTimeEarlyGeneralized", FAULT_MALFORMED, "a GeneralizedTime before 2050");
	});

	it("refuses names that other software might read differently", () => {
		refused("leafNulName", FAULT_MALFORMED, "control characters");
		refused("leafEmptyName", FAULT_MALFORMED, "an empty name");
		refused("leafEmptyUri", FAULT_MALFORMED, "an empty name");
		refused("leafNoNameInList", FAULT_MALFORMED, "an empty list of names");
		refused("leafWrongAddress", FAULT_MALFORMED, "an IP address");
		refused("leafUnknownNameKind", FAULT_MALFORMED, "a name of an unknown kind");
	});

	it("refuses bytes before and after", () => {
		throws(() => parseCertificate(concat(one("leaf"), new Uint8Array(1))), "data after the last element");
		throws(() => parseCertificate(concat(new Uint8Array(1), one("leaf"))), "certificate is damaged");
	});

	it("refuses every shorter length, with its own error only", () => {
		for (const name of ["leaf", "leafPss", "permitsExample"]) {
			const der = one(name);
			for (let length = 0; length < der.length; length++)
				ok(throws(() => parseCertificate(der.slice(0, length))) instanceof CertificateError, `${name}: ${length} bytes`);
		}
	});

	it("throws nothing but its own error at changed bytes", () => {
		const rounds = ENGINE === "xs" ? 2000 : 8000, names = Object.keys(CERTIFICATES);
		for (let seed = 1; seed <= rounds; seed++) {
			const random = new Prng(seed), der = one(names[random.below(names.length)]!);
			for (let count = 1 + random.below(3); count > 0; count--)
				der[random.below(der.length)] = random.below(256);
			try {
				readAll(der);
			}
			catch (error) {
				ok(error instanceof CertificateError, `seed ${seed}: ${(error as Error).stack}`);
			}
		}
	});
});
