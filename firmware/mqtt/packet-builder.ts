/** Builds packets that are made once, at set-up: CONNECT, SUBSCRIBE, property lists. Not for the packet path. */
import { encodeUtf8 } from "../wire/utf8.js";
import { VARIABLE_INTEGER_MAX } from "./variable-integer.js";

export class PacketBuilder {
	#bytes: number[] = [];

	get length(): number {
		return this.#bytes.length;
	}

	uint8(value: number): void {
		this.#bytes.push(value & 0xff);
	}

	uint16(value: number): void {
		this.#bytes.push(value >>> 8 & 0xff, value & 0xff);
	}

	uint32(value: number): void {
		this.uint16(value >>> 16);
		this.uint16(value & 0xffff);
	}

	variableInteger(value: number): void {
		if (value > VARIABLE_INTEGER_MAX)
			throw new RangeError(`${value} does not fit a Variable Byte Integer`);
		for (; value >= 128; value >>>= 7)
			this.#bytes.push(value & 0x7f | 0x80);
		this.#bytes.push(value);
	}

	bytes(bytes: Uint8Array): void {
		for (let i = 0; i < bytes.length; i++)
			this.#bytes.push(bytes[i]!);
	}

	/** Two bytes of length, then the bytes (MQTT 5.0 §1.5.6). */
	binary(bytes: Uint8Array, what: string): void {
		if (bytes.length > 0xffff)
			throw new RangeError(`${what} has ${bytes.length} bytes, MQTT allows 65535`);
		this.uint16(bytes.length);
		this.bytes(bytes);
	}

	text(text: string, what: string): void {
		this.binary(encodeUtf8(text), what);
	}

	/** What `other` built, after its length (a property list, MQTT 5.0 §2.2.2.1). */
	list(other: PacketBuilder): void {
		this.variableInteger(other.length);
		for (let i = 0; i < other.#bytes.length; i++)
			this.#bytes.push(other.#bytes[i]!);
	}

	/** What was built. */
	finish(): Uint8Array {
		return new Uint8Array(this.#bytes);
	}

	/** What was built as the body of a packet: the fixed header before it (MQTT 5.0 §2.1.1). */
	packet(firstByte: number): Uint8Array {
		const whole = new PacketBuilder();
		whole.uint8(firstByte);
		whole.list(this);
		return whole.finish();
	}
}
