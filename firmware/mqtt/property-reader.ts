/** Walks the property list of a packet that a server sent (MQTT 5.0 §2.2.2). */
import { MALFORMED_PACKET, PROTOCOL_ERROR } from "./reason-code.js";
import {
	MAXIMUM_PACKET_SIZE, RECEIVE_MAXIMUM, SHAPE_BINARY, SHAPE_NONE, SHAPE_PAIR, SHAPE_TEXT, SHAPE_UINT16, SHAPE_UINT32, SHAPE_UINT8,
	SHAPE_VARIABLE, SUBSCRIPTION_IDENTIFIER, USER_PROPERTY, shapeOf,
} from "./property.js";
import { isUtf8 } from "../wire/utf8.js";

const MALFORMED = -MALFORMED_PACKET;

export class PropertyReader {
	/** Value of a property that is a number. */
	value = 0;
	/** Range of a property that is text or bytes; of a pair, its value (the name's is `nameStart`, `nameEnd`). */
	start = 0;
	end = 0;
	nameStart = 0;
	nameEnd = 0;
	/** After `begin`: where the list ends and the rest of the packet starts. */
	listEnd = 0;
	#at = 0;
	#type = 0;
	#seenLow = 0;
	#seenHigh = 0;
	#bytes: Uint8Array;
	#view: DataView;

	constructor(bytes: Uint8Array, view: DataView) {
		this.#bytes = bytes;
		this.#view = view;
	}

	/** Reads the list's length at `at`; `end` is the packet's. Returns 0, or the negative reason code. */
	begin(type: number, at: number, end: number): number {
		this.#type = type;
		this.#seenLow = this.#seenHigh = 0;
		this.#at = at;
		this.listEnd = end;
		const length = this.#variableInteger();
		if (length < 0 || length > end - this.#at)
			return MALFORMED;
		this.listEnd = this.#at + length;
		return 0;
	}

	/** The next property's identifier, 0 at the end, or the negative reason code. */
	next(): number {
		if (this.#at >= this.listEnd)
			return 0;
		const id = this.#bytes[this.#at++]!;
		const shape = shapeOf(id, this.#type);
		// "A Control Packet which contains an Identifier which is not valid for its packet type … is a Malformed Packet."
		if (shape === SHAPE_NONE)
			return MALFORMED;
		if (this.#repeated(id))
			return -PROTOCOL_ERROR;
		if (!this.#read(shape))
			return MALFORMED;
		// "It is a Protocol Error … for it to have the value 0" (MQTT 5.0 §3.2.2.3.3, §3.2.2.3.6, §3.3.2.3.8).
		if (this.value === 0 && (id === RECEIVE_MAXIMUM || id === MAXIMUM_PACKET_SIZE || id === SUBSCRIPTION_IDENTIFIER))
			return -PROTOCOL_ERROR;
		// Every one-byte property of a server's packets is a yes or no: "a Protocol Error … to have a value other than 0 or 1".
		if (shape === SHAPE_UINT8 && this.value > 1)
			return -PROTOCOL_ERROR;
		return id;
	}

	#repeated(id: number): boolean {
		if (id === USER_PROPERTY || id === SUBSCRIPTION_IDENTIFIER)
			return false;
		const bit = 1 << (id & 31);
		const seen = id < 32 ? this.#seenLow : this.#seenHigh;
		if (id < 32)
			this.#seenLow |= bit;
		else
			this.#seenHigh |= bit;
		return (seen & bit) !== 0;
	}

	#read(shape: number): boolean {
		const left = this.listEnd - this.#at;
		switch (shape) {
			case SHAPE_UINT8:
				if (left < 1)
					return false;
				this.value = this.#bytes[this.#at++]!;
				return true;
			case SHAPE_UINT16:
				if (left < 2)
					return false;
				this.value = this.#view.getUint16(this.#at);
				this.#at += 2;
				return true;
			case SHAPE_UINT32:
				if (left < 4)
					return false;
				this.value = this.#view.getUint32(this.#at);
				this.#at += 4;
				return true;
			case SHAPE_VARIABLE:
				this.value = this.#variableInteger();
				return this.value >= 0;
			case SHAPE_TEXT:
				return this.#range() && isUtf8(this.#bytes, this.start, this.end);
			case SHAPE_BINARY:
				return this.#range();
			case SHAPE_PAIR:
				if (!this.#range() || !isUtf8(this.#bytes, this.start, this.end))
					return false;
				this.nameStart = this.start;
				this.nameEnd = this.end;
				return this.#range() && isUtf8(this.#bytes, this.start, this.end);
			default:
				return false;
		}
	}

	#range(): boolean {
		if (this.listEnd - this.#at < 2)
			return false;
		const length = this.#view.getUint16(this.#at);
		this.start = this.#at + 2;
		this.end = this.start + length;
		this.#at = this.end;
		return this.end <= this.listEnd;
	}

	// "The encoded value MUST use the minimum number of bytes necessary" [MQTT-1.5.5-1].
	#variableInteger(): number {
		let value = 0;
		for (let shift = 0; shift < 28; shift += 7) {
			if (this.#at >= this.listEnd)
				return -1;
			const byte = this.#bytes[this.#at++]!;
			value |= (byte & 0x7f) << shift;
			if (byte < 0x80)
				return byte === 0 && shift > 0 ? -1 : value;
		}
		return -1;
	}
}
