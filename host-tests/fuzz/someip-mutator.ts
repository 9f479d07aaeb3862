/** Datagrams that are nearly SOME/IP: good ones, changed where it hurts. */
import type { Prng } from "../support/prng.js";

/** The longest that is made. */
export const MUTANT_MAX = 1500;

/** uint32 that lengths like to lie with. */
const LENGTHS: readonly number[] = [0, 1, 4, 7, 8, 9, 12, 16, 0x7f, 0xff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffff7, 0xfffffff8, 0xffffffff];
const BYTES: readonly number[] = [0, 1, 2, 3, 4, 6, 7, 0x0f, 0x10, 0x1f, 0x20, 0x22, 0x24, 0x40, 0x7f, 0x80, 0x81, 0xa0, 0xf0, 0xff];
/** Own, other, off the subnet, loopback, multicast, broadcast, none. */
const ADDRESSES: readonly number[] = [0x0a000001, 0x0a000002, 0x0a000063, 0x0a000100, 0x0b000001, 0x7f000001, 0xe0000001, 0xefc00101, 0xffffffff, 0x0a0000ff, 0];
const TYPES: readonly number[] = [0, 1, 2, 0x20, 0x21, 0x22, 0x40, 0x80, 0x81, 0xa0, 0xa1, 0xff];

const HEADER = 16, SD_ENTRIES = 24, ENTRY = 16;

export class Mutator {
	readonly bytes = new Uint8Array(MUTANT_MAX);
	readonly view = new DataView(this.bytes.buffer);
	length = 0;
	readonly #prng: Prng;
	readonly #samples: readonly Uint8Array[];

	constructor(prng: Prng, samples: readonly Uint8Array[]) {
		this.#prng = prng;
		this.#samples = samples;
	}

	/** Makes the next one in bytes[0, length). `sample`: what it is made of; default: any. */
	next(sample = this.#pick(this.#samples)): void {
		const prng = this.#prng;
		this.length = 0;
		this.#append(sample);
		if (prng.chance(0.15))
			this.#append(this.#pick(this.#samples));
		for (let count = 1 + prng.below(prng.chance(0.2) ? 8 : 2); count > 0; count--)
			this.#change();
	}

	#pick<T>(list: readonly T[]): T {
		return list[this.#prng.below(list.length)]!;
	}

	#append(sample: Uint8Array): void {
		const { bytes } = this;
		for (let i = 0; i < sample.length && this.length < bytes.length; i++)
			bytes[this.length++] = sample[i]!;
	}

	#change(): void {
		const prng = this.#prng;
		if (this.length === 0)
			return;
		switch (prng.below(12)) {
			case 0: return this.#header();
			case 1: case 2: case 3: return this.#isDiscovery ? this.#discovery() : this.#header();
			case 4: return this.#segment();
			case 5:
				this.length = prng.below(this.length + 1);
				return;
			case 6: return this.#put32(prng.below(this.length), this.#pick(LENGTHS));
			case 7: return this.#splice();
			case 8: return this.#cut();
			case 9:
				for (let i = prng.below(this.length), end = i + prng.below(20); i < end && i < this.length; i++)
					this.bytes[i] = prng.below(256);
				return;
			default:
				this.bytes[prng.below(this.length)] = prng.chance(0.5) ? prng.below(256) : this.#pick(BYTES);
		}
	}

	get #isDiscovery(): boolean {
		return this.length > SD_ENTRIES + ENTRY && this.bytes[0] === 0xff && this.bytes[2] === 0x81;
	}

	#header(): void {
		const { bytes, length } = this, prng = this.#prng;
		if (length < HEADER)
			return;
		switch (prng.below(8)) {
			case 0: return this.#put32(4, prng.chance(0.5) ? this.#pick(LENGTHS) : length - 8 + prng.below(5) - 2);
			case 1: bytes[12] = this.#pick(BYTES); return;
			case 2: bytes[13] = this.#pick(BYTES); return;
			case 3: bytes[14] = this.#pick(TYPES); return;
			case 4: bytes[15] = this.#pick(BYTES); return;
			case 5: return this.#put16(10, prng.chance(0.3) ? 0 : prng.below(0x10000));
			case 6: return this.#put16(2, this.#pick([0, 1, 2, 0x7fff, 0x8000, 0x8001, 0x8002, 0x8100, 0xffff]));
			default: return this.#put16(8, prng.below(0x10000));
		}
	}

	/** Entries, options and their lengths. */
	#discovery(): void {
		const { bytes, view, length } = this, prng = this.#prng, entries = view.getUint32(20), count = entries >>> 4;
		if (prng.chance(0.15))
			return this.#put32(20, prng.chance(0.5) ? this.#pick(LENGTHS) : entries + 16 * (prng.below(3) - 1));
		if (prng.chance(0.3) || count === 0 || SD_ENTRIES + entries + 4 > length)
			return this.#options(SD_ENTRIES + entries);
		const entry = SD_ENTRIES + ENTRY * prng.below(count);
		switch (prng.below(8)) {
			case 0: bytes[entry] = this.#pick([0, 1, 2, 3, 4, 5, 6, 7, 8, 0xff]); return;
			case 1: bytes[entry + 1] = this.#pick(BYTES); return;
			case 2: bytes[entry + 2] = this.#pick(BYTES); return;
			case 3: bytes[entry + 3] = prng.below(256); return;
			case 4: return this.#put32(entry + 8, (bytes[entry + 8]! << 24 | this.#pick([0, 1, 3, 0xffffff, 0xfffffe, 0x800000])) >>> 0);
			case 5: return this.#put16(entry + 6, this.#pick([0, 1, 2, 0xffff]));
			case 6: return this.#put16(entry + 14, this.#pick([0, 0x10, 0x11, 0xffff]));
			default: bytes[16] = this.#pick([0, 0x40, 0x80, 0xc0, 0xe0, 0xff]);
		}
	}

	#options(at: number): void {
		const { bytes, view, length } = this, prng = this.#prng;
		if (at + 4 > length)
			return;
		if (prng.chance(0.2))
			return this.#put32(at, prng.chance(0.5) ? this.#pick(LENGTHS) : view.getUint32(at) + prng.below(25) - 12);
		// Any of the options: they follow each other by their lengths.
		let option = at + 4;
		for (let skip = prng.below(3); skip > 0 && option + 3 < length; skip--)
			option += 3 + view.getUint16(option);
		if (option + 12 > length)
			return;
		switch (prng.below(5)) {
			case 0: return this.#put16(option, this.#pick([0, 1, 5, 8, 9, 10, 0x15, 0xffff]));
			case 1: bytes[option + 2] = this.#pick([0, 1, 2, 3, 4, 6, 0x14, 0x15, 0x16, 0x24, 0x26, 0xff]); return;
			case 2: return this.#put32(option + 4, this.#pick(ADDRESSES));
			case 3: bytes[option + 9] = this.#pick([0, 6, 0x11, 0x84, 0xff]); return;
			default: return this.#put16(option + 10, this.#pick([0, 1, 30490, 30509, 40000, 0xffff]));
		}
	}

	/** As a segment of SOME/IP-TP. */
	#segment(): void {
		const { bytes } = this, prng = this.#prng;
		if (this.length < HEADER + 4)
			return;
		bytes[14] = bytes[14]! | 0x20;
		this.#put32(16, prng.chance(0.5) ? prng.below(20) * 16 + prng.below(2) : prng.chance(0.5) ? this.#pick(LENGTHS) : prng.next());
	}

	/** Puts a piece of another one over it. */
	#splice(): void {
		const other = this.#pick(this.#samples), prng = this.#prng, from = prng.below(other.length), to = prng.below(this.length);
		for (let i = 0; from + i < other.length && to + i < this.bytes.length && i < 64; i++) {
			this.bytes[to + i] = other[from + i]!;
			if (to + i >= this.length)
				this.length = to + i + 1;
		}
	}

	/** Takes a piece out, or repeats one. */
	#cut(): void {
		const prng = this.#prng, at = prng.below(this.length), count = 1 + prng.below(prng.chance(0.5) ? 4 : 40);
		if (prng.chance(0.5)) {
			this.bytes.copyWithin(at, at + count, this.length);
			this.length = at + count > this.length ? at : this.length - count;
			return;
		}
		const end = this.length + count < MUTANT_MAX ? this.length + count : MUTANT_MAX;
		this.bytes.copyWithin(at + count, at, this.length);
		this.length = end;
	}

	#put16(at: number, value: number): void {
		if (at + 2 <= this.length)
			this.view.setUint16(at, value);
	}

	#put32(at: number, value: number): void {
		if (at + 4 <= this.length)
			this.view.setUint32(at, value);
	}
}
