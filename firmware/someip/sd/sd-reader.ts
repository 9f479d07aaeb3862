/** Reads service discovery messages in place. Nothing is thrown and nothing allocated, whatever the bytes say. */
import { SD_OPTIONS_MAX } from "../../config.js";
import { getUint16, getUint24, getUint32 } from "../../wire/big-endian.js";
import { DROP_SD_ARRAY, DROP_SD_HEADER, DROP_SD_OPTION_INDEX } from "../drop.js";
import {
	ENTRY_LENGTH, FLAG_EXPLICIT_INITIAL_DATA, FLAG_REBOOT, OPTION_HEADER_LENGTH, OPTION_IPV4_SD_ENDPOINT, OPTION_IPV6_SD_ENDPOINT, PROTOCOL_UDP, SD_HEADER_LENGTH,
} from "./entry.js";
import { EntryOptions } from "./entry-options.js";

export class SdReader extends EntryOptions {
	flags = 0;
	entryCount = 0;
	/** Options that can be referenced: those before the first one that lies about its length. */
	optionCount = 0;
	/** From an SD endpoint option, 0 where there is none. */
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

	#entries = 0;
	#at = 0;
	#optionsAt = new Uint16Array(SD_OPTIONS_MAX);

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
		this.attach(bytes);
		this.#entries = entries;
		this.flags = bytes[at]!;
		this.entryCount = entriesLength / ENTRY_LENGTH;
		this.#index(options, options + optionsLength);
		return 0;
	}

	get reboot(): boolean {
		return (this.flags & FLAG_REBOOT) !== 0;
	}

	/** feat_req_someipsd_1188: "If the sending ECU has set the flag to '1', the receiving ECU shall process the 'Initial Data
	 *  Requested' flag". */
	get isExplicit(): boolean {
		return (this.flags & FLAG_EXPLICIT_INITIAL_DATA) !== 0;
	}

	/** Reads entry `index`, 0…entryCount - 1. feat_req_someipsd_47, _109. */
	entry(index: number): void {
		const bytes = this.bytes, at = this.#entries + index * ENTRY_LENGTH;
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
		this.forget();
		const bytes = this.bytes, at = this.#at, counts = bytes[at + 3]!;
		const code = this.#run(bytes[at + 1]!, counts >> 4);
		return code < 0 ? code : this.#run(bytes[at + 2]!, counts & 0xf);
	}

	// feat_req_someipsd_347: "option run length set to zero and option index not set to zero" is accepted.
	#run(first: number, count: number): number {
		if (count > 0 && first + count > this.optionCount)
			return DROP_SD_OPTION_INDEX;
		for (let i = first; i < first + count; i++) {
			const code = this.option(this.#optionsAt[i]!);
			if (code < 0)
				return code;
		}
		return 0;
	}

	// Notes where each option begins, and the SD endpoint: feat_req_someipsd_1152: "only the first one shall be processed".
	#index(at: number, end: number): void {
		const bytes = this.bytes;
		let count = 0;
		this.sdAddress = this.sdPort = 0;
		while (end - at >= OPTION_HEADER_LENGTH && count < SD_OPTIONS_MAX) {
			const length = getUint16(bytes, at);
			if (length > end - at - OPTION_HEADER_LENGTH)
				break;
			if (bytes[at + 2] === (this.topology.isIpv6 ? OPTION_IPV6_SD_ENDPOINT : OPTION_IPV4_SD_ENDPOINT) && this.sdPort === 0)
				this.#sdEndpoint(at, length);
			this.#optionsAt[count++] = at;
			at += OPTION_HEADER_LENGTH + length;
		}
		this.optionCount = count;
	}

	// feat_req_someipsd_1156, feat_req_someipsd_1155: of the family that the message came by.
	#sdEndpoint(at: number, length: number): void {
		const bytes = this.bytes, topology = this.topology, isIpv6 = topology.isIpv6, tail = at + (isIpv6 ? 21 : 9);
		if (length !== (isIpv6 ? 0x15 : 9) || bytes[tail] !== PROTOCOL_UDP)
			return;
		const port = getUint16(bytes, tail + 1);
		let address = getUint32(bytes, at + 4);
		if (isIpv6)
			address = this.intern(at + 4, false);
		else if (!topology.accepts(address))
			return;
		if (port === 0 || address < 0)
			return;
		this.sdAddress = address;
		this.sdPort = port;
	}
}
