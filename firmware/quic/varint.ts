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
	const high = readUint32(bytes, at) & 0x3fffffff;
	return first < 0xc0 ? high : high > 0x1fffff ? VARINT_MAX : high * 0x100000000 + readUint32(bytes, at + 4);
}

/** True where the varint at bytes[at] is above 2^60, the largest number of streams (RFC 9000 §4.6). */
export function exceedsStreamCount(bytes: Uint8Array, at: number): boolean {
	const first = bytes[at]!;
	if (first < 0xd0)
		return false;
	if (first > 0xd0)
		return true;
	return (readUint32(bytes, at) & 0xfffffff) + readUint32(bytes, at + 4) > 0;
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
	if (value < 0x40000000)
		return writeUint32(bytes, at, value | 0x80000000);
	writeUint32(bytes, at, value / 0x100000000 | 0xc0000000);
	return writeUint32(bytes, at + 4, value);
}

/** The four bytes at bytes[at…] as a number. */
export function readUint32(bytes: Uint8Array, at: number): number {
	return (bytes[at]! << 24 | bytes[at + 1]! << 16 | bytes[at + 2]! << 8 | bytes[at + 3]!) >>> 0;
}

/** Writes `value` as four bytes; returns the offset after them. */
export function writeUint32(bytes: Uint8Array, at: number, value: number): number {
	for (let shift = 24; shift >= 0; shift -= 8)
		bytes[at++] = value >>> shift & 0xff;
	return at;
}

/** Writes `value` (< 2^14) in the 2-byte form, whatever its size: for lengths that are known later. */
export function writeVarint2(bytes: Uint8Array, at: number, value: number): void {
	bytes[at] = 0x40 | value >> 8;
	bytes[at + 1] = value & 0xff;
}
