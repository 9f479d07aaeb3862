import { AlertError, ALERT_DECODE_ERROR } from "./alert.js";

/** Reads the fields of one handshake message (RFC 8446 §3) from bytes[at, end).
 *  Throws AlertError(decode_error) where the data ends too early or too late. */
export class Reader {
	readonly bytes: Uint8Array;
	at: number;
	readonly end: number;

	constructor(bytes: Uint8Array, at: number, end: number) {
		this.bytes = bytes;
		this.at = at;
		this.end = end;
	}

	get atEnd(): boolean {
		return this.at === this.end;
	}

	get remaining(): number {
		return this.end - this.at;
	}

	uint8(): number {
		this.#need(1);
		return this.bytes[this.at++]!;
	}

	uint16(): number {
		this.#need(2);
		const value = this.bytes[this.at]! << 8 | this.bytes[this.at + 1]!;
		this.at += 2;
		return value;
	}

	uint24(): number {
		this.#need(3);
		const value = this.bytes[this.at]! << 16 | this.bytes[this.at + 1]! << 8 | this.bytes[this.at + 2]!;
		this.at += 3;
		return value;
	}

	uint32(): number {
		return this.uint16() * 0x10000 + this.uint16();
	}

	uint48(): number {
		return this.uint16() * 0x100000000 + this.uint32();
	}

	/** Passes `count` bytes over; returns where they began. */
	skip(count: number): number {
		this.#need(count);
		const at = this.at;
		this.at += count;
		return at;
	}

	/** A copy of the next `count` bytes. */
	take(count: number): Uint8Array {
		const at = this.skip(count);
		return this.bytes.slice(at, at + count);
	}

	/** A copy of everything up to the end. */
	rest(): Uint8Array {
		return this.take(this.end - this.at);
	}

	/** A reader over the vector with a length of 8 or 16 bits before it. */
	vector8(): Reader {
		return this.#vector(this.uint8());
	}

	vector16(): Reader {
		return this.#vector(this.uint16());
	}

	/** To be called after the last field. */
	finish(what: string): void {
		if (this.at !== this.end)
			throw new AlertError(ALERT_DECODE_ERROR, `${what} has ${this.end - this.at} bytes too many`);
	}

	#vector(length: number): Reader {
		const at = this.skip(length);
		return new Reader(this.bytes, at, at + length);
	}

	#need(count: number): void {
		if (this.end - this.at < count)
			throw new AlertError(ALERT_DECODE_ERROR, "a handshake message ends too early");
	}
}
