/** Writes one service discovery message: entries as they come, options once each. */
import { SD_WRITTEN_OPTIONS_MAX } from "../../config.js";
import { copyBytes, putUint16, putUint24, putUint32 } from "../../wire/big-endian.js";
import { HEADER_LENGTH, TYPE_NOTIFICATION, writeHeader } from "../header.js";
import {
	ENTRY_LENGTH, FLAG_REBOOT, FLAG_UNICAST, IPV4_OPTION_LENGTH, OPTION_IPV4_ENDPOINT, OPTION_IPV4_MULTICAST, PROTOCOL_UDP,
	SD_HEADER_LENGTH, SD_INTERFACE_VERSION, SD_MESSAGE_MAX, SD_METHOD, SD_SERVICE,
} from "./entry.js";

const ENTRIES_AT = HEADER_LENGTH + SD_HEADER_LENGTH;

export class SdWriter {
	/** Entries of the message that is being written. */
	count = 0;
	#into: Uint8Array;
	#limit = 0;
	#options = new Uint8Array(SD_WRITTEN_OPTIONS_MAX * IPV4_OPTION_LENGTH);
	#optionCount = 0;
	// The options of the entry that is to come.
	#first = 0;
	#used = 0;

	constructor() {
		this.#into = new Uint8Array(0);
	}

	/** Begins a message at into[0]; it will not be longer than `into`, nor than SD_MESSAGE_MAX. */
	begin(into: Uint8Array): void {
		this.#into = into;
		this.#limit = into.length < SD_MESSAGE_MAX ? into.length : SD_MESSAGE_MAX;
		this.count = this.#optionCount = this.#used = 0;
	}

	/** True where so many further entries, and as many options that are not written yet, still fit. */
	fits(entries: number, options: number): boolean {
		return this.#optionCount + options <= SD_WRITTEN_OPTIONS_MAX
			&& ENTRIES_AT + (this.count + entries) * ENTRY_LENGTH + 4 + (this.#optionCount + options) * IPV4_OPTION_LENGTH <= this.#limit;
	}

	/** The entry that comes next references this UDP endpoint: at most one option per entry.
	 *  feat_req_someipsd_900: "minimize the size of the SD messages by not duplicating Options". */
	endpoint(address: number, port: number): void {
		this.#reference(OPTION_IPV4_ENDPOINT, address, port);
	}

	/** The SubscribeEventgroupAck that comes next references this multicast address. */
	multicast(address: number, port: number): void {
		this.#reference(OPTION_IPV4_MULTICAST, address, port);
	}

	/** Appends a service entry. */
	service(type: number, serviceId: number, instanceId: number, majorVersion: number, ttl: number, minorVersion: number): void {
		const at = this.#entry(type, serviceId, instanceId, majorVersion, ttl);
		putUint32(this.#into, at + 12, minorVersion);
	}

	/** Appends an eventgroup entry. `bits`: reserved byte, initial-data flag and counter. */
	eventgroup(type: number, serviceId: number, instanceId: number, majorVersion: number, ttl: number, bits: number, eventgroupId: number): void {
		const at = this.#entry(type, serviceId, instanceId, majorVersion, ttl);
		putUint16(this.#into, at + 12, bits);
		putUint16(this.#into, at + 14, eventgroupId);
	}

	/** Completes the message; returns its length in bytes. */
	finish(sessionId: number, reboot: boolean): number {
		const into = this.#into, entriesLength = this.count * ENTRY_LENGTH, optionsLength = this.#optionCount * IPV4_OPTION_LENGTH;
		const options = ENTRIES_AT + entriesLength + 4, end = options + optionsLength;
		writeHeader(into, 0, SD_SERVICE, SD_METHOD, end - HEADER_LENGTH, 0, sessionId, SD_INTERFACE_VERSION, TYPE_NOTIFICATION);
		// feat_req_someipsd_100: the unicast flag is always 1; the flag of explicit initial data control stays 0.
		putUint32(into, HEADER_LENGTH, (reboot ? FLAG_REBOOT | FLAG_UNICAST : FLAG_UNICAST) << 24);
		putUint32(into, HEADER_LENGTH + 4, entriesLength);
		putUint32(into, options - 4, optionsLength);
		copyBytes(this.#options, 0, optionsLength, into, options);
		return end;
	}

	// feat_req_someipsd_348: the index of an empty run is 0.
	#entry(type: number, serviceId: number, instanceId: number, majorVersion: number, ttl: number): number {
		const into = this.#into, at = ENTRIES_AT + this.count * ENTRY_LENGTH;
		into[at] = type;
		into[at + 1] = this.#used === 0 ? 0 : this.#first;
		into[at + 2] = 0;
		into[at + 3] = this.#used << 4;
		putUint16(into, at + 4, serviceId);
		putUint16(into, at + 6, instanceId);
		into[at + 8] = majorVersion;
		putUint24(into, at + 9, ttl);
		this.count++;
		this.#used = 0;
		return at;
	}

	#reference(type: number, address: number, port: number): void {
		const options = this.#options, count = this.#optionCount, at = count * IPV4_OPTION_LENGTH;
		putUint16(options, at, IPV4_OPTION_LENGTH - 3);
		options[at + 2] = type;
		options[at + 3] = 0;
		putUint32(options, at + 4, address);
		options[at + 8] = 0;
		options[at + 9] = PROTOCOL_UDP;
		putUint16(options, at + 10, port);
		this.#used = 1;
		this.#first = 0;
		while (!isSame(options, this.#first * IPV4_OPTION_LENGTH, at))
			this.#first++;
		if (this.#first === count)
			this.#optionCount++;
	}
}

// Ends at `b` itself at the latest.
function isSame(options: Uint8Array, a: number, b: number): boolean {
	for (let i = 0; i < IPV4_OPTION_LENGTH; i++)
		if (options[a + i] !== options[b + i])
			return false;
	return true;
}
