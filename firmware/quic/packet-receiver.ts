/** Takes datagrams apart into packets and opens them (RFC 9000 §5.2, §12.2; RFC 9001 §5.5). What cannot be
 *  understood or opened is dropped and counted. */
import { QUIC_EARLY_PACKETS, QUIC_TOKEN_MAX } from "../config.js";
import { closeSilently, onStatelessReset } from "./close.js";
import type { ConnectionState } from "./connection-state.js";
import { FRAMES_ELICITING, FRAMES_REFUSED, handleFrames } from "./frame-handler.js";
import { installInitialKeys, restartHandshake } from "./handshake.js";
import { PACKET_INITIAL, PACKET_RETRY, PACKET_VERSION_NEGOTIATION, PACKET_ZERO_RTT, PacketHeader } from "./packet-header.js";
import { initialProtection, type PacketProtection } from "./packet-protection.js";
import { type PacketSpace, SPACE_APPLICATION, SPACE_INITIAL } from "./packet-space.js";
import { isRetryAuthentic } from "./retry.js";
import type { Setup } from "./setup.js";
import { AEAD_LIMIT_REACHED, INTERNAL_ERROR, PROTOCOL_VIOLATION, TransportError, VERSION_NEGOTIATION_ERROR } from "./transport-error.js";
import { readUint32 } from "./varint.js";
import { type Version, versionOf } from "./versions.js";

/** Shortest datagram that can be a stateless reset (RFC 9000 §10.3). */
const STATELESS_RESET_MIN = 21;

/** Handles the packet at bytes[at…] of a datagram that ends at `length`, decrypting it in place. Returns where the next
 *  one starts. Throws TransportError. */
export function receivePacket(state: ConnectionState, bytes: Uint8Array, at: number, length: number, now: number): number {
	const application = state.application, setup = state.setup;
	// quiche fills datagrams with zeros behind the last packet.
	if (at > 0 && readUint32(bytes, at) === 0)
		return dropHeader(state, length);
	if ((bytes[at]! & 0x80) === 0) {
		openPacket(state, application, application.receiveKeys, bytes, at, at + 1, length, now);
		return length;
	}
	const header = setup === undefined ? new PacketHeader() : setup.header;
	if (header.parse(bytes, at, length) < 0)
		return dropHeader(state, length);
	if (setup === undefined)
		state.counters.droppedKeys++;
	else if (header.type === PACKET_VERSION_NEGOTIATION)
		onVersionNegotiation(state, setup, bytes, now);
	// Our connection id has no bytes; a packet for another one is not ours.
	else if (header.destinationLength !== 0 || header.type === PACKET_ZERO_RTT)
		dropHeader(state, 0);
	else if (header.type === PACKET_RETRY)
		onRetry(state, setup, bytes, at, now);
	else
		onLongPacket(state, setup, bytes, at, now);
	return header.end;
}

// Returns `next`.
function dropHeader(state: ConnectionState, next: number): number {
	state.counters.droppedHeader++;
	return next;
}

function onLongPacket(state: ConnectionState, setup: Setup, bytes: Uint8Array, at: number, now: number): void {
	const header = setup.header, isInitial = header.type === PACKET_INITIAL, space = isInitial ? setup.initial : setup.handshake;
	// RFC 9000 §7.2: "Once a client has received a valid Initial packet from the server, it MUST discard any subsequent
	// packet it receives on that connection with a different Source Connection ID." RFC 9000 §17.2.2: "Initial packets sent
	// by the server MUST set the Token Length field to 0".
	if ((isOtherServer(setup, bytes) && !(isInitial && isBorrowed(state, setup))) || (isInitial && header.tokenLength > 0))
		dropHeader(state, 0);
	else if (header.version !== state.version.number)
		onOtherVersion(state, setup, bytes, at, now);
	else if (space === undefined && (isInitial || !keepEarly(state, setup, bytes, at, header.end, now)))
		state.counters.droppedKeys++;
	else if (space !== undefined)
		openPacket(state, space, space.receiveKeys, bytes, at, header.numberAt, header.end, now);
}

// RFC 9368 §2.3: the server may go on in another version of those that we offered. It takes hold with the first Initial
// packet of that version that can be opened.
function onOtherVersion(state: ConnectionState, setup: Setup, bytes: Uint8Array, at: number, now: number): void {
	const header = setup.header, initial = setup.initial, version = versionOf(header.version)!;
	if (header.type !== PACKET_INITIAL || setup.isVersionChosen || initial === undefined || !setup.versions.includes(version.number)) {
		dropHeader(state, 0);
		return;
	}
	const keys = initialProtection(setup.options.crypto, setup.retryId ?? setup.originalId, "server in", version);
	openPacket(state, initial, keys, bytes, at, header.numberAt, header.end, now, version);
	keys.close();
}

function openPacket(state: ConnectionState, space: PacketSpace, keys: PacketProtection | undefined, bytes: Uint8Array, at: number, numberAt: number, packetEnd: number, now: number, version?: Version): void {
	const setup = state.setup, statistics = state.counters, isShort = space.index === SPACE_APPLICATION;
	if (keys === undefined) {
		if (setup === undefined || !keepEarly(state, setup, bytes, at, packetEnd, now))
			statistics.droppedKeys++;
		return;
	}
	if (!keys.unmask(bytes, at, numberAt, packetEnd, space.received.largest)) {
		dropHeader(state, 0);
		return;
	}
	const number = keys.packetNumber, payloadAt = keys.payloadAt;
	const end = isShort
		? state.phases!.open(bytes, at, packetEnd, now, 3 * state.loss.probeTimeout)
		: keys.open(bytes, at, payloadAt, packetEnd, number);
	if (end < 0) {
		onForged(state, bytes, isShort && at === 0 ? packetEnd : 0, now);
		return;
	}
	if ((bytes[at]! & (isShort ? 0x18 : 0x0c)) !== 0)
		throw new TransportError(PROTOCOL_VIOLATION, "reserved header bits are set");
	if (end === payloadAt)
		throw new TransportError(PROTOCOL_VIOLATION, "packet without frames");
	if (space.received.isDuplicate(number)) {
		statistics.droppedDuplicate++;
		return;
	}
	statistics.packetsReceived++;
	if (setup !== undefined && space === setup.initial)
		onInitial(state, setup, bytes, version);
	state.hasElicited = state.isKeepAlive = false;
	state.restartIdle(now);
	const flags = handleFrames(state, space, bytes, payloadAt, end, now);
	if ((flags & FRAMES_REFUSED) !== 0)
		statistics.droppedFull++;
	else
		space.received.add(number, (flags & FRAMES_ELICITING) !== 0, now, state.receiveEcn, packetEnd - at);
}

// An authentic Initial packet, perhaps the first of another version.
function onInitial(state: ConnectionState, setup: Setup, bytes: Uint8Array, version: Version | undefined): void {
	const header = setup.header;
	if (version !== undefined) {
		state.version = version;
		installInitialKeys(state, setup.retryId ?? setup.originalId);
	}
	if (setup.serverId === undefined || isOtherServer(setup, bytes)) {
		// RFC 9000 §7.2: the server's Source Connection ID of its first Initial is where we send to from now on.
		setup.serverId = bytes.slice(header.sourceAt, header.sourceAt + header.sourceLength);
		state.ids.setFirst(setup.serverId);
	}
}

// RFC 9001 §5.7: what comes before its keys may be kept until they are there.
function keepEarly(state: ConnectionState, setup: Setup, bytes: Uint8Array, at: number, end: number, now: number): boolean {
	const early = setup.early ??= [];
	if (early.length >= QUIC_EARLY_PACKETS)
		return false;
	early.push({ bytes: bytes.slice(at, end), time: now - state.loss.waited | 0 });
	return true;
}

// `end`: where the datagram ends that the packet fills, 0: it is none that can be a stateless reset.
function onForged(state: ConnectionState, bytes: Uint8Array, end: number, now: number): void {
	state.counters.droppedForged++;
	if (end >= STATELESS_RESET_MIN && state.ids.isStatelessReset(bytes, end))
		onStatelessReset(state, now);
	// RFC 9001 §6.6: "If the total number of received packets that fail authentication within the connection, across all
	// keys, exceeds the integrity limit for the selected AEAD, the endpoint MUST immediately close the connection".
	else if (--state.integrityLimit < 0)
		throw new TransportError(AEAD_LIMIT_REACHED, "too many forged packets");
}

// RFC 9000 §6.2, RFC 9368 §2.1.
function onVersionNegotiation(state: ConnectionState, setup: Setup, bytes: Uint8Array, now: number): void {
	const header = setup.header, versions = setup.versions;
	// RFC 9000 §6.2: "A client MUST discard any Version Negotiation packet if it has received and successfully processed
	// any other packet, including an earlier Version Negotiation packet." Its ids echo ours (RFC 8999 §6).
	let isIgnored = setup.serverId !== undefined || setup.retryId !== undefined || setup.isVersionNegotiated || header.destinationLength !== 0
		|| !isSource(setup, setup.originalId, bytes) || header.end - header.numberAt < 4 || (header.end - header.numberAt) % 4 !== 0;
	let offered = "", best = versions.length;
	for (let at = header.numberAt; at < header.end && !isIgnored; at += 4) {
		const version = readUint32(bytes, at);
		isIgnored = version === state.version.number;
		const rank = versions.indexOf(version);
		if (rank >= 0 && rank < best)
			best = rank;
		if (offered.length < 80)
			offered += (offered === "" ? "0x" : ", 0x") + version.toString(16);
	}
	if (isIgnored)
		dropHeader(state, 0);
	else if (best === versions.length)
		closeSilently(state, VERSION_NEGOTIATION_ERROR, true, `VERSION_NEGOTIATION_ERROR: the server does not speak QUIC version ${state.version.name}, only ${offered}`);
	else {
		setup.isVersionNegotiated = true;
		state.version = versionOf(versions[best]!)!;
		restartHandshake(state, now);
	}
}

// RFC 9000 §17.2.5.
function onRetry(state: ConnectionState, setup: Setup, bytes: Uint8Array, at: number, now: number): void {
	const header = setup.header, originalId = setup.originalId;
	// RFC 9000 §17.2.5.2: "A client MUST accept and process at most one Retry packet for each connection attempt. After
	// the client has received and processed an Initial or Retry packet from the server, it MUST discard any subsequent
	// Retry packets that it receives." And: "A client MUST discard a Retry packet with a zero-length Retry Token field."
	if (setup.serverId !== undefined || setup.retryId !== undefined || header.tokenLength === 0 || header.version !== state.version.number
		// RFC 9000 §17.2.5.1: "A client MUST discard a Retry packet that contains a Source Connection ID field that is
		// identical to the Destination Connection ID field of its Initial packet."
		|| isSource(setup, originalId, bytes)
		|| !isRetryAuthentic(setup.options.crypto, originalId, bytes, at, header.end, state.version)) {
		dropHeader(state, 0);
		return;
	}
	if (header.tokenLength > QUIC_TOKEN_MAX) {
		closeSilently(state, INTERNAL_ERROR, false, `the server's Retry has a token of ${header.tokenLength} bytes; ${QUIC_TOKEN_MAX} leave room for a ClientHello`);
		return;
	}
	const id = setup.retryId = bytes.slice(header.sourceAt, header.sourceAt + header.sourceLength);
	setup.token = bytes.slice(header.tokenAt, header.tokenAt + header.tokenLength);
	state.counters.retried = true;
	state.ids.setFirst(id);
	installInitialKeys(state, id);
	// What was sent counts as not sent; packet numbers go on (RFC 9000 §17.2.5.3).
	state.loss.discard(setup.initial!, now, true);
	state.loss.discard(state.application, now, true);
}

function isOtherServer(setup: Setup, bytes: Uint8Array): boolean {
	return setup.serverId !== undefined && !isSource(setup, setup.serverId, bytes);
}

// Exception: RFC 9000 §7.2: MsQuic chooses its id when it has the whole ClientHello; where it acknowledges a part before, the id
// that we sent to is its own for so long. The transport parameters must have the chosen one.
function isBorrowed(state: ConnectionState, setup: Setup): boolean {
	const id = setup.retryId ?? setup.originalId;
	return state.cryptoLevel === SPACE_INITIAL && isSame(setup.serverId!, id, 0, id.length);
}

// The packet has that Source Connection ID.
function isSource(setup: Setup, id: Uint8Array, bytes: Uint8Array): boolean {
	const header = setup.header;
	return isSame(id, bytes, header.sourceAt, header.sourceLength);
}

function isSame(id: Uint8Array, bytes: Uint8Array, at: number, length: number): boolean {
	if (id.length !== length)
		return false;
	for (let i = 0; i < length; i++)
		if (bytes[at + i] !== id[i])
			return false;
	return true;
}
