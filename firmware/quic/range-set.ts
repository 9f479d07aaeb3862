/** A bounded set of Numbers as half-open ranges [from, to), ascending and apart: received packet numbers, lost or
 *  acknowledged bytes of a stream, bytes that came out of order. It is an array and no object around one, which would take as
 *  many slots again: set[0] is the index of the highest range's end, 0 where there is none; set[1] and set[2] are the
 *  lowest range's start and end, the others follow. A range is named by the index of its end. */
export type RangeSet = Float64Array;

/** `capacity`: ranges held at most. */
export function makeRangeSet(capacity: number): RangeSet {
	return new Float64Array(1 + 2 * capacity);
}

/** Adds [from, to). Returns false, and changes nothing, where that needs one range too many. */
export function addRange(set: RangeSet, from: number, to: number): boolean {
	const highest = set[0]!;
	let at = highest;
	while (at > 0 && set[at]! >= from)
		at -= 2;
	at += 2;
	if (at > highest || set[at - 1]! > to)
		return insert(set, at, from, to);
	if (from < set[at - 1]!)
		set[at - 1] = from;
	if (to > set[at]!) {
		let last = at;
		while (last < highest && set[last + 1]! <= to)
			last += 2;
		set[at] = set[last]! > to ? set[last]! : to;
		remove(set, at + 2, last + 2);
	}
	return true;
}

/** Adds [from, to), and where the table is full also the gap to the nearest range. */
export function coverRange(set: RangeSet, from: number, to: number): void {
	if (addRange(set, from, to))
		return;
	let at = 2;
	while (at <= set[0]! && set[at]! < from)
		at += 2;
	if (at > set[0]! || (at > 2 && from - set[at - 2]! <= set[at - 1]! - to))
		set[at - 2] = to;
	else
		set[at - 1] = from;
}

/** Takes [from, to) out. Where a range would have to be split and the table is full, it stays whole. */
export function removeRange(set: RangeSet, from: number, to: number): void {
	let at = 2;
	while (at <= set[0]! && set[at]! <= from)
		at += 2;
	while (at <= set[0]! && set[at - 1]! < to) {
		const end = set[at]!;
		if (set[at - 1]! < from) {
			if (end <= to || insert(set, at + 2, to, end))
				set[at] = from;
			at += 2;
		}
		else if (end > to)
			set[at - 1] = to;
		else
			remove(set, at, at + 2);
	}
}

/** True where all of [from, to) is in the set. */
export function coversRange(set: RangeSet, from: number, to: number): boolean {
	for (let at = set[0]!; at > 0; at -= 2)
		if (set[at - 1]! <= from)
			return set[at]! >= to;
	return false;
}

/** Forgets the lowest range. */
export function dropLowest(set: RangeSet): void {
	remove(set, 2, 4);
}

function insert(set: RangeSet, at: number, from: number, to: number): boolean {
	if (set[0]! + 1 === set.length)
		return false;
	set.copyWithin(at + 1, at - 1, set[0]! + 1);
	set[at - 1] = from;
	set[at] = to;
	set[0]! += 2;
	return true;
}

// The ranges from `at` to the one before `end`.
function remove(set: RangeSet, at: number, end: number): void {
	set.copyWithin(at - 1, end - 1, set[0]! + 1);
	set[0]! -= end - at;
}
