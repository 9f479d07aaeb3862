/** Starts an example from the command line: `--example NAME`, and where it is in the network. */
import { CONFIGURATION_FILE_MAX } from "../config.js";
import { ConfigurationError, readConfiguration, type NetworkConfiguration } from "../gateway/configuration/configuration.js";
import { DHCP } from "../gateway/configuration/table.js";
import { readFile } from "../gateway/file.js";
import type { Host } from "../gateway/start.js";
import { EXIT_CONFIGURATION, TRACE_LIMIT } from "../gateway/start.js";
import { EXIT_UNAVAILABLE } from "../gateway/board.js";
import type { Platform } from "../gateway/platform.js";
import { IPV6_FIRST } from "../ports/addresses.js";
import { LEVEL_ERROR, LEVEL_INFO } from "../ports/log.js";
import { Application } from "../someip/api/application.js";
import { SD_PORT } from "../someip/sd/entry.js";
import { parseDecimal } from "../wire/decimal.js";
import { isNetmask, parseAddress } from "../wire/ipv4-address.js";
import { addressOfText, textOfAddress } from "../wire/ipv6-address.js";
import { caller } from "./caller.js";
import type { Example } from "./example.js";
import { thermometer } from "./thermometer.js";

const EXAMPLES: readonly Example[] = Object.freeze([thermometer, caller]);
/** 127.0.0.0/8: endpoints of the machine itself are refused by the topology check. */
const LOOPBACK = 127;
const USAGE = "options: --config FILE (its network section), [--address A (default 127.0.0.1 and 127.0.0.2)] [--netmask M, of IPv6: bits] [--sd-group G] [--sd-port P] [--topology-check on|off]";
const LIST: readonly string[] = Object.freeze(["examples:", ...EXAMPLES.map(({ name, purpose }) => `  ${name.padEnd(14)}${purpose}`), USAGE]);

export interface ExampleHost extends Pick<Host, "fileSize" | "readFile" | "openTrace"> {
	readonly platform: Pick<Platform, "addresses" | "clock" | "console" | "datagramSocket" | "log" | "random" | "streamListener" | "streamSocket" | "system" | "timer">;
}

interface Place {
	address: number;
	netmask: number;
	sdGroup: number;
	sdPort: number;
	topologyCheck: boolean;
}

/** Returns what stops the example; undefined where it could not be started: then it has said why and ended the program. */
export function startExample(args: readonly string[], host: ExampleHost): (() => void) | undefined {
	const { platform } = host, { log, system, console } = platform;
	let end: () => void, application: Application;
	try {
		const { name, values } = readOptions(args), example = EXAMPLES.find(example => example.name === name);
		if (name === "") {
			for (const line of LIST)
				console.print(line);
			system.exit(0);
			return undefined;
		}
		if (example === undefined)
			throw new ConfigurationError([`there is no example "${name}"`, ...LIST]);
		const place = placeOf(example, values, host), trace = values.get("--trace");
		application = new Application({ ...platform, ...trace === undefined ? {} : openTrace(host, trace, values.get("--trace-limit")) }, place);
		end = example.setUp(application, platform);
		log.write(LEVEL_INFO, example.name, `${system.engineName} ${system.engineVersion}, ${system.engineBits}-bit; discovery on ${textOfAddress(place.sdGroup, platform.addresses)}, port ${place.sdPort}`);
	}
	catch (error) {
		if (!(error instanceof ConfigurationError))
			throw error;
		for (const problem of error.problems)
			console.print(problem);
		system.exit(EXIT_CONFIGURATION);
		return undefined;
	}
	const stop = (): void => {
		end();
		application.stop();
		log.write(LEVEL_INFO, "board", "stopped");
		system.exit(0);
	};
	console.onLine = line => {
		switch (line.trim()) {
			case "quit":
				return stop();
			case "status":
				return console.print(`status ${JSON.stringify({
					memory: { arenaBytes: system.arenaBytes, usedBytes: system.usedBytes(), peakBytes: system.peakBytes() }, dropped: application.dropped,
				})}`);
		}
		console.print("commands: status, quit");
	};
	try {
		application.start();
		return stop;
	}
	catch (error) {
		// What the socket's constructor says: which address or port, and why.
		log.write(LEVEL_ERROR, "board", (error as Error).message);
		system.exit(EXIT_UNAVAILABLE);
		return undefined;
	}
}

function readOptions(args: readonly string[]): { name: string; values: Map<string, string> } {
	const values = new Map<string, string>();
	for (let i = 0; i < args.length; i += 2) {
		const name = args[i]!, value = args[i + 1];
		if (!["--example", "--config", "--address", "--netmask", "--sd-group", "--sd-port", "--topology-check", "--trace", "--trace-limit"].includes(name))
			throw new ConfigurationError([`${name} is not an option of an example`, USAGE]);
		if (value === undefined)
			throw new ConfigurationError([`${name} wants a value`, USAGE]);
		values.set(name, value);
	}
	return { name: values.get("--example") ?? "", values };
}

function placeOf(example: Example, values: Map<string, string>, host: ExampleHost): Place {
	const config = values.get("--config");
	if (config !== undefined) {
		const { address, netmask, sd } = networkOf(config, host);
		if (address === DHCP)
			throw new ConfigurationError(["network.address: \"dhcp\" is for boards; write an address of this machine"]);
		return { address, netmask, sdGroup: sd.group, sdPort: sd.port, topologyCheck: sd.topologyCheck };
	}
	const { addresses } = host.platform, address = addressOfText(values.get("--address") ?? example.address, addresses), isIpv6 = address >= IPV6_FIRST;
	const sdGroup = addressOfText(values.get("--sd-group") ?? (isIpv6 ? "ff02::4:c0de" : "224.244.224.245"), addresses);
	const netmask = isIpv6 ? parseDecimal(values.get("--netmask") ?? "64", 128) : parseAddress(values.get("--netmask") ?? "255.255.255.0");
	const sdPort = parseDecimal(values.get("--sd-port") ?? `${SD_PORT}`, 0xffff), check = values.get("--topology-check") ?? (address >>> 24 === LOOPBACK ? "off" : "on");
	if (address < 0 || sdGroup < 0 || isIpv6 !== sdGroup >= IPV6_FIRST || (isIpv6 ? netmask < 0 : !isNetmask(netmask)) || sdPort <= 0 || check !== "on" && check !== "off")
		throw new ConfigurationError(["one of the addresses or ports is none", USAGE]);
	return { address, netmask, sdGroup, sdPort, topologyCheck: check === "on" };
}

function networkOf(path: string, host: ExampleHost): NetworkConfiguration {
	let bytes: Uint8Array;
	try {
		bytes = readFile(host, path, CONFIGURATION_FILE_MAX, "is it the configuration?");
	}
	catch (error) {
		throw new ConfigurationError([(error as Error).message]);
	}
	return readConfiguration(bytes, host.platform.addresses).network;
}

function openTrace(host: ExampleHost, path: string, limit = `${TRACE_LIMIT}`): NonNullable<Platform["vehicle"]> {
	const size = parseDecimal(limit, 0xffff);
	if (size < 1)
		throw new ConfigurationError([`--trace-limit ${limit}: MiB, 1 to 65535`, USAGE]);
	try {
		return host.openTrace!(path, size * 0x100000, host.platform);
	}
	catch (error) {
		throw new ConfigurationError([`--trace: ${(error as Error).message}`]);
	}
}
