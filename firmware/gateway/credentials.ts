import { CA_FILE_MAX, PASSWORD_FILE_MAX, PASSWORD_MAX } from "../config.js";
import { rootFault } from "../uplink/root-fault.js";
import { ConfigurationError, type BrokerConfiguration } from "./configuration/configuration.js";
import { readFile, type Files } from "./file.js";
import { readCertificates } from "./pem.js";

/** What the configuration names as files. */
export interface Credentials {
	/** DER certificates. */
	readonly roots: readonly Uint8Array[];
	readonly password: Uint8Array | undefined;
}

/** Reads the files that `broker` names; `configPath` is the file that the paths are relative to.
 *  Throws ConfigurationError with every file that cannot be used. */
export function readCredentials(broker: BrokerConfiguration, configPath: string, files: Files): Credentials {
	const problems: string[] = [];
	let roots: readonly Uint8Array[] = [], password: Uint8Array | undefined;
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
	if (problems.length > 0)
		throw new ConfigurationError(problems);
	return { roots, password };
}

/** `path` as seen from the folder of `from`. */
export function resolvePath(from: string, path: string): string {
	return path.startsWith("/") ? path : from.slice(0, from.lastIndexOf("/") + 1) + path;
}

/** One certificate that can be used will do: a file of several may hold others. */
function readRoots(path: string, files: Files): readonly Uint8Array[] {
	const file = readFile(files, path, CA_FILE_MAX, "only the CA that the broker's chain ends in is needed");
	let roots: readonly Uint8Array[];
	try {
		roots = readCertificates(file);
	}
	catch (error) {
		throw new Error(`${path} ${(error as Error).message}`);
	}
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
