/** Writes the frames of streams and flow control into a packet (RFC 9000 §19). Each function returns the offset
 *  after what it wrote; what does not fit stays owed. */
import { FRAME_DATA_BLOCKED, FRAME_MAX_DATA, FRAME_MAX_STREAM_DATA, FRAME_MAX_STREAMS_BIDI, FRAME_RESET_STREAM, FRAME_STOP_SENDING, FRAME_STREAM, FRAME_STREAMS_BLOCKED_BIDI, FRAME_STREAM_DATA_BLOCKED, STREAM_FIN, STREAM_LENGTH, STREAM_OFFSET } from "./frame.js";
import { SENT_MAX_DATA, SENT_MAX_STREAM_DATA, SENT_MAX_STREAMS, SENT_RESET_STREAM, SENT_STOP_SENDING, SENT_STREAM, SENT_STREAM_FIN, type SentPackets } from "./sent-packets.js";
import { SEND_OPEN, SEND_RESET, SEND_RESET_SENT, type Stream } from "./stream.js";
import { BLOCKED_AT, PEER_LIMIT, STREAM_LIMIT, type StreamTable } from "./stream-table.js";
import { varintLength, writeVarint } from "./varint.js";

// Type and three varints of any size.
const CONTROL_FRAME_MAX = 1 + 3 * 8;

/** True where `writeStreamFrames` would write something. */
export function hasStreamFrames(table: StreamTable): boolean {
	if (table.wantsMaxData || (table.wantsMaxStreams | table.wantsStreamsBlocked) !== 0)
		return true;
	for (let i = 0; i < table.streams.length; i++) {
		const stream = table.streams[i]!;
		if (stream.id >= 0 && (hasControl(stream) || hasData(table, stream) || isBlocked(table, stream)))
			return true;
	}
	return false;
}

/** Credit and ends first, then data: the most urgent streams, by turns where they are equally urgent. */
export function writeStreamFrames(table: StreamTable, sent: SentPackets, bytes: Uint8Array, at: number, end: number): number {
	const streams = table.streams, count = streams.length;
	at = writeTableFrames(table, sent, bytes, at, end);
	let next = 8;
	for (let i = 0; i < count; i++) {
		const stream = streams[i]!;
		if (stream.id < 0)
			continue;
		if (hasControl(stream))
			at = writeControl(stream, sent, bytes, at, end);
		if (stream.urgency < next)
			next = stream.urgency;
	}
	const first = table.turn;
	for (let urgency = next; urgency < 8; urgency = next) {
		next = 8;
		for (let i = 0; i < count; i++) {
			const slot = (first + i) % count, stream = streams[slot]!;
			if (stream.id < 0)
				continue;
			if (stream.urgency !== urgency) {
				if (stream.urgency > urgency && stream.urgency < next)
					next = stream.urgency;
				continue;
			}
			const before = at;
			at = writeData(table, stream, sent, bytes, at, end);
			if (at > before)
				table.turn = slot + 1;
			if (isBlocked(table, stream))
				at = writeBlocked(table, stream, bytes, at, end);
		}
	}
	return at;
}

function writeTableFrames(table: StreamTable, sent: SentPackets, bytes: Uint8Array, at: number, end: number): number {
	if (table.wantsMaxData && end - at >= CONTROL_FRAME_MAX && sent.hasFrameRoom) {
		table.receiveLimit = table.consumedBytes + table.window;
		at = writeFrame(bytes, at, FRAME_MAX_DATA, table.receiveLimit, -1, -1);
		sent.addFrame(SENT_MAX_DATA, 0, 0, 0);
		table.wantsMaxData = false;
	}
	for (let kind = 0; kind < 2; kind++) {
		if ((table.wantsMaxStreams & 1 << kind) !== 0 && end - at >= CONTROL_FRAME_MAX && sent.hasFrameRoom) {
			at = writeFrame(bytes, at, FRAME_MAX_STREAMS_BIDI + kind, table.counts[PEER_LIMIT + kind]!, -1, -1);
			sent.addFrame(SENT_MAX_STREAMS, kind, 0, 0);
			table.wantsMaxStreams &= ~(1 << kind);
		}
		if ((table.wantsStreamsBlocked & 1 << kind) !== 0 && end - at >= CONTROL_FRAME_MAX) {
			const limit = table.counts[STREAM_LIMIT + kind]!;
			table.counts[BLOCKED_AT + kind] = limit + 1;
			at = writeFrame(bytes, at, FRAME_STREAMS_BLOCKED_BIDI + kind, limit, -1, -1);
			table.wantsStreamsBlocked &= ~(1 << kind);
		}
	}
	return at;
}

function hasControl(stream: Stream): boolean {
	return stream.wantsMaxData || stream.wantsStopSending || stream.sendState === SEND_RESET;
}

// Offset up to which the stream's and the connection's credit let new bytes go.
function creditOf(table: StreamTable, stream: Stream): number {
	const limit = stream.send.next + table.sendLimit - table.sentBytes;
	return limit < stream.sendLimit ? limit : stream.sendLimit;
}

function owesFin(stream: Stream): boolean {
	return stream.isFinishing && !stream.finSent;
}

function hasData(table: StreamTable, stream: Stream): boolean {
	if (stream.sendState !== SEND_OPEN)
		return false;
	return stream.send.hasPending(creditOf(table, stream)) || (owesFin(stream) && stream.send.next === stream.send.end && stream.sendLimit >= 0);
}

// Data waits for credit that the peer has not been told about yet.
function isBlocked(table: StreamTable, stream: Stream): boolean {
	if (stream.sendState !== SEND_OPEN || stream.sendLimit < 0)
		return false;
	const next = stream.send.next;
	if (next >= stream.send.end)
		return false;
	return (next >= stream.sendLimit && stream.blockedAt !== stream.sendLimit)
		|| (table.sentBytes >= table.sendLimit && table.dataBlockedAt !== table.sendLimit);
}

function writeBlocked(table: StreamTable, stream: Stream, bytes: Uint8Array, at: number, end: number): number {
	if (end - at < CONTROL_FRAME_MAX)
		return at;
	if (stream.send.next >= stream.sendLimit) {
		at = writeFrame(bytes, at, FRAME_STREAM_DATA_BLOCKED, stream.id, stream.sendLimit, -1);
		stream.blockedAt = stream.sendLimit;
	}
	if (end - at >= CONTROL_FRAME_MAX && table.sentBytes >= table.sendLimit) {
		at = writeFrame(bytes, at, FRAME_DATA_BLOCKED, table.sendLimit, -1, -1);
		table.dataBlockedAt = table.sendLimit;
	}
	return at;
}

function writeControl(stream: Stream, sent: SentPackets, bytes: Uint8Array, at: number, end: number): number {
	if (stream.wantsMaxData && end - at >= CONTROL_FRAME_MAX && sent.hasFrameRoom) {
		stream.receiveLimit = stream.receive.limit;
		at = writeFrame(bytes, at, FRAME_MAX_STREAM_DATA, stream.id, stream.receiveLimit, -1);
		sent.addFrame(SENT_MAX_STREAM_DATA, stream.id, 0, 0);
		stream.wantsMaxData = false;
	}
	if (stream.wantsStopSending && end - at >= CONTROL_FRAME_MAX && sent.hasFrameRoom) {
		at = writeFrame(bytes, at, FRAME_STOP_SENDING, stream.id, stream.stopCode, -1);
		sent.addFrame(SENT_STOP_SENDING, stream.id, 0, 0);
		stream.wantsStopSending = false;
	}
	if (stream.sendState === SEND_RESET && end - at >= CONTROL_FRAME_MAX && sent.hasFrameRoom) {
		at = writeFrame(bytes, at, FRAME_RESET_STREAM, stream.id, stream.resetCode, stream.send.next);
		sent.addFrame(SENT_RESET_STREAM, stream.id, 0, 0);
		stream.sendState = SEND_RESET_SENT;
	}
	return at;
}

function writeData(table: StreamTable, stream: Stream, sent: SentPackets, bytes: Uint8Array, at: number, end: number): number {
	const send = stream.send;
	while (hasData(table, stream) && sent.hasFrameRoom) {
		const idLength = varintLength(stream.id);
		const room = end - at - 1 - idLength - 8 - 2;
		if (room <= 0)
			return at;
		const count = send.propose(room, creditOf(table, stream));
		const from = count > 0 ? send.from : send.next, to = from + count;
		const isFin = owesFin(stream) && to === send.end && (count === 0 || to >= send.next);
		if (count === 0 && !isFin)
			return at;
		bytes[at] = FRAME_STREAM | STREAM_LENGTH | (from > 0 ? STREAM_OFFSET : 0) | (isFin ? STREAM_FIN : 0);
		at = writeVarint(bytes, at + 1, stream.id);
		if (from > 0)
			at = writeVarint(bytes, at, from);
		at = writeVarint(bytes, at, count);
		send.copy(from, to, bytes, at);
		at += count;
		if (from >= send.next)
			table.sentBytes += count;
		if (count > 0)
			send.onSent(from, to);
		if (isFin)
			stream.finSent = true;
		sent.addFrame(isFin ? SENT_STREAM_FIN : SENT_STREAM, stream.id, from, to);
	}
	return at;
}

// A frame of `type` and up to three varints; a negative one is absent.
function writeFrame(bytes: Uint8Array, at: number, type: number, first: number, second: number, third: number): number {
	bytes[at] = type;
	at = writeVarint(bytes, at + 1, first);
	if (second >= 0)
		at = writeVarint(bytes, at, second);
	if (third >= 0)
		at = writeVarint(bytes, at, third);
	return at;
}
