/** Unreliable datagrams that wait, to be sent or to be read (RFC 9221 §5): a ring of bytes, each datagram behind its
 *  length. When full the oldest give way. */
export class DatagramQueue {
	/** Datagrams that gave way. */
	dropped = 0;
	#bytes: Uint8Array;
	#mask: number;
	/** Positions of the oldest datagram and of the next one. */
	#head = 0;
	#tail = 0;

	/** `capacity`: bytes, a power of two. */
	constructor(capacity: number) {
		this.#bytes = new Uint8Array(capacity);
		this.#mask = capacity - 1;
	}

	/** Takes a copy of from[at, end). Returns false where even the empty queue is too small. */
	put(from: Uint8Array, at: number, end: number): boolean {
		const length = end - at, bytes = this.#bytes, mask = this.#mask;
		if (length + 2 > bytes.length)
			return false;
		while (this.#tail - this.#head + length + 2 > bytes.length) {
			this.#head += 2 + this.nextLength;
			this.dropped++;
		}
		bytes[this.#tail++ & mask] = length >> 8;
		bytes[this.#tail++ & mask] = length & 0xff;
		while (at < end)
			bytes[this.#tail++ & mask] = from[at++]!;
		return true;
	}

	/** Bytes of the oldest datagram, -1: none waits. */
	get nextLength(): number {
		const at = this.#head, bytes = this.#bytes, mask = this.#mask;
		return at === this.#tail ? -1 : bytes[at & mask]! << 8 | bytes[at + 1 & mask]!;
	}

	/** Moves the oldest datagram to into[at…]; returns the offset after it. One waits and has room there. */
	take(into: Uint8Array, at: number): number {
		const bytes = this.#bytes, mask = this.#mask, end = this.#head + 2 + this.nextLength;
		for (let from = this.#head + 2; from < end; from++)
			into[at++] = bytes[from & mask]!;
		this.#head = end;
		return at;
	}
}
