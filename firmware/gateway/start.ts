import type { Calendar } from "../ports/calendar.js";
import type { KeyLog } from "../ports/key-log.js";
import { LEVEL_ERROR, LEVEL_INFO } from "../ports/log.js";
import { quicTransport } from "../uplink/quic-transport.js";
import type { TransportFactory } from "../uplink/transport.js";
import { Board, EXIT_UNAVAILABLE } from "./board.js";
import { ConfigurationError, readConfiguration, type Configuration } from "./configuration/configuration.js";
import { readCredentials, type Credentials } from "./credentials.js";
import type { Platform } from "./platform.js";
import { addressText, parseDecimal } from "./text.js";

/** Status that the program ends with where the command line, the configuration or a file that it names is wrong. */
export const EXIT_CONFIGURATION = 2;

const USAGE = "options: --config FILE [--keylog FILE] [--wall-clock unset|SECONDS]";

/** The machine as main.ts and the specs build it. */
export interface Host {
	/** Without a key log. */
	readonly platform: Platform;
	/** The bytes of a file, or undefined where it cannot be read. */
	readFile(path: string): Uint8Array | undefined;
	/** Appends TLS secrets to the file. */
	openKeyLog(path: string): KeyLog;
	/** For tests of certificates: a clock that was never set, or was set to so many seconds since 1970. */
	openCalendar(wallClock: "unset" | number): Calendar;
}

interface Options {
	config: string;
	keyLog?: string;
	wallClock?: "unset" | number;
}

/** Reads the command line and the files and starts the board. Where it cannot be started it says why, ends the
 *  program and returns undefined. */
export function startBoard(args: readonly string[], host: Host): Board | undefined {
	const { console, system } = host.platform;
	try {
		const { config, keyLog, wallClock } = readOptions(args);
		const { configuration, credentials } = readFiles(config, host);
		return run({
			...host.platform,
			...keyLog === undefined ? {} : { keyLog: host.openKeyLog(keyLog) },
			...wallClock === undefined ? {} : { calendar: host.openCalendar(wallClock) },
		}, configuration, credentials);
	}
	catch (error) {
		if (!(error instanceof ConfigurationError))
			throw error;
		for (const problem of error.problems)
			console.print(problem);
		system.exit(EXIT_CONFIGURATION);
		return undefined;
	}
}

function readOptions(args: readonly string[]): Options {
	const options: Options = { config: "" };
	for (let i = 0; i < args.length; i += 2) {
		const name = args[i]!, value = args[i + 1];
		if (name !== "--config" && name !== "--keylog" && name !== "--wall-clock")
			throw new ConfigurationError([`${name} is not an option`, USAGE]);
		if (value === undefined)
			throw new ConfigurationError([`${name} wants a value`, USAGE]);
		if (name === "--config")
			options.config = value;
		else if (name === "--keylog")
			options.keyLog = value;
		else {
			const seconds = parseDecimal(value, 0xffffffff);
			if (seconds < 0 && value !== "unset")
				throw new ConfigurationError([`--wall-clock ${value}: unset, or seconds since 1970`, USAGE]);
			options.wallClock = value === "unset" ? value : seconds;
		}
	}
	if (options.config === "")
		throw new ConfigurationError(["--config is missing", USAGE]);
	return options;
}

/** Problems carry the file's name: `gateway.json: broker.url: …`. */
function readFiles(path: string, host: Host): { configuration: Configuration, credentials: Credentials } {
	const bytes = host.readFile(path);
	if (bytes === undefined)
		throw new ConfigurationError([`cannot read ${path}`]);
	try {
		const configuration = readConfiguration(bytes);
		return { configuration, credentials: readCredentials(configuration.broker, path, name => host.readFile(name)) };
	}
	catch (error) {
		if (!(error instanceof ConfigurationError))
			throw error;
		const name = path.slice(path.lastIndexOf("/") + 1);
		throw new ConfigurationError(error.problems.map(problem => `${name}: ${problem}`));
	}
}

function run(platform: Platform, configuration: Configuration, credentials: Credentials): Board | undefined {
	const { log, system } = platform, { network, routes } = configuration;
	log.write(LEVEL_INFO, "board", `${configuration.name}: ${system.engineName} ${system.engineVersion}, ${system.engineBits}-bit${system.arenaBytes > 0 ? `, ${Math.round(system.arenaBytes / 1024)} KiB` : ""}; ${addressText(network.address)}, ${routes.length} ${routes.length === 1 ? "route" : "routes"}`);
	const { crypto, random, calendar, keyLog } = platform, { broker } = configuration;
	const transport = quicTransport({ crypto, random, calendar, keyLog, serverName: broker.serverName ?? broker.url.host, roots: credentials.roots });
	const board = makeBoard(platform, configuration, credentials.password, transport);
	try {
		board.start();
		return board;
	}
	catch (error) {
		// What the socket's constructor says: which address or port, and why.
		log.write(LEVEL_ERROR, "board", (error as Error).message);
		system.exit(EXIT_UNAVAILABLE);
		return undefined;
	}
}

/** What the tables of config.ts have no room for is the configuration's fault. */
function makeBoard(platform: Platform, configuration: Configuration, password: Uint8Array | undefined, transport: TransportFactory): Board {
	try {
		return new Board(platform, configuration, password, transport);
	}
	catch (error) {
		throw error instanceof RangeError ? new ConfigurationError([error.message]) : error;
	}
}
