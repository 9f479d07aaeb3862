/** Writes the fields of a handshake message (RFC 8446 §3) into a buffer of fixed capacity.
 *  A byte too many throws: the capacity is the caller's arithmetic. */
export class Writer {
	#bytes: Uint8Array;
	#at = 0;

	constructor(capacity: number) {
		this.#bytes = new Uint8Array(capacity);
	}

	uint8(value: number): void {
		if (this.#at >= this.#bytes.length)
			throw new RangeError("handshake message longer than its buffer");
		this.#bytes[this.#at++] = value;
	}

	uint16(value: number): void {
		this.uint8(value >> 8);
		this.uint8(value & 0xff);
	}

	uint32(value: number): void {
		this.uint16(value >>> 16);
		this.uint16(value & 0xffff);
	}

	uint48(value: number): void {
		this.uint16(Math.floor(value / 0x100000000));
		this.uint32(value % 0x100000000);
	}

	data(bytes: ArrayLike<number>): void {
		for (let i = 0; i < bytes.length; i++)
			this.uint8(bytes[i]!);
	}

	/** ASCII text without a length. */
	text(text: string): void {
		for (let i = 0; i < text.length; i++)
			this.uint8(text.charCodeAt(i));
	}

	/** Leaves `size` bytes for a length; returns the mark that `close` wants. */
	open(size: number): number {
		for (let i = 0; i < size; i++)
			this.uint8(0);
		return this.#at;
	}

	/** Writes the count of bytes since `mark` into the `size` bytes before it. */
	close(mark: number, size: number): void {
		const length = this.#at - mark;
		if (length >= 2 ** (8 * size))
			throw new RangeError(`a vector of ${length} bytes does not fit a length of ${size} bytes`);
		for (let i = 1; i <= size; i++)
			this.#bytes[mark - i] = length >> 8 * (i - 1);
	}

	/** Overwrites what was written. */
	wipe(): void {
		this.#bytes.fill(0);
	}

	/** A copy of what was written. */
	finish(): Uint8Array {
		return this.#bytes.slice(0, this.#at);
	}
}
