import { constants, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, ok } from "#test";
import type { Config } from "@matrixai/quic/native/types.js";
import { EVENT_CONFIRMED } from "../../firmware/quic/connection.js";
import { address, basicConstraints, dns, keyUsage, type Signer, subjectAltName, writeCertificate } from "../tls/support/certificate-writer.js";
import { element, integer, nothing, oid, sequence } from "../tls/support/der-writer.js";
import { QuicDriver } from "./support/quic-driver.js";
import { type EchoOptions, QuicheEcho } from "./support/quiche-echo.js";

interface Key extends Signer {
	readonly publicKey: Uint8Array;
	readonly privateKey: KeyObject;
}

const SHA256 = sequence(oid("2.16.840.1.101.3.4.2.1"), nothing());
const PSS = sequence(oid("1.2.840.113549.1.1.10"), sequence(element(0xa0, SHA256), element(0xa1, sequence(oid("1.2.840.113549.1.1.8"), SHA256)), element(0xa2, integer(32))));

function rsa(bits: number, isPss: boolean): Key {
	const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: bits });
	const padding = isPss ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } : { padding: constants.RSA_PKCS1_PADDING };
	return {
		privateKey, publicKey: new Uint8Array(publicKey.export({ type: "spki", format: "der" })),
		algorithm: isPss ? PSS : sequence(oid("1.2.840.113549.1.1.11"), nothing()),
		sign: message => new Uint8Array(sign("sha256", message, { key: privateKey, ...padding })),
	};
}

function ec(namedCurve: "P-256" | "P-384"): Key {
	const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve });
	const [hash, id] = namedCurve === "P-256" ? ["sha256", "1.2.840.10045.4.3.2"] as const : ["sha384", "1.2.840.10045.4.3.3"] as const;
	return {
		privateKey, publicKey: new Uint8Array(publicKey.export({ type: "spki", format: "der" })),
		algorithm: sequence(oid(id)), sign: message => new Uint8Array(sign(hash, message, privateKey)),
	};
}

const pem = (der: Uint8Array): string => `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString("base64").replace(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`;

/** The root, and the chain below it, the server's own certificate first. */
function makeChain(keys: Key[]): { root: Uint8Array; chain: Uint8Array[] } {
	const validity = { notBefore: "200101000000Z", notAfter: "491231235959Z" };
	const certificates = keys.map((key, i) => writeCertificate({
		...validity, publicKey: key.publicKey, signer: keys[Math.max(0, i - 1)]!, subject: `level ${i}`, issuer: `level ${Math.max(0, i - 1)}`,
		extensions: i < keys.length - 1 ? [basicConstraints(true), keyUsage(5)] : [keyUsage(0), subjectAltName(dns("broker.example"), address(127, 0, 0, 1))],
	}));
	return { root: certificates[0]!, chain: certificates.slice(1).reverse() };
}

describe("tls with BoringSSL", function (this: any) {
	this.timeout(30000);
	let folder = "";
	const servers: QuicheEcho[] = [], drivers: QuicDriver[] = [];
	before(() => { folder = mkdtempSync(join(tmpdir(), "zonal-tls-")); });
	after(async () => {
		for (const each of [...drivers, ...servers])
			await each.stop();
		rmSync(folder, { recursive: true });
	});

	const confirms = async (keys: Key[], more: Partial<EchoOptions> = {}): Promise<void> => {
		const { root, chain } = makeChain(keys), name = join(folder, String(servers.length));
		writeFileSync(`${name}.pem`, chain.map(pem).join(""));
		writeFileSync(`${name}.key`, keys[keys.length - 1]!.privateKey.export({ type: "pkcs8", format: "pem" }));
		const server = await QuicheEcho.start({ chain: `${name}.pem`, key: `${name}.key`, ...more });
		servers.push(server);
		const driver = await QuicDriver.start({ port: server.port, roots: [root], serverName: "broker.example" });
		drivers.push(driver);
		await driver.until(() => driver.events.includes(EVENT_CONFIRMED) || driver.connection.closed, "end of the handshake");
		ok(driver.events.includes(EVENT_CONFIRMED), driver.connection.closeReason);
	};

	const small = rsa(2048, false), smallPss = rsa(2048, true);

	it("verifies RSA-PSS over the handshake, PKCS#1 and RSA-PSS in the chain", () => confirms([small, smallPss, small]));
	it("verifies RSA keys of 3072 and 4096 bits", () => confirms([rsa(4096, false), rsa(3072, false)]));
	it("verifies P-384 under P-256", () => confirms([ec("P-256"), ec("P-384")]));
	it("verifies a chain of four of mixed keys", () => confirms([ec("P-384"), smallPss, ec("P-256"), small]));
	it("goes on without a certificate where the server would like one", () => confirms([ec("P-256"), ec("P-256")], { configure: (config: Config) => { config.verifyPeer(true); } }));
});
