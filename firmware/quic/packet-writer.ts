/** Puts datagrams together: packets of several spaces in one (RFC 9000 §12.2), frames by need, sealed in place. */
import { QUIC_SEND_DATAGRAM } from "../config.js";
import { TAG_LENGTH } from "../ports/crypto.js";
import { closeLocally, type Ending } from "./close.js";
import { type ConnectionState, STATUS_CLOSING, STATUS_OPEN } from "./connection-state.js";
import type { DatagramQueue } from "./datagram-queue.js";
import * as frame from "./frame.js";
import { PACKET_HANDSHAKE, PACKET_INITIAL, PACKET_ZERO_RTT } from "./packet-header.js";
import { ECN_ECT0 } from "./ecn.js";
import { packetNumberLength, writePacketNumber } from "./packet-number.js";
import { PATH_MIGRATED, PATH_PROBED, type PathValidation } from "./path.js";
import { type PacketSpace, SPACE_APPLICATION, SPACE_INITIAL } from "./packet-space.js";
import type { SendQueue } from "./send-queue.js";
import { SENT_ACK, SENT_CRYPTO, SENT_RETIRE_CONNECTION_ID, type SentPackets } from "./sent-packets.js";
import { hasStreamFrames, writeStreamFrames } from "./stream-writer.js";
import { AEAD_LIMIT_REACHED, APPLICATION_ERROR } from "./transport-error.js";
import { varintLength, writeUint32, writeVarint, writeVarint2 } from "./varint.js";

/** Least room for a further packet in a datagram: header, number, tag, a frame. */
const PACKET_MIN = 80;
/** Where the frames of a datagram's last packet end. */
const PAYLOAD_END = QUIC_SEND_DATAGRAM - TAG_LENGTH;
/** Numbers between two that are left out, at least; up to 255 more are added by chance. */
const SKIP_DISTANCE = 64;

/** Writes the next datagram to `into` (at least QUIC_SEND_DATAGRAM bytes); returns its length, 0: nothing to send. */
export function writeDatagram(state: ConnectionState, into: Uint8Array, now: number): number {
	let at = 0;
	state.transmitPath = state.transmitEcn = 0;
	if (state.status === STATUS_OPEN) {
		at = writePathProbe(state, into, now);
		if (at === 0)
			at = writeOpenDatagram(state, into, now);
	}
	// Also where the connection closed just now, for a key has sealed all that it may.
	if (at === 0 && state.status === STATUS_CLOSING && state.ending!.isOwed) {
		state.ending!.isOwed = false;
		at = writeCloseDatagram(state, into, now);
	}
	if (at === 0)
		return 0;
	const statistics = state.counters;
	statistics.datagramsSent++;
	statistics.bytesSent += at;
	if (!state.isConfirmed) {
		statistics.handshakeDatagrams++;
		statistics.handshakeBytes += at;
	}
	return at;
}

function writeOpenDatagram(state: ConnectionState, into: Uint8Array, now: number): number {
	const application = state.application, loss = state.loss, setup = state.setup, initial = setup?.initial, handshake = setup?.handshake;
	let at = 0;
	if (handshake !== undefined) {
		if (initial !== undefined && ((initial.received.eliciting > 0 && handshake.received.eliciting === 0) || initial.probes > 0))
			// Exception: RFC 9000 §13.2.1: Initial packets are not acknowledged once there are Handshake keys. It saves 1200
			// bytes, and the first Handshake packet, sent at once, tells the server the same (RFC 9001 §4.9.1: "a server MUST
			// discard Initial keys when it first successfully processes a Handshake packet").
			handshake.wantsPing = true;
		at = writePacket(state, handshake, into, 0, now);
		if (at > 0) {
			// RFC 9001 §4.9.1: "a client MUST discard Initial keys when it first sends a Handshake packet".
			state.discard(initial, now);
			setup!.initial = undefined;
		}
	}
	else if (initial !== undefined) {
		const cryptoOut = setup!.cryptoOut, token = setup!.token;
		// Early data shares the datagram, and then the padding, where the rest of the ClientHello leaves room.
		setup!.isPaddingLeft = state.isEarly && loss.probeCount === 0 && loss.congestion.hasRoom && hasData(state, application)
			&& cryptoOut.end - cryptoOut.base + (token === undefined ? 0 : token.length) < QUIC_SEND_DATAGRAM - 200;
		at = writePacket(state, initial, into, 0, now);
	}
	// What is repeated travels apart: a server that has discarded its Handshake keys may drop what is behind such a packet.
	if (at > 0 && loss.probeCount > 0)
		return at;
	if (application.sendKeys !== undefined && QUIC_SEND_DATAGRAM - at >= PACKET_MIN)
		at = writePacket(state, application, into, at, now);
	return at;
}

// What belongs to the path that is probed, in a datagram of its own and with a connection id of its own. It is no sign of
// that path's congestion: nothing is recorded.
function writePathProbe(state: ConnectionState, into: Uint8Array, now: number): number {
	const path = state.path, application = state.application, ids = state.ids, isDue = path !== undefined && path.status === PATH_PROBED && path.isDue(now);
	if (path === undefined || (!isDue && path.responsePath !== 1) || !ids.hasSpare && ids.length > 0 || !renewKeys(state, now))
		return 0;
	ids.swap();
	skipNumber(state, application);
	const payloadAt = beginPacket(state, application, into, 0);
	let at = payloadAt;
	if (isDue)
		at = path.write(state, into, at, now);
	at = writeResponse(path, 1, into, at);
	ids.swap();
	state.transmitPath = 1;
	return endPacket(state, application, into, 0, payloadAt, at, PAYLOAD_END);
}

// PATH_RESPONSE, where one is owed on that path.
function writeResponse(path: PathValidation, index: number, into: Uint8Array, at: number): number {
	if (path.responsePath !== index)
		return at;
	path.responsePath = -1;
	into[at++] = frame.FRAME_PATH_RESPONSE;
	for (let i = 0; i < 8; i++)
		into[at++] = path.response[i]!;
	return at;
}

function owesPathFrames(state: ConnectionState, now: number): boolean {
	const path = state.path;
	return path !== undefined && (path.responsePath === 0 || (path.status === PATH_MIGRATED && path.isDue(now)));
}

// Writes one packet of `space` at bytes[start…]; returns the offset after it, or `start` where there is nothing to say.
function writePacket(state: ConnectionState, space: PacketSpace, into: Uint8Array, start: number, now: number): number {
	const loss = state.loss, sent = loss.sent;
	if (!sent.hasRoom)
		sent.trim(true);
	const hasRecord = sent.hasRoom;
	// Exception: RFC 9002 §7: the handshake's few packets do not wait for the congestion window: 1-RTT data that fills it
	// is not declared lost before the handshake is confirmed, and so would keep back what confirms it.
	const mayElicit = space.probes > 0 || space.index !== SPACE_APPLICATION || (loss.congestion.hasRoom && !isPaced(state, now));
	const elicits = hasRecord && mayElicit && hasFrames(state, space, now);
	if (!elicits && !space.received.isDue(now))
		return start;
	if (space.index === SPACE_APPLICATION && !state.isEarly && !renewKeys(state, now))
		return start;
	if (space.index === SPACE_APPLICATION)
		skipNumber(state, space);
	const payloadAt = beginPacket(state, space, into, start);
	let at = payloadAt;
	if (space.received.eliciting > 0) {
		const largest = space.received.largest;
		at = space.received.write(into, at, PAYLOAD_END, now);
		if (hasRecord)
			sent.addFrame(SENT_ACK, space.index, largest, largest);
	}
	// RFC 9000 §8.2.1, §8.2.2: PATH_CHALLENGE and PATH_RESPONSE stand in a full datagram.
	const ackEnd = at, isFull = elicits && space.index === SPACE_APPLICATION && owesPathFrames(state, now);
	if (elicits)
		at = writeFrames(state, space, into, at, now);
	if (at === payloadAt) {
		sent.abandon();
		return start;
	}
	const isEliciting = at > ackEnd;
	const isPadded = space.index === SPACE_INITIAL ? !state.setup!.isPaddingLeft : start > 0 && state.isEarly && state.setup!.isPaddingLeft;
	at = endPacket(state, space, into, start, payloadAt, at, isPadded || isFull ? PAYLOAD_END : 0);
	if (isEliciting && space.probes > 0)
		space.probes--;
	const ecn = loss.ecn, isMarked = ecn !== undefined && start === 0 && space.index === SPACE_APPLICATION && state.isComplete && ecn.marks;
	if (isMarked) {
		ecn.sent++;
		state.transmitEcn = ECN_ECT0;
	}
	if (hasRecord)
		loss.onSent(space, space.nextNumber - 1, isEliciting ? at - start : 0, now, isMarked);
	// RFC 9000 §10.1: "An endpoint also restarts its idle timer when sending an ack-eliciting packet if no other
	// ack-eliciting packets have been sent since last receiving and processing a packet."
	if (isEliciting && !state.hasElicited) {
		state.hasElicited = true;
		state.restartIdle(now);
	}
	return at;
}

// RFC 9002 §7.7; `pollTimeout` tells when it is over.
function isPaced(state: ConnectionState, now: number): boolean {
	const loss = state.loss;
	return loss.congestion.pacingDelay(loss.rtt.smoothed, now) > 0;
}

function hasFrames(state: ConnectionState, space: PacketSpace, now: number): boolean {
	if (hasData(state, space) || (space.index === SPACE_APPLICATION && owesPathFrames(state, now)))
		return true;
	// A probe rather repeats what is in flight than ask for nothing.
	if (space.probes > 0)
		state.loss.repeatOldest(space);
	return space.probes > 0 || space.wantsPing;
}

function hasData(state: ConnectionState, space: PacketSpace): boolean {
	if (space.index !== SPACE_APPLICATION)
		return space.index === state.setup!.cryptoOutLevel && state.setup!.cryptoOut.hasPending(Infinity);
	return (state.isComplete || state.isEarly) && (nextRetired(state) >= 0
		|| (state.datagramsOut !== undefined && state.datagramsOut.nextLength >= 0) || hasStreamFrames(state.streams));
}

// The id of the old path is given back when the new one is validated: picoquic takes it for the path's own until then.
function nextRetired(state: ConnectionState): number {
	return state.path !== undefined && state.path.status === PATH_MIGRATED ? -1 : state.ids.nextRetired();
}

function writeFrames(state: ConnectionState, space: PacketSpace, into: Uint8Array, at: number, now: number): number {
	const sent = state.loss.sent, start = at, end = PAYLOAD_END;
	if (space.index !== SPACE_APPLICATION) {
		if (space.index === state.setup!.cryptoOutLevel)
			at = writeCrypto(state.setup!.cryptoOut, space, sent, into, at, end);
	}
	else if (state.isComplete || state.isEarly) {
		const path = state.path;
		if (path !== undefined) {
			at = writeResponse(path, 0, into, at);
			if (path.status === PATH_MIGRATED && path.isDue(now))
				at = path.write(state, into, at, now);
		}
		for (let sequence = nextRetired(state); sequence >= 0 && sent.hasFrameRoom && end - at >= 9; sequence = nextRetired(state)) {
			into[at] = frame.FRAME_RETIRE_CONNECTION_ID;
			at = writeVarint(into, at + 1, sequence);
			sent.addFrame(SENT_RETIRE_CONNECTION_ID, 0, sequence, sequence);
			state.ids.onRetireSent(sequence);
		}
		if (state.datagramsOut !== undefined)
			at = writeDatagrams(state.datagramsOut, into, at, end);
		at = writeStreamFrames(state.streams, sent, into, at, end);
	}
	if (at === start && (space.probes > 0 || space.wantsPing) && at < end)
		into[at++] = frame.FRAME_PING;
	if (at > start)
		space.wantsPing = false;
	return at;
}

// RFC 9221 §5: those that wait, as far as there is room.
function writeDatagrams(queue: DatagramQueue, into: Uint8Array, at: number, end: number): number {
	for (let length = queue.nextLength; length >= 0 && end - at >= 3 + length; length = queue.nextLength) {
		into[at] = frame.FRAME_DATAGRAM_LENGTH;
		at = queue.take(into, writeVarint(into, at + 1, length));
	}
	return at;
}

function writeCrypto(queue: SendQueue, space: PacketSpace, sent: SentPackets, into: Uint8Array, at: number, end: number): number {
	while (sent.hasFrameRoom) {
		const room = end - at - 1 - varintLength(queue.end) - 2;
		const count = room > 0 ? queue.propose(room, Infinity) : 0;
		if (count === 0)
			break;
		const from = queue.from, to = queue.to;
		into[at] = frame.FRAME_CRYPTO;
		at = writeVarint(into, at + 1, from);
		at = writeVarint(into, at, count);
		queue.copy(from, to, into, at);
		at += count;
		queue.onSent(from, to);
		sent.addFrame(SENT_CRYPTO, space.index, from, to);
	}
	return at;
}

// A number is left out now and then: who acknowledges it did not receive what it says (RFC 9000 §21.4).
function skipNumber(state: ConnectionState, space: PacketSpace): void {
	if (space.nextNumber < space.nextSkip)
		return;
	if (space.nextSkip > 0)
		space.skippedNumber = space.nextNumber++;
	space.nextSkip = space.nextNumber + SKIP_DISTANCE + state.chance();
}

function renewKeys(state: ConnectionState, now: number): boolean {
	if (state.phases!.renew(state.isConfirmed))
		return true;
	closeLocally(state, AEAD_LIMIT_REACHED, false, "the key has sealed all the packets that it may", now);
	return false;
}

// Returns where the payload goes.
function beginPacket(state: ConnectionState, space: PacketSpace, into: Uint8Array, at: number): number {
	const number = space.nextNumber, length = packetNumberLength(number, space.largestAcked);
	return writePacketNumber(into, writeHeader(state, space, into, at, length), number, length);
}

// Returns where the packet number goes.
function writeHeader(state: ConnectionState, space: PacketSpace, into: Uint8Array, at: number, numberLength: number): number {
	const ids = state.ids, idLength = ids.length, isShort = space.index === SPACE_APPLICATION && !state.isEarly;
	if (isShort)
		into[at++] = fixedBit(state) | state.phases!.phase << 2 | numberLength - 1;
	else {
		const version = state.version;
		const type = space.index === SPACE_INITIAL ? PACKET_INITIAL : space.index === SPACE_APPLICATION ? PACKET_ZERO_RTT : PACKET_HANDSHAKE;
		into[at++] = 0xc0 | (type + version.typeShift & 3) << 4 | numberLength - 1;
		at = writeUint32(into, at, version.number);
		into[at++] = idLength;
	}
	for (let i = 0; i < idLength; i++)
		into[at++] = ids.bytes[ids.at + i]!;
	if (isShort)
		return at;
	into[at++] = 0;
	if (space.index === SPACE_INITIAL) {
		const token = state.setup!.token, length = token === undefined ? 0 : token.length;
		at = writeVarint(into, at, length);
		for (let i = 0; i < length; i++)
			into[at++] = token![i]!;
	}
	return at + 2;
}

// RFC 9287 §3.1: "Endpoints that receive the grease_quic_bit transport parameter from a peer SHOULD set the QUIC Bit to an
// unpredictable value".
function fixedBit(state: ConnectionState): number {
	if (state.fixedBits === 0)
		return 0x40;
	if (state.fixedBits === 1)
		state.fixedBits = 0x100 | state.chance();
	const bit = state.fixedBits & 1;
	state.fixedBits >>= 1;
	return bit << 6;
}

// Writes PADDING up to `to`, and where a packet is too short for the header protection's sample, and seals. RFC 9000 §14.1: "A
// client MUST expand the payload of all UDP datagrams carrying Initial packets to at least the smallest allowed maximum datagram
// size of 1200 bytes".
function endPacket(state: ConnectionState, space: PacketSpace, into: Uint8Array, start: number, payloadAt: number, at: number, to: number): number {
	const numberLength = (into[start]! & 3) + 1, numberAt = payloadAt - numberLength;
	while (at < to || at < numberAt + 4)
		into[at++] = frame.FRAME_PADDING;
	if ((into[start]! & 0x80) !== 0)
		writeVarint2(into, numberAt - 2, at + TAG_LENGTH - numberAt);
	state.counters.packetsSent++;
	return space.sendKeys!.seal(into, start, numberAt, numberLength, at, space.nextNumber++);
}

// RFC 9000 §10.2.3: in every space whose keys the server may have.
function writeCloseDatagram(state: ConnectionState, into: Uint8Array, now: number): number {
	const setup = state.setup, space = setup?.handshake ?? setup?.initial;
	let at = 0;
	if (space !== undefined)
		at = writeClosePacket(state, space, into, 0, now);
	if (state.isComplete)
		at = writeClosePacket(state, state.application, into, at, now);
	return at;
}

function writeClosePacket(state: ConnectionState, space: PacketSpace, into: Uint8Array, start: number, now: number): number {
	const payloadAt = beginPacket(state, space, into, start), sent = state.loss.sent, ending = state.ending!;
	let at = payloadAt;
	if (space.received.eliciting > 0)
		at = space.received.write(into, at, PAYLOAD_END, now);
	// What the application wrote last still goes along.
	if (space.index === SPACE_APPLICATION && ending.isApplication && sent.hasRoom)
		at = writeStreamFrames(state.streams, sent, into, at, PAYLOAD_END - 2 * 8 - 2 - ending.phrase.length);
	sent.abandon();
	return endPacket(state, space, into, start, payloadAt, writeClose(ending, space, into, at), space.index === SPACE_INITIAL ? PAYLOAD_END : 0);
}

function writeClose(ending: Ending, space: PacketSpace, into: Uint8Array, at: number): number {
	const isApplication = ending.isApplication && space.index === SPACE_APPLICATION;
	// RFC 9000 §10.2.3: "Otherwise, information about the application state might be revealed. Endpoints MUST clear the
	// value of the Reason Phrase field and SHOULD use the APPLICATION_ERROR code when converting to a CONNECTION_CLOSE of
	// type 0x1c."
	const isHidden = ending.isApplication && !isApplication;
	const phrase = isHidden ? "" : ending.phrase;
	into[at++] = isApplication ? frame.FRAME_APPLICATION_CLOSE : frame.FRAME_CONNECTION_CLOSE;
	at = writeVarint(into, at, isHidden ? APPLICATION_ERROR : ending.code);
	if (!isApplication)
		at = writeVarint(into, at, isHidden ? 0 : ending.frameType);
	at = writeVarint(into, at, phrase.length);
	for (let i = 0; i < phrase.length; i++) {
		const unit = phrase.charCodeAt(i);
		into[at++] = unit < 0x80 ? unit : 0x3f;
	}
	return at;
}
