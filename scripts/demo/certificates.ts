/** The private CA and the server certificate of the broker on the PC, and certificates of every kind for tests. */
import { X509Certificate, createPrivateKey, randomBytes, webcrypto } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const DAY = 24 * 60 * 60 * 1000;
const CA_DAYS = 3650;
const SERVER_DAYS = 365;
/** A certificate is renewed when it has no longer than this to go. */
const RENEW_DAYS = 30;

export interface CertificateNames {
	dns: string[];
	/** Dotted IPv4. */
	ip: string[];
}

/** Paths of PEM files. */
export interface CertificateFiles {
	/** What a client is configured with. */
	ca: string;
	/** The server's chain (the root left out) and key. */
	chain: string;
	key: string;
	/** True where this run made or renewed something. */
	renewed: boolean;
}

/** Makes `folder`'s CA and server certificate where they are missing, do not match, are near their end or are for
 *  other names. The CA stays as it is as long as it can, so that clients that trust it go on. */
export async function ensureCertificates(folder: string, names: CertificateNames): Promise<CertificateFiles> {
	mkdirSync(folder, { recursive: true, mode: 0o700 });
	const path = (name: string) => join(folder, name);
	const files: CertificateFiles = { ca: path("ca.pem"), chain: path("server.pem"), key: path("server.key"), renewed: false };
	const caKey = path("ca.key");
	let ca: Authority | undefined;
	if (!isPair(files.ca, caKey)) {
		ca = await makeCa({ name: "Zonal demo CA", days: CA_DAYS });
		write(files.ca, ca.pem);
		write(caKey, ca.keyPem);
		files.renewed = true;
	}
	if (files.renewed || !isPair(files.chain, files.key) || !isFor(files, names)) {
		ca ??= await readAuthority(files.ca, caKey);
		const server = await issue(ca, { name: names.dns[0] ?? names.ip[0] ?? "broker", ...names, days: SERVER_DAYS });
		write(files.chain, server.pem);
		write(files.key, server.keyPem);
		files.renewed = true;
	}
	return files;
}

function isPair(certificateFile: string, keyFile: string): boolean {
	if (!existsSync(certificateFile) || !existsSync(keyFile))
		return false;
	try {
		const certificate = new X509Certificate(readFileSync(certificateFile));
		const left = Date.parse(certificate.validTo) - Date.now();
		return left > RENEW_DAYS * DAY && Date.parse(certificate.validFrom) < Date.now() &&
			certificate.checkPrivateKey(createPrivateKey(readFileSync(keyFile)));
	}
	catch {
		return false;
	}
}

function isFor(files: CertificateFiles, names: CertificateNames): boolean {
	const server = new X509Certificate(readFileSync(files.chain)), ca = new X509Certificate(readFileSync(files.ca));
	const wanted = [...names.dns.map(name => `DNS:${name}`), ...names.ip.map(name => `IP Address:${name}`)];
	return server.subjectAltName === wanted.join(", ") && server.checkIssued(ca) && server.verify(ca.publicKey);
}

// Written aside and renamed: a run that is stopped half-way leaves whole files.
function write(path: string, text: string): void {
	const secret = path.endsWith(".key");
	writeFileSync(`${path}.new`, text, { mode: secret ? 0o600 : 0o644 });
	chmodSync(`${path}.new`, secret ? 0o600 : 0o644);
	renameSync(`${path}.new`, path);
}

export type KeyKind = "p256" | "p384" | "rsa";

export interface Issued {
	/** The certificate; `chain` has those of intermediate authorities after it. */
	pem: string;
	chain: string;
	keyPem: string;
	der: Uint8Array;
}

export interface Authority extends Issued {
	subject: string;
	kind: KeyKind;
	keys: CryptoKeyPair;
	isRoot: boolean;
}

type CryptoKeyPair = webcrypto.CryptoKeyPair;

interface CommonOptions {
	/** Common name of the subject. */
	name?: string;
	key?: KeyKind;
	days?: number;
	notBefore?: Date;
	notAfter?: Date;
	/** How an RSA issuer signs; default PKCS#1 v1.5. */
	pss?: boolean;
	hash?: "SHA-256" | "SHA-384" | "SHA-512";
}

export interface CaOptions extends CommonOptions {
	/** Another authority: this one is an intermediate. */
	issuer?: Authority;
	/** Of the basic constraints; default 0. */
	pathLength?: number;
	/** DER of NameConstraints. */
	nameConstraints?: Uint8Array;
}

export interface IssueOptions extends CommonOptions, Partial<CertificateNames> {
	/** Ended yesterday; begins only tomorrow. */
	expired?: boolean;
	notYetValid?: boolean;
	/** basicConstraints say CA (no server may present such a one). */
	ca?: boolean;
	/** Object identifiers; default serverAuth; an empty list leaves the extension out. */
	extendedKeyUsage?: string[];
	/** False leaves digitalSignature out: keyEncipherment alone. */
	digitalSignature?: boolean;
	/** No subject alternative name, whatever names are given: the common name alone. */
	noSan?: boolean;
	/** A critical extension that nobody knows. */
	unknownCritical?: boolean;
}

/** A root, or under `issuer` an intermediate authority. */
export async function makeCa(options: CaOptions = {}): Promise<Authority> {
	const x509 = await library();
	const { issuer, name = "Test CA", key: kind = "p256", pathLength = 0 } = options;
	const keys = await makeKeys(kind), subject = `CN=${name}`;
	const extensions = [
		new x509.BasicConstraintsExtension(true, pathLength, true),
		new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
		...options.nameConstraints === undefined ? [] : [new x509.Extension("2.5.29.30", true, options.nameConstraints)],
	];
	const certificate = await sign(options, subject, keys, issuer ?? { subject, kind, keys }, extensions);
	const pem = certificate.toString("pem") + "\n";
	return {
		subject, kind, keys, isRoot: issuer === undefined, pem,
		chain: issuer === undefined || issuer.isRoot ? pem : pem + issuer.chain,
		keyPem: await privatePem(keys), der: new Uint8Array(certificate.rawData),
	};
}

/** A server certificate, good by default; the options make it wrong in one way each. */
export async function issue(ca: Authority, options: IssueOptions = {}): Promise<Issued> {
	const x509 = await library();
	const { name = "server", key: kind = "p256", dns = [], ip = [], extendedKeyUsage = ["1.3.6.1.5.5.7.3.1"] } = options;
	const keys = await makeKeys(kind);
	const usage = options.digitalSignature === false ? x509.KeyUsageFlags.keyEncipherment : x509.KeyUsageFlags.digitalSignature;
	const extensions: InstanceType<typeof x509.Extension>[] = [
		new x509.BasicConstraintsExtension(options.ca === true, undefined, true),
		new x509.KeyUsagesExtension(usage, true),
	];
	if (extendedKeyUsage.length > 0)
		extensions.push(new x509.ExtendedKeyUsageExtension(extendedKeyUsage));
	const names = [...dns.map(value => ({ type: "dns" as const, value })), ...ip.map(value => ({ type: "ip" as const, value }))];
	if (names.length > 0 && !options.noSan)
		extensions.push(new x509.SubjectAlternativeNameExtension(names));
	if (options.unknownCritical)
		extensions.push(new x509.Extension("1.3.6.1.4.1.99999.1", true, new Uint8Array([5, 0])));
	const certificate = await sign(options, `CN=${name}`, keys, ca, extensions);
	const pem = certificate.toString("pem") + "\n";
	return { pem, chain: ca.isRoot ? pem : pem + ca.chain, keyPem: await privatePem(keys), der: new Uint8Array(certificate.rawData) };
}

type Library = typeof import("@peculiar/x509");

async function sign(options: CommonOptions & IssueOptions, subject: string, keys: CryptoKeyPair,
	issuer: Pick<Authority, "subject" | "kind" | "keys">, extensions: InstanceType<Library["Extension"]>[]) {
	const x509 = await library(), now = Date.now();
	let { notBefore = new Date(now - DAY), notAfter = new Date(now + (options.days ?? 30) * DAY) } = options;
	if (options.expired) {
		notBefore = new Date(now - 10 * DAY);
		notAfter = new Date(now - DAY);
	}
	if (options.notYetValid)
		notBefore = new Date(now + DAY);
	const serial = randomBytes(16);
	serial[0]! &= 0x7f;
	serial[0]! |= 0x40;
	return x509.X509CertificateGenerator.create({
		serialNumber: serial.toString("hex"), subject, issuer: issuer.subject, notBefore, notAfter,
		publicKey: keys.publicKey, ...await signing(issuer, options),
		extensions: [
			...extensions,
			await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
			await x509.AuthorityKeyIdentifierExtension.create(issuer.keys.publicKey, false, webcrypto),
		],
	}, webcrypto);
}

// WebCrypto ties an RSA key to one scheme and hash: it is imported anew for the ones wanted.
async function signing(issuer: Pick<Authority, "kind" | "keys">, { hash, pss }: CommonOptions) {
	const key = issuer.keys.privateKey;
	if (issuer.kind !== "rsa")
		return { signingKey: key, signingAlgorithm: { name: "ECDSA", hash: hash ?? (issuer.kind === "p384" ? "SHA-384" : "SHA-256") } };
	const algorithm = { name: pss ? "RSA-PSS" : "RSASSA-PKCS1-v1_5", hash: hash ?? "SHA-256" };
	const saltLength = { "SHA-256": 32, "SHA-384": 48, "SHA-512": 64 }[algorithm.hash];
	const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", key);
	return {
		signingKey: await webcrypto.subtle.importKey("pkcs8", pkcs8, algorithm, false, ["sign"]),
		signingAlgorithm: pss ? { ...algorithm, saltLength } : algorithm,
	};
}

function makeKeys(kind: KeyKind): Promise<CryptoKeyPair> {
	const uses: webcrypto.KeyUsage[] = ["sign", "verify"];
	if (kind === "rsa") {
		return webcrypto.subtle.generateKey({
			name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]),
		}, true, uses);
	}
	return webcrypto.subtle.generateKey({ name: "ECDSA", namedCurve: kind === "p384" ? "P-384" : "P-256" }, true, uses);
}

async function privatePem(keys: CryptoKeyPair): Promise<string> {
	const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
	return createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" }).export({ format: "pem", type: "pkcs8" }) as string;
}

// A CA that an earlier run made: always P-256.
async function readAuthority(certificateFile: string, keyFile: string): Promise<Authority> {
	const certificate = new X509Certificate(readFileSync(certificateFile));
	const pem = readFileSync(certificateFile, "utf8"), keyPem = readFileSync(keyFile, "utf8");
	const algorithm = { name: "ECDSA", namedCurve: "P-256" };
	const pkcs8 = createPrivateKey(keyPem).export({ format: "der", type: "pkcs8" });
	const spki = certificate.publicKey.export({ format: "der", type: "spki" });
	return {
		pem, chain: pem, keyPem, der: new Uint8Array(certificate.raw), subject: certificate.subject, kind: "p256", isRoot: true,
		keys: {
			privateKey: await webcrypto.subtle.importKey("pkcs8", pkcs8, algorithm, true, ["sign"]),
			publicKey: await webcrypto.subtle.importKey("spki", spki, algorithm, true, ["verify"]),
		},
	};
}

/** Loaded where it is needed: it takes longer than all the rest. */
async function library(): Promise<Library> {
	await import("reflect-metadata");
	return import("@peculiar/x509");
}
