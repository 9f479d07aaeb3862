import { HTTP3_FIELD_SECTION_MAX, HTTP3_REQUESTS, HTTP3_SERVER_STREAMS, QUIC_STREAM_SEND_RING } from "../config.js";
import {
	Connection, type ConnectionOptions, type ConnectionStatistics, EVENT_CLOSED, EVENT_CONNECTED, EVENT_NONE, EVENT_STREAM_CLOSED, EVENT_STREAM_CREDIT,
	EVENT_STREAM_READABLE,
} from "../quic/connection.js";
import { VARINT_MAX, varintLength, writeVarint } from "../quic/varint.js";
import { H3_NO_ERROR, H3_REQUEST_CANCELLED, H3_STREAM_CREATION_ERROR, Http3Error } from "./error-code.js";
import { FieldSectionReader, writeFieldSection } from "./field-section.js";
import { DATA, HEADERS, SETTINGS, SETTINGS_MAX_FIELD_SECTION_SIZE, STREAM_CONTROL } from "./frame.js";
import { HuffmanDecoder } from "./huffman.js";
import { Request } from "./request.js";
import { findField, isToken, isValue } from "./response.js";
import { KIND_IGNORED, KIND_UNKNOWN, lost, ServerStream } from "./server-stream.js";

export const HTTP3_NONE = 0;
/** Requests can be made. */
export const HTTP3_READY = 1;
/** The response's head has come: `status`, `field`. */
export const HTTP3_HEAD = 2;
/** `readBody` has bytes. */
export const HTTP3_BODY = 3;
/** The response is complete. */
export const HTTP3_DONE = 4;
/** There will be no (more) response; `failure` says why. */
export const HTTP3_FAILED = 5;
/** The connection is over; all requests have failed. */
export const HTTP3_CLOSED = 6;

/** `request`: not now: every place is taken, the server gives no stream, or it is about to close (GOAWAY). */
export const NOT_NOW = -1;
/** `request`: its fields are more than the server takes, or than we can write. */
export const TOO_LARGE = -2;

/** First bits of a stream's id (RFC 9000 §2.1). */
const KIND_OF_STREAM = 3;
const SERVER_UNIDIRECTIONAL = 3;

/** What the client needs of QUIC. */
export type Http3Connection = Pick<Connection, "connect" | "receive" | "onTimeout" | "pollTransmit" | "pollTimeout" | "pollEvent" | "eventStream" | "eventError"
	| "openStream" | "openUniStream" | "setUrgency" | "sendRing" | "finish" | "read" | "isFinished" | "abort" | "close" | "dispose" | "closed" | "closeReason"
	| "statistics" | "enableEcn" | "transmitEcn">;

/** A QUIC connection with the application protocol and the streams of HTTP/3. */
export function http3Connection(options: Omit<ConnectionOptions, "alpn">): Connection {
	return new Connection({ ...options, alpn: "h3", streams: HTTP3_REQUESTS + 1, peerUniStreams: HTTP3_SERVER_STREAMS });
}

/** An HTTP/3 client over one QUIC connection (RFC 9114): a few requests at a time, bodies as streams, no push, no dynamic
 *  tables. Performs no I/O: after any input or command drain pollEvent, then pollTransmit, then pollTimeout. */
export class Http3Client {
	#connection: Http3Connection;
	#authority: string;
	#requests: Request[] = [];
	#server: ServerStream[] = [];
	#control = { maxFieldSection: VARINT_MAX, goAway: VARINT_MAX };
	#sections = new FieldSectionReader(new HuffmanDecoder());
	#scratch = new Uint8Array(HTTP3_FIELD_SECTION_MAX);
	#ownControl = -1;
	#isReady = false;
	#now = 0;
	/** The request of the last event. */
	eventRequest = -1;

	/** `authority`: host, with ":port" where it is not 443. `connection`: as `http3Connection` makes it, not yet connected. */
	constructor(authority: string, connection: Http3Connection) {
		this.#authority = authority;
		this.#connection = connection;
	}

	connect(now: number): void {
		this.#connection.connect(now);
	}

	/** `ecn`: the ECN field that the datagram came with. */
	receive(datagram: Uint8Array, length: number, now: number, ecn = 0): void {
		this.#now = now;
		this.#connection.receive(datagram, length, now, ecn);
	}

	onTimeout(now: number): void {
		this.#now = now;
		this.#connection.onTimeout(now);
	}

	pollTransmit(into: Uint8Array, now: number): number {
		return this.#connection.pollTransmit(into, now);
	}

	/** The ECN field that this datagram wants. */
	get transmitEcn(): number {
		return this.#connection.transmitEcn;
	}

	/** The socket can read and write the ECN field. */
	enableEcn(): void {
		this.#connection.enableEcn();
	}

	pollTimeout(now: number): number {
		return this.#connection.pollTimeout(now);
	}

	/** HTTP3_*; 0: nothing (more) happened. */
	pollEvent(): number {
		for (let event = this.#connection.pollEvent(); event !== EVENT_NONE; event = this.#connection.pollEvent()) {
			if (event === EVENT_CLOSED)
				return this.#onClosed();
			try {
				if (event === EVENT_CONNECTED || event === EVENT_STREAM_CREDIT)
					this.#openControl();
				else if (event === EVENT_STREAM_READABLE || event === EVENT_STREAM_CLOSED)
					this.#onStream(this.#connection.eventStream, event === EVENT_STREAM_CLOSED);
			}
			catch (error) {
				if (!(error instanceof Http3Error))
					throw error;
				this.#connection.close(error.code, error.message, this.#now);
			}
		}
		if (this.#isReady) {
			this.#isReady = false;
			return HTTP3_READY;
		}
		for (let i = 0; i < this.#requests.length; i++) {
			const event = eventOf(this.#requests[i]!);
			if (event !== HTTP3_NONE) {
				this.eventRequest = this.#requests[i]!.id;
				return event;
			}
		}
		return HTTP3_NONE;
	}

	/** Sends a request's head; returns its id, NOT_NOW or TOO_LARGE. `fields`: names in small letters and values in turn.
	 *  `hasBody`: `writeBody` and `endBody` follow. Throws a RangeError for what cannot stand in a request. */
	request(method: string, path: string, fields: readonly string[] = [], hasBody = false): number {
		const all = [":method", method, ":scheme", "https", ":authority", this.#authority, ":path", path, ...fields];
		checkFields(all);
		const end = writeFieldSection(this.#scratch, 0, all);
		if (end < 0 || sizeOf(all) > this.#control.maxFieldSection || end + 3 > QUIC_STREAM_SEND_RING)
			return TOO_LARGE;
		if (this.#requests.length >= HTTP3_REQUESTS || this.#ownControl < 0 || this.#control.goAway < VARINT_MAX)
			return NOT_NOW;
		const id = this.#connection.openStream();
		if (id < 0)
			return NOT_NOW;
		this.#putFrame(id, HEADERS, this.#scratch, 0, end);
		if (!hasBody)
			this.#connection.finish(id);
		this.#requests.push(new Request(id, method === "HEAD"));
		return id;
	}

	/** Sends as much of bytes[offset, end) as there is room for; returns how many were taken, 0 where there is none now. */
	writeBody(id: number, bytes: Uint8Array, offset: number, end: number): number {
		const request = this.#find(id);
		if (request.isDone)
			return 0;
		const room = this.#connection.sendRing(id).room - 5, length = end - offset < room ? end - offset : room;
		if (length <= 0)
			return 0;
		this.#putFrame(id, DATA, bytes, offset, offset + length);
		return length;
	}

	/** The body is complete. */
	endBody(id: number): void {
		if (!this.#find(id).isDone)
			this.#connection.finish(id);
	}

	/** 200 to 599, 0 before HTTP3_HEAD. */
	status(id: number): number {
		return this.#find(id).status;
	}

	/** A field of the response's head, or of its trailers; undefined: it has none of that name. */
	field(id: number, name: string): string | undefined {
		const request = this.#find(id);
		return findField(request.fields, name) ?? findField(request.trailers, name);
	}

	/** Why the request failed, in words; "" while it did not. */
	failure(id: number): string {
		return this.#find(id).failure;
	}

	/** Copies bytes of the response's body to into[at, end); returns how many, 0: none now. The server waits while nobody reads. */
	readBody(id: number, into: Uint8Array, at: number, end: number): number {
		const request = this.#find(id);
		let total = 0;
		try {
			for (let taken = -1; taken !== 0 && at + total < end;) {
				taken = request.read(this.#connection, into, at + total, end);
				total += taken;
				this.#advance(request);
			}
			request.hasBody = request.hasBody && at + total === end;
		}
		catch (error) {
			if (!(error instanceof Http3Error))
				throw error;
			this.#connection.close(error.code, error.message, this.#now);
		}
		return total;
	}

	/** Forgets a request; one that is not over is cancelled. */
	release(id: number): void {
		const request = this.#find(id);
		if (!request.isDone)
			this.#connection.abort(id, H3_REQUEST_CANCELLED);
		this.#requests.splice(this.#requests.indexOf(request), 1);
	}

	close(now: number): void {
		this.#connection.close(H3_NO_ERROR, "", now);
	}

	dispose(): void {
		this.#connection.dispose();
	}

	get closed(): boolean {
		return this.#connection.closed;
	}

	/** After HTTP3_CLOSED, in words. */
	get closeReason(): string {
		return this.#connection.closeReason;
	}

	get statistics(): ConnectionStatistics {
		return this.#connection.statistics;
	}

	#onClosed(): number {
		for (const request of this.#requests)
			request.fail(this.#connection.closeReason || "the connection was closed");
		return HTTP3_CLOSED;
	}

	// RFC 9114 §6.2.1: "Each side MUST initiate a single control stream at the beginning of the connection and send its
	// SETTINGS frame as the first frame on this stream."
	#openControl(): void {
		if (this.#ownControl >= 0) {
			this.#isReady = true;
			return;
		}
		this.#ownControl = this.#connection.openUniStream();
		if (this.#ownControl < 0)
			return;
		const into = this.#scratch;
		into[0] = SETTINGS_MAX_FIELD_SECTION_SIZE;
		const end = writeVarint(into, 1, HTTP3_FIELD_SECTION_MAX);
		this.#connection.setUrgency(this.#ownControl, 0);
		this.#connection.sendRing(this.#ownControl).putUint8(STREAM_CONTROL);
		this.#putFrame(this.#ownControl, SETTINGS, into, 0, end);
		this.#isReady = true;
	}

	#onStream(id: number, isClosed: boolean): void {
		if (id === this.#ownControl) {
			if (isClosed)
				throw lost();
		}
		else if ((id & KIND_OF_STREAM) === SERVER_UNIDIRECTIONAL)
			this.#onServerStream(id, isClosed);
		else
			this.#onResponse(id, isClosed);
	}

	#onServerStream(id: number, isClosed: boolean): void {
		let stream = this.#server.find(known => known.id === id);
		if (stream === undefined) {
			stream = new ServerStream(id);
			this.#server.push(stream);
		}
		const before = stream.kind;
		stream.advance(this.#connection, this.#control, this.#scratch);
		if (before === KIND_UNKNOWN && stream.kind >= 0 && this.#server.some(other => other !== stream && other.kind === stream.kind))
			throw new Http3Error(H3_STREAM_CREATION_ERROR, "the server opened a second stream of a kind of which there is one");
		if (before === KIND_UNKNOWN && stream.kind === KIND_IGNORED)
			this.#connection.abort(id, H3_STREAM_CREATION_ERROR);
		if (this.#control.goAway < VARINT_MAX)
			this.#onGoAway();
		if (!isClosed)
			return;
		if (stream.kind >= 0)
			throw lost();
		this.#server.splice(this.#server.indexOf(stream), 1);
	}

	// RFC 9114 §5.2: requests from that identifier on were not, and will not be, processed.
	#onGoAway(): void {
		for (const request of this.#requests) {
			if (request.id >= this.#control.goAway && !request.isDone) {
				request.fail("the server goes away and did not take the request: it can be repeated");
				this.#connection.abort(request.id, H3_REQUEST_CANCELLED);
			}
		}
	}

	#onResponse(id: number, isClosed: boolean): void {
		const request = this.#requests.find(known => known.id === id);
		if (request === undefined || request.isDone)
			return;
		const error = isClosed ? this.#connection.eventError : -1;
		// RFC 9114 §4.1: a server that needs no more of the request stops it with H3_NO_ERROR; the response is not affected.
		if (error >= 0 && error !== H3_NO_ERROR)
			request.fail(`the server broke the request off: 0x${error.toString(16)}`);
		else
			this.#advance(request);
	}

	#advance(request: Request): void {
		if (request.isDone)
			return;
		const error = request.advance(this.#connection, this.#sections, this.#scratch);
		if (error !== 0)
			this.#connection.abort(request.id, error);
	}

	#putFrame(id: number, type: number, bytes: Uint8Array, offset: number, end: number): void {
		const ring = this.#connection.sendRing(id), head = new Uint8Array(1 + varintLength(end - offset));
		head[0] = type;
		writeVarint(head, 1, end - offset);
		ring.putBytes(head, 0, head.length);
		ring.putBytes(bytes, offset, end);
		ring.commit();
	}

	#find(id: number): Request {
		const request = this.#requests.find(known => known.id === id);
		if (request === undefined)
			throw new RangeError(`there is no request ${id}`);
		return request;
	}
}

function eventOf(request: Request): number {
	if (request.hasHead) {
		request.hasHead = false;
		return HTTP3_HEAD;
	}
	if (request.hasBody) {
		request.hasBody = false;
		return HTTP3_BODY;
	}
	if (request.hasEnd) {
		request.hasEnd = false;
		return request.failure === "" ? HTTP3_DONE : HTTP3_FAILED;
	}
	return HTTP3_NONE;
}

function checkFields(fields: readonly string[]): void {
	for (let i = 0; i < fields.length; i += 2) {
		const name = fields[i]!;
		if (i >= 8 && !isToken(name) || !isValue(fields[i + 1]!))
			throw new RangeError(`field ${name}: names are tokens in small letters, values have no control characters and no spaces around`);
	}
}

// RFC 9114 §4.2.2.
function sizeOf(fields: readonly string[]): number {
	let size = 0;
	for (let i = 0; i < fields.length; i += 2)
		size += fields[i]!.length + fields[i + 1]!.length + 32;
	return size;
}
