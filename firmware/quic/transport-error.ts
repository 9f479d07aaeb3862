/** Error codes of RFC 9000 §20.1 and the one exception that a peer's fatal mistake becomes. */

export const NO_ERROR = 0x00;
export const INTERNAL_ERROR = 0x01;
export const CONNECTION_REFUSED = 0x02;
export const FLOW_CONTROL_ERROR = 0x03;
export const STREAM_LIMIT_ERROR = 0x04;
export const STREAM_STATE_ERROR = 0x05;
export const FINAL_SIZE_ERROR = 0x06;
export const FRAME_ENCODING_ERROR = 0x07;
export const TRANSPORT_PARAMETER_ERROR = 0x08;
export const CONNECTION_ID_LIMIT_ERROR = 0x09;
export const PROTOCOL_VIOLATION = 0x0a;
export const INVALID_TOKEN = 0x0b;
export const APPLICATION_ERROR = 0x0c;
export const CRYPTO_BUFFER_EXCEEDED = 0x0d;
export const KEY_UPDATE_ERROR = 0x0e;
export const AEAD_LIMIT_REACHED = 0x0f;
export const NO_VIABLE_PATH = 0x10;
/** RFC 9368 §10.2. */
export const VERSION_NEGOTIATION_ERROR = 0x11;
/** Plus the TLS alert (RFC 9001 §4.8). */
export const CRYPTO_ERROR = 0x100;

/** Thrown by the handlers of a packet, caught once in `Connection.receive`, sent as CONNECTION_CLOSE with the type of the
 *  frame that is read. */
export class TransportError extends Error {
	readonly code: number;

	constructor(code: number, reason: string) {
		super(reason);
		this.code = code;
	}
}
