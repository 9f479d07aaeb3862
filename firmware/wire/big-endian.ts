/** Big-endian integers in a Uint8Array, where a DataView is not at hand. No check of the range: the caller has
 *  compared offsets with its end before. */

export function getUint16(bytes: Uint8Array, at: number): number {
	return (bytes[at]! << 8) | bytes[at + 1]!;
}

export function getUint24(bytes: Uint8Array, at: number): number {
	return (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
}

/** 0…0xffffffff, never negative. */
export function getUint32(bytes: Uint8Array, at: number): number {
	return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

export function putUint16(bytes: Uint8Array, at: number, value: number): void {
	bytes[at] = value >> 8;
	bytes[at + 1] = value;
}

export function putUint24(bytes: Uint8Array, at: number, value: number): void {
	bytes[at] = value >> 16;
	bytes[at + 1] = value >> 8;
	bytes[at + 2] = value;
}

export function putUint32(bytes: Uint8Array, at: number, value: number): void {
	bytes[at] = value >>> 24;
	bytes[at + 1] = value >>> 16;
	bytes[at + 2] = value >>> 8;
	bytes[at + 3] = value;
}

/** Copies from[start, end) to into[at…]. No view is made: this runs per packet. */
export function copyBytes(from: Uint8Array, start: number, end: number, into: Uint8Array, at: number): void {
	for (let i = start; i < end; i++)
		into[at++] = from[i]!;
}
