/** The Variable Byte Integer (MQTT 5.0 §1.5.5): seven bits a byte, least significant first, four bytes at most. */
import type { SendRing } from "../wire/send-ring.js";

/** The largest value; also the largest Remaining Length. */
export const VARIABLE_INTEGER_MAX = 268435455;

/** Bytes that `value` takes. */
export function variableIntegerSize(value: number): number {
	return value < 128 ? 1 : value < 16384 ? 2 : value < 2097152 ? 3 : 4;
}

/** Puts `value` into the ring; the caller has asked for room. */
export function putVariableInteger(ring: SendRing, value: number): void {
	while (value >= 128) {
		ring.putUint8(value & 0x7f | 0x80);
		value >>>= 7;
	}
	ring.putUint8(value);
}
