import { ConfigurationError, type BrokerConfiguration } from "./configuration/configuration.js";
import { readCertificates } from "./pem.js";

/** What the configuration names as files. */
export interface Credentials {
	/** DER certificates. */
	readonly roots: readonly Uint8Array[];
	readonly password: Uint8Array | undefined;
}

/** Reads the files that `broker` names; `configPath` is the file that the paths are relative to.
 *  Throws ConfigurationError with every file that cannot be used. */
export function readCredentials(broker: BrokerConfiguration, configPath: string, readFile: (path: string) => Uint8Array | undefined): Credentials {
	const problems: string[] = [];
	let roots: Uint8Array[] = [], password: Uint8Array | undefined;
	const ca = resolvePath(configPath, broker.ca), file = readFile(ca);
	if (file === undefined)
		problems.push(`broker.ca: cannot read ${ca}`);
	else {
		try {
			roots = readCertificates(file);
		}
		catch (error) {
			problems.push(`broker.ca: ${ca} ${(error as Error).message}`);
		}
	}
	if (broker.passwordFile !== undefined) {
		const path = resolvePath(configPath, broker.passwordFile);
		password = readFile(path);
		if (password === undefined)
			problems.push(`broker.passwordFile: cannot read ${path}`);
		else {
			password = firstLine(password);
			if (password.length === 0)
				problems.push(`broker.passwordFile: the first line of ${path} is empty`);
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

function firstLine(bytes: Uint8Array): Uint8Array {
	let end = 0;
	while (end < bytes.length && bytes[end] !== 0x0a && bytes[end] !== 0x0d)
		end++;
	return bytes.slice(0, end);
}
