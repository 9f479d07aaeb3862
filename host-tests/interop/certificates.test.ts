import { X509Certificate, createPrivateKey } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, after, before, equal, ok } from "#test";
import { ensureCertificates, issue, makeCa } from "../../scripts/demo/certificates.js";

const NAMES = { dns: ["broker.test", "localhost"], ip: ["127.0.0.1"] };

// 1.2.840.113549.1.1.10
const RSA_PSS = Buffer.from("06092a864886f70d01010a", "hex");
const has = (der: Uint8Array, part: Buffer) => Buffer.from(der).includes(part);

describe("certificates", () => {
	let folder = "";
	before(() => { folder = mkdtempSync(join(tmpdir(), "zonal-certificates-")); });
	after(() => { rmSync(folder, { recursive: true }); });

	it("makes a chain that OpenSSL verifies, with names and purposes", async () => {
		const files = await ensureCertificates(folder, NAMES);
		ok(files.renewed);
		const ca = new X509Certificate(readFileSync(files.ca)), server = new X509Certificate(readFileSync(files.chain));
		ok(ca.ca && ca.verify(ca.publicKey) && ca.checkIssued(ca), "the CA is its own issuer");
		ok(!server.ca && server.checkIssued(ca) && server.verify(ca.publicKey), "the server is the CA's");
		equal(server.checkHost("broker.test"), "broker.test");
		equal(server.checkIP("127.0.0.1"), "127.0.0.1");
		equal(server.checkHost("other.test"), undefined);
		equal(server.keyUsage.join(), "1.3.6.1.5.5.7.3.1");
		ok(server.checkPrivateKey(createPrivateKey(readFileSync(files.key))));
		equal(server.publicKey.asymmetricKeyDetails!.namedCurve, "prime256v1");
	});
	it("keeps keys to their owner", async () => {
		const files = await ensureCertificates(folder, NAMES);
		equal(statSync(files.key).mode & 0o777, 0o600);
		equal(statSync(join(folder, "ca.key")).mode & 0o777, 0o600);
	});
	it("keeps what is good, renews the server for other names under the same CA", async () => {
		const ca = readFileSync(join(folder, "ca.pem"), "utf8");
		equal((await ensureCertificates(folder, NAMES)).renewed, false);
		const files = await ensureCertificates(folder, { dns: [], ip: ["127.0.0.7"] });
		ok(files.renewed);
		equal(readFileSync(files.ca, "utf8"), ca);
		const server = new X509Certificate(readFileSync(files.chain));
		equal(server.checkIP("127.0.0.7"), "127.0.0.7");
		ok(server.verify(new X509Certificate(ca).publicKey));
	});
	it("renews what is near its end, and what is no certificate", async () => {
		const files = await ensureCertificates(folder, NAMES);
		const ca = await makeCa({ days: 5 });
		writeFileSync(files.ca, ca.pem);
		writeFileSync(join(folder, "ca.key"), ca.keyPem);
		ok((await ensureCertificates(folder, NAMES)).renewed);
		ok(readFileSync(files.ca, "utf8") !== ca.pem);
		writeFileSync(files.chain, "nothing");
		ok((await ensureCertificates(folder, NAMES)).renewed);
	});
	it("makes test certificates of every kind", async () => {
		const root = await makeCa({ key: "rsa", pathLength: 1 }), middle = await makeCa({ key: "p384", name: "Middle", issuer: root, pss: true });
		const leaf = await issue(middle, { ...NAMES, key: "rsa" });
		equal(leaf.chain.match(/BEGIN CERTIFICATE/g)!.length, 2);
		const [a, b] = [new X509Certificate(root.pem), new X509Certificate(middle.pem)];
		ok(middle.der.length > 0 && has(middle.der, RSA_PSS) && !has(leaf.der, RSA_PSS), "signature algorithms");
		ok(b.verify(a.publicKey) && new X509Certificate(leaf.pem).verify(b.publicKey));
		const expired = new X509Certificate((await issue(root, { expired: true })).pem);
		ok(Date.parse(expired.validTo) < Date.now());
		ok(Date.parse(new X509Certificate((await issue(root, { notYetValid: true })).pem).validFrom) > Date.now());
		equal(new X509Certificate((await issue(root, { ...NAMES, noSan: true, unknownCritical: true })).pem).subjectAltName, undefined);
	});
});
