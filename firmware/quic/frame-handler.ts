/** Takes the frames of one opened packet (RFC 9000 §12.4, §19). A peer's mistake is thrown as TransportError. */
import { QUIC_RECEIVE_DATAGRAM, QUIC_TOKEN_MAX } from "../config.js";
import { onConnectionClose } from "./close.js";
import { type ConnectionState, STATUS_OPEN } from "./connection-state.js";
import { EVENT_CONFIRMED, EVENT_DATAGRAM, EVENT_TOKEN } from "./events.js";
import * as frame from "./frame.js";
import type { FrameReader } from "./frame-reader.js";
import { onCrypto } from "./handshake.js";
import { onPathResponse, PathValidation } from "./path.js";
import { type PacketSpace, SPACE_APPLICATION } from "./packet-space.js";
import { FRAME_ENCODING_ERROR, PROTOCOL_VIOLATION, TransportError } from "./transport-error.js";
import { writeUint32 } from "./varint.js";

/** `handleFrames`: the packet asks for an acknowledgment; it must not be acknowledged, for a table was full. */
export const FRAMES_ELICITING = 1;
export const FRAMES_REFUSED = 2;

/** Handles the frames in bytes[at, end). Returns FRAMES_* flags. */
export function handleFrames(state: ConnectionState, space: PacketSpace, bytes: Uint8Array, at: number, end: number, now: number): number {
	const reader = state.reader;
	let flags = 0;
	reader.begin(bytes, at, end);
	while (reader.at < reader.end) {
		const type = reader.nextType();
		if (type === frame.FRAME_PADDING)
			continue;
		if (!frame.isKnownFrame(type))
			throw new TransportError(FRAME_ENCODING_ERROR, `unknown frame type 0x${type.toString(16)}`);
		if (!frame.isFrameAllowed(type, space.index))
			throw new TransportError(PROTOCOL_VIOLATION, `frame 0x${type.toString(16)} in a packet that must not carry it`);
		if (frame.isAckEliciting(type))
			flags |= FRAMES_ELICITING;
		if (!handleFrame(state, space, reader, type, now))
			flags |= FRAMES_REFUSED;
		if (state.status !== STATUS_OPEN)
			break;
	}
	// The datagram is not held any longer.
	reader.begin(state.scratch, 0, 0);
	return flags;
}

function handleFrame(state: ConnectionState, space: PacketSpace, reader: FrameReader, type: number, now: number): boolean {
	if (type >= frame.FRAME_STREAM && type < frame.FRAME_MAX_DATA)
		return state.streams.onStream(reader);
	const streams = state.streams;
	switch (type) {
		case frame.FRAME_PING: break;
		case frame.FRAME_ACK:
		// Returned like the ones below: such a call replaces this one on the stack.
		case frame.FRAME_ACK_ECN: return onAck(state, space, reader, now);
		case frame.FRAME_CRYPTO: return onCrypto(state, space, reader);
		case frame.FRAME_RESET_STREAM: streams.onResetStream(reader); break;
		case frame.FRAME_STOP_SENDING: streams.onStopSending(reader); break;
		case frame.FRAME_NEW_TOKEN: onNewToken(state, reader); break;
		case frame.FRAME_MAX_DATA: streams.onMaxData(reader.varint()); break;
		case frame.FRAME_MAX_STREAM_DATA: streams.onMaxStreamData(reader); break;
		case frame.FRAME_MAX_STREAMS_BIDI:
		case frame.FRAME_MAX_STREAMS_UNI: streams.onMaxStreams(type - frame.FRAME_MAX_STREAMS_BIDI, reader.streamCount()); break;
		case frame.FRAME_DATA_BLOCKED: reader.varint(); break;
		case frame.FRAME_STREAM_DATA_BLOCKED: streams.onStreamDataBlocked(reader); break;
		case frame.FRAME_STREAMS_BLOCKED_BIDI:
		case frame.FRAME_STREAMS_BLOCKED_UNI: reader.streamCount(); break;
		case frame.FRAME_NEW_CONNECTION_ID: onNewConnectionId(state, reader); break;
		case frame.FRAME_RETIRE_CONNECTION_ID:
			// RFC 9000 §19.16: "An endpoint that provides a zero-length connection ID MUST treat receipt of a
			// RETIRE_CONNECTION_ID frame as a connection error of type PROTOCOL_VIOLATION."
			throw new TransportError(PROTOCOL_VIOLATION, "RETIRE_CONNECTION_ID for a zero-length connection id");
		case frame.FRAME_PATH_CHALLENGE: onPathChallenge(state, reader); break;
		case frame.FRAME_PATH_RESPONSE: onPathResponse(state, reader, now); break;
		case frame.FRAME_HANDSHAKE_DONE: onHandshakeDone(state, now); break;
		case frame.FRAME_DATAGRAM:
		case frame.FRAME_DATAGRAM_LENGTH: onDatagram(state, reader); break;
		default: onConnectionClose(state, reader, now); break;
	}
	return true;
}

function onAck(state: ConnectionState, space: PacketSpace, reader: FrameReader, now: number): boolean {
	const hasEcn = reader.frameType === frame.FRAME_ACK_ECN;
	const loss = state.loss;
	const largest = reader.varint(), delay = reader.varint();
	let count = reader.varint();
	let high = largest;
	let low = high - reader.varint();
	loss.beginAck(space, largest);
	for (;;) {
		if (low < 0)
			reader.fail("acknowledged range below 0");
		loss.ackRange(space, low, high);
		if (count-- === 0)
			break;
		high = low - reader.varint() - 2;
		low = high - reader.varint();
	}
	const ect0 = hasEcn ? reader.varint() : -1, ect1 = hasEcn ? reader.varint() : -1, ce = hasEcn ? reader.varint() : -1;
	// The peer acknowledges Initial and Handshake packets at once: what it says there is not counted (RFC 9002 §5.3).
	const delayMs = space.index === SPACE_APPLICATION ? delay * state.ackDelayUnit / 1000 : 0;
	loss.endAck(space, delayMs, now, ect0, ect1, ce);
	return true;
}

function onNewToken(state: ConnectionState, reader: FrameReader): void {
	const length = reader.varint();
	if (length === 0)
		reader.fail("empty NEW_TOKEN");
	const at = reader.skip(length);
	if (length > QUIC_TOKEN_MAX)
		return;
	const token = state.newToken = new Uint8Array(4 + length);
	writeUint32(token, 0, state.version.number);
	token.set(reader.bytes.subarray(at, at + length), 4);
	state.events |= 1 << EVENT_TOKEN;
}

function onDatagram(state: ConnectionState, reader: FrameReader): void {
	const start = reader.at, hasLength = reader.frameType === frame.FRAME_DATAGRAM_LENGTH;
	const length = hasLength ? reader.varint() : reader.end - reader.at;
	const at = reader.skip(length);
	// RFC 9221 §3: "An endpoint that receives a DATAGRAM frame that is larger than the value it sent in its
	// max_datagram_frame_size transport parameter MUST terminate the connection with an error of type PROTOCOL_VIOLATION."
	if (state.datagramsIn === undefined || at + length - start >= QUIC_RECEIVE_DATAGRAM)
		throw new TransportError(PROTOCOL_VIOLATION, "DATAGRAM beyond what was agreed");
	if (state.datagramsIn.put(reader.bytes, at, at + length))
		state.events |= 1 << EVENT_DATAGRAM;
}

function onNewConnectionId(state: ConnectionState, reader: FrameReader): void {
	const sequence = reader.varint(), retirePriorTo = reader.varint();
	const length = reader.uint8();
	const at = reader.skip(length);
	const tokenAt = reader.skip(16);
	state.ids.add(sequence, retirePriorTo, reader.bytes, at, length, tokenAt);
}

// Only the last challenge is answered: a flood of them costs us one response per datagram that we send.
function onPathChallenge(state: ConnectionState, reader: FrameReader): void {
	const at = reader.skip(8);
	const path = state.path ??= new PathValidation();
	for (let i = 0; i < 8; i++)
		path.response[i] = reader.bytes[at + i]!;
	path.responsePath = state.receivePath;
}

function onHandshakeDone(state: ConnectionState, now: number): void {
	if (state.isConfirmed)
		return;
	state.isConfirmed = state.loss.isConfirmed = state.loss.isPeerValidated = true;
	state.events |= 1 << EVENT_CONFIRMED;
	// RFC 9001 §4.9.2: "An endpoint MUST discard its Handshake keys when the TLS handshake is confirmed".
	state.discard(state.setup!.initial, now);
	state.discard(state.setup!.handshake, now);
	state.setup = undefined;
}
