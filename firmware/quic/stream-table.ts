/** All streams of a connection and the flow control over them (RFC 9000 §2 to §4). A kind of stream is 0: bidirectional,
 *  1: unidirectional. */
import { QUIC_RECEIVE_MEMORY, QUIC_STREAMS, QUIC_STREAM_RECEIVE_WINDOW, QUIC_UNI_RECEIVE_WINDOW, QUIC_CONNECTION_RECEIVE_WINDOW } from "../config.js";
import { STREAM_FIN, STREAM_LENGTH, STREAM_OFFSET } from "./frame.js";
import type { FrameReader } from "./frame-reader.js";
import { SEND_OPEN, SEND_RESET, SEND_RESET_ACKED, SEND_RESET_SENT, Stream } from "./stream.js";
import { SENT_MAX_DATA, SENT_MAX_STREAM_DATA, SENT_MAX_STREAMS, SENT_RESET_STREAM, SENT_STOP_SENDING, SENT_STREAM, SENT_STREAM_FIN } from "./sent-packets.js";
import { FINAL_SIZE_ERROR, FLOW_CONTROL_ERROR, STREAM_LIMIT_ERROR, STREAM_STATE_ERROR, TransportError } from "./transport-error.js";
import { INITIAL_MAX_DATA, INITIAL_MAX_STREAM_DATA_BIDI_LOCAL, INITIAL_MAX_STREAM_DATA_BIDI_REMOTE, INITIAL_MAX_STREAM_DATA_UNI, INITIAL_MAX_STREAMS_BIDI } from "./transport-parameters.js";

export interface StreamOptions {
	/** Streams that we have open at once at most; QUIC_STREAMS unless given. */
	streams?: number;
	/** Streams that the server may have open at once: bidirectional and unidirectional; none unless given. Their buffers
	 *  are made when it opens them. */
	peerBidiStreams?: number;
	peerUniStreams?: number;
	/** Bytes that all receive windows together may grow to, a power of two; QUIC_RECEIVE_MEMORY unless given. */
	receiveMemory?: number;
}

/** Columns of `counts`, by kind: streams that the peer lets us open in all, and how many were opened; the same the other way round;
 *  limit + 1 at which STREAMS_BLOCKED went out last; credit of new streams: bidirectional, unidirectional, the peer's. */
export const STREAM_LIMIT = 0;
export const OPENED = 2;
export const PEER_LIMIT = 4;
const PEER_OPENED = 6;
export const BLOCKED_AT = 8;
const SEND_LIMIT = 10;

export class StreamTable {
	/** Slots in use or used once. */
	readonly streams: Stream[] = [];
	/** The peer's MAX_DATA, and new bytes sent on all streams. */
	sendLimit = 0;
	sentBytes = 0;
	/** STREAM_LIMIT and its like, by kind. */
	readonly counts = new Float64Array(SEND_LIMIT + 3);
	/** Our MAX_DATA, bytes that came and bytes that were consumed; and the window that it gives. */
	receiveLimit = QUIC_CONNECTION_RECEIVE_WINDOW;
	receivedBytes = 0;
	consumedBytes = 0;
	window = QUIC_CONNECTION_RECEIVE_WINDOW;
	wantsMaxData = false;
	/** ms: now, when half of the connection's window was used up last (-1: never), and how soon again is soon: two round trips. */
	now = 0;
	usedAt = -1;
	soon = 0;
	/** Bit 1 << kind: MAX_STREAMS, STREAMS_BLOCKED is owed. */
	wantsMaxStreams = 0;
	wantsStreamsBlocked = 0;
	/** Limit at which DATA_BLOCKED went out last. */
	dataBlockedAt = -1;
	/** Slot whose turn it is among those of the same urgency. */
	turn = 0;
	/** A stream can be opened that could not before: an event that was not polled yet. */
	hasNewCredit = false;
	#ownMax: number;
	#memoryMax: number;

	constructor(options: StreamOptions) {
		this.#ownMax = options.streams ?? QUIC_STREAMS;
		this.#memoryMax = options.receiveMemory ?? QUIC_RECEIVE_MEMORY;
		this.counts[PEER_LIMIT] = options.peerBidiStreams ?? 0;
		this.counts[PEER_LIMIT + 1] = options.peerUniStreams ?? 0;
	}

	/** The server's limits, by id of their transport parameters. Also those for early data before. */
	setLimits(numbers: readonly number[]): void {
		const counts = this.counts;
		this.sendLimit = numbers[INITIAL_MAX_DATA]!;
		counts[SEND_LIMIT] = numbers[INITIAL_MAX_STREAM_DATA_BIDI_REMOTE]!;
		counts[SEND_LIMIT + 1] = numbers[INITIAL_MAX_STREAM_DATA_UNI]!;
		counts[SEND_LIMIT + 2] = numbers[INITIAL_MAX_STREAM_DATA_BIDI_LOCAL]!;
		for (let kind = 0; kind < 2; kind++) {
			counts[STREAM_LIMIT + kind] = 0;
			this.onMaxStreams(kind, numbers[INITIAL_MAX_STREAMS_BIDI + kind]!);
		}
	}

	/** Nothing that was sent has arrived: everything on our streams is to be sent again, within new limits. */
	replay(numbers: readonly number[]): void {
		this.sentBytes = 0;
		for (let i = 0; i < this.streams.length; i++) {
			const stream = this.streams[i]!;
			if (stream.id >= 0) {
				stream.send.rewind();
				stream.finSent = false;
				stream.sendLimit = -1;
			}
		}
		this.setLimits(numbers);
	}

	/** Opens a stream. Returns its id, or -1: no credit, or the table is full. */
	open(kind: number): number {
		const counts = this.counts, limit = counts[STREAM_LIMIT + kind]!;
		if (counts[OPENED + kind]! >= limit) {
			if (counts[BLOCKED_AT + kind] !== limit + 1)
				this.wantsStreamsBlocked |= 1 << kind;
			return -1;
		}
		let own = 0;
		for (let i = 0; i < this.streams.length; i++)
			if (this.streams[i]!.id >= 0 && (this.streams[i]!.id & 1) === 0)
				own++;
		if (own >= this.#ownMax)
			return -1;
		const stream = this.#slot();
		stream.open(counts[OPENED + kind]!++ * 4 + 2 * kind, counts[SEND_LIMIT + kind]!, kind === 0 ? QUIC_STREAM_RECEIVE_WINDOW : -1);
		return stream.id;
	}

	#slot(): Stream {
		let stream = this.find(-1);
		if (stream === undefined)
			this.streams.push(stream = new Stream());
		return stream;
	}

	find(id: number): Stream | undefined {
		for (let i = 0; i < this.streams.length; i++)
			if (this.streams[i]!.id === id)
				return this.streams[i];
		return undefined;
	}

	/** Copies bytes in order to into[at, end); returns how many. */
	read(stream: Stream, into: Uint8Array, at: number, end: number): number {
		const count = stream.receive.read(into, at, end);
		if (count > 0)
			this.#consume(stream, count);
		return count;
	}

	/** A STREAM frame. Returns false where it could not be taken and the packet must not be acknowledged. */
	onStream(reader: FrameReader): boolean {
		const type = reader.frameType, isFin = (type & STREAM_FIN) !== 0;
		const id = reader.varint();
		const offset = (type & STREAM_OFFSET) !== 0 ? reader.varint() : 0;
		const length = (type & STREAM_LENGTH) !== 0 ? reader.varint() : reader.end - reader.at;
		const at = reader.skip(length);
		const stream = this.#of(id, true);
		const end = offset + length;
		if (stream === undefined)
			return true;
		this.#checkSize(stream, end, isFin);
		if (stream.isReceiveReset)
			return true;
		const receive = stream.receive;
		const before = receive.highest, contiguous = receive.contiguous;
		if (stream.isDiscarding) {
			if (end > receive.highest)
				receive.highest = end;
		}
		else if (!receive.write(reader.bytes, at, at + length, offset))
			return false;
		this.receivedBytes += receive.highest - before;
		if (isFin && stream.finalSize < 0) {
			stream.finalSize = end;
			stream.isReadable = receive.contiguous === end;
		}
		if (receive.contiguous > contiguous)
			stream.isReadable = true;
		if (stream.isDiscarding)
			this.#discard(stream);
		this.#settle(stream);
		return true;
	}

	onResetStream(reader: FrameReader): void {
		const id = reader.varint(), code = reader.varint(), finalSize = reader.varint();
		const stream = this.#of(id, true);
		if (stream === undefined)
			return;
		this.#checkSize(stream, finalSize, true);
		if (stream.isReceiveDone)
			return;
		this.receivedBytes += finalSize - stream.receive.highest;
		stream.receive.highest = finalSize;
		stream.finalSize = finalSize;
		stream.isReceiveReset = true;
		stream.peerError = code;
		stream.isClosedPending = true;
		this.#consume(stream, finalSize - stream.receive.base);
		// A stream whose answers will not come is of no use: our half ends too.
		stream.resetSending(code);
		this.#settle(stream);
	}

	onStopSending(reader: FrameReader): void {
		const id = reader.varint(), code = reader.varint();
		const stream = this.#of(id, false);
		if (stream === undefined || stream.sendState !== SEND_OPEN || stream.isSendDone)
			return;
		// RFC 9000 §3.5: "An endpoint that receives a STOP_SENDING frame MUST send a RESET_STREAM frame if the stream is
		// in the "Ready" or "Send" state."
		stream.resetSending(code);
		stream.peerError = code;
		stream.isClosedPending = true;
	}

	onMaxStreamData(reader: FrameReader): void {
		const id = reader.varint(), limit = reader.varint();
		const stream = this.#of(id, false);
		if (stream !== undefined && limit > stream.sendLimit)
			stream.sendLimit = limit;
	}

	onMaxData(limit: number): void {
		if (limit > this.sendLimit)
			this.sendLimit = limit;
	}

	onMaxStreams(kind: number, limit: number): void {
		const counts = this.counts;
		if (limit <= counts[STREAM_LIMIT + kind]!)
			return;
		counts[STREAM_LIMIT + kind] = limit;
		if (limit > counts[OPENED + kind]!)
			this.hasNewCredit = true;
		// Streams that were opened for early data may have been held back.
		const least = counts[SEND_LIMIT + kind]!;
		for (let i = 0; i < this.streams.length; i++) {
			const stream = this.streams[i]!;
			if (stream.id >= 0 && (stream.id & 3) === 2 * kind && stream.sendState === SEND_OPEN && stream.id < 4 * limit && stream.sendLimit < least)
				stream.sendLimit = least;
		}
	}

	/** STREAM_DATA_BLOCKED: only its stream is checked, credit is given where the application reads. */
	onStreamDataBlocked(reader: FrameReader): void {
		const id = reader.varint();
		reader.varint();
		this.#of(id, true);
	}

	/** What became of a frame of these kinds. */
	onFrameAcked(kind: number, id: number, from: number, to: number): void {
		const stream = this.find(id);
		if (stream === undefined)
			return;
		if (kind === SENT_STREAM || kind === SENT_STREAM_FIN) {
			if (to > from)
				stream.send.onAcked(from, to);
			if (kind === SENT_STREAM_FIN)
				stream.finAcked = true;
		}
		else if (kind === SENT_RESET_STREAM)
			stream.sendState = SEND_RESET_ACKED;
		this.#settle(stream);
	}

	onFrameLost(kind: number, id: number, from: number, to: number): void {
		if (kind === SENT_MAX_DATA) {
			this.wantsMaxData = true;
			return;
		}
		if (kind === SENT_MAX_STREAMS) {
			this.wantsMaxStreams |= 1 << id;
			return;
		}
		const stream = this.find(id);
		if (stream === undefined)
			return;
		if (kind === SENT_STREAM || kind === SENT_STREAM_FIN) {
			stream.send.onLost(from, to);
			if (kind === SENT_STREAM_FIN && !stream.finAcked)
				stream.finSent = false;
		}
		else if (kind === SENT_RESET_STREAM) {
			if (stream.sendState === SEND_RESET_SENT)
				stream.sendState = SEND_RESET;
		}
		else if (kind === SENT_STOP_SENDING)
			stream.wantsStopSending = !stream.isReceiveDone;
		else if (kind === SENT_MAX_STREAM_DATA)
			stream.wantsMaxData = stream.finalSize < 0;
	}

	/** Ends our half of a stream with `code`. */
	reset(stream: Stream, code: number): void {
		stream.resetSending(code);
		this.#settle(stream);
	}

	/** Asks the peer to end its half with `code`; what still comes is thrown away. */
	stop(stream: Stream, code: number): void {
		if (!stream.isReceiveDone && !stream.isDiscarding) {
			stream.stopCode = code;
			stream.isDiscarding = true;
			// RFC 9000 §3.5: in the "Size Known" state there is little use in it.
			stream.wantsStopSending = stream.finalSize < 0;
			this.#discard(stream);
		}
		this.#settle(stream);
	}

	/** Frees the slot once the stream is over on both sides and the application knows; the peer may open another. */
	release(stream: Stream): void {
		if (!stream.isClosedPolled || !stream.isSendDone || !stream.isReceiveDone)
			return;
		if ((stream.id & 1) !== 0) {
			const kind = stream.id >> 1 & 1;
			this.counts[PEER_LIMIT + kind]!++;
			this.wantsMaxStreams |= 1 << kind;
		}
		stream.id = -1;
	}

	#discard(stream: Stream): void {
		const receive = stream.receive;
		const count = receive.highest - receive.base;
		receive.advance(receive.highest);
		this.#consume(stream, count);
	}

	#consume(stream: Stream, count: number): void {
		const receive = stream.receive, window = receive.bytes.length;
		this.consumedBytes += count;
		if (this.receiveLimit - this.consumedBytes <= this.window / 2) {
			if (this.consumedBytes === this.receivedBytes && this.#isUsedUp(this.receiveLimit - this.receivedBytes, this.window, this.wantsMaxData ? -1 : this.usedAt))
				this.window *= 2;
			this.wantsMaxData = true;
			this.usedAt = this.now;
		}
		if (stream.finalSize < 0 && stream.receiveLimit - receive.base <= window / 2) {
			if (receive.base === receive.highest && this.#isUsedUp(stream.receiveLimit - receive.highest, window, stream.wantsMaxData ? -1 : stream.usedAt) && this.#bufferBytes + window <= this.#memoryMax)
				receive.grow();
			stream.wantsMaxData = true;
			stream.usedAt = this.now;
		}
		this.#settle(stream);
	}

	// The reader keeps up and the window is what the peer waits for, as there is little left of it or it is used up within a
	// round trip or two: it may double, as long as there is memory.
	#isUsedUp(left: number, window: number, usedAt: number): boolean {
		return window * 2 <= this.#memoryMax && (left <= window / 4 || (usedAt !== -1 && (this.now - usedAt | 0) <= this.soon));
	}

	get #bufferBytes(): number {
		let total = 0;
		for (let i = 0; i < this.streams.length; i++)
			total += this.streams[i]!.receive?.bytes.length ?? 0;
		return total;
	}

	#settle(stream: Stream): void {
		if (!stream.isClosedPolled && stream.isSendDone && stream.isReceiveDone)
			stream.isClosedPending = true;
		this.release(stream);
	}

	// RFC 9000 §4.1 and §4.5.
	#checkSize(stream: Stream, end: number, isFinal: boolean): void {
		if (stream.finalSize >= 0 ? end > stream.finalSize || (isFinal && end !== stream.finalSize) : isFinal && end < stream.receive.highest)
			throw new TransportError(FINAL_SIZE_ERROR, "final size of the stream changed");
		const more = end - stream.receive.highest;
		if (more > 0 && (end > stream.receiveLimit || this.receivedBytes + more > this.receiveLimit))
			throw new TransportError(FLOW_CONTROL_ERROR, "more stream data than allowed");
	}

	// The stream of a frame about what the peer sends, or about what we send; undefined: closed meanwhile.
	#of(id: number, isReceiving: boolean): Stream | undefined {
		const counts = this.counts, isPeers = (id & 1) !== 0, kind = id >> 1 & 1, index = (id - (id & 3)) / 4;
		if (kind === 1 && isPeers !== isReceiving)
			throw new TransportError(STREAM_STATE_ERROR, "frame for a half that the stream does not have");
		if (isPeers) {
			if (index >= counts[PEER_LIMIT + kind]!)
				throw new TransportError(STREAM_LIMIT_ERROR, "more streams than allowed");
			// RFC 9000 §3.2: "Before a stream is created, all streams of the same type with lower-numbered stream IDs MUST be
			// created."
			while (counts[PEER_OPENED + kind]! <= index) {
				const stream = this.#slot();
				stream.open(counts[PEER_OPENED + kind]!++ * 4 + 1 + 2 * kind, kind === 0 ? counts[SEND_LIMIT + 2]! : -1, kind === 0 ? QUIC_STREAM_RECEIVE_WINDOW : QUIC_UNI_RECEIVE_WINDOW);
				stream.isOpenedPending = true;
			}
		}
		else if (index >= counts[OPENED + kind]!)
			throw new TransportError(STREAM_STATE_ERROR, "frame for a stream that was not opened");
		return this.find(id);
	}
}
