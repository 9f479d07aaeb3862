/** SOME/IP-TP, the sender's side: ascending, never overlapping, all but the last of the greatest length
 *  (Open SOME/IP feat_req_someiptp_777…_780). */
import { copyBytes, putUint32 } from "../wire/big-endian.js";
import { HEADER_LENGTH, TP_HEADER_LENGTH, TYPE_TP_FLAG, UDP_PAYLOAD_MAX, writeHeader } from "./header.js";

/** feat_req_someiptp_773: "the maximum length of a segment that is correctly aligned is 87 x 16 bytes = 1392 bytes". */
export const SEGMENT_MAX = 1392;

/** True where a payload of `length` bytes cannot go in one datagram. */
export function needsSegments(length: number): boolean {
	return length > UDP_PAYLOAD_MAX;
}

/** Writes the segment at `offset`, a multiple of SEGMENT_MAX, of the message payload[start, start + total) to into[0…].
 *  `type`: without the TP flag. Returns the bytes written. */
export function writeSegment(into: Uint8Array, serviceId: number, methodId: number, clientId: number, sessionId: number,
	interfaceVersion: number, type: number, payload: Uint8Array, offset: number, total: number, start = 0): number {
	const more = total - offset > SEGMENT_MAX, end = more ? offset + SEGMENT_MAX : total;
	const at = writeHeader(into, 0, serviceId, methodId, TP_HEADER_LENGTH + end - offset, clientId, sessionId, interfaceVersion, type | TYPE_TP_FLAG);
	putUint32(into, at, more ? offset | 1 : offset);
	copyBytes(payload, start + offset, start + end, into, at + TP_HEADER_LENGTH);
	return HEADER_LENGTH + TP_HEADER_LENGTH + end - offset;
}
