import { CONFIGURATION_FILE_MAX } from "../config.js";
import type { Addresses } from "../ports/addresses.js";
import type { Crypto } from "../ports/crypto.js";
import { ConfigurationError, readConfiguration, type Configuration } from "./configuration/configuration.js";
import { readCredentials, type Credentials } from "./credentials.js";
import { readFile, type Files } from "./file.js";

/** Reads and checks the configuration and what it names. Throws ConfigurationError; problems carry the file's name:
 *  `gateway.json: broker.url: …`. `addresses`: where IPv6 addresses are kept, where the configuration is to be used. */
export function load(path: string, files: Files, crypto: Pick<Crypto, "signingKey">, addresses?: Addresses): { configuration: Configuration, credentials: Credentials } {
	let bytes: Uint8Array;
	try {
		bytes = readFile(files, path, CONFIGURATION_FILE_MAX, "is it the configuration?");
	}
	catch (error) {
		throw new ConfigurationError([(error as Error).message]);
	}
	try {
		const configuration = readConfiguration(bytes, addresses);
		return { configuration, credentials: readCredentials(configuration.broker, path, files, crypto) };
	}
	catch (error) {
		if (!(error instanceof ConfigurationError))
			throw error;
		const name = path.slice(path.lastIndexOf("/") + 1);
		throw new ConfigurationError(error.problems.map(problem => `${name}: ${problem}`));
	}
}
