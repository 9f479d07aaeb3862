/** A bounded set of Numbers as half-open ranges [from, to), ascending and apart: received packet numbers,
 *  lost or acknowledged bytes of a stream, bytes that came out of order. */
export class RangeSet {
	#from: Float64Array;
	#to: Float64Array;
	#count = 0;

	/** `capacity`: ranges held at most. */
	constructor(capacity: number) {
		this.#from = new Float64Array(capacity);
		this.#to = new Float64Array(capacity);
	}

	get count(): number {
		return this.#count;
	}

	/** Start of range `index`, 0 being the lowest. */
	from(index: number): number {
		return this.#from[index]!;
	}

	/** End of range `index`. */
	to(index: number): number {
		return this.#to[index]!;
	}

	clear(): void {
		this.#count = 0;
	}

	/** Adds [from, to). Returns false, and changes nothing, where that needs one range too many. */
	add(from: number, to: number): boolean {
		const froms = this.#from, tos = this.#to;
		let i = this.#count;
		while (i > 0 && tos[i - 1]! >= from)
			i--;
		if (i === this.#count || froms[i]! > to)
			return this.#insert(i, from, to);
		if (from < froms[i]!)
			froms[i] = from;
		if (to > tos[i]!) {
			let last = i;
			while (last + 1 < this.#count && froms[last + 1]! <= to)
				last++;
			tos[i] = tos[last]! > to ? tos[last]! : to;
			this.#delete(i + 1, last - i);
		}
		return true;
	}

	/** Adds [from, to), and where the table is full also the gap to the nearest range. */
	addCovering(from: number, to: number): void {
		if (this.add(from, to))
			return;
		let i = 0;
		while (i < this.#count && this.#to[i]! < from)
			i++;
		const below = i > 0 ? from - this.#to[i - 1]! : Infinity;
		const above = i < this.#count ? this.#from[i]! - to : Infinity;
		if (below <= above)
			this.#to[i - 1] = to;
		else
			this.#from[i] = from;
	}

	/** Takes [from, to) out. Where a range would have to be split and the table is full, it stays whole. */
	remove(from: number, to: number): void {
		const froms = this.#from, tos = this.#to;
		let i = 0;
		while (i < this.#count && tos[i]! <= from)
			i++;
		while (i < this.#count && froms[i]! < to) {
			const end = tos[i]!;
			if (froms[i]! < from) {
				if (end > to) {
					if (this.#insert(i + 1, to, end))
						tos[i] = from;
					return;
				}
				tos[i] = from;
				i++;
			}
			else if (end > to) {
				froms[i] = to;
				return;
			}
			else
				this.#delete(i, 1);
		}
	}

	/** True where all of [from, to) is in the set. */
	covers(from: number, to: number): boolean {
		for (let i = this.#count - 1; i >= 0; i--)
			if (this.#from[i]! <= from)
				return this.#to[i]! >= to;
		return false;
	}

	/** Forgets the lowest range. */
	dropLowest(): void {
		this.#delete(0, 1);
	}

	#insert(index: number, from: number, to: number): boolean {
		if (this.#count === this.#from.length)
			return false;
		for (let i = this.#count; i > index; i--) {
			this.#from[i] = this.#from[i - 1]!;
			this.#to[i] = this.#to[i - 1]!;
		}
		this.#from[index] = from;
		this.#to[index] = to;
		this.#count++;
		return true;
	}

	#delete(index: number, count: number): void {
		if (count === 0)
			return;
		this.#count -= count;
		for (let i = index; i < this.#count; i++) {
			this.#from[i] = this.#from[i + count]!;
			this.#to[i] = this.#to[i + count]!;
		}
	}
}
