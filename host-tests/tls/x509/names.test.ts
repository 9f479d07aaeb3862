import { describe, equal, it, throws } from "#test";
import { parseCertificate } from "../../../firmware/tls/x509/certificate.js";
import { parseHost } from "../../../firmware/tls/x509/host-name.js";
import { checkHost, matchesDns } from "../../../firmware/tls/x509/names.js";
import { certificates } from "../support/certificates.js";

const check = (name: string, host: string): void => checkHost(parseCertificate(certificates(name)[0]!), parseHost(host));

describe("x509 names", () => {
	it("finds a host by dNSName in any case, by one wildcard label and by iPAddress", () => {
		check("leaf", "broker.example");
		check("leaf", "BROKER.Example");
		check("leaf", "broker.example.");
		check("leaf", "a.wild.example");
		check("leaf", "192.0.2.7");
		check("leafAddress6", "::1");
		check("leafAddress6", "0:0:0:0:0:0:0:1");
		throws(() => check("leafAddress6", "::2"), "certificate is for ::1, not for ::2");
	});

	it("says which names the certificate has", () => {
		throws(() => check("leaf", "other.example"), "certificate is for broker.example, *.wild.example, 192.0.2.7, not for other.example");
		throws(() => check("leafManyNames", "e.example"), "certificate is for a.example, b.example, c.example, … (4 names), not for e.example");
		throws(() => check("leafAddress6", "e.example"), "certificate is for ::1, not for e.example");
		throws(() => check("leafEmailOnly", "broker.example"), "certificate is for no host, not for broker.example");
	});

	it("stretches a wildcard over exactly one label", () => {
		throws(() => check("leaf", "a.b.wild.example"), "not for");
		throws(() => check("leaf", "wild.example"), "not for");
		throws(() => check("leaf", "192.0.2.8"), "not for 192.0.2.8");
		equal(matchesDns("*.a.example", "x.a.example"), true);
		for (const pattern of ["*.example", "*", "*.", "x*.a.example", "*x.a.example", "x.*.example", "*.*.example", "*a.example", ".a.example", "x.a.example."])
			equal(matchesDns(pattern, "x.a.example"), false, pattern);
		throws(() => check("leafWideWildcard", "broker.example"), "not for");
		throws(() => check("leafWideWildcard", "bb.wild.example"), "not for");
		throws(() => check("leafWideWildcard", "a.b.example"), "not for");
	});

	it("takes an address from iPAddress only and never asks the common name", () => {
		throws(() => check("leafAddressAsName", "192.0.2.7"), "certificate is for 192.0.2.7 (as a DNS name), not for 192.0.2.7");
		throws(() => check("leafNoNames", "broker.example"), "certificate names no host (it has no subjectAltName)");
	});

	it("reads configured names strictly", () => {
		equal(parseHost("Broker.Example.").dns, "broker.example");
		equal(parseHost("my_host").dns, "my_host");
		equal(parseHost("10.0.0.1").dns, undefined);
		equal(parseHost("2001:db8::7").address!.length, 16);
		for (const name of ["", ".", "a..b", "-a", "a-", "a b", "1.2.3", "1.2.3.4.5", "01.2.3.4", "256.1.1.1", "1.2.3.-4", "0x7f.1", "::1::", "[::1]", "fe80::1%eth0", "a\0b", "ä.example",
			"a".repeat(64), new Array(51).fill("abcd").join(".")])
			throws(() => parseHost(name), "is neither a DNS name nor an IP address");
	});
});
