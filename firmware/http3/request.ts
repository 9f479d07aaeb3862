import { HTTP3_FIELD_SECTION_MAX } from "../config.js";
import { H3_EXCESSIVE_LOAD, H3_FRAME_ERROR, H3_FRAME_UNEXPECTED, H3_ID_ERROR, H3_MESSAGE_ERROR, Http3Error } from "./error-code.js";
import type { FieldSectionReader } from "./field-section.js";
import { CANCEL_PUSH, DATA, GOAWAY, HEADERS, isForbidden, MAX_PUSH_ID, PUSH_PROMISE, SETTINGS } from "./frame.js";
import { FrameHead, type StreamSource } from "./frame-head.js";
import { areTrailers, MALFORMED, readContentLength, readStatus } from "./response.js";

const BEFORE_HEAD = 0;
const BODY = 1;
const AFTER_TRAILERS = 2;

/** One request and its response as it comes (RFC 9114 §4.1). The body stays in QUIC's buffer until it is read. */
export class Request {
	readonly id: number;
	/** 0 until the head has come. */
	status = 0;
	fields: readonly string[] = [];
	trailers: readonly string[] = [];
	/** Whether these were not told yet: the head; bytes of the body; the end, or the failure. */
	hasHead = false;
	hasBody = false;
	hasEnd = false;
	isDone = false;
	/** Why it failed, in words; "" while it did not. */
	failure = "";
	#isHead: boolean;
	#phase = BEFORE_HEAD;
	#head = new FrameHead();
	#frameType = DATA;
	/** Bytes of the frame that are still to come. */
	#left = 0;
	#section: Uint8Array | undefined;
	#contentLength = -1;
	#bodyBytes = 0;

	constructor(id: number, isHead: boolean) {
		this.id = id;
		this.#isHead = isHead;
	}

	/** Reads up to the next bytes of the body. Returns 0, or an error code with which the stream is to be broken off; throws an
	 *  Http3Error that ends the connection. */
	advance(source: StreamSource, sections: FieldSectionReader, scratch: Uint8Array): number {
		while (!this.isDone) {
			if (this.#left > 0 && this.#frameType === DATA) {
				this.hasBody = true;
				return this.#endIfCut(source);
			}
			if (this.#left > 0) {
				const into = this.#section ?? scratch, at = this.#section === undefined ? 0 : into.length - this.#left;
				const taken = source.read(this.id, into, at, Math.min(into.length, at + this.#left));
				if (taken === 0)
					return this.#endIfCut(source);
				this.#left -= taken;
			}
			else if (this.#head.read(source, this.id, 2)) {
				const error = this.#onHead(this.#head.type, this.#head.length);
				if (error !== 0)
					return error;
			}
			else
				return this.#endIfCut(source);
			if (this.#left === 0 && this.#section !== undefined) {
				const error = this.#onSection(this.#section, sections);
				if (error !== 0)
					return error;
			}
		}
		return 0;
	}

	/** Copies bytes of the body to into[at, end); returns how many, 0: none now. `advance` must follow. */
	read(source: StreamSource, into: Uint8Array, at: number, end: number): number {
		if (this.#left === 0 || this.#frameType !== DATA || this.isDone)
			return 0;
		const taken = source.read(this.id, into, at, Math.min(end, at + this.#left));
		this.#left -= taken;
		return taken;
	}

	/** Ends it with a reason; the first one stays. */
	fail(reason: string): void {
		if (this.isDone)
			return;
		this.isDone = this.hasEnd = true;
		this.failure = reason;
	}

	#onHead(type: number, length: number): number {
		if (type === PUSH_PROMISE)
			throw new Http3Error(H3_ID_ERROR, "the server promises a push that was not allowed");
		if (type === SETTINGS || type === GOAWAY || type === CANCEL_PUSH || type === MAX_PUSH_ID || isForbidden(type)
			|| type === DATA && this.#phase !== BODY || type === HEADERS && this.#phase === AFTER_TRAILERS)
			throw new Http3Error(H3_FRAME_UNEXPECTED, `frame of type ${type} in a response, where it does not belong`);
		this.#frameType = type;
		this.#left = length;
		this.#section = undefined;
		if (type === DATA) {
			this.#bodyBytes += length;
			if (this.#isHead && length > 0 || this.#contentLength >= 0 && this.#bodyBytes > this.#contentLength)
				return this.#malformed("a body longer than announced");
		}
		else if (type === HEADERS) {
			if (length > HTTP3_FIELD_SECTION_MAX)
				return this.#tooLarge();
			this.#section = new Uint8Array(length);
		}
		return 0;
	}

	#onSection(section: Uint8Array, sections: FieldSectionReader): number {
		this.#section = undefined;
		const fields = sections.read(section, 0, section.length);
		if (fields === undefined)
			return this.#tooLarge();
		if (this.#phase === BODY) {
			if (!areTrailers(fields))
				return this.#malformed("trailers that cannot be");
			this.trailers = fields;
			this.#phase = AFTER_TRAILERS;
			return 0;
		}
		const status = readStatus(fields);
		if (status === MALFORMED)
			return this.#malformed("a head that cannot be");
		// RFC 9110 §15.2: an interim response comes before the final one, any number of times.
		if (status < 200)
			return 0;
		this.#contentLength = readContentLength(fields);
		if (this.#contentLength < -1)
			return this.#malformed("a content-length that cannot be");
		if (this.#isHead || status === 204 || status === 304)
			this.#contentLength = -1;
		this.status = status;
		this.fields = fields;
		this.hasHead = true;
		this.#phase = BODY;
		return 0;
	}

	// The end of the stream, where it has come.
	#endIfCut(source: StreamSource): number {
		if (!source.isFinished(this.id))
			return 0;
		// RFC 9114 §7.1: a frame that the stream's end cuts off is an error of the connection.
		if (this.#left > 0 || !this.#head.isEmpty)
			throw new Http3Error(H3_FRAME_ERROR, "the response ends within a frame");
		if (this.#phase === BEFORE_HEAD)
			return this.#malformed("an end before its head");
		if (this.#contentLength >= 0 && this.#bodyBytes !== this.#contentLength)
			return this.#malformed(`${this.#bodyBytes} bytes of a body of ${this.#contentLength}`);
		this.isDone = this.hasEnd = true;
		return 0;
	}

	#malformed(what: string): number {
		this.fail(`the response is malformed: it has ${what}`);
		return H3_MESSAGE_ERROR;
	}

	#tooLarge(): number {
		this.fail(`the response's fields are larger than ${HTTP3_FIELD_SECTION_MAX} bytes`);
		return H3_EXCESSIVE_LOAD;
	}
}
