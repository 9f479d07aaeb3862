/** Application error codes (RFC 9114 §8.1, RFC 9204 §6). */
export const H3_NO_ERROR = 0x100;
export const H3_GENERAL_PROTOCOL_ERROR = 0x101;
export const H3_STREAM_CREATION_ERROR = 0x103;
export const H3_CLOSED_CRITICAL_STREAM = 0x104;
export const H3_FRAME_UNEXPECTED = 0x105;
export const H3_FRAME_ERROR = 0x106;
export const H3_EXCESSIVE_LOAD = 0x107;
export const H3_ID_ERROR = 0x108;
export const H3_SETTINGS_ERROR = 0x109;
export const H3_MISSING_SETTINGS = 0x10a;
export const H3_REQUEST_CANCELLED = 0x10c;
export const H3_MESSAGE_ERROR = 0x10e;
export const QPACK_DECOMPRESSION_FAILED = 0x200;
export const QPACK_ENCODER_STREAM_ERROR = 0x201;
export const QPACK_DECODER_STREAM_ERROR = 0x202;

/** Ends the connection. Thrown while something received is read, caught once in the client. */
export class Http3Error extends Error {
	readonly code: number;

	constructor(code: number, reason: string) {
		super(reason);
		this.code = code;
	}
}
