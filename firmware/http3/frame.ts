/** Frame types (RFC 9114 §7.2) and stream types (§6.2, RFC 9204 §4.2). */
export const DATA = 0x0;
export const HEADERS = 0x1;
export const CANCEL_PUSH = 0x3;
export const SETTINGS = 0x4;
export const PUSH_PROMISE = 0x5;
export const GOAWAY = 0x7;
export const MAX_PUSH_ID = 0xd;

export const STREAM_CONTROL = 0x0;
export const STREAM_PUSH = 0x1;
export const STREAM_QPACK_ENCODER = 0x2;
export const STREAM_QPACK_DECODER = 0x3;

export const SETTINGS_MAX_FIELD_SECTION_SIZE = 0x6;

/** Types of HTTP/2 frames that must not come (RFC 9114 §7.2.8). */
export function isForbidden(type: number): boolean {
	return type === 0x2 || type === 0x6 || type === 0x8 || type === 0x9;
}
