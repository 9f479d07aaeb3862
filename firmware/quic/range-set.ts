/** A bounded set of Numbers as half-open ranges [from, to), ascending and apart: received packet numbers,
 *  lost or acknowledged bytes of a stream, bytes that came out of order. */
export class RangeSet {
	/** Start and end of each range by turns: one array takes half the slots of two. */
	#bounds: Float64Array;
	#count = 0;

	/** `capacity`: ranges held at most. */
	constructor(capacity: number) {
		this.#bounds = new Float64Array(2 * capacity);
	}

	get count(): number {
		return this.#count;
	}

	/** Start of range `index`, 0 being the lowest. */
	from(index: number): number {
		return this.#bounds[2 * index]!;
	}

	/** End of range `index`. */
	to(index: number): number {
		return this.#bounds[2 * index + 1]!;
	}

	clear(): void {
		this.#count = 0;
	}

	/** Adds [from, to). Returns false, and changes nothing, where that needs one range too many. */
	add(from: number, to: number): boolean {
		const bounds = this.#bounds;
		let i = this.#count;
		while (i > 0 && bounds[2 * (i - 1) + 1]! >= from)
			i--;
		if (i === this.#count || bounds[2 * i]! > to)
			return this.#insert(i, from, to);
		if (from < bounds[2 * i]!)
			bounds[2 * i] = from;
		if (to > bounds[2 * i + 1]!) {
			let last = i;
			while (last + 1 < this.#count && bounds[2 * (last + 1)]! <= to)
				last++;
			bounds[2 * i + 1] = bounds[2 * last + 1]! > to ? bounds[2 * last + 1]! : to;
			this.#delete(i + 1, last - i);
		}
		return true;
	}

	/** Adds [from, to), and where the table is full also the gap to the nearest range. */
	addCovering(from: number, to: number): void {
		if (this.add(from, to))
			return;
		let i = 0;
		while (i < this.#count && this.#bounds[2 * i + 1]! < from)
			i++;
		const below = i > 0 ? from - this.#bounds[2 * (i - 1) + 1]! : Infinity;
		const above = i < this.#count ? this.#bounds[2 * i]! - to : Infinity;
		if (below <= above)
			this.#bounds[2 * (i - 1) + 1] = to;
		else
			this.#bounds[2 * i] = from;
	}

	/** Takes [from, to) out. Where a range would have to be split and the table is full, it stays whole. */
	remove(from: number, to: number): void {
		const bounds = this.#bounds;
		let i = 0;
		while (i < this.#count && bounds[2 * i + 1]! <= from)
			i++;
		while (i < this.#count && bounds[2 * i]! < to) {
			const end = bounds[2 * i + 1]!;
			if (bounds[2 * i]! < from) {
				if (end > to) {
					if (this.#insert(i + 1, to, end))
						bounds[2 * i + 1] = from;
					return;
				}
				bounds[2 * i + 1] = from;
				i++;
			}
			else if (end > to) {
				bounds[2 * i] = to;
				return;
			}
			else
				this.#delete(i, 1);
		}
	}

	/** True where all of [from, to) is in the set. */
	covers(from: number, to: number): boolean {
		for (let i = this.#count - 1; i >= 0; i--)
			if (this.#bounds[2 * i]! <= from)
				return this.#bounds[2 * i + 1]! >= to;
		return false;
	}

	/** Forgets the lowest range. */
	dropLowest(): void {
		this.#delete(0, 1);
	}

	#insert(index: number, from: number, to: number): boolean {
		if (2 * this.#count === this.#bounds.length)
			return false;
		this.#bounds.copyWithin(2 * (index + 1), 2 * index, 2 * this.#count);
		this.#bounds[2 * index] = from;
		this.#bounds[2 * index + 1] = to;
		this.#count++;
		return true;
	}

	#delete(index: number, count: number): void {
		if (count === 0)
			return;
		this.#bounds.copyWithin(2 * index, 2 * (index + count), 2 * this.#count);
		this.#count -= count;
	}
}
