import { RangeSet } from "./range-set.js";

/** The receiving half of an ordered byte stream (a stream or the CRYPTO data): a fixed window of bytes that puts
 *  in order what comes out of order. Positions are absolute offsets. */
export class ReceiveBuffer {
	/** Offset of the first byte that was not read yet. */
	base = 0;
	/** Offset up to which everything has come. */
	contiguous = 0;
	/** Largest offset seen. */
	highest = 0;
	bytes: Uint8Array;
	#mask: number;
	#gaps: RangeSet;

	/** `window`: bytes, a power of two; `ranges`: ranges beyond a gap that are told apart. */
	constructor(window: number, ranges: number) {
		this.bytes = new Uint8Array(window);
		this.#mask = window - 1;
		this.#gaps = new RangeSet(ranges);
	}

	/** Starts again at offset 0. */
	reset(): void {
		this.base = this.contiguous = this.highest = 0;
		this.#gaps.clear();
	}

	/** Doubles the window. */
	grow(): void {
		const old = this.bytes, mask = this.#mask;
		this.bytes = new Uint8Array(2 * old.length);
		this.#mask = 2 * old.length - 1;
		for (let at = this.base; at < this.highest; at++)
			this.bytes[at & this.#mask] = old[at & mask]!;
	}

	/** Offset that must not be reached: the window's end. */
	get limit(): number {
		return this.base + this.bytes.length;
	}

	/** Takes from[at, end) as the bytes at `offset`, which the caller has checked against `limit`. Bytes that came
	 *  before are passed over. Returns false, and takes nothing, where there are too many gaps. */
	write(from: Uint8Array, at: number, end: number, offset: number): boolean {
		const to = offset + end - at;
		if (to > this.contiguous) {
			if (offset < this.contiguous) {
				at += this.contiguous - offset;
				offset = this.contiguous;
			}
			if (offset > this.contiguous || this.#gaps.count > 0) {
				if (!this.#gaps.add(offset, to))
					return false;
			}
			const bytes = this.bytes, mask = this.#mask;
			let into = offset & mask;
			while (at < end) {
				bytes[into] = from[at++]!;
				into = (into + 1) & mask;
			}
			if (offset === this.contiguous)
				this.contiguous = to;
			while (this.#gaps.count > 0 && this.#gaps.from(0) <= this.contiguous) {
				if (this.#gaps.to(0) > this.contiguous)
					this.contiguous = this.#gaps.to(0);
				this.#gaps.dropLowest();
			}
		}
		if (to > this.highest)
			this.highest = to;
		return true;
	}

	/** Passes over bytes up to offset `to` that were delivered without the buffer. Only where nothing is buffered. */
	advance(to: number): void {
		this.base = this.contiguous = to;
		if (to > this.highest)
			this.highest = to;
	}

	/** Copies bytes in order to into[at, end); returns how many. */
	read(into: Uint8Array, at: number, end: number): number {
		let count = this.contiguous - this.base;
		if (count > end - at)
			count = end - at;
		const bytes = this.bytes, mask = this.#mask;
		let from = this.base & mask;
		for (let i = 0; i < count; i++) {
			into[at + i] = bytes[from]!;
			from = (from + 1) & mask;
		}
		this.base += count;
		return count;
	}

	/** Position in `bytes` of the next byte in order; and the end of the piece that can be had there without a wrap. */
	get pieceAt(): number {
		return this.base & this.#mask;
	}

	get pieceEnd(): number {
		const at = this.base & this.#mask;
		const count = this.contiguous - this.base;
		return at + count > this.bytes.length ? this.bytes.length : at + count;
	}
}
