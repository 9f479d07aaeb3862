import { readVarint, varintSize } from "../quic/varint.js";

/** What streams are read from: QUIC's connection. */
export interface StreamSource {
	/** Copies received bytes in order to into[at, end); returns how many, 0: none now. */
	read(stream: number, into: Uint8Array, at: number, end: number): number;
	/** Whether the peer's half has ended and everything was read. */
	isFinished(stream: number): boolean;
}

/** A row of variable-length integers, read from a stream as they come: a frame's type and length, a stream's type. */
export class FrameHead {
	type = 0;
	length = 0;
	#bytes = new Uint8Array(16);
	#filled = 0;

	/** Nothing of it was read yet. */
	get isEmpty(): boolean {
		return this.#filled === 0;
	}

	/** Reads `type`, and `length` where `count` is 2. Returns true when they are complete; then the next one can be read. */
	read(source: StreamSource, stream: number, count: number): boolean {
		const bytes = this.#bytes;
		for (;;) {
			const first = this.#filled === 0 ? 1 : varintSize(bytes[0]!);
			let need = first;
			if (count === 2 && this.#filled >= first)
				need += this.#filled === first ? 1 : varintSize(bytes[first]!);
			if (this.#filled >= need) {
				this.type = readVarint(bytes, 0);
				this.length = count === 2 ? readVarint(bytes, first) : 0;
				this.#filled = 0;
				return true;
			}
			const taken = source.read(stream, bytes, this.#filled, need);
			if (taken === 0)
				return false;
			this.#filled += taken;
		}
	}
}
