import { CONFIGURATION_FILE_MAX } from "../config.js";
import type { Calendar } from "../ports/calendar.js";
import type { KeyLog } from "../ports/key-log.js";
import { LEVEL_ERROR, LEVEL_INFO } from "../ports/log.js";
import { quicTransport } from "../uplink/quic-transport.js";
import type { TransportFactory } from "../uplink/transport.js";
import { parseDecimal } from "../wire/decimal.js";
import { addressText } from "../wire/ipv4-address.js";
import { Board, EXIT_UNAVAILABLE } from "./board.js";
import { ConfigurationError, readConfiguration, type Configuration } from "./configuration/configuration.js";
import { DHCP } from "./configuration/table.js";
import { readCredentials, type Credentials } from "./credentials.js";
import { readFile, type Files } from "./file.js";
import type { Platform } from "./platform.js";

/** Status that the program ends with where the command line, the configuration or a file that it names is wrong. */
export const EXIT_CONFIGURATION = 2;

const USAGE = "options: --config FILE [--keylog FILE] [--trace FILE [--trace-limit MIB]] [--wall-clock unset|SECONDS]";
/** MiB that a trace may have where nothing else is asked for. */
const TRACE_LIMIT = 256;

/** The machine as main.ts and the specs build it. */
export interface Host extends Files {
	/** Without a key log. */
	readonly platform: Platform;
	/** Appends TLS secrets to the file. Throws in words where it cannot be written. */
	openKeyLog(path: string): KeyLog;
	/** For tests of certificates: a clock that was never set, or was set to so many seconds since 1970. */
	openCalendar(wallClock: "unset" | number): Calendar;
	/** Begins a file with what the vehicle's sockets carry, of at most `limit` bytes; throws in words where it cannot be
	 *  written. Absent on a board. */
	openTrace?(path: string, limit: number, platform: Platform): NonNullable<Platform["vehicle"]>;
}

interface Options {
	config: string;
	keyLog?: string;
	trace?: string;
	traceLimit?: number;
	wallClock?: "unset" | number;
}

/** Reads the command line and the files and starts the board. Where it cannot be started it says why, ends the
 *  program and returns undefined. */
export function startBoard(args: readonly string[], host: Host): Board | undefined {
	let board: Board;
	try {
		board = makeBoard(args, host);
	}
	catch (error) {
		if (!(error instanceof ConfigurationError))
			throw error;
		for (const problem of error.problems)
			host.platform.console.print(problem);
		host.platform.system.exit(EXIT_CONFIGURATION);
		return undefined;
	}
	try {
		board.start();
		return board;
	}
	catch (error) {
		// What the socket's constructor says: which address or port, and why.
		host.platform.log.write(LEVEL_ERROR, "board", (error as Error).message);
		host.platform.system.exit(EXIT_UNAVAILABLE);
		return undefined;
	}
}

function makeBoard(args: readonly string[], host: Host): Board {
	const options = readOptions(args), { configuration, credentials } = readFiles(options.config, host);
	if (configuration.network.address === DHCP && host.platform.link?.begin === undefined)
		throw new ConfigurationError(["network.address: \"dhcp\" is for boards; write an address of this machine"]);
	return assemble(platformOf(host, options), configuration, credentials);
}

function platformOf(host: Host, { keyLog, trace, traceLimit = TRACE_LIMIT, wallClock }: Options): Platform {
	return {
		...host.platform,
		...keyLog === undefined ? {} : { keyLog: opened("--keylog", () => host.openKeyLog(keyLog)) },
		...trace === undefined || host.openTrace === undefined ? {}
			: { vehicle: opened("--trace", () => host.openTrace!(trace, traceLimit * 0x100000, host.platform)) },
		...wallClock === undefined ? {} : { calendar: host.openCalendar(wallClock) },
	};
}

function opened<T>(option: string, open: () => T): T {
	try {
		return open();
	}
	catch (error) {
		throw new ConfigurationError([`${option}: ${(error as Error).message}`]);
	}
}

function readOptions(args: readonly string[]): Options {
	const options: Options = { config: "" };
	for (let i = 0; i < args.length; i += 2) {
		const name = args[i]!, value = args[i + 1];
		if (name !== "--config" && name !== "--keylog" && name !== "--wall-clock" && name !== "--trace" && name !== "--trace-limit")
			throw new ConfigurationError([`${name} is not an option`, USAGE]);
		if (value === undefined)
			throw new ConfigurationError([`${name} wants a value`, USAGE]);
		if (name === "--config")
			options.config = value;
		else if (name === "--keylog")
			options.keyLog = value;
		else if (name === "--trace")
			options.trace = value;
		else if (name === "--trace-limit") {
			options.traceLimit = parseDecimal(value, 0xffff);
			if (options.traceLimit < 1)
				throw new ConfigurationError([`--trace-limit ${value}: MiB, 1 to 65535`, USAGE]);
		}
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
	let bytes: Uint8Array;
	try {
		bytes = readFile(host, path, CONFIGURATION_FILE_MAX, "is it the configuration?");
	}
	catch (error) {
		throw new ConfigurationError([(error as Error).message]);
	}
	try {
		const configuration = readConfiguration(bytes);
		return { configuration, credentials: readCredentials(configuration.broker, path, host, host.platform.crypto) };
	}
	catch (error) {
		if (!(error instanceof ConfigurationError))
			throw error;
		const name = path.slice(path.lastIndexOf("/") + 1);
		throw new ConfigurationError(error.problems.map(problem => `${name}: ${problem}`));
	}
}

function assemble(platform: Platform, configuration: Configuration, credentials: Credentials): Board {
	logStart(platform, configuration);
	try {
		return new Board(platform, configuration, credentials.password, transportOf(platform, configuration, credentials));
	}
	catch (error) {
		// What the tables of config.ts have no room for is the configuration's fault.
		throw error instanceof RangeError ? new ConfigurationError([error.message]) : error;
	}
}

function logStart({ log, system }: Platform, { name, network, routes }: Configuration): void {
	log.write(LEVEL_INFO, "board", `${name}: ${system.engineName} ${system.engineVersion}, ${system.engineBits}-bit${system.arenaBytes > 0 ? `, ${Math.round(system.arenaBytes / 1024)} KiB` : ""}; ${network.address === DHCP ? "an address from DHCP" : addressText(network.address)}, ${routes.length} ${routes.length === 1 ? "route" : "routes"}`);
}

function transportOf({ crypto, random, calendar, keyLog }: Platform, { broker }: Configuration, { roots, certificate }: Credentials): TransportFactory {
	return quicTransport({ crypto, random, calendar, keyLog, serverName: broker.serverName ?? broker.url.host, roots, certificate });
}
