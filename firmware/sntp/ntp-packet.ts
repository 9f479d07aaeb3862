/** The header of NTP version 4 without extensions, RFC 5905 §7.3. */
import { getUint32, putUint32 } from "../wire/big-endian.js";

export const NTP_PORT = 123;
export const NTP_LENGTH = 48;

export const MODE_SERVER = 4;
/** Leap indicator: the server's clock is not synchronized. */
export const LEAP_UNKNOWN = 3;

export const STRATUM = 1;
export const REFERENCE_ID = 12;
export const ORIGIN = 24;
export const RECEIVE = 32;
export const TRANSMIT = 40;

/** LI 0, version 4, mode 3 (client). */
const CLIENT = 0x23;
/** Seconds from 1900 to 1970, RFC 5905 Figure 4. */
const UNIX_EPOCH = 2208988800;

/** Writes a request. Its transmit timestamp need not tell the client's clock: the server sends it back as the originate timestamp
 *  (RFC 4330 §5), so it is a nonce that nobody off the path knows. */
export function writeRequest(into: Uint8Array, nonce: Uint8Array): number {
	into.fill(0, 0, NTP_LENGTH);
	into[0] = CLIENT;
	for (let i = 0; i < 8; i++)
		into[TRANSMIT + i] = nonce[i]!;
	return NTP_LENGTH;
}

/** Milliseconds since 1970 of the timestamp at `at`; -1: it is 0, "unknown". RFC 4330 §3: with the first bit clear "the time is in
 *  the range 2036-2104". */
export function readTimestamp(bytes: Uint8Array, at: number): number {
	const seconds = getUint32(bytes, at), fraction = getUint32(bytes, at + 4);
	if (seconds === 0 && fraction === 0)
		return -1;
	return (seconds + (seconds < 0x80000000 ? 0x100000000 : 0) - UNIX_EPOCH) * 1000 + fraction * 1000 / 0x100000000;
}

/** For a server's side, and tests. */
export function writeTimestamp(into: Uint8Array, at: number, milliseconds: number): void {
	const seconds = Math.floor(milliseconds / 1000);
	putUint32(into, at, (seconds + UNIX_EPOCH) % 0x100000000);
	putUint32(into, at + 4, Math.floor((milliseconds - seconds * 1000) / 1000 * 0x100000000));
}
