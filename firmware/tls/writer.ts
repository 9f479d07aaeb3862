/** Writes the fields of a handshake message (RFC 8446 §3). */
export class Writer {
	#bytes: Uint8Array;
	#at = 0;

	/** `capacity`: bytes that the message may have before it must be moved to a larger buffer. */
	constructor(capacity: number) {
		this.#bytes = new Uint8Array(capacity);
	}

	/** Numbers of `size` bytes each. */
	numbers(size: number, ...values: readonly number[]): void {
		for (let value = 0; value < values.length; value++)
			for (let i = size - 1; i >= 0; i--)
				this.#byte(values[value]! / 256 ** i & 0xff);
	}

	data(bytes: ArrayLike<number>): void {
		for (let i = 0; i < bytes.length; i++)
			this.#byte(bytes[i]!);
	}

	/** ASCII text without a length. */
	text(text: string): void {
		for (let i = 0; i < text.length; i++)
			this.#byte(text.charCodeAt(i));
	}

	/** What is the same in every message, as hex text. */
	hex(text: string): void {
		for (let i = 0; i < text.length; i += 2)
			this.#byte(parseInt(text.slice(i, i + 2), 16));
	}

	/** Numbers of two bytes each behind their length of two bytes. */
	list(values: readonly number[]): void {
		this.numbers(2, 2 * values.length);
		for (let i = 0; i < values.length; i++)
			this.numbers(2, values[i]!);
	}

	/** Bytes behind their length of `size` bytes. */
	vector(size: number, bytes: ArrayLike<number>): void {
		this.numbers(size, bytes.length);
		this.data(bytes);
	}

	/** Leaves `size` bytes for a length; returns the mark that `close` wants. */
	open(size: number): number {
		this.numbers(size, 0);
		return this.#at;
	}

	/** Writes the count of bytes since `mark` into the `size` bytes before it. */
	close(mark: number, size: number): void {
		const end = this.#at;
		this.#at = mark - size;
		this.numbers(size, end - mark);
		this.#at = end;
	}

	/** Overwrites what was written. */
	wipe(): void {
		this.#bytes.fill(0);
	}

	/** A copy of what was written. */
	finish(): Uint8Array {
		return this.#bytes.slice(0, this.#at);
	}

	#byte(value: number): void {
		const bytes = this.#bytes;
		if (this.#at === bytes.length) {
			this.#bytes = new Uint8Array(2 * bytes.length);
			this.#bytes.set(bytes);
			bytes.fill(0);
		}
		this.#bytes[this.#at] = value;
		this.#at++;
	}
}
