/** The checksums of the E2E profiles (AUTOSAR CRC library). Four bits at a time from tables of sixteen numbers: they
 *  stay in flash, where a table of 256 would take RAM. Each goes on from where the range before it ended. */

/** Polynomial 0x1021. */
const TABLE_16: readonly number[] = Object.freeze([
	0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50a5, 0x60c6, 0x70e7, 0x8108, 0x9129, 0xa14a, 0xb16b, 0xc18c, 0xd1ad, 0xe1ce, 0xf1ef,
]);
/** Polynomial 0xf4acfb13, bits reversed. */
const TABLE_32: readonly number[] = Object.freeze([
	0x00000000, 0x2b2c2bee, 0x565857dc, 0x7d747c32, 0xacb0afb8, 0x879c8456, 0xfae8f864, 0xd1c4d38a,
	0xc8df352f, 0xe3f31ec1, 0x9e8762f3, 0xb5ab491d, 0x646f9a97, 0x4f43b179, 0x3237cd4b, 0x191be6a5,
]);
/** Polynomial 0x42f0e1eba9ea3693, bits reversed. */
const TABLE_64_HIGH: readonly number[] = Object.freeze([
	0x00000000, 0x7d9ba138, 0xfb374270, 0x86ace348, 0x64b62bca, 0x192d8af2, 0x9f8169ba, 0xe21ac882,
	0xc96c5795, 0xb4f7f6ad, 0x325b15e5, 0x4fc0b4dd, 0xadda7c5f, 0xd041dd67, 0x56ed3e2f, 0x2b769f17,
]);
const TABLE_64_LOW: readonly number[] = Object.freeze([
	0x00000000, 0x51336649, 0xa266cc92, 0xf355aadb, 0xebc387a1, 0xbaf0e1e8, 0x49a54b33, 0x18962d7a,
	0xd7870f42, 0x86b4690b, 0x75e1c3d0, 0x24d2a599, 0x3c4488e3, 0x6d77eeaa, 0x9e224471, 0xcf112238,
]);

export const CRC_16_START = 0xffff;

/** Goes on with bytes[at, end). The result is the checksum. */
export function crc16(bytes: Uint8Array, at: number, end: number, crc: number): number {
	for (; at < end; at++)
		crc = crc16Of(bytes[at]!, crc);
	return crc;
}

/** Goes on with one byte. */
export function crc16Of(byte: number, crc: number): number {
	crc ^= byte << 8;
	crc = (crc << 4 ^ TABLE_16[crc >> 12]!) & 0xffff;
	return (crc << 4 ^ TABLE_16[crc >> 12]!) & 0xffff;
}

/** CRC32P4: starts with 0; the result is the checksum and, for what follows, the start. */
export function crc32P4(bytes: Uint8Array, at: number, end: number, crc: number): number {
	crc = ~crc;
	for (; at < end; at++) {
		crc ^= bytes[at]!;
		crc = crc >>> 4 ^ TABLE_32[crc & 15]!;
		crc = crc >>> 4 ^ TABLE_32[crc & 15]!;
	}
	return ~crc >>> 0;
}

/** CRC64, in two words. */
export class Crc64 {
	high = 0;
	low = 0;

	reset(): void {
		this.high = this.low = 0;
	}

	update(bytes: Uint8Array, at: number, end: number): void {
		let high = ~this.high, low = ~this.low;
		for (; at < end; at++) {
			low ^= bytes[at]!;
			for (let i = 0; i < 2; i++) {
				const index = low & 15;
				low = (low >>> 4 | high << 28) ^ TABLE_64_LOW[index]!;
				high = high >>> 4 ^ TABLE_64_HIGH[index]!;
			}
		}
		this.high = ~high >>> 0;
		this.low = ~low >>> 0;
	}
}
