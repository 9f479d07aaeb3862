/** What the options that an SD entry references say. */
import { SD_ADDRESSES_MAX, SD_CONFIGURATION_MAX } from "../../config.js";
import { copyBytes, getUint16, getUint32 } from "../../wire/big-endian.js";
import { isMulticast } from "../../wire/ipv4-address.js";
import { DROP_SD_OPTION_CONFLICT, DROP_SD_OPTION_LENGTH, DROP_SD_OPTION_VALUE, DROP_SD_TOPOLOGY } from "../drop.js";
import { configurationLength } from "./configuration-strings.js";
import {
	OPTION_CONFIGURATION, OPTION_HEADER_LENGTH, OPTION_IPV4_ENDPOINT, OPTION_IPV4_MULTICAST, OPTION_IPV4_SD_ENDPOINT, OPTION_IPV6_ENDPOINT,
	OPTION_IPV6_MULTICAST, OPTION_IPV6_SD_ENDPOINT, OPTION_LOAD_BALANCING, PROTOCOL_TCP, PROTOCOL_UDP,
} from "./entry.js";
import type { Topology } from "./topology.js";

export class EntryOptions {
	// What SdReader.endpoints found for the entry; address 0 = none.
	udpAddress = 0;
	udpPort = 0;
	tcpAddress = 0;
	tcpPort = 0;
	multicastAddress = 0;
	multicastPort = 0;
	/** Of its load balancing option; 0 where it has none, like a DNS SRV record. feat_req_someipsd_174 */
	priority = 0;
	weight = 0;
	/** The strings of its configuration options, bytes[At, End), each with its length before it; End 0: none. */
	configurationAt = 0;
	configurationEnd = 0;
	secondConfigurationAt = 0;
	secondConfigurationEnd = 0;

	protected bytes: Uint8Array;
	protected readonly topology: Topology;
	/** IPv6 addresses of the message, as far as they were looked at. */
	#addresses = new Float64Array(SD_ADDRESSES_MAX);
	#addressCount = 0;

	constructor(topology: Topology) {
		this.bytes = new Uint8Array(0);
		this.topology = topology;
	}

	/** A copy of the entry's configuration strings, of two options one behind the other (feat_req_someipsd_1147); `before` itself where
	 *  they are the same, undefined where there are none or more than SD_CONFIGURATION_MAX bytes. */
	configurationStrings(before: Uint8Array | undefined): Uint8Array | undefined {
		const bytes = this.bytes, at = this.configurationAt, first = this.configurationEnd === 0 ? 0 : this.configurationEnd - at;
		const secondAt = this.secondConfigurationAt, second = this.secondConfigurationEnd === 0 ? 0 : this.secondConfigurationEnd - secondAt;
		if (first + second === 0 || first + second > SD_CONFIGURATION_MAX)
			return undefined;
		if (before !== undefined && before.length === first + second && isSame(bytes, at, before, 0, first) && isSame(bytes, secondAt, before, first, second))
			return before;
		const strings = new Uint8Array(first + second);
		copyBytes(bytes, at, at + first, strings, 0);
		copyBytes(bytes, secondAt, secondAt + second, strings, first);
		return strings;
	}

	/** Begins a message in `bytes`. */
	protected attach(bytes: Uint8Array): void {
		this.bytes = bytes;
		this.#addressCount = 0;
	}

	/** Begins an entry. */
	protected forget(): void {
		this.udpAddress = this.udpPort = this.tcpAddress = this.tcpPort = this.multicastAddress = this.multicastPort = 0;
		this.priority = this.weight = this.configurationEnd = this.secondConfigurationEnd = 0;
	}

	/** Looks at the option at bytes[at]. Returns 0, or the DROP_SD_* code that condemns the entry. */
	protected option(at: number): number {
		const bytes = this.bytes, length = getUint16(bytes, at), type = bytes[at + 2];
		switch (type) {
		case OPTION_IPV4_ENDPOINT:
		case OPTION_IPV6_ENDPOINT:
			return length === (type === OPTION_IPV4_ENDPOINT ? 9 : 0x15) ? this.#endpoint(at, type) : DROP_SD_OPTION_LENGTH;
		case OPTION_IPV4_MULTICAST:
		case OPTION_IPV6_MULTICAST:
			return length === (type === OPTION_IPV4_MULTICAST ? 9 : 0x15) ? this.#multicast(at, type) : DROP_SD_OPTION_LENGTH;
		case OPTION_IPV4_SD_ENDPOINT:
			return length === 9 ? 0 : DROP_SD_OPTION_LENGTH;
		case OPTION_IPV6_SD_ENDPOINT:
			return length === 0x15 ? 0 : DROP_SD_OPTION_LENGTH;
		case OPTION_LOAD_BALANCING:
			if (length !== 5)
				return DROP_SD_OPTION_LENGTH;
			this.priority = getUint16(bytes, at + 4);
			this.weight = getUint16(bytes, at + 6);
			return 0;
		case OPTION_CONFIGURATION:
			return this.#configuration(at + OPTION_HEADER_LENGTH + 1, at + OPTION_HEADER_LENGTH + length);
		}
		// feat_req_someipsd_1142: "If an entry references an unknown option, this option shall be ignored."
		return 0;
	}

	#endpoint(at: number, type: number): number {
		const bytes = this.bytes, isIpv6 = type === OPTION_IPV6_ENDPOINT, topology = this.topology, tail = at + (isIpv6 ? 21 : 9);
		const protocol = bytes[tail], port = getUint16(bytes, tail + 1);
		// feat_req_someipsd_780: of the family that service discovery runs on; the other one is redundant (feat_req_someipsd_1141).
		if (isIpv6 !== topology.isIpv6)
			return 0;
		if ((protocol !== PROTOCOL_UDP && protocol !== PROTOCOL_TCP) || port === 0)
			return DROP_SD_OPTION_VALUE;
		let address = getUint32(bytes, at + 4);
		if (isIpv6)
			address = this.intern(at + 4, false);
		if (isIpv6 ? address < 0 : !topology.accepts(address))
			return DROP_SD_TOPOLOGY;
		if (protocol === PROTOCOL_UDP) {
			if (this.udpPort !== 0 && (this.udpPort !== port || this.udpAddress !== address))
				return DROP_SD_OPTION_CONFLICT;
			this.udpAddress = address;
			this.udpPort = port;
		}
		else {
			if (this.tcpPort !== 0 && (this.tcpPort !== port || this.tcpAddress !== address))
				return DROP_SD_OPTION_CONFLICT;
			this.tcpAddress = address;
			this.tcpPort = port;
		}
		return 0;
	}

	#multicast(at: number, type: number): number {
		const bytes = this.bytes, isIpv6 = type === OPTION_IPV6_MULTICAST, tail = at + (isIpv6 ? 21 : 9), port = getUint16(bytes, tail + 1);
		if (isIpv6 !== this.topology.isIpv6)
			return 0;
		if (bytes[tail] !== PROTOCOL_UDP || port === 0 || (isIpv6 ? bytes[at + 4] !== 0xff : !isMulticast(getUint32(bytes, at + 4))))
			return DROP_SD_OPTION_VALUE;
		const address = isIpv6 ? this.intern(at + 4, true) : getUint32(bytes, at + 4);
		if (address < 0)
			return DROP_SD_OPTION_VALUE;
		if (this.multicastPort !== 0 && (this.multicastPort !== port || this.multicastAddress !== address))
			return DROP_SD_OPTION_CONFLICT;
		this.multicastAddress = address;
		this.multicastPort = port;
		return 0;
	}

	// The Number of an IPv6 address, -1: it must not stand there. A message brings in a few different ones at most: it must not
	// fill the table of addresses.
	protected intern(at: number, isGroup: boolean): number {
		const bytes = this.bytes, topology = this.topology, known = this.#addresses;
		if (this.#addressCount === known.length)
			return -1;
		const address = isGroup ? topology.addresses!.intern(bytes, at) : topology.intern(bytes, at);
		let i = 0;
		while (i < this.#addressCount && known[i] !== address)
			i++;
		if (i === this.#addressCount && address >= 0)
			known[this.#addressCount++] = address;
		return address;
	}

	// feat_req_someipsd_1146: two of them are merged, by being read one after the other.
	#configuration(at: number, end: number): number {
		const length = configurationLength(this.bytes, at, end);
		if (length < 0)
			return DROP_SD_OPTION_LENGTH;
		if (this.configurationEnd > 0 && this.secondConfigurationEnd === 0) {
			this.secondConfigurationAt = at;
			this.secondConfigurationEnd = at + length;
		}
		else if (this.configurationEnd === 0) {
			this.configurationAt = at;
			this.configurationEnd = at + length;
		}
		return 0;
	}
}

function isSame(a: Uint8Array, at: number, b: Uint8Array, bAt: number, count: number): boolean {
	for (let i = 0; i < count; i++)
		if (a[at + i] !== b[bAt + i])
			return false;
	return true;
}
