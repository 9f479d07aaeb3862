/** Reads service discovery messages in place. Nothing is thrown and nothing allocated, whatever the bytes say. */
import { SD_OPTIONS_MAX } from "../../config.js";
import { getUint16, getUint24, getUint32 } from "../../wire/big-endian.js";
import { isMulticast } from "../../wire/ipv4-address.js";
import {
	DROP_SD_ARRAY, DROP_SD_HEADER, DROP_SD_OPTION_CONFLICT, DROP_SD_OPTION_INDEX, DROP_SD_OPTION_LENGTH,
	DROP_SD_OPTION_VALUE, DROP_SD_TOPOLOGY,
} from "../drop.js";
import {
	ENTRY_LENGTH, FLAG_REBOOT, OPTION_CONFIGURATION, OPTION_HEADER_LENGTH, OPTION_IPV4_ENDPOINT, OPTION_IPV4_MULTICAST,
	OPTION_IPV4_SD_ENDPOINT, OPTION_IPV6_ENDPOINT, OPTION_IPV6_MULTICAST, OPTION_IPV6_SD_ENDPOINT, OPTION_LOAD_BALANCING,
	PROTOCOL_TCP, PROTOCOL_UDP, SD_HEADER_LENGTH,
} from "./entry.js";
import type { Topology } from "./topology.js";

export class SdReader {
	flags = 0;
	entryCount = 0;
	/** Options that can be referenced: those before the first one that lies about its length. */
	optionCount = 0;
	/** From an IPv4 SD endpoint option, 0 where there is none. */
	sdAddress = 0;
	sdPort = 0;

	// The entry that `entry` read last.
	type = 0;
	serviceId = 0;
	instanceId = 0;
	majorVersion = 0;
	/** Seconds. */
	ttl = 0;
	/** Of a service entry. */
	minorVersion = 0;
	/** Of an eventgroup entry: the id, and reserved byte, initial-data flag and counter as they came. */
	eventgroupId = 0;
	eventgroupBits = 0;

	// What `endpoints` found for it; address 0 = none.
	udpAddress = 0;
	udpPort = 0;
	tcpAddress = 0;
	tcpPort = 0;
	multicastAddress = 0;
	multicastPort = 0;

	#bytes: Uint8Array;
	#entries = 0;
	#at = 0;
	#optionsAt = new Uint16Array(SD_OPTIONS_MAX);
	#topology: Topology;

	constructor(topology: Topology) {
		this.#bytes = new Uint8Array(0);
		this.#topology = topology;
	}

	/** Opens the SD payload bytes[at, end), which follows the SOME/IP header. Returns 0, DROP_SD_HEADER or DROP_SD_ARRAY.
	 *  feat_req_someipsd_44, _1164: "Check that enough bytes for the entries and options array are available". */
	open(bytes: Uint8Array, at: number, end: number): number {
		if (end - at < SD_HEADER_LENGTH + 4)
			return DROP_SD_HEADER;
		const entriesLength = getUint32(bytes, at + 4), entries = at + SD_HEADER_LENGTH;
		if (entriesLength % ENTRY_LENGTH !== 0 || entriesLength > end - entries - 4)
			return DROP_SD_ARRAY;
		const options = entries + entriesLength + 4, optionsLength = getUint32(bytes, options - 4);
		if (optionsLength > end - options)
			return DROP_SD_ARRAY;
		this.#bytes = bytes;
		this.#entries = entries;
		this.flags = bytes[at]!;
		this.entryCount = entriesLength / ENTRY_LENGTH;
		this.#index(options, options + optionsLength);
		return 0;
	}

	get reboot(): boolean {
		return (this.flags & FLAG_REBOOT) !== 0;
	}

	/** Reads entry `index`, 0…entryCount - 1. feat_req_someipsd_47, _109. */
	entry(index: number): void {
		const bytes = this.#bytes, at = this.#entries + index * ENTRY_LENGTH;
		this.#at = at;
		this.type = bytes[at]!;
		this.serviceId = getUint16(bytes, at + 4);
		this.instanceId = getUint16(bytes, at + 6);
		this.majorVersion = bytes[at + 8]!;
		this.ttl = getUint24(bytes, at + 9);
		this.minorVersion = getUint32(bytes, at + 12);
		this.eventgroupBits = getUint16(bytes, at + 12);
		this.eventgroupId = getUint16(bytes, at + 14);
	}

	/** Looks through the options that the entry references. Returns 0, or the DROP_SD_* code that condemns the entry.
	 *  feat_req_someipsd_102, _1135, _1141…_1145. */
	endpoints(): number {
		this.udpAddress = this.udpPort = this.tcpAddress = this.tcpPort = this.multicastAddress = this.multicastPort = 0;
		const bytes = this.#bytes, at = this.#at, counts = bytes[at + 3]!;
		const code = this.#run(bytes[at + 1]!, counts >> 4);
		return code < 0 ? code : this.#run(bytes[at + 2]!, counts & 0xf);
	}

	// feat_req_someipsd_347: "option run length set to zero and option index not set to zero" is accepted.
	#run(first: number, count: number): number {
		if (count > 0 && first + count > this.optionCount)
			return DROP_SD_OPTION_INDEX;
		for (let i = first; i < first + count; i++) {
			const code = this.#option(this.#optionsAt[i]!);
			if (code < 0)
				return code;
		}
		return 0;
	}

	#option(at: number): number {
		const bytes = this.#bytes, length = getUint16(bytes, at);
		switch (bytes[at + 2]) {
		case OPTION_IPV4_ENDPOINT:
			return length === 9 ? this.#endpoint(at) : DROP_SD_OPTION_LENGTH;
		case OPTION_IPV4_MULTICAST:
			return length === 9 ? this.#multicast(at) : DROP_SD_OPTION_LENGTH;
		case OPTION_IPV4_SD_ENDPOINT:
			return length === 9 ? 0 : DROP_SD_OPTION_LENGTH;
		case OPTION_IPV6_ENDPOINT:
		case OPTION_IPV6_MULTICAST:
		case OPTION_IPV6_SD_ENDPOINT:
			return length === 0x15 ? 0 : DROP_SD_OPTION_LENGTH;
		case OPTION_LOAD_BALANCING:
			return length === 5 ? 0 : DROP_SD_OPTION_LENGTH;
		case OPTION_CONFIGURATION:
			return isConfiguration(bytes, at + OPTION_HEADER_LENGTH, at + OPTION_HEADER_LENGTH + length) ? 0 : DROP_SD_OPTION_LENGTH;
		}
		// feat_req_someipsd_1142: "If an entry references an unknown option, this option shall be ignored."
		return 0;
	}

	#endpoint(at: number): number {
		const bytes = this.#bytes, address = getUint32(bytes, at + 4), protocol = bytes[at + 9], port = getUint16(bytes, at + 10);
		if ((protocol !== PROTOCOL_UDP && protocol !== PROTOCOL_TCP) || port === 0)
			return DROP_SD_OPTION_VALUE;
		if (!this.#topology.accepts(address))
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

	#multicast(at: number): number {
		const bytes = this.#bytes, address = getUint32(bytes, at + 4), port = getUint16(bytes, at + 10);
		if (bytes[at + 9] !== PROTOCOL_UDP || port === 0 || !isMulticast(address))
			return DROP_SD_OPTION_VALUE;
		if (this.multicastPort !== 0 && (this.multicastPort !== port || this.multicastAddress !== address))
			return DROP_SD_OPTION_CONFLICT;
		this.multicastAddress = address;
		this.multicastPort = port;
		return 0;
	}

	// Notes where each option begins, and the SD endpoint: feat_req_someipsd_1152: "only the first one shall be processed".
	#index(at: number, end: number): void {
		const bytes = this.#bytes;
		let count = 0;
		this.sdAddress = this.sdPort = 0;
		while (end - at >= OPTION_HEADER_LENGTH && count < SD_OPTIONS_MAX) {
			const length = getUint16(bytes, at);
			if (length > end - at - OPTION_HEADER_LENGTH)
				break;
			if (bytes[at + 2] === OPTION_IPV4_SD_ENDPOINT && length === 9 && this.sdPort === 0)
				this.#sdEndpoint(at);
			this.#optionsAt[count++] = at;
			at += OPTION_HEADER_LENGTH + length;
		}
		this.optionCount = count;
	}

	#sdEndpoint(at: number): void {
		const address = getUint32(this.#bytes, at + 4), port = getUint16(this.#bytes, at + 10);
		if (this.#bytes[at + 9] !== PROTOCOL_UDP || port === 0 || !this.#topology.accepts(address))
			return;
		this.sdAddress = address;
		this.sdPort = port;
	}
}

/** True where the body of a configuration option, its reserved byte first, is a chain of length-prefixed strings that
 *  ends with length 0 inside of it. feat_req_someipsd_150, _151, _161. */
function isConfiguration(bytes: Uint8Array, at: number, end: number): boolean {
	at++;
	while (at < end) {
		const length = bytes[at]!;
		if (length === 0)
			return true;
		if (length > end - at - 1 || bytes[at + 1] === 0x3d)
			return false;
		at += 1 + length;
	}
	return false;
}
