/** The SOME/IP header: read in place, and written. Network byte order (Open SOME/IP feat_req_someip_42, _45). */
import { putUint16, putUint32 } from "../wire/big-endian.js";
import { DROP_LENGTH, DROP_MESSAGE_TYPE, DROP_PROTOCOL_VERSION, DROP_TRUNCATED } from "./drop.js";

/** Bytes up to the payload; and the part that the length field does not count. */
export const HEADER_LENGTH = 16;
export const LENGTH_OFFSET = 8;
/** Where the message type and the return code stand. */
export const TYPE_OFFSET = 14;
export const RETURN_CODE_OFFSET = 15;
/** The TP header follows the header where the type has TYPE_TP_FLAG. */
export const TP_HEADER_LENGTH = 4;
export const PROTOCOL_VERSION = 1;

export const TYPE_REQUEST = 0x00;
export const TYPE_REQUEST_NO_RETURN = 0x01;
export const TYPE_NOTIFICATION = 0x02;
export const TYPE_RESPONSE = 0x80;
export const TYPE_ERROR = 0x81;
/** feat_req_someip_761: "The 3rd highest bit of the Message Type (=0x20) shall be called TP-Flag". */
export const TYPE_TP_FLAG = 0x20;

export const E_OK = 0x00;

/** Longest UDP payload after the SOME/IP header without TP (feat_req_someiptp_760, _773). */
export const UDP_PAYLOAD_MAX = 1400;

/** One message within a datagram. `attach` once per buffer, then `wrap`; the fields tell of the message wrapped last. */
export class Message {
	bytes: Uint8Array;
	serviceId = 0;
	methodId = 0;
	clientId = 0;
	sessionId = 0;
	interfaceVersion = 0;
	/** Without TYPE_TP_FLAG. */
	type = 0;
	isSegment = false;
	returnCode = 0;
	/** The payload is bytes[payloadOffset, payloadEnd); of a segment it begins with the TP header. */
	payloadOffset = 0;
	payloadEnd = 0;
	#view: DataView;

	constructor() {
		this.bytes = new Uint8Array(0);
		this.#view = new DataView(this.bytes.buffer);
	}

	/** Takes the buffer to read from. Nothing is allocated while it stays the same one. */
	attach(bytes: Uint8Array): void {
		if (bytes !== this.bytes) {
			this.bytes = bytes;
			this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
		}
	}

	/** Validates the message at `at`. Returns its total length in bytes, or a negative DROP_* code. After
	 *  DROP_PROTOCOL_VERSION and DROP_MESSAGE_TYPE the fields are set all the same: `payloadEnd` tells where the next
	 *  message begins, the others what to answer to.
	 *  Open SOME/IP feat_req_someip_45, _77, _798, _718. */
	wrap(at: number, end: number): number {
		if (end - at < HEADER_LENGTH)
			return DROP_TRUNCATED;
		const view = this.#view, bytes = this.bytes, length = view.getUint32(at + 4);
		// feat_req_someip_798: "SOME/IP messages with a length value < 8 bytes shall be ignored."
		if (length < HEADER_LENGTH - LENGTH_OFFSET || length > end - at - LENGTH_OFFSET)
			return DROP_LENGTH;
		const type = bytes[at + 14]!, bare = type & ~TYPE_TP_FLAG;
		this.serviceId = view.getUint16(at);
		this.methodId = view.getUint16(at + 2);
		this.clientId = view.getUint16(at + 8);
		this.sessionId = view.getUint16(at + 10);
		this.interfaceVersion = bytes[at + 13]!;
		this.type = bare;
		this.isSegment = type !== bare;
		this.returnCode = bytes[at + 15]!;
		this.payloadOffset = at + HEADER_LENGTH;
		this.payloadEnd = at + LENGTH_OFFSET + length;
		if (bytes[at + 12] !== PROTOCOL_VERSION)
			return DROP_PROTOCOL_VERSION;
		if (bare !== TYPE_NOTIFICATION && bare !== TYPE_RESPONSE && bare !== TYPE_ERROR
			&& bare !== TYPE_REQUEST && bare !== TYPE_REQUEST_NO_RETURN)
			return DROP_MESSAGE_TYPE;
		return LENGTH_OFFSET + length;
	}

	/** The uint32 at `at` of the attached buffer: the TP header. */
	uint32(at: number): number {
		return this.#view.getUint32(at);
	}
}

/** Writes a header to into[at, at + 16). `payloadLength`: bytes after it, the TP header among them. `type`: with
 *  TYPE_TP_FLAG where it is a segment's. Returns where the payload goes. */
export function writeHeader(into: Uint8Array, at: number, serviceId: number, methodId: number, payloadLength: number,
	clientId: number, sessionId: number, interfaceVersion: number, type: number): number {
	putUint16(into, at, serviceId);
	putUint16(into, at + 2, methodId);
	putUint32(into, at + 4, HEADER_LENGTH - LENGTH_OFFSET + payloadLength);
	putUint16(into, at + 8, clientId);
	putUint16(into, at + 10, sessionId);
	into[at + 12] = PROTOCOL_VERSION;
	into[at + 13] = interfaceVersion;
	into[at + 14] = type;
	into[at + 15] = E_OK;
	return at + HEADER_LENGTH;
}

/** Writes the part of the header that end-to-end protection covers, from the Request ID on, to into[at, at + 8). */
export function writeProtected(into: Uint8Array, at: number, clientId: number, sessionId: number, interfaceVersion: number, type: number, returnCode: number): void {
	putUint16(into, at, clientId);
	putUint16(into, at + 2, sessionId);
	into[at + 4] = PROTOCOL_VERSION;
	into[at + 5] = interfaceVersion;
	into[at + 6] = type;
	into[at + 7] = returnCode;
}

/** The session id after `sessionId`. feat_req_someip_677: "When the Session ID reaches 0xFFFF, it shall start with
 *  0x0001 again." */
export function nextSession(sessionId: number): number {
	return sessionId >= 0xffff ? 1 : sessionId + 1;
}
