import { finishTakeover } from "../console/takeover.js";
import type { Calendar } from "../ports/calendar.js";
import type { FileStore } from "../ports/file-store.js";
import type { KeyLog } from "../ports/key-log.js";
import type { Storage } from "../ports/storage.js";
import { LEVEL_ERROR, LEVEL_INFO, LEVEL_WARN } from "../ports/log.js";
import type { Update } from "../ports/update.js";
import { ocspPolicy } from "../uplink/ocsp-policy.js";
import { quicTransport } from "../uplink/quic-transport.js";
import { sessions } from "../uplink/sessions.js";
import { tlsTransport } from "../uplink/tls-transport.js";
import type { Way } from "../uplink/ways.js";
import { Updater } from "../update/updater.js";
import { readUpdateKey } from "../update/update-key.js";
import { parseDecimal } from "../wire/decimal.js";
import { textOfAddress } from "../wire/ipv6-address.js";
import { Board, EXIT_UNAVAILABLE } from "./board.js";
import { BootGuard } from "./boot-guard.js";
import { ConfigurationError, type Configuration } from "./configuration/configuration.js";
import { DHCP } from "./configuration/table.js";
import { resolvePath, type Credentials } from "./credentials.js";
import { readFile, type Files } from "./file.js";
import { load } from "./load.js";
import { readPublicKey } from "./pem.js";
import type { Platform } from "./platform.js";
import { CONFIGURATION_NAME, Provisioning, askForProvisioning, isProvisioningAsked } from "./provisioning.js";
import { SafeMode } from "./safe-mode.js";

/** Status that the program ends with where the command line, the configuration or a file that it names is wrong. */
export const EXIT_CONFIGURATION = 2;

const USAGE = "options: --config FILE or --data FOLDER, [--keylog FILE] [--storage FOLDER] [--trace FILE [--trace-limit MIB]] [--wall-clock unset|SECONDS]";
/** Public key of updates: PEM, ECDSA on P-256; and the bytes that such a file has at most. */
const UPDATE_KEY = "update.pem";
const UPDATE_KEY_MAX = 1024;
/** MiB that a trace may have where nothing else is asked for. */
export const TRACE_LIMIT = 256;

/** The machine as main.ts and the specs build it. */
export interface Host extends Files {
	/** Without a key log. */
	readonly platform: Platform;
	/** What --data writes to; absent where a board is not provisioned. */
	readonly store?: FileStore;
	/** Appends TLS secrets to the file. Throws in words where it cannot be written. */
	openKeyLog(path: string): KeyLog;
	/** For tests of certificates: a clock that was never set, or was set to so many seconds since 1970. */
	openCalendar(wallClock: "unset" | number): Calendar;
	/** Opens the folder that values are kept in over a restart. Throws in words where it cannot be written. Absent on a board,
	 *  whose platform has its own. */
	openStorage?(path: string): Storage;
	/** Slots for images in the folder of --data, which ends with a slash. Absent on a board, whose platform has its own. */
	openSlots?(folder: string): Update;
	/** Begins a file with what the vehicle's sockets carry, of at most `limit` bytes; throws in words where it cannot be
	 *  written. Absent on a board. */
	openTrace?(path: string, limit: number, platform: Pick<Platform, "addresses" | "datagramSocket" | "log" | "streamListener" | "streamSocket">): NonNullable<Platform["vehicle"]>;
}

interface Options {
	config: string;
	/** With a slash at its end; the configuration is in it, and may come over the console. */
	data?: string;
	keyLog?: string;
	storage?: string;
	trace?: string;
	traceLimit?: number;
	wallClock?: "unset" | number;
}

/** Reads the command line and the files and starts the board. Where it cannot be started it says why, ends the
 *  program and returns undefined. */
export function startBoard(args: readonly string[], host: Host): Board | undefined {
	let board: Board, options: Options | undefined, guard: BootGuard | undefined;
	try {
		options = readOptions(args);
		if (options.data !== undefined && mustWait(host, options.data))
			return undefined;
		const storage = storageOf(options, host);
		guard = storage === undefined ? undefined : new BootGuard(storage, host.platform.timer);
		if (guard !== undefined && guard.isSafe) {
			new SafeMode(platformOf(host, options, storage), guard).start();
			return undefined;
		}
		board = makeBoard(options, host, storage);
		board.onEnd = () => guard?.clear();
		board.updater = updaterOf(options, host, storage);
	}
	catch (error) {
		if (!(error instanceof ConfigurationError))
			throw error;
		// It would be the same the next time, and it is said why.
		guard?.clear();
		for (const problem of error.problems)
			host.platform.console.print(problem);
		if (options?.data !== undefined && host.store !== undefined)
			new Provisioning(host.platform, host.store, options.data).start();
		else
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

/** Ends what a crash interrupted; true where the board waits for files instead of being a gateway. */
function mustWait({ platform, store }: Host, folder: string): boolean {
	if (store === undefined)
		throw new ConfigurationError(["--data is for machines that keep files", USAGE]);
	finishTakeover(store, folder);
	if (store.fileSize(folder + CONFIGURATION_NAME) >= 0 && !isProvisioningAsked(store, folder))
		return false;
	new Provisioning(platform, store, folder).start();
	return true;
}

/** Platform's own, or the command line's. */
function storageOf({ storage }: Options, { openStorage, platform }: Host): Storage | undefined {
	return storage === undefined || openStorage === undefined ? platform.storage : opened("--storage", () => openStorage(storage));
}

/** With the key that lies beside the configuration, if there is one. */
function updaterOf({ config, data }: Options, host: Host, storage: Storage | undefined): Updater | undefined {
	const { clock, crypto, log } = host.platform, update = host.platform.update ?? (data === undefined ? undefined : host.openSlots?.(data));
	if (update === undefined)
		return undefined;
	const path = resolvePath(config, UPDATE_KEY);
	let key: Uint8Array | undefined;
	try {
		if (host.fileSize(path) >= 0)
			key = readUpdateKey(readPublicKey(readFile(host, path, UPDATE_KEY_MAX, "is it the key for updates?")));
	}
	catch (error) {
		throw new ConfigurationError([`${UPDATE_KEY}: ${(error as Error).message}`]);
	}
	if (update.isPending)
		log.write(LEVEL_INFO, "update", "this image is on trial: until it is found good the next start is of the one before");
	else if (update.hasRolledBack)
		log.write(LEVEL_WARN, "update", "the last image was not found good: this is the one before");
	return new Updater({ update, crypto, key, ...storage === undefined ? {} : { storage } }, clock.now());
}

function makeBoard(options: Options, host: Host, storage: Storage | undefined): Board {
	const { configuration, credentials } = load(options.config, host, host.platform.crypto, host.platform.addresses);
	if (configuration.network.address === DHCP && host.platform.link?.begin === undefined)
		throw new ConfigurationError(["network.address: \"dhcp\" is for boards; write an address of this machine"]);
	return assemble(platformOf(host, options, storage), configuration, credentials);
}

/** The host's ports with what the command line puts in their place. */
export function platformOf(host: Host, { data, keyLog, trace, traceLimit = TRACE_LIMIT, wallClock }: Partial<Options>, storage?: Storage): Platform {
	return {
		...host.platform,
		...data === undefined ? {} : { provision: () => askForProvisioning(host.store!, data) },
		...keyLog === undefined ? {} : { keyLog: opened("--keylog", () => host.openKeyLog(keyLog)) },
		...storage === undefined ? {} : { storage },
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
		if (name !== "--config" && name !== "--data" && name !== "--keylog" && name !== "--storage" && name !== "--wall-clock" && name !== "--trace" && name !== "--trace-limit")
			throw new ConfigurationError([`${name} is not an option`, USAGE]);
		if (value === undefined)
			throw new ConfigurationError([`${name} wants a value`, USAGE]);
		if (name === "--config")
			options.config = value;
		else if (name === "--data") {
			options.data = value.endsWith("/") ? value : `${value}/`;
			options.config = options.data + CONFIGURATION_NAME;
		}
		else if (name === "--keylog")
			options.keyLog = value;
		else if (name === "--storage")
			options.storage = value;
		else if (name === "--trace")
			options.trace = value;
		else if (name === "--trace-limit") {
			options.traceLimit = parseDecimal(value, 0xffff);
			if (options.traceLimit < 1)
				throw new ConfigurationError([`--trace-limit ${value}: MiB, 1 to 65535`, USAGE]);
		}
		else
			options.wallClock = wallClockOf(value, USAGE);
	}
	if (options.config === "")
		throw new ConfigurationError(["--config is missing", USAGE]);
	return options;
}

/** The value of --wall-clock; where it is wrong `usage` follows what is said. */
export function wallClockOf(value: string, ...usage: readonly string[]): "unset" | number {
	const seconds = parseDecimal(value, 0xffffffff);
	if (seconds < 0 && value !== "unset")
		throw new ConfigurationError([`--wall-clock ${value}: unset, or seconds since 1970`, ...usage]);
	return value === "unset" ? value : seconds;
}

function assemble(platform: Platform, configuration: Configuration, credentials: Credentials): Board {
	logStart(platform, configuration);
	try {
		return new Board(platform, configuration, credentials.password, waysOf(platform, configuration, credentials));
	}
	catch (error) {
		// What the tables of config.ts have no room for is the configuration's fault.
		throw error instanceof RangeError ? new ConfigurationError([error.message]) : error;
	}
}

function logStart({ log, system, addresses }: Platform, { name, network, routes }: Configuration): void {
	log.write(LEVEL_INFO, "board", `${name}: ${system.engineName} ${system.engineVersion}, ${system.engineBits}-bit${system.arenaBytes > 0 ? `, ${Math.round(system.arenaBytes / 1024)} KiB` : ""}; ${network.address === DHCP ? "an address from DHCP" : textOfAddress(network.address, addresses)}, ${routes.length} ${routes.length === 1 ? "route" : "routes"}`);
	if (system.startReason !== undefined)
		log.write(LEVEL_INFO, "board", `start: ${system.startReason}`);
}

/** The way that the URL tells, and the fallback where there is one. */
function waysOf(platform: Platform, { broker, name }: Configuration, { roots, certificate }: Credentials): Way[] {
	const { crypto, random, calendar, keyLog, storage } = platform;
	const urls = broker.fallback === undefined || broker.url.isStream ? [broker.url] : [broker.url, broker.fallback];
	if (platform.streamSocket === undefined && urls.some(url => url.isStream))
		throw new ConfigurationError([`broker: ${name} has no TCP; use mqtt-quic:// alone`]);
	return urls.map(({ host, port, isStream }) => {
		const options = { crypto, random, calendar, keyLog, serverName: broker.serverName ?? host, roots, certificate, ocsp: ocspPolicy(broker.ocsp) };
		const kept = sessions(isStream ? "tls" : "quic", port, { ...options, storage });
		return { host, port, isStream, transport: isStream ? tlsTransport({ ...options, sessions: kept }) : quicTransport({ ...options, sessions: kept, earlyData: broker.earlyData, version: broker.quicVersion }) };
	});
}
