/** Frame types (RFC 9000 §19) and where they may stand (Table 3). */

export const FRAME_PADDING = 0x00;
export const FRAME_PING = 0x01;
export const FRAME_ACK = 0x02;
export const FRAME_ACK_ECN = 0x03;
export const FRAME_RESET_STREAM = 0x04;
export const FRAME_STOP_SENDING = 0x05;
export const FRAME_CRYPTO = 0x06;
export const FRAME_NEW_TOKEN = 0x07;
/** 0x08 … 0x0f; the low bits say what follows. */
export const FRAME_STREAM = 0x08;
export const STREAM_FIN = 0x01;
export const STREAM_LENGTH = 0x02;
export const STREAM_OFFSET = 0x04;
export const FRAME_MAX_DATA = 0x10;
export const FRAME_MAX_STREAM_DATA = 0x11;
export const FRAME_MAX_STREAMS_BIDI = 0x12;
export const FRAME_MAX_STREAMS_UNI = 0x13;
export const FRAME_DATA_BLOCKED = 0x14;
export const FRAME_STREAM_DATA_BLOCKED = 0x15;
export const FRAME_STREAMS_BLOCKED_BIDI = 0x16;
export const FRAME_STREAMS_BLOCKED_UNI = 0x17;
export const FRAME_NEW_CONNECTION_ID = 0x18;
export const FRAME_RETIRE_CONNECTION_ID = 0x19;
export const FRAME_PATH_CHALLENGE = 0x1a;
export const FRAME_PATH_RESPONSE = 0x1b;
export const FRAME_CONNECTION_CLOSE = 0x1c;
export const FRAME_APPLICATION_CLOSE = 0x1d;
export const FRAME_HANDSHAKE_DONE = 0x1e;
/** RFC 9221; 0x31: with its length. */
export const FRAME_DATAGRAM = 0x30;
export const FRAME_DATAGRAM_LENGTH = 0x31;

const FRAME_LAST = FRAME_HANDSHAKE_DONE;
/** Bit n: frame type n may stand in any packet; does not ask for an acknowledgment. */
const EVERYWHERE = 1 << FRAME_PADDING | 1 << FRAME_PING | 1 << FRAME_ACK | 1 << FRAME_ACK_ECN | 1 << FRAME_CRYPTO | 1 << FRAME_CONNECTION_CLOSE;
const SILENT = 1 << FRAME_PADDING | 1 << FRAME_ACK | 1 << FRAME_ACK_ECN | 1 << FRAME_CONNECTION_CLOSE | 1 << FRAME_APPLICATION_CLOSE;

/** True for the frame types of version 1 and DATAGRAM. */
export function isKnownFrame(type: number): boolean {
	return type <= FRAME_LAST || type === FRAME_DATAGRAM || type === FRAME_DATAGRAM_LENGTH;
}

/** True where a packet of space `space` (0 Initial, 1 Handshake, 2 1-RTT) may carry the known frame `type`. */
export function isFrameAllowed(type: number, space: number): boolean {
	return space === 2 || (type <= FRAME_LAST && (EVERYWHERE >> type & 1) !== 0);
}

/** RFC 9000 §13.2: all frames but ACK, PADDING and CONNECTION_CLOSE ask for an acknowledgment. */
export function isAckEliciting(type: number): boolean {
	return type > FRAME_LAST || (SILENT >> type & 1) === 0;
}
