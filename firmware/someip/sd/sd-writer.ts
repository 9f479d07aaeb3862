/** Writes one service discovery message: entries as they come, options once each. */
import { SD_WRITTEN_OPTIONS_MAX } from "../../config.js";
import { IPV6_FIRST, type Addresses } from "../../ports/addresses.js";
import { copyBytes, putUint16, putUint24, putUint32 } from "../../wire/big-endian.js";
import { HEADER_LENGTH, TYPE_NOTIFICATION, writeHeader } from "../header.js";
import {
	ENTRY_LENGTH, FLAG_EXPLICIT_INITIAL_DATA, FLAG_REBOOT, FLAG_UNICAST, IPV4_OPTION_LENGTH, IPV6_OPTION_LENGTH, OPTION_CONFIGURATION, OPTION_HEADER_LENGTH,
	OPTION_IPV4_ENDPOINT, OPTION_IPV4_MULTICAST, OPTION_IPV4_SD_ENDPOINT, OPTION_IPV6_ENDPOINT, OPTION_IPV6_MULTICAST, OPTION_IPV6_SD_ENDPOINT,
	OPTION_LOAD_BALANCING, PROTOCOL_UDP, SD_HEADER_LENGTH, SD_INTERFACE_VERSION, SD_MESSAGE_MAX, SD_METHOD, SD_SERVICE,
} from "./entry.js";

const ENTRIES_AT = HEADER_LENGTH + SD_HEADER_LENGTH;

export class SdWriter {
	/** Entries of the message that is being written. */
	count = 0;
	#into: Uint8Array;
	#limit = 0;
	#addresses: Addresses | undefined;
	#flags: number;
	/** Of the SD endpoint option; port 0: none is written. */
	#sdAddress: number;
	#sdPort: number;
	#optionSize: number;
	#options: Uint8Array;
	/** Where each option begins; the one that is being written is the last. */
	#optionsAt = new Uint16Array(SD_WRITTEN_OPTIONS_MAX + 1);
	#optionCount = 0;
	// The runs of options of the entry that is to come.
	#first = 0;
	#count = 0;
	#secondFirst = 0;
	#secondCount = 0;

	/** `addresses`: for endpoints with IPv6 addresses; where there are none it is left out. `explicit`: the flag of explicit
	 *  initial data control is set; `sdAddress`, `sdPort`: where answers are to go, told in every message where the port is not 0. */
	constructor(addresses?: Addresses, explicit = false, sdAddress = 0, sdPort = 0) {
		this.#sdAddress = sdAddress;
		this.#sdPort = sdPort;
		this.#flags = explicit ? FLAG_UNICAST | FLAG_EXPLICIT_INITIAL_DATA : FLAG_UNICAST;
		this.#into = new Uint8Array(0);
		this.#addresses = addresses;
		this.#optionSize = addresses === undefined ? IPV4_OPTION_LENGTH : IPV6_OPTION_LENGTH;
		this.#options = new Uint8Array(SD_WRITTEN_OPTIONS_MAX * this.#optionSize);
	}

	/** Begins a message at into[0]; it will not be longer than `into`, nor than SD_MESSAGE_MAX. feat_req_someipsd_1082, _1114, _1151,
	 *  _1156: its SD endpoint option is one, the first, of the message's family, and no entry references it. */
	begin(into: Uint8Array): void {
		this.#into = into;
		this.#limit = into.length < SD_MESSAGE_MAX ? into.length : SD_MESSAGE_MAX;
		this.count = this.#optionCount = this.#count = this.#secondCount = 0;
		if (this.#sdPort === 0)
			return;
		const end = this.#address(OPTION_IPV4_SD_ENDPOINT, OPTION_IPV6_SD_ENDPOINT, this.#sdAddress, this.#sdPort, PROTOCOL_UDP);
		if (end > 0)
			this.#optionsAt[++this.#optionCount] = end;
	}

	/** True where so many further entries, and as many endpoint options that are not written yet, still fit; and `extra`
	 *  bytes of two other options, any of which may have to be written twice. */
	fits(entries: number, options: number, extra = 0): boolean {
		if (extra > 0)
			options += 6;
		const bytes = this.#optionsAt[this.#optionCount]! + options * this.#optionSize + 2 * extra;
		return this.#optionCount + options <= SD_WRITTEN_OPTIONS_MAX && bytes <= this.#options.length
			&& ENTRIES_AT + (this.count + entries) * ENTRY_LENGTH + 4 + bytes <= this.#limit;
	}

	/** The entry that comes next references this endpoint; up to four options per entry, endpoints first.
	 *  feat_req_someipsd_900: "minimize the size of the SD messages by not duplicating Options". */
	endpoint(address: number, port: number, protocol = PROTOCOL_UDP): void {
		this.#reference(this.#address(OPTION_IPV4_ENDPOINT, OPTION_IPV6_ENDPOINT, address, port, protocol));
	}

	/** The SubscribeEventgroupAck that comes next references this multicast address. feat_req_someipsd_790 */
	multicast(address: number, port: number): void {
		this.#reference(this.#address(OPTION_IPV4_MULTICAST, OPTION_IPV6_MULTICAST, address, port, PROTOCOL_UDP));
	}

	/** The entry that comes next references these strings, each with its length before it, and a 0 behind the last.
	 *  feat_req_someipsd_152 */
	configuration(strings: Uint8Array): void {
		const at = this.#begin(OPTION_CONFIGURATION, 1 + strings.length);
		copyBytes(strings, 0, strings.length, this.#options, at);
		this.#reference(at + strings.length);
	}

	/** feat_req_someipsd_175 */
	loadBalancing(priority: number, weight: number): void {
		const at = this.#begin(OPTION_LOAD_BALANCING, 5);
		putUint16(this.#options, at, priority);
		putUint16(this.#options, at + 2, weight);
		this.#reference(at + 4);
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
		const into = this.#into, entriesLength = this.count * ENTRY_LENGTH, optionsLength = this.#optionsAt[this.#optionCount]!;
		const options = ENTRIES_AT + entriesLength + 4, end = options + optionsLength;
		writeHeader(into, 0, SD_SERVICE, SD_METHOD, end - HEADER_LENGTH, 0, sessionId, SD_INTERFACE_VERSION, TYPE_NOTIFICATION);
		// feat_req_someipsd_100: the unicast flag is always 1.
		putUint32(into, HEADER_LENGTH, (reboot ? FLAG_REBOOT | this.#flags : this.#flags) << 24);
		putUint32(into, HEADER_LENGTH + 4, entriesLength);
		putUint32(into, options - 4, optionsLength);
		copyBytes(this.#options, 0, optionsLength, into, options);
		return end;
	}

	// feat_req_someipsd_348: the index of an empty run is 0.
	#entry(type: number, serviceId: number, instanceId: number, majorVersion: number, ttl: number): number {
		const into = this.#into, at = ENTRIES_AT + this.count * ENTRY_LENGTH;
		into[at] = type;
		into[at + 1] = this.#count === 0 ? 0 : this.#first;
		into[at + 2] = this.#secondCount === 0 ? 0 : this.#secondFirst;
		into[at + 3] = this.#count << 4 | this.#secondCount;
		putUint16(into, at + 4, serviceId);
		putUint16(into, at + 6, instanceId);
		into[at + 8] = majorVersion;
		putUint24(into, at + 9, ttl);
		this.count++;
		this.#count = this.#secondCount = 0;
		return at;
	}

	// Returns where the option ends. What the table does not know any more is not written, 0: the entry then goes without.
	#address(type: number, typeIpv6: number, address: number, port: number, protocol: number): number {
		const options = this.#options, isIpv6 = address >= IPV6_FIRST;
		let at = this.#begin(isIpv6 ? typeIpv6 : type, (isIpv6 ? IPV6_OPTION_LENGTH : IPV4_OPTION_LENGTH) - OPTION_HEADER_LENGTH);
		if (!isIpv6) {
			putUint32(options, at, address);
			at += 4;
		}
		else if (this.#addresses!.write(address, options, at))
			at += 16;
		else
			return 0;
		options[at] = 0;
		options[at + 1] = protocol;
		putUint16(options, at + 2, port);
		return at + 4;
	}

	// Writes an option's head and reserved byte behind the options that are there; returns where it goes on.
	#begin(type: number, length: number): number {
		const options = this.#options, at = this.#optionsAt[this.#optionCount]!;
		putUint16(options, at, length);
		options[at + 2] = type;
		options[at + 3] = 0;
		return at + 4;
	}

	// The option that ends at `end` is referenced: it, or one that is there already and like it.
	#reference(end: number): void {
		if (end === 0)
			return;
		const at = this.#optionsAt[this.#optionCount]!;
		let index = 0;
		while (!this.#isSame(index, at, end))
			index++;
		if (index === this.#optionCount)
			this.#optionsAt[++this.#optionCount] = end;
		if (this.#count === 0 || (index === this.#first + this.#count && this.#secondCount === 0)) {
			if (this.#count++ === 0)
				this.#first = index;
			return;
		}
		if (this.#secondCount === 0)
			this.#secondFirst = index;
		// feat_req_someipsd_341: there are two runs. What stands elsewhere is written once more, behind the second one.
		else if (index !== this.#secondFirst + this.#secondCount) {
			for (let i = 0, first = this.#secondFirst; i < this.#secondCount; i++) {
				if (i === 0)
					this.#secondFirst = this.#optionCount;
				this.#copy(first + i);
			}
			this.#copy(index);
		}
		this.#secondCount++;
	}

	#copy(index: number): void {
		const at = this.#optionsAt, end = at[this.#optionCount]!, length = at[index + 1]! - at[index]!;
		copyBytes(this.#options, at[index]!, at[index + 1]!, this.#options, end);
		at[++this.#optionCount] = end + length;
	}

	// Ends at the option itself at the latest.
	#isSame(index: number, at: number, end: number): boolean {
		const options = this.#options, other = this.#optionsAt[index]!;
		if (index < this.#optionCount && this.#optionsAt[index + 1]! - other !== end - at)
			return false;
		for (let i = 0; i < end - at; i++)
			if (options[other + i] !== options[at + i])
				return false;
		return true;
	}
}
