/** Variable-length integers (RFC 9000 §16). Values are Numbers; what an 8-byte form holds above 2^53-1
 *  reads as 2^53-1, which every limit of this client is far below. */

/** The largest value that is told apart. */
export const VARINT_MAX = Number.MAX_SAFE_INTEGER;

/** Bytes that the form beginning with `first` takes: 1, 2, 4 or 8. */
export function varintSize(first: number): number {
	return 1 << (first >> 6);
}

/** Bytes that the shortest form of `value` takes. */
export function varintLength(value: number): number {
	return value < 0x40 ? 1 : value < 0x4000 ? 2 : value < 0x40000000 ? 4 : 8;
}

/** The value at bytes[at]. The caller has made sure that varintSize(bytes[at]) bytes are there. */
export function readVarint(bytes: Uint8Array, at: number): number {
	const first = bytes[at]!;
	if (first < 0x40)
		return first;
	if (first < 0x80)
		return (first & 0x3f) << 8 | bytes[at + 1]!;
	const high = ((first & 0x3f) << 24 | bytes[at + 1]! << 16 | bytes[at + 2]! << 8 | bytes[at + 3]!) >>> 0;
	if (first < 0xc0)
		return high;
	if (high > 0x1fffff)
		return VARINT_MAX;
	const low = (bytes[at + 4]! << 24 | bytes[at + 5]! << 16 | bytes[at + 6]! << 8 | bytes[at + 7]!) >>> 0;
	return high * 0x100000000 + low;
}

/** True where the varint at bytes[at] is above 2^60, the largest number of streams (RFC 9000 §4.6). */
export function exceedsStreamCount(bytes: Uint8Array, at: number): boolean {
	const first = bytes[at]!;
	if (first < 0xd0)
		return false;
	if (first > 0xd0)
		return true;
	for (let i = 1; i < 8; i++)
		if (bytes[at + i] !== 0)
			return true;
	return false;
}

/** Writes the shortest form of `value` (0 … 2^53-1); returns the offset after it. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
	if (value < 0x40) {
		bytes[at] = value;
		return at + 1;
	}
	if (value < 0x4000) {
		bytes[at] = 0x40 | value >> 8;
		bytes[at + 1] = value & 0xff;
		return at + 2;
	}
	if (value < 0x40000000) {
		bytes[at] = 0x80 | value >> 24;
		bytes[at + 1] = value >> 16 & 0xff;
		bytes[at + 2] = value >> 8 & 0xff;
		bytes[at + 3] = value & 0xff;
		return at + 4;
	}
	const high = Math.floor(value / 0x100000000);
	bytes[at] = 0xc0 | high >> 24;
	bytes[at + 1] = high >> 16 & 0xff;
	bytes[at + 2] = high >> 8 & 0xff;
	bytes[at + 3] = high & 0xff;
	bytes[at + 4] = value / 0x1000000 & 0xff;
	bytes[at + 5] = value / 0x10000 & 0xff;
	bytes[at + 6] = value / 0x100 & 0xff;
	bytes[at + 7] = value & 0xff;
	return at + 8;
}

/** Writes `value` (< 2^14) in the 2-byte form, whatever its size: for lengths that are known later. */
export function writeVarint2(bytes: Uint8Array, at: number, value: number): void {
	bytes[at] = 0x40 | value >> 8;
	bytes[at + 1] = value & 0xff;
}
