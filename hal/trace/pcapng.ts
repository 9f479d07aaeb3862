/** A trace of SOME/IP messages as a pcapng file (draft-ietf-opsawg-pcapng), that Wireshark and tshark decode without any
 *  setting: SOME/IP has no ports of its own, so each datagram comes as an exported PDU that names its dissector. Little-endian;
 *  allocates nothing per datagram. */
import type { Addresses } from "../../firmware/ports/addresses.js";
import { LEVEL_WARN, type Log } from "../../firmware/ports/log.js";
import type { TraceFile } from "./trace-file.js";

/** More of one datagram or message is not kept; the record tells its true length. */
export const SNAP_LENGTH = 16 * 1024;

const SECTION_HEADER = 0x0a0d0d0a, INTERFACE = 1, PACKET = 6;
/** Beginning, end and options of a packet's block, and the longest PDU tags (two IPv6 addresses). */
const OVERHEAD = 28 + 84 + 3 + 12 + 4;
/** Of all connections together: bytes of messages that came or went in part so far. A message that finds no more room is kept as far as
 *  it got; the record tells its true length. */
export const TRACE_ROOM = 24 * 1024;
const LINKTYPE_WIRESHARK_UPPER_PDU = 252;
const DISSECTOR_NAME = 12, IPV4_SOURCE = 20, IPV6_SOURCE = 22, PORT_TYPE = 24, SOURCE_PORT = 25, DESTINATION_PORT = 26;
const PORT_TYPE_TCP = 2, PORT_TYPE_UDP = 3;
const DISSECTOR_UDP = "someip_udp", DISSECTOR_TCP = "someip_tcp";
const INBOUND = 1, OUTBOUND = 2;

export interface PcapngOptions {
	file: TraceFile;
	/** Bytes of the file; what comes after is not written, which the log says once. */
	limit: number;
	log: Log;
	addresses: Addresses;
}

export class Pcapng {
	/** Datagrams and messages that were not written. */
	missed = 0;
	/** What is left of TRACE_ROOM. */
	room = TRACE_ROOM;
	#file: TraceFile;
	#left: number;
	#log: Log;
	#addresses: Addresses;
	#full = false;
	/** What stands around the bytes of a packet. */
	#block = new Uint8Array(OVERHEAD);
	#view: DataView;
	#at = 0;

	/** Writes the file's beginning. */
	constructor(options: PcapngOptions) {
		this.#file = options.file;
		this.#left = options.limit;
		this.#log = options.log;
		this.#addresses = options.addresses;
		this.#view = new DataView(this.#block.buffer);
		this.#begin(SECTION_HEADER);
		this.#uint32(0x1a2b3c4d);
		this.#uint32(1);
		this.#uint32(0xffffffff);
		this.#uint32(0xffffffff);
		this.#option(4, "Zonal");
		this.#end();
		this.#begin(INTERFACE);
		this.#uint32(LINKTYPE_WIRESHARK_UPPER_PDU);
		this.#uint32(SNAP_LENGTH + OVERHEAD);
		this.#option(2, "vehicle");
		this.#option(9, "\x06");
		this.#end();
	}

	/** Adds bytes[offset, end), which came or went by UDP or, a whole message, by TCP. `length`: its true length, where it
	 *  is longer than what is given. */
	add(isSent: boolean, isTcp: boolean, source: number, sourcePort: number, destination: number, destinationPort: number,
		bytes: Uint8Array, offset: number, end: number, length = end - offset): void {
		if (this.#full) {
			this.missed++;
			return;
		}
		const captured = end - offset < SNAP_LENGTH ? end - offset : SNAP_LENGTH;
		this.#begin(PACKET);
		this.#uint32(0);
		this.#file.stamp(this.#block, this.#at);
		this.#at += 16;
		const start = this.#at;
		this.#tag(DISSECTOR_NAME, 12);
		this.#text(isTcp ? DISSECTOR_TCP : DISSECTOR_UDP, 12);
		this.#address(IPV4_SOURCE, source);
		this.#address(IPV4_SOURCE + 1, destination);
		this.#number(PORT_TYPE, isTcp ? PORT_TYPE_TCP : PORT_TYPE_UDP);
		this.#number(SOURCE_PORT, sourcePort);
		this.#number(DESTINATION_PORT, destinationPort);
		this.#tag(0, 0);
		const head = this.#at, tags = head - start;
		this.#view.setUint32(start - 8, tags + captured, true);
		this.#view.setUint32(start - 4, tags + length, true);
		for (let i = captured; i % 4 !== 0; i++)
			this.#block[this.#at++] = 0;
		// epb_flags: the direction.
		this.#uint16(2);
		this.#uint16(4);
		this.#uint32(isSent ? OUTBOUND : INBOUND);
		this.#end(head, bytes, offset, offset + captured);
	}

	#begin(type: number): void {
		this.#at = 0;
		this.#uint32(type);
		this.#uint32(0);
	}

	/** Ends the options and the block, and writes it, with bytes[offset, end) at `head`. */
	#end(head = 0, bytes: Uint8Array = this.#block, offset = 0, end = 0): void {
		this.#uint32(0);
		const length = this.#at + 4 + end - offset;
		this.#uint32(length);
		this.#view.setUint32(4, length, true);
		this.#left -= length;
		if (this.#left >= 0 && this.#file.write(this.#block, head, this.#at, bytes, offset, end))
			return;
		this.#full = true;
		this.missed++;
		this.#log.write(LEVEL_WARN, "trace", this.#left < 0 ? "the trace has reached its limit: nothing more is written to it" : "the trace cannot be written any more");
	}

	#uint16(value: number): void {
		this.#view.setUint16(this.#at, value, true);
		this.#at += 2;
	}

	#uint32(value: number): void {
		this.#view.setUint32(this.#at, value, true);
		this.#at += 4;
	}

	#option(code: number, text: string): void {
		this.#uint16(code);
		this.#uint16(text.length);
		this.#text(text, (text.length + 3) & ~3);
	}

	/** `text` and zeros, `length` bytes in all. */
	#text(text: string, length: number): void {
		for (let i = 0; i < length; i++)
			this.#block[this.#at++] = i < text.length ? text.charCodeAt(i) : 0;
	}

	// Tags of a PDU are big-endian.
	#tag(type: number, length: number): void {
		this.#view.setUint16(this.#at, type);
		this.#view.setUint16(this.#at + 2, length);
		this.#at += 4;
	}

	#number(type: number, value: number): void {
		this.#tag(type, 4);
		this.#view.setUint32(this.#at, value);
		this.#at += 4;
	}

	#address(type: number, address: number): void {
		if (address <= 0xffffffff) {
			this.#number(type, address);
			return;
		}
		this.#tag(type + IPV6_SOURCE - IPV4_SOURCE, 16);
		if (!this.#addresses.write(address, this.#block, this.#at))
			this.#block.fill(0, this.#at, this.#at + 16);
		this.#at += 16;
	}
}
