import { CA_FILE_MAX, CERTIFICATE_FILE_MAX, PASSWORD_FILE_MAX, PASSWORD_MAX } from "../config.js";
import type { Crypto, SigningKey } from "../ports/crypto.js";
import { clientCertificate, type ClientCertificate } from "../uplink/client-certificate.js";
import { rootFault } from "../uplink/root-fault.js";
import { ConfigurationError, type BrokerConfiguration } from "./configuration/configuration.js";
import { readFile, type Files } from "./file.js";
import { readCertificates } from "./pem.js";

/** What the configuration names as files. */
export interface Credentials {
	/** DER certificates. */
	readonly roots: readonly Uint8Array[];
	readonly password: Uint8Array | undefined;
	readonly certificate: ClientCertificate | undefined;
}

/** Reads the files that `broker` names; `configPath` is the file that the paths are relative to.
 *  Throws ConfigurationError with every file that cannot be used. */
export function readCredentials(broker: BrokerConfiguration, configPath: string, files: Files, crypto: Pick<Crypto, "signingKey">): Credentials {
	const problems: string[] = [];
	let roots: readonly Uint8Array[] = [], password: Uint8Array | undefined, certificate: ClientCertificate | undefined;
	try {
		roots = readRoots(resolvePath(configPath, broker.ca), files);
	}
	catch (error) {
		problems.push(`broker.ca: ${(error as Error).message}`);
	}
	if (broker.passwordFile !== undefined) {
		try {
			password = readPassword(resolvePath(configPath, broker.passwordFile), files);
		}
		catch (error) {
			problems.push(`broker.passwordFile: ${(error as Error).message}`);
		}
	}
	if (broker.certificate !== undefined && broker.key !== undefined)
		certificate = readClientCertificate(resolvePath(configPath, broker.certificate), resolvePath(configPath, broker.key), files, crypto, problems);
	if (problems.length > 0)
		throw new ConfigurationError(problems);
	return { roots, password, certificate };
}

/** `path` as seen from the folder of `from`. */
export function resolvePath(from: string, path: string): string {
	return path.startsWith("/") ? path : from.slice(0, from.lastIndexOf("/") + 1) + path;
}

/** Both files are looked at before anything is said. */
function readClientCertificate(path: string, keyPath: string, files: Files, crypto: Pick<Crypto, "signingKey">, problems: string[]): ClientCertificate | undefined {
	let chain: readonly Uint8Array[] | undefined, key: SigningKey | undefined;
	try {
		chain = readPem(path, readFile(files, path, CERTIFICATE_FILE_MAX, "only the board's certificate and its intermediate CAs are needed"));
	}
	catch (error) {
		problems.push(`broker.certificate: ${(error as Error).message}`);
	}
	try {
		key = crypto.signingKey(keyPath);
	}
	catch (error) {
		problems.push(`broker.key: ${keyPath} ${(error as Error).message}`);
	}
	try {
		if (chain !== undefined && key !== undefined)
			return clientCertificate(chain, key);
	}
	catch (error) {
		problems.push(`broker.certificate: ${path} ${(error as Error).message}`);
	}
	key?.close();
	return undefined;
}

function readPem(path: string, file: Uint8Array): readonly Uint8Array[] {
	try {
		return readCertificates(file);
	}
	catch (error) {
		throw new Error(`${path} ${(error as Error).message}`);
	}
}

/** One certificate that can be used will do: a file of several may hold others. */
export function readRoots(path: string, files: Files): readonly Uint8Array[] {
	const roots = readPem(path, readFile(files, path, CA_FILE_MAX, "only the CA that the broker's chain ends in is needed"));
	let fault = "";
	for (const root of roots) {
		const found = rootFault(root);
		if (found === "")
			return roots;
		fault = fault === "" ? found : fault;
	}
	throw new Error(`${path} holds no certificate that can be used as a CA: ${fault}`);
}

function readPassword(path: string, files: Files): Uint8Array {
	const file = readFile(files, path, PASSWORD_FILE_MAX, "the password is its first line");
	if (file[0] === 0xff && file[1] === 0xfe || file[0] === 0xfe && file[1] === 0xff)
		throw new Error(`${path} is UTF-16; save the file as UTF-8`);
	// A byte order mark is the editor's, not the password's.
	const start = file[0] === 0xef && file[1] === 0xbb && file[2] === 0xbf ? 3 : 0;
	let end = start;
	while (end < file.length && file[end] !== 0x0a && file[end] !== 0x0d)
		end++;
	if (end === start)
		throw new Error(`the first line of ${path} is empty`);
	if (end - start > PASSWORD_MAX)
		throw new Error(`the first line of ${path} has ${end - start} bytes; a password has at most ${PASSWORD_MAX}`);
	return file.slice(start, end);
}
