/** Takes datagrams apart into packets and opens them (RFC 9000 §5.2, §12.2; RFC 9001 §5.5). What cannot be
 *  understood or opened is dropped and counted. */
import { QUIC_EARLY_PACKETS, QUIC_TOKEN_MAX } from "../config.js";
import { closeSilently, onStatelessReset } from "./close.js";
import type { ConnectionState } from "./connection-state.js";
import { FRAMES_ELICITING, FRAMES_REFUSED, handleFrames } from "./frame-handler.js";
import { installInitialKeys, restartHandshake } from "./handshake.js";
import { PACKET_INITIAL, PACKET_RETRY, PACKET_SHORT, PACKET_VERSION_NEGOTIATION, PACKET_ZERO_RTT } from "./packet-header.js";
import { initialProtection, type PacketProtection } from "./packet-protection.js";
import { type PacketSpace, SPACE_INITIAL } from "./packet-space.js";
import { isRetryAuthentic } from "./retry.js";
import { AEAD_LIMIT_REACHED, INTERNAL_ERROR, PROTOCOL_VIOLATION, TransportError, VERSION_NEGOTIATION_ERROR } from "./transport-error.js";
import { type Version, versionOf } from "./versions.js";

/** Shortest datagram that can be a stateless reset (RFC 9000 §10.3). */
const STATELESS_RESET_MIN = 21;

/** Handles the packet at bytes[at…] of a datagram that ends at `length`, decrypting it in place. Returns where the next
 *  one starts. Throws TransportError. */
export function receivePacket(state: ConnectionState, bytes: Uint8Array, at: number, length: number, now: number): number {
	const header = state.header;
	// quiche fills datagrams with zeros behind the last packet.
	if (header.parse(bytes, at, length, 0) < 0 || (at > 0 && (bytes[at]! | bytes[at + 1]! | bytes[at + 2]! | bytes[at + 3]!) === 0)) {
		state.statistics.droppedHeader++;
		return length;
	}
	if (header.type === PACKET_SHORT)
		openPacket(state, state.application, state.application.receiveKeys, bytes, at, now);
	else if (header.type === PACKET_VERSION_NEGOTIATION)
		onVersionNegotiation(state, bytes, now);
	// Our connection id has no bytes; a packet for another one is not ours.
	else if (header.destinationLength !== 0 || header.type === PACKET_ZERO_RTT)
		state.statistics.droppedHeader++;
	else if (header.type === PACKET_RETRY)
		onRetry(state, bytes, at);
	else
		onLongPacket(state, bytes, at, now);
	return header.end;
}

function onLongPacket(state: ConnectionState, bytes: Uint8Array, at: number, now: number): void {
	const header = state.header, isInitial = header.type === PACKET_INITIAL;
	// RFC 9000 §7.2: "Once a client has received a valid Initial packet from the server, it MUST discard any subsequent
	// packet it receives on that connection with a different Source Connection ID." RFC 9000 §17.2.2: "Initial packets sent
	// by the server MUST set the Token Length field to 0".
	if ((isOtherServer(state, bytes) && !(isInitial && isBorrowed(state))) || (isInitial && header.tokenLength > 0)) {
		state.statistics.droppedHeader++;
		return;
	}
	if (header.version !== state.version.number)
		return onOtherVersion(state, bytes, at, now);
	return isInitial ? openPacket(state, state.initial, state.initial.receiveKeys, bytes, at, now)
		: openPacket(state, state.handshake, state.handshake.receiveKeys, bytes, at, now);
}

// RFC 9368 §2.3: the server may go on in another version of those that we offered. It takes hold with the first Initial
// packet of that version that can be opened.
function onOtherVersion(state: ConnectionState, bytes: Uint8Array, at: number, now: number): void {
	const header = state.header, version = versionOf(header.version)!;
	if (header.type !== PACKET_INITIAL || state.isVersionChosen || state.initial.sendKeys === undefined || !state.versions.includes(version.number)) {
		state.statistics.droppedHeader++;
		return;
	}
	const keys = initialProtection(state.options.crypto, state.retryId ?? state.originalId, "server in", version);
	openPacket(state, state.initial, keys, bytes, at, now, version);
	keys.close();
}

function openPacket(state: ConnectionState, space: PacketSpace, keys: PacketProtection | undefined, bytes: Uint8Array, at: number, now: number, version?: Version): void {
	const header = state.header, statistics = state.statistics;
	if (keys === undefined) {
		if (space.index <= state.cryptoLevel || !keepEarly(state, bytes, at))
			statistics.droppedKeys++;
		return;
	}
	const isShort = header.type === PACKET_SHORT;
	if (!keys.unmask(bytes, at, header.numberAt, header.end, space.received.largest)) {
		statistics.droppedHeader++;
		return;
	}
	const number = keys.packetNumber, payloadAt = keys.payloadAt;
	const end = isShort
		? state.phases!.open(bytes, at, header.end, now, 3 * state.loss.probeTimeout)
		: keys.open(bytes, at, payloadAt, header.end, number);
	if (end < 0) {
		onForged(state, bytes, at, isShort, now);
		return;
	}
	if ((bytes[at]! & (isShort ? 0x18 : 0x0c)) !== 0)
		throw new TransportError(PROTOCOL_VIOLATION, 0, "reserved header bits are set");
	if (end === payloadAt)
		throw new TransportError(PROTOCOL_VIOLATION, 0, "packet without frames");
	if (space.received.isDuplicate(number)) {
		statistics.droppedDuplicate++;
		return;
	}
	statistics.packetsReceived++;
	if (version !== undefined) {
		state.version = version;
		installInitialKeys(state, state.retryId ?? state.originalId);
	}
	if (space.index === SPACE_INITIAL && (state.serverId === undefined || isOtherServer(state, bytes))) {
		// RFC 9000 §7.2: the server's Source Connection ID of its first Initial is where we send to from now on.
		state.serverId = bytes.slice(header.sourceAt, header.sourceAt + header.sourceLength);
		state.ids.setFirst(state.serverId, 0, state.serverId.length);
	}
	state.hasElicited = state.isKeepAlive = false;
	state.restartIdle(now);
	const flags = handleFrames(state, space, bytes, payloadAt, end, now);
	if ((flags & FRAMES_REFUSED) !== 0)
		statistics.droppedFull++;
	else
		space.received.add(number, (flags & FRAMES_ELICITING) !== 0, now, state.receiveEcn, header.end - at);
}

// RFC 9001 §5.7: what comes before its keys may be kept until they are there.
function keepEarly(state: ConnectionState, bytes: Uint8Array, at: number): boolean {
	const early = state.early ??= [];
	if (early.length >= QUIC_EARLY_PACKETS)
		return false;
	early.push(bytes.slice(at, state.header.end));
	return true;
}

function onForged(state: ConnectionState, bytes: Uint8Array, at: number, isShort: boolean, now: number): void {
	state.statistics.droppedForged++;
	const end = state.header.end;
	if (isShort && at === 0 && end >= STATELESS_RESET_MIN && state.ids.isStatelessReset(bytes, end)) {
		onStatelessReset(state, now);
		return;
	}
	// RFC 9001 §6.6: "If the total number of received packets that fail authentication within the connection, across all
	// keys, exceeds the integrity limit for the selected AEAD, the endpoint MUST immediately close the connection".
	if (++state.forged > state.integrityLimit)
		throw new TransportError(AEAD_LIMIT_REACHED, 0, "too many forged packets");
}

// RFC 9000 §6.2, RFC 9368 §2.1.
function onVersionNegotiation(state: ConnectionState, bytes: Uint8Array, now: number): void {
	const header = state.header;
	// RFC 9000 §6.2: "A client MUST discard any Version Negotiation packet if it has received and successfully processed
	// any other packet, including an earlier Version Negotiation packet." Its ids echo ours (RFC 8999 §6).
	if (state.serverId !== undefined || state.retryId !== undefined || state.isVersionNegotiated || header.destinationLength !== 0
		|| !isSame(state.originalId, bytes, header.sourceAt, header.sourceLength) || header.end - header.numberAt < 4
		|| (header.end - header.numberAt) % 4 !== 0) {
		state.statistics.droppedHeader++;
		return;
	}
	let offered = "", best = state.versions.length;
	for (let at = header.numberAt; at < header.end; at += 4) {
		const version = (bytes[at]! << 24 | bytes[at + 1]! << 16 | bytes[at + 2]! << 8 | bytes[at + 3]!) >>> 0;
		if (version === state.version.number) {
			state.statistics.droppedHeader++;
			return;
		}
		const rank = state.versions.indexOf(version);
		if (rank >= 0 && rank < best)
			best = rank;
		if (offered.length < 80)
			offered += (offered === "" ? "0x" : ", 0x") + version.toString(16);
	}
	if (best === state.versions.length) {
		closeSilently(state, VERSION_NEGOTIATION_ERROR, true, `VERSION_NEGOTIATION_ERROR: the server does not speak QUIC version ${state.version.name}, only ${offered}`);
		return;
	}
	state.isVersionNegotiated = true;
	state.version = versionOf(state.versions[best]!)!;
	restartHandshake(state, now);
}

// RFC 9000 §17.2.5.
function onRetry(state: ConnectionState, bytes: Uint8Array, at: number): void {
	const header = state.header;
	// RFC 9000 §17.2.5.2: "A client MUST accept and process at most one Retry packet for each connection attempt. After
	// the client has received and processed an Initial or Retry packet from the server, it MUST discard any subsequent
	// Retry packets that it receives." And: "A client MUST discard a Retry packet with a zero-length Retry Token field."
	if (state.serverId !== undefined || state.retryId !== undefined || header.tokenLength === 0 || header.version !== state.version.number
		// RFC 9000 §17.2.5.1: "A client MUST discard a Retry packet that contains a Source Connection ID field that is
		// identical to the Destination Connection ID field of its Initial packet."
		|| isSame(state.originalId, bytes, header.sourceAt, header.sourceLength)
		|| !isRetryAuthentic(state.options.crypto, state.originalId, bytes, at, header.end, state.version)) {
		state.statistics.droppedHeader++;
		return;
	}
	if (header.tokenLength > QUIC_TOKEN_MAX) {
		closeSilently(state, INTERNAL_ERROR, false, `the server's Retry has a token of ${header.tokenLength} bytes; ${QUIC_TOKEN_MAX} leave room for a ClientHello`);
		return;
	}
	state.retryId = bytes.slice(header.sourceAt, header.sourceAt + header.sourceLength);
	state.token = bytes.slice(header.tokenAt, header.tokenAt + header.tokenLength);
	state.statistics.retried = true;
	state.ids.setFirst(state.retryId, 0, state.retryId.length);
	installInitialKeys(state, state.retryId);
	// What was sent counts as not sent; packet numbers go on (RFC 9000 §17.2.5.3).
	state.loss.restart(state.initial);
	state.loss.restart(state.application);
}

function isOtherServer({ header, serverId }: ConnectionState, bytes: Uint8Array): boolean {
	return serverId !== undefined && !isSame(serverId, bytes, header.sourceAt, header.sourceLength);
}

// Exception: RFC 9000 §7.2: MsQuic chooses its id when it has the whole ClientHello; where it acknowledges a part before, the id
// that we sent to is its own for so long. The transport parameters must have the chosen one.
function isBorrowed({ cryptoLevel, originalId, retryId, serverId }: ConnectionState): boolean {
	const id = retryId ?? originalId;
	return cryptoLevel === SPACE_INITIAL && isSame(serverId!, id, 0, id.length);
}

function isSame(id: Uint8Array, bytes: Uint8Array, at: number, length: number): boolean {
	if (id.length !== length)
		return false;
	for (let i = 0; i < length; i++)
		if (bytes[at + i] !== id[i])
			return false;
	return true;
}
