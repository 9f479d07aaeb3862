import { X509Certificate } from "node:crypto";
import { crypto } from "#hal";
import { describe, equal, hex, it, ok } from "#test";
import { type Certificate, isIssuedBy, isSignedBy, parseCertificate } from "../../firmware/tls/x509/certificate.js";
import { USAGE_CERTIFICATE_SIGNATURE } from "../../firmware/tls/x509/extensions.js";
import { parseHost } from "../../firmware/tls/x509/host-name.js";
import { matchesDns } from "../../firmware/tls/x509/names.js";
import { KEY_RSA } from "../../firmware/tls/x509/public-key.js";
import { CERTIFICATES } from "../tls/fixtures/certificates.js";

const seconds = (date: string): number => Date.parse(date) / 1000;

function bothRead(): [string, Certificate, X509Certificate][] {
	const found: [string, Certificate, X509Certificate][] = [];
	for (const [name, text] of Object.entries(CERTIFICATES)) {
		const der = Buffer.from(text, "hex");
		try {
			found.push([name, parseCertificate(new Uint8Array(der)), new X509Certificate(der)]);
		}
		catch {
			// Refused by one of the two: x509/certificate.test.ts says which and why.
		}
	}
	return found;
}

describe("x509 with OpenSSL", () => {
	it("reads the same out of every certificate that both accept", () => {
		const both = bothRead();
		ok(both.length > 90, `${both.length} certificates`);
		for (const [name, ours, theirs] of both) {
			equal(ours.notBefore, seconds(theirs.validFrom), `${name}: not before`);
			equal(ours.notAfter, seconds(theirs.validTo), `${name}: not after`);
			// OpenSSL's answer takes the key usage into account, and that constraints are damaged, which we see when they are used.
			const { isCa, keyUsage } = ours.extensions;
			if (name !== "nestedConstraint" && name !== "unknownConstraint")
				equal(isCa && (keyUsage === -1 || (keyUsage & USAGE_CERTIFICATE_SIGNATURE) !== 0), theirs.ca, `${name}: CA`);
			const format = ours.publicKey.kind === KEY_RSA ? "pkcs1" : "spki";
			const key = theirs.publicKey.export({ type: format, format: "der" }).toString("hex");
			ok(key.endsWith(hex(ours.publicKey.bytes)), `${name}: public key`);
		}
	});

	it("finds the same signatures good among all certificates that name each other", () => {
		const both = bothRead();
		let good = 0, bad = 0;
		for (const [name, ours, theirs] of both)
			for (const [issuerName, issuer, theirIssuer] of both) {
				if (!isIssuedBy(ours, issuer))
					continue;
				let isGood = false;
				try {
					isGood = isSignedBy(crypto, ours, issuer);
				}
				catch {
					// SHA-1 and what else is refused before it is tried.
					continue;
				}
				equal(isGood, theirs.verify(theirIssuer.publicKey), `${name} by ${issuerName}`);
				if (isGood)
					good++;
				else
					bad++;
			}
		ok(good > 100 && bad > 20, `${good} good, ${bad} bad`);
	});

	it("accepts no certificate that OpenSSL cannot read", () => {
		for (const [name, text] of Object.entries(CERTIFICATES)) {
			const der = Buffer.from(text, "hex");
			try {
				parseCertificate(new Uint8Array(der));
			}
			catch {
				continue;
			}
			ok(new X509Certificate(der).raw.equals(der), name);
		}
	});

	it("matches no DNS name that OpenSSL would not", () => {
		const leaf = new X509Certificate(Buffer.from(CERTIFICATES["leaf"]!, "hex")), patterns = ["broker.example", "*.wild.example"];
		for (const host of ["broker.example", "BROKER.example", "a.wild.example", "a.b.wild.example", "wild.example", "x.example", "a-b.wild.example", "1.wild.example"]) {
			const ours = patterns.some(pattern => matchesDns(pattern, parseHost(host).dns!));
			equal(ours, leaf.checkHost(host) !== undefined, host);
		}
		equal(leaf.checkIP("192.0.2.7"), "192.0.2.7");
	});
});
