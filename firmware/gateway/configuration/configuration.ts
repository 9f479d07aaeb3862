import type { OcspPolicyName } from "../../uplink/ocsp-policy.js";
import type { Addresses } from "../../ports/addresses.js";
import type { CheckerOptions } from "../../someip/e2e/protection.js";
import { AddressTable } from "../../wire/address-table.js";
import { addressOfText } from "../../wire/ipv6-address.js";
import { checkObject, Problems } from "./check.js";
import { JsonError, parseJson, type JsonValue } from "./json.js";
import { checkRules } from "./rules.js";
import { CONFIGURATION } from "./table.js";
import type { BrokerUrl } from "./values.js";

/** The checked configuration: every default filled in, ids and addresses as Numbers. Keys as in table.ts. */
export interface Configuration {
	readonly name: string;
	readonly vin: string;
	readonly network: NetworkConfiguration;
	readonly broker: BrokerConfiguration;
	readonly routes: readonly RouteConfiguration[];
	readonly methods: readonly MethodConfiguration[];
}

export interface NetworkConfiguration {
	/** uint32 in host order; DHCP: the link knows it. */
	readonly address: number;
	readonly netmask: number;
	/** Absent: none, or DHCP names it. */
	readonly router?: number;
	readonly nameServer?: number;
	/** Absent: the clock sets itself. */
	readonly timeServer?: string;
	/** 0 = ephemeral. */
	readonly eventPort: number;
	/** SOME/IP client id. */
	readonly clientId: number;
	/** By TCP. */
	readonly magicCookies: boolean;
	/** Of an IPv6 address, bits; `netmask` is the same then. */
	readonly prefixLength: number;
	readonly sd: {
		readonly group: number;
		readonly port: number;
		readonly topologyCheck: boolean;
		readonly explicitInitialData: boolean;
		readonly endpointOption: boolean;
		/** Seconds. */
		readonly ttl: number;
	};
}

export interface BrokerConfiguration {
	readonly url: BrokerUrl;
	/** By TCP. */
	readonly fallback?: BrokerUrl;
	/** Paths as written: relative to the configuration file. */
	readonly ca: string;
	/** Both or none. */
	readonly certificate?: string;
	readonly key?: string;
	readonly passwordFile?: string;
	readonly ocsp: OcspPolicyName;
	readonly quicVersion: 1 | 2;
	readonly serverName?: string;
	readonly clientId: string;
	readonly username?: string;
	/** Seconds. */
	readonly keepAlive: number;
	readonly earlyData: boolean;
}

export interface RouteConfiguration {
	readonly service: number;
	/** 0xffff = any. */
	readonly instance: number;
	/** Absent: any. */
	readonly majorVersion?: number;
	readonly eventgroup: number;
	readonly transport: "auto" | "udp" | "tcp";
	/** ms; absent: for ever. */
	readonly silence?: number;
	/** Absent: not protected. */
	readonly e2e?: CheckerOptions;
	readonly event: number;
	/** Placeholders filled in. */
	readonly topic: string;
	readonly qos: 0 | 1;
	readonly retain: boolean;
	readonly policy: "all";
	readonly payload: "raw";
}

export interface MethodConfiguration {
	readonly service: number;
	readonly instance: number;
	/** Absent: any. */
	readonly majorVersion?: number;
	readonly method: number;
	readonly transport: "auto" | "udp" | "tcp";
	/** Absent: not protected. */
	readonly e2e?: CheckerOptions;
	/** Of the requests; placeholders filled in. */
	readonly topic: string;
	/** ms. */
	readonly timeout: number;
	readonly qos: 0 | 1;
}

/** What is wrong with a configuration file, one problem a line. */
export class ConfigurationError extends Error {
	readonly problems: readonly string[];

	constructor(problems: readonly string[]) {
		super(problems.join("\n"));
		this.problems = problems;
	}
}

// IPv6 addresses are text until here: the checker knows no table.
function withNumbers(network: NetworkConfiguration, addresses: Addresses): NetworkConfiguration {
	const { address, sd } = network as unknown as { address: number | string; sd: { group: number | string } };
	if (typeof address === "number" && typeof sd.group === "number")
		return network;
	return {
		...network,
		address: typeof address === "number" ? address : addressOfText(address, addresses),
		netmask: typeof address === "number" ? network.netmask : network.prefixLength,
		sd: { ...network.sd, group: typeof sd.group === "number" ? sd.group : addressOfText(sd.group, addresses) },
	};
}

/** Reads and checks the bytes of a configuration file; throws ConfigurationError. `addresses`: where IPv6 addresses are kept. */
export function readConfiguration(bytes: Uint8Array, addresses: Addresses = new AddressTable()): Configuration {
	let json: JsonValue;
	try {
		json = parseJson(bytes);
	}
	catch (error) {
		if (error instanceof JsonError)
			throw new ConfigurationError([error.message]);
		throw error;
	}
	const problems = new Problems();
	// The table and the interface say the same: the specs compare them.
	const checked = checkObject(CONFIGURATION, json, "", problems) as unknown as Configuration;
	if (problems.lines.length > 0)
		throw new ConfigurationError(problems.lines);
	const configuration = checkRules({ ...checked, network: withNumbers(checked.network, addresses) }, problems);
	if (problems.lines.length > 0)
		throw new ConfigurationError(problems.lines);
	return configuration;
}
