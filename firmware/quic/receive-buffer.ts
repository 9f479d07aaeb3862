import { addRange, dropLowest, makeRangeSet, type RangeSet } from "./range-set.js";

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
	#gaps: RangeSet;

	/** `window`: bytes, a power of two; `ranges`: ranges beyond a gap that are told apart. */
	constructor(window: number, ranges: number) {
		this.bytes = new Uint8Array(window);
		this.#gaps = makeRangeSet(ranges);
	}

	/** Starts again at offset 0. */
	reset(): void {
		this.base = this.contiguous = this.highest = 0;
		this.#gaps[0] = 0;
	}

	/** Doubles the window. */
	grow(): void {
		const old = this.bytes, mask = old.length - 1;
		const bytes = this.bytes = new Uint8Array(2 * old.length);
		for (let at = this.base; at < this.highest; at++)
			bytes[at & (mask << 1 | 1)] = old[at & mask]!;
	}

	/** Offset that must not be reached: the window's end. */
	get limit(): number {
		return this.base + this.bytes.length;
	}

	/** Takes from[at, end) as the bytes at `offset`, which the caller has checked against `limit`. Bytes that came
	 *  before are passed over. Returns false, and takes nothing, where there are too many gaps. */
	write(from: Uint8Array, at: number, end: number, offset: number): boolean {
		const to = offset + end - at, gaps = this.#gaps;
		if (to > this.contiguous) {
			if (offset < this.contiguous) {
				at += this.contiguous - offset;
				offset = this.contiguous;
			}
			if ((offset > this.contiguous || gaps[0]! > 0) && !addRange(gaps, offset, to))
				return false;
			const bytes = this.bytes, mask = bytes.length - 1;
			let into = offset & mask;
			while (at < end) {
				bytes[into] = from[at++]!;
				into = (into + 1) & mask;
			}
			if (offset === this.contiguous)
				this.contiguous = to;
			while (gaps[0]! > 0 && gaps[1]! <= this.contiguous) {
				if (gaps[2]! > this.contiguous)
					this.contiguous = gaps[2]!;
				dropLowest(gaps);
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
		const bytes = this.bytes, mask = bytes.length - 1;
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
		return this.base & this.bytes.length - 1;
	}

	get pieceEnd(): number {
		const end = this.pieceAt + this.contiguous - this.base;
		return end > this.bytes.length ? this.bytes.length : end;
	}
}
