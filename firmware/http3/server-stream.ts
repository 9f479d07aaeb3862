import { HTTP3_SETTINGS_BYTES_MAX } from "../config.js";
import { readVarint, varintSize } from "../quic/varint.js";
import {
	H3_CLOSED_CRITICAL_STREAM, H3_EXCESSIVE_LOAD, H3_FRAME_ERROR, H3_FRAME_UNEXPECTED, H3_ID_ERROR, H3_MISSING_SETTINGS, H3_SETTINGS_ERROR, Http3Error,
	QPACK_DECODER_STREAM_ERROR, QPACK_ENCODER_STREAM_ERROR,
} from "./error-code.js";
import {
	CANCEL_PUSH, DATA, GOAWAY, HEADERS, isForbidden, MAX_PUSH_ID, PUSH_PROMISE, SETTINGS, SETTINGS_MAX_FIELD_SECTION_SIZE,
	STREAM_CONTROL, STREAM_PUSH, STREAM_QPACK_DECODER, STREAM_QPACK_ENCODER,
} from "./frame.js";
import { FrameHead, type StreamSource } from "./frame-head.js";

/** `kind` before the stream's type has come, and of a stream that is nothing to us. */
export const KIND_UNKNOWN = -1;
export const KIND_IGNORED = -2;

/** What the server's control stream has said. */
export interface ServerControl {
	/** Largest field section that it takes, as RFC 9114 §4.2.2 counts. */
	maxFieldSection: number;
	/** The first request that it will not answer (GOAWAY). */
	goAway: number;
}

/** One unidirectional stream of the server (RFC 9114 §6.2, RFC 9204 §4.2). */
export class ServerStream {
	readonly id: number;
	/** STREAM_* or KIND_*. */
	kind = KIND_UNKNOWN;
	#head = new FrameHead();
	#hasSettings = false;
	/** Bytes of the control stream's frame that are still to come; while it is ours to read they are kept. */
	#left = 0;
	#payload: Uint8Array | undefined;
	#frameType = 0;
	/** A QPACK instruction goes on in the next byte. */
	#inInteger = false;

	constructor(id: number) {
		this.id = id;
	}

	/** Takes what came. Throws an Http3Error that ends the connection. */
	advance(source: StreamSource, control: ServerControl, scratch: Uint8Array): void {
		if (this.kind === KIND_UNKNOWN && this.#head.read(source, this.id, 1))
			this.kind = kindOf(this.#head.type);
		if (this.kind === STREAM_CONTROL)
			this.#readControl(source, control, scratch);
		else if (this.kind === STREAM_QPACK_ENCODER || this.kind === STREAM_QPACK_DECODER)
			this.#readInstructions(source, scratch);
		if (this.kind >= 0 && source.isFinished(this.id))
			throw lost();
	}

	#readControl(source: StreamSource, control: ServerControl, scratch: Uint8Array): void {
		for (;;) {
			if (this.#left > 0) {
				const into = this.#payload ?? scratch, at = this.#payload === undefined ? 0 : into.length - this.#left;
				const taken = source.read(this.id, into, at, Math.min(into.length, at + this.#left));
				if (taken === 0)
					return;
				this.#left -= taken;
				if (this.#left === 0 && this.#payload !== undefined)
					this.#onFrame(this.#payload, control);
			}
			else if (this.#head.read(source, this.id, 2))
				this.#onHead(this.#head.type, this.#head.length, control);
			else
				return;
		}
	}

	#onHead(type: number, length: number, control: ServerControl): void {
		if (!this.#hasSettings && type !== SETTINGS)
			throw new Http3Error(H3_MISSING_SETTINGS, "the control stream does not begin with SETTINGS");
		if (type === DATA || type === HEADERS || type === PUSH_PROMISE || type === MAX_PUSH_ID || isForbidden(type) || type === SETTINGS && this.#hasSettings)
			throw new Http3Error(H3_FRAME_UNEXPECTED, `frame of type ${type} on the control stream`);
		this.#frameType = type;
		this.#left = length;
		this.#payload = undefined;
		if (type === SETTINGS || type === GOAWAY || type === CANCEL_PUSH) {
			this.#hasSettings = true;
			if (length > HTTP3_SETTINGS_BYTES_MAX)
				throw new Http3Error(H3_EXCESSIVE_LOAD, `frame of type ${type} and ${length} bytes on the control stream`);
			this.#payload = new Uint8Array(length);
			if (length === 0)
				this.#onFrame(this.#payload, control);
		}
	}

	#onFrame(payload: Uint8Array, control: ServerControl): void {
		this.#payload = undefined;
		if (this.#frameType === SETTINGS) {
			readSettings(payload, control);
			return;
		}
		if (payload.length === 0 || varintSize(payload[0]!) !== payload.length)
			throw new Http3Error(H3_FRAME_ERROR, `frame of type ${this.#frameType} of the wrong length`);
		const id = readVarint(payload, 0);
		// RFC 9114 §7.2.3: nothing was promised, as no MAX_PUSH_ID was sent. §5.2: identifiers only fall, and are of requests.
		if (this.#frameType === CANCEL_PUSH || (id & 3) !== 0 || id > control.goAway)
			throw new Http3Error(H3_ID_ERROR, `frame of type ${this.#frameType} with id ${id}`);
		control.goAway = id;
	}

	// Without dynamic tables the encoder can say nothing but "capacity 0", and the decoder only that it cancelled a stream.
	#readInstructions(source: StreamSource, scratch: Uint8Array): void {
		for (let count = source.read(this.id, scratch, 0, scratch.length); count > 0; count = source.read(this.id, scratch, 0, scratch.length)) {
			for (let i = 0; i < count; i++) {
				const byte = scratch[i]!;
				if (this.#inInteger)
					this.#inInteger = byte >= 0x80;
				else if (this.kind === STREAM_QPACK_ENCODER) {
					if (byte !== 0x20)
						throw new Http3Error(QPACK_ENCODER_STREAM_ERROR, "the server uses a dynamic table that was not allowed");
				}
				else if ((byte & 0xc0) === 0x40)
					this.#inInteger = (byte & 0x3f) === 0x3f;
				else
					throw new Http3Error(QPACK_DECODER_STREAM_ERROR, "the server acknowledges a dynamic table that is not used");
			}
		}
	}
}

export function lost(): Http3Error {
	return new Http3Error(H3_CLOSED_CRITICAL_STREAM, "the server closed a stream that must stay");
}

function kindOf(type: number): number {
	// RFC 9114 §4.6: pushes are not allowed without MAX_PUSH_ID.
	if (type === STREAM_PUSH)
		throw new Http3Error(H3_ID_ERROR, "the server pushes a response that was not asked for");
	return type === STREAM_CONTROL || type === STREAM_QPACK_ENCODER || type === STREAM_QPACK_DECODER ? type : KIND_IGNORED;
}

function readSettings(payload: Uint8Array, control: ServerControl): void {
	const seen: number[] = [];
	for (let at = 0; at < payload.length;) {
		const valueAt = at + varintSize(payload[at]!);
		if (valueAt >= payload.length || valueAt + varintSize(payload[valueAt]!) > payload.length)
			throw new Http3Error(H3_FRAME_ERROR, "SETTINGS that end within a setting");
		const id = readVarint(payload, at);
		// RFC 9114 §7.2.4.1: identifiers of HTTP/2 settings "MUST NOT be sent".
		if (id === 0 || id >= 2 && id <= 5 || seen.includes(id))
			throw new Http3Error(H3_SETTINGS_ERROR, `setting ${id} ${seen.includes(id) ? "twice" : "is not for HTTP/3"}`);
		seen.push(id);
		if (id === SETTINGS_MAX_FIELD_SECTION_SIZE)
			control.maxFieldSection = readVarint(payload, valueAt);
		at = valueAt + varintSize(payload[valueAt]!);
	}
}
