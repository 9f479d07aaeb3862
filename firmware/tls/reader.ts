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

	/** A number of `size` bytes. */
	number(size: number): number {
		let value = 0;
		for (let at = this.skip(size); at < this.at; at++)
			value = value * 256 + this.bytes[at]!;
		return value;
	}

	/** Passes `count` bytes over; returns where they began. */
	skip(count: number): number {
		const at = this.at;
		if (this.end - at < count)
			throw new AlertError(ALERT_DECODE_ERROR, "a message ends too early");
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

	/** A reader over the vector with a length of `size` bytes before it. */
	vector(size: number): Reader {
		const length = this.number(size), at = this.skip(length);
		return new Reader(this.bytes, at, at + length);
	}

	/** To be called after the last field. */
	finish(what: string): void {
		if (this.at !== this.end)
			throw new AlertError(ALERT_DECODE_ERROR, `${what} has ${this.end - this.at} bytes too many`);
	}
}
