/** Packet numbers on the wire (RFC 9000 §17.1 and A.2, A.3). */

/** Bytes (1 … 4) that `number` needs so that a peer that has acknowledged `largestAcked` (-1: none) can tell it.
 *  RFC 9000 §17.1: "the sender MUST use a packet number size able to represent more than twice as large a range
 *  as the difference between the largest acknowledged packet number and the packet number being sent." */
export function packetNumberLength(number: number, largestAcked: number): number {
	const unacknowledged = number - largestAcked;
	return unacknowledged < 0x80 ? 1 : unacknowledged < 0x8000 ? 2 : unacknowledged < 0x800000 ? 3 : 4;
}

/** The full number of a packet whose last `length` bytes of it are `truncated`, where `largest` (-1: none) is the
 *  largest that was received. Numbers saturate: a peer cannot come near 2^53. */
export function decodePacketNumber(truncated: number, length: number, largest: number): number {
	const expected = largest + 1;
	const window = length === 1 ? 0x100 : length === 2 ? 0x10000 : length === 3 ? 0x1000000 : 0x100000000;
	const half = window / 2;
	const candidate = expected - expected % window + truncated;
	if (candidate <= expected - half)
		return candidate + window;
	if (candidate > expected + half && candidate >= window)
		return candidate - window;
	return candidate;
}

/** Writes the last `length` bytes of `number`; returns the offset after them. */
export function writePacketNumber(bytes: Uint8Array, at: number, number: number, length: number): number {
	const low = number % 0x100000000;
	for (let i = length - 1; i >= 0; i--)
		bytes[at++] = low >>> (i * 8) & 0xff;
	return at;
}
