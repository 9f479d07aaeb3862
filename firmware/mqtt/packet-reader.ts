/** Cuts the byte stream of a server into packets (MQTT 5.0 §2.1). Bytes come in any chunks; a packet lies whole in
 *  the one permanent buffer and is read there. */
import {
	AUTH, CONNACK, DISCONNECT, PINGRESP, PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL, SUBACK, UNSUBACK,
} from "./packet-type.js";
import { MALFORMED_PACKET, PACKET_TOO_LARGE, PROTOCOL_ERROR } from "./reason-code.js";

const MALFORMED = -MALFORMED_PACKET;
const FROM_SERVER = 1 << CONNACK | 1 << PUBLISH | 1 << PUBACK | 1 << PUBREC | 1 << PUBREL | 1 << PUBCOMP | 1 << SUBACK |
	1 << UNSUBACK | 1 << PINGRESP | 1 << DISCONNECT | 1 << AUTH;

export class PacketReader {
	readonly bytes: Uint8Array;
	readonly view: DataView;
	/** Of the packet that `next` returned: flag bits, and the range after the fixed header. Valid until the next `next`. */
	flags = 0;
	bodyStart = 0;
	bodyEnd = 0;
	#start = 0;
	#fill = 0;

	/** `capacity`: bytes of the longest packet that is taken; longer ones are an error (0x95). */
	constructor(capacity: number) {
		this.bytes = new Uint8Array(capacity);
		this.view = new DataView(this.bytes.buffer);
	}

	/** Where received bytes are to be written: bytes[fillStart, fillEnd). There is room after `next` returned 0. */
	get fillStart(): number {
		return this.#fill;
	}

	get fillEnd(): number {
		return this.bytes.length;
	}

	/** `count` bytes were written at `fillStart`. */
	filled(count: number): void {
		this.#fill += count;
	}

	/** Forgets everything: a new connection. */
	reset(): void {
		this.#start = this.#fill = this.bodyEnd = 0;
	}

	/** The type of the next whole packet, 0 where more bytes are needed, or the negative reason code. */
	next(): number {
		this.#start = this.bodyEnd;
		const bytes = this.bytes, available = this.#fill - this.#start;
		if (available === 0) {
			this.#start = this.#fill = this.bodyEnd = 0;
			return 0;
		}
		const first = bytes[this.#start]!, type = first >> 4;
		const fault = checkFirstByte(type, first & 15);
		if (fault < 0)
			return fault;
		let length = 0, size = 1;
		for (let shift = 0;; shift += 7) {
			if (size >= available)
				return this.#wait(size + 1);
			const byte = bytes[this.#start + size]!;
			size++;
			length |= (byte & 0x7f) << shift;
			// Four bytes at most, and "the minimum number of bytes necessary" [MQTT-1.5.5-1].
			if (byte >= 0x80 ? shift === 21 : byte === 0 && shift > 0)
				return MALFORMED;
			if (byte < 0x80)
				break;
		}
		if (size + length > bytes.length)
			return -PACKET_TOO_LARGE;
		if (available < size + length)
			return this.#wait(size + length);
		this.flags = first & 15;
		this.bodyStart = this.#start + size;
		this.bodyEnd = this.bodyStart + length;
		return type;
	}

	// Moves the packet's beginning to the front only where its end would not fit otherwise.
	#wait(needed: number): number {
		if (this.#start + needed > this.bytes.length) {
			this.bytes.copyWithin(0, this.#start, this.#fill);
			this.#fill -= this.#start;
			this.#start = 0;
		}
		this.bodyEnd = this.#start;
		return 0;
	}
}

// "If invalid flags are received it is a Malformed Packet" (MQTT 5.0 §2.1.3).
function checkFirstByte(type: number, flags: number): number {
	if (type === 0)
		return MALFORMED;
	if ((FROM_SERVER >> type & 1) === 0)
		return -PROTOCOL_ERROR;
	if (type === PUBLISH) {
		const qos = flags >> 1 & 3;
		// "The DUP flag MUST be set to 0 for all QoS 0 messages" [MQTT-3.3.1-2]; QoS 3 is malformed [MQTT-3.3.1-4].
		return qos === 3 || (qos === 0 && (flags & 8) !== 0) ? MALFORMED : 0;
	}
	return flags === (type === PUBREL ? 2 : 0) ? 0 : MALFORMED;
}
