/** All streams of a connection and the flow control over them (RFC 9000 §2 to §4). Only streams that we open
 *  exist: the server's are refused, their limit is 0. */
import { QUIC_CONNECTION_RECEIVE_WINDOW, QUIC_STREAMS, QUIC_STREAM_RECEIVE_WINDOW } from "../config.js";
import { STREAM_FIN, STREAM_LENGTH, STREAM_OFFSET } from "./frame.js";
import type { FrameReader } from "./frame-reader.js";
import { SEND_OPEN, SEND_RESET, SEND_RESET_ACKED, SEND_RESET_SENT, Stream } from "./stream.js";
import { SENT_MAX_DATA, SENT_MAX_STREAM_DATA, SENT_RESET_STREAM, SENT_STOP_SENDING, SENT_STREAM, SENT_STREAM_FIN } from "./sent-packets.js";
import { FINAL_SIZE_ERROR, FLOW_CONTROL_ERROR, STREAM_LIMIT_ERROR, STREAM_STATE_ERROR, TransportError } from "./transport-error.js";

export class StreamTable {
	/** Slots in use or used once. */
	readonly streams: Stream[] = [];
	/** The peer's MAX_DATA, and new bytes sent on all streams. */
	sendLimit = 0;
	sentBytes = 0;
	/** Streams that the peer lets us open in all, and how many were. */
	streamLimit = 0;
	opened = 0;
	/** Our MAX_DATA, bytes that came and bytes that were consumed. */
	receiveLimit = QUIC_CONNECTION_RECEIVE_WINDOW;
	receivedBytes = 0;
	consumedBytes = 0;
	wantsMaxData = false;
	/** STREAMS_BLOCKED is owed; and the limit at which it, and DATA_BLOCKED, went out last. */
	wantsStreamsBlocked = false;
	streamsBlockedAt = -1;
	dataBlockedAt = -1;
	/** A stream can be opened that could not before: an event that was not polled yet. */
	hasNewCredit = false;
	#streamSendLimit = 0;

	/** The server's initial limits. */
	setLimits(maxData: number, maxStreamData: number, maxStreams: number): void {
		this.sendLimit = maxData;
		this.#streamSendLimit = maxStreamData;
		this.streamLimit = maxStreams;
		this.hasNewCredit = maxStreams > 0;
	}

	/** Opens a bidirectional stream. Returns its id, or -1: no credit, or all QUIC_STREAMS in use. */
	open(): number {
		if (this.opened >= this.streamLimit) {
			this.wantsStreamsBlocked = this.streamsBlockedAt !== this.streamLimit;
			return -1;
		}
		let free: Stream | undefined;
		for (let i = 0; i < this.streams.length && free === undefined; i++)
			if (this.streams[i]!.id < 0)
				free = this.streams[i];
		if (free === undefined) {
			if (this.streams.length >= QUIC_STREAMS)
				return -1;
			free = new Stream();
			this.streams.push(free);
		}
		free.open(this.opened++ * 4, this.#streamSendLimit);
		return free.id;
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
		const type = reader.frameType;
		const id = reader.varint();
		const offset = (type & STREAM_OFFSET) !== 0 ? reader.varint() : 0;
		const length = (type & STREAM_LENGTH) !== 0 ? reader.varint() : reader.end - reader.at;
		const at = reader.skip(length);
		const stream = this.#receiving(id, type);
		if (stream === undefined || stream.isReceiveReset)
			return true;
		const end = offset + length;
		this.#checkSize(stream, end, (type & STREAM_FIN) !== 0, type);
		const receive = stream.receive;
		const before = receive.highest, contiguous = receive.contiguous;
		if (stream.isDiscarding) {
			if (end > receive.highest)
				receive.highest = end;
		}
		else if (!receive.write(reader.bytes, at, at + length, offset))
			return false;
		this.receivedBytes += receive.highest - before;
		if ((type & STREAM_FIN) !== 0 && stream.finalSize < 0) {
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
		const type = reader.frameType;
		const id = reader.varint(), code = reader.varint(), finalSize = reader.varint();
		const stream = this.#receiving(id, type);
		if (stream === undefined || stream.isReceiveReset)
			return;
		this.#checkSize(stream, finalSize, true, type);
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
		const type = reader.frameType;
		const id = reader.varint(), code = reader.varint();
		const stream = this.#sending(id, type);
		if (stream === undefined || stream.sendState !== SEND_OPEN || stream.isSendDone)
			return;
		// RFC 9000 §3.5: "An endpoint that receives a STOP_SENDING frame MUST send a RESET_STREAM frame if the stream is
		// in the "Ready" or "Send" state."
		stream.resetSending(code);
		stream.peerError = code;
		stream.isClosedPending = true;
	}

	onMaxStreamData(reader: FrameReader): void {
		const type = reader.frameType;
		const id = reader.varint(), limit = reader.varint();
		const stream = this.#sending(id, type);
		if (stream !== undefined && limit > stream.sendLimit)
			stream.sendLimit = limit;
	}

	onMaxData(limit: number): void {
		if (limit > this.sendLimit)
			this.sendLimit = limit;
	}

	onMaxStreams(limit: number): void {
		if (limit > this.streamLimit) {
			this.streamLimit = limit;
			this.hasNewCredit = true;
		}
	}

	/** STREAM_DATA_BLOCKED: only its stream is checked, credit is given where the application reads. */
	onStreamDataBlocked(reader: FrameReader): void {
		const type = reader.frameType;
		const id = reader.varint();
		reader.varint();
		this.#receiving(id, type);
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

	/** Ends both halves of a stream with `code`. */
	abort(stream: Stream, code: number): void {
		stream.resetSending(code);
		if (!stream.isReceiveDone && !stream.isDiscarding) {
			stream.ownError = code;
			stream.isDiscarding = true;
			stream.wantsStopSending = true;
			this.#discard(stream);
		}
		this.#settle(stream);
	}

	/** Frees the slot once the stream is over on both sides and the application knows. */
	release(stream: Stream): void {
		if (stream.isClosedPolled && stream.isSendDone && stream.isReceiveDone)
			stream.id = -1;
	}

	#discard(stream: Stream): void {
		const receive = stream.receive;
		const count = receive.highest - receive.base;
		receive.advance(receive.highest);
		this.#consume(stream, count);
	}

	#consume(stream: Stream, count: number): void {
		this.consumedBytes += count;
		if (this.receiveLimit - this.consumedBytes <= QUIC_CONNECTION_RECEIVE_WINDOW / 2)
			this.wantsMaxData = true;
		if (stream.finalSize < 0 && stream.receiveLimit - stream.receive.base <= QUIC_STREAM_RECEIVE_WINDOW / 2)
			stream.wantsMaxData = true;
		this.#settle(stream);
	}

	#settle(stream: Stream): void {
		if (!stream.isClosedPolled && stream.isSendDone && stream.isReceiveDone)
			stream.isClosedPending = true;
		this.release(stream);
	}

	// RFC 9000 §4.1 and §4.5.
	#checkSize(stream: Stream, end: number, isFinal: boolean, type: number): void {
		if (stream.finalSize >= 0 ? end > stream.finalSize || (isFinal && end !== stream.finalSize) : isFinal && end < stream.receive.highest)
			throw new TransportError(FINAL_SIZE_ERROR, type, "final size of the stream changed");
		const more = end - stream.receive.highest;
		if (more > 0 && (end > stream.receiveLimit || this.receivedBytes + more > this.receiveLimit))
			throw new TransportError(FLOW_CONTROL_ERROR, type, "more stream data than allowed");
	}

	// The stream of a frame about what the peer sends; undefined: closed meanwhile.
	#receiving(id: number, type: number): Stream | undefined {
		if ((id & 1) !== 0)
			throw new TransportError(STREAM_LIMIT_ERROR, type, "the server opened a stream");
		if ((id & 2) !== 0)
			throw new TransportError(STREAM_STATE_ERROR, type, "frame for the receiving half of a send-only stream");
		return this.#ours(id, type);
	}

	// The stream of a frame about what we send.
	#sending(id: number, type: number): Stream | undefined {
		if ((id & 3) === 3)
			throw new TransportError(STREAM_STATE_ERROR, type, "frame for the sending half of a receive-only stream");
		if ((id & 1) !== 0)
			throw new TransportError(STREAM_LIMIT_ERROR, type, "the server opened a stream");
		return this.#ours(id, type);
	}

	#ours(id: number, type: number): Stream | undefined {
		if ((id & 2) !== 0 || id >= this.opened * 4)
			throw new TransportError(STREAM_STATE_ERROR, type, "frame for a stream that was not opened");
		return this.find(id);
	}
}
