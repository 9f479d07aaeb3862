/** Carries the TLS handshake over CRYPTO frames and installs what it yields (RFC 9001 §4). */
import { QUIC_CRYPTO_LATE_BUFFER, QUIC_CRYPTO_RECEIVE_BUFFER, QUIC_CRYPTO_TICKET_BUFFER, QUIC_RECEIVE_DATAGRAM, QUIC_STREAM_RANGES, QUIC_STREAM_RECEIVE_WINDOW, QUIC_UNI_RECEIVE_WINDOW } from "../config.js";
import { AEAD_CHACHA20_POLY1305 } from "../ports/crypto.js";
import { cipherSuite } from "../tls/cipher-suite.js";
import { APPLICATION_KEYS, ClientHandshake, EARLY_KEYS, HANDSHAKE_COMPLETE, HANDSHAKE_KEYS, HANDSHAKE_NONE } from "../tls/client-handshake.js";
import { type Session, wipeSession } from "../tls/session.js";
import { type ConnectionState, STATUS_IDLE, STATUS_OPEN } from "./connection-state.js";
import { beginEarlyData, checkRemembered, endEarlyData, recallParameters, rememberParameters, replayEarlyData } from "./early-data.js";
import { EVENT_CONNECTED, EVENT_SESSION } from "./events.js";
import { FRAME_CRYPTO } from "./frame.js";
import type { FrameReader } from "./frame-reader.js";
import { KeyPhases } from "./key-phases.js";
import { INTEGRITY_LIMIT_AES, INTEGRITY_LIMIT_CHACHA, PacketProtection, initialProtection } from "./packet-protection.js";
import { PacketSpace, SPACE_HANDSHAKE } from "./packet-space.js";
import { ReceiveBuffer } from "./receive-buffer.js";
import type { Setup } from "./setup.js";
import { CRYPTO_BUFFER_EXCEEDED, INTERNAL_ERROR, PROTOCOL_VIOLATION, TransportError, VERSION_NEGOTIATION_ERROR } from "./transport-error.js";
import {
	ACK_DELAY_EXPONENT, checkConnectionIds, DISABLE_ACTIVE_MIGRATION, encodeTransportParameters, GREASE_QUIC_BIT, MAX_ACK_DELAY, MAX_IDLE_TIMEOUT, parseTransportParameters,
	PREFERRED_ADDRESS, STATELESS_RESET_TOKEN, TransportParameters,
} from "./transport-parameters.js";
import { readUint32, VARINT_MAX } from "./varint.js";
import { VERSION_1 } from "./versions.js";

/** Bytes that TLS hands over at a time. */
const HANDSHAKE_PIECE = 128;

/** Makes a random Destination Connection ID, the Initial keys and the ClientHello. */
export function startHandshake(state: ConnectionState, now: number): void {
	const streams = state.streams, version = state.version, setup = state.setup!, options = setup.options, originalId = setup.originalId, session = options.session;
	const token = options.token;
	// RFC 9369 §5: "Clients MUST NOT use a session ticket or token from a QUIC version 1 connection to initiate a QUIC
	// version 2 connection, and vice versa."
	setup.token = token !== undefined && token.length > 4 && readUint32(token, 0) === version.number ? token.subarray(4) : undefined;
	state.random.fill(originalId);
	state.ids.setFirst(originalId);
	installInitialKeys(state, originalId);
	// A session of another version is not offered.
	const remembered = session === undefined ? undefined : recallParameters(session.transport, version.number);
	const isEarly = remembered !== undefined && options.earlyData === true && session!.maxEarlyData > 0;
	setup.remembered = isEarly ? remembered : undefined;
	state.tls = new ClientHandshake({
		crypto: options.crypto, random: options.random, calendar: options.calendar, serverName: options.serverName,
		alpn: options.alpn, roots: options.roots, certificate: options.certificate, ocsp: options.ocsp, keyLog: options.keyLog, suites: options.suites, groups: options.groups,
		session: remembered === undefined ? undefined : session, earlyData: isEarly, wantsTickets: options.tickets,
		transportParameters: encodeTransportParameters({
			idleTimeout: options.idleTimeout, maxData: streams.receiveLimit, streamWindow: QUIC_STREAM_RECEIVE_WINDOW, uniStreamWindow: QUIC_UNI_RECEIVE_WINDOW,
			peerBidiStreams: options.peerBidiStreams ?? 0, peerUniStreams: options.peerUniStreams ?? 0, datagram: state.datagramsIn === undefined ? 0 : QUIC_RECEIVE_DATAGRAM,
			versions: setup.versions.length > 1 ? [version.number, ...setup.versions] : undefined, chance: state.chance(),
		}),
	});
	state.tls.start();
	if (state.status === STATUS_IDLE)
		setup.startedAt = now;
	state.status = STATUS_OPEN;
	state.restartIdle(now);
	onProgress(state, now);
	sendHandshake(state);
}

/** Again, after Version Negotiation, in the version that `state` has now. What was sent counts as not sent. */
export function restartHandshake(state: ConnectionState, now: number): void {
	const setup = state.setup!;
	state.tls!.close();
	state.loss.discard(setup.initial!, now, false);
	setup.cryptoOut.reset();
	if (setup.remembered !== undefined) {
		endEarlyData(state);
		replayEarlyData(state, new TransportParameters().numbers, now);
	}
	startHandshake(state, now);
}

/** RFC 9001 §5.2; again after Retry, for the id that the server chose, and for another version. */
export function installInitialKeys(state: ConnectionState, destinationId: Uint8Array): void {
	const setup = state.setup!, space = setup.initial!, crypto = setup.options.crypto, version = state.version;
	space.discardKeys();
	space.sendKeys = initialProtection(crypto, destinationId, "client in", version);
	space.receiveKeys = initialProtection(crypto, destinationId, "server in", version);
	state.counters.version = version.name;
}

/** A CRYPTO frame. Returns false where it could not be taken and the packet must not be acknowledged. */
export function onCrypto(state: ConnectionState, space: PacketSpace, reader: FrameReader): boolean {
	const offset = reader.varint();
	const length = reader.varint();
	const at = reader.skip(length), end = offset + length;
	if (space.index !== state.cryptoLevel) {
		// RFC 9001 §4.1.3: "If the packet is from a previously installed encryption level, it MUST NOT contain data that
		// extends past the end of previously received data in that flow."
		if (end > state.setup!.cryptoEnd[space.index]!)
			throw new TransportError(PROTOCOL_VIOLATION, "CRYPTO data at a level that has ended");
		return true;
	}
	let buffer = state.crypto;
	if (buffer === undefined) {
		const next = state.cryptoAt;
		if (offset <= next && state.cryptoPieceEnd === 0) {
			if (end > next) {
				state.cryptoPieceAt = at + next - offset;
				state.cryptoPieceEnd = at + length;
			}
			return true;
		}
		buffer = state.crypto = makeBuffer(state);
		buffer.advance(next);
		buffer.write(reader.bytes, state.cryptoPieceAt, state.cryptoPieceEnd, next);
		state.cryptoPieceAt = state.cryptoPieceEnd = 0;
	}
	if (end > buffer.limit) {
		// RFC 9000 §7.5: "Once the handshake completes, if an endpoint is unable to buffer all data in a CRYPTO frame, it MAY
		// discard that CRYPTO frame and all CRYPTO frames received in the future": nothing but tickets comes then.
		if (state.isComplete && end <= VARINT_MAX)
			return true;
		throw new TransportError(CRYPTO_BUFFER_EXCEEDED, "more CRYPTO data than the buffer holds");
	}
	return buffer.write(reader.bytes, at, at + length, offset);
}

function makeBuffer(state: ConnectionState): ReceiveBuffer {
	if (!state.isComplete)
		return new ReceiveBuffer(QUIC_CRYPTO_RECEIVE_BUFFER, QUIC_STREAM_RANGES);
	// The streams' buffers have taken the room of the handshake's.
	return new ReceiveBuffer(state.sessionParameters === undefined ? QUIC_CRYPTO_LATE_BUFFER : QUIC_CRYPTO_TICKET_BUFFER, QUIC_STREAM_RANGES / 4);
}

/** Hands what is in order to TLS, from the datagram that was read last or from the buffer. Called between packets, not from
 *  within a frame: verifying a certificate chain needs most of a board's stack. */
export function advanceHandshake(state: ConnectionState, datagram: Uint8Array, now: number): void {
	const buffer = state.crypto, end = state.cryptoPieceEnd;
	if (end !== 0) {
		const from = state.cryptoPieceAt;
		state.cryptoPieceEnd = 0;
		state.cryptoHighest = state.cryptoAt + end - from;
		state.cryptoAt += giveTls(state, datagram, from, end);
		onProgress(state, now);
	}
	while (buffer !== undefined && buffer.base < buffer.contiguous) {
		buffer.base += giveTls(state, buffer.bytes, buffer.pieceAt, buffer.pieceEnd);
		onProgress(state, now);
	}
	state.reader.frameType = 0;
	if (buffer !== undefined && buffer.base === buffer.highest) {
		state.cryptoAt = state.cryptoHighest = buffer.base;
		state.crypto = undefined;
	}
	// An acknowledgment may have made room for the rest of a long ClientHello, or of a flight with certificates.
	sendHandshake(state);
}

/** Returns how many bytes TLS took. What it leaves belongs to a level that has ended: `installKeys` refuses it. */
function giveTls(state: ConnectionState, bytes: Uint8Array, from: number, to: number): number {
	state.reader.frameType = FRAME_CRYPTO;
	return state.tls!.receive(state.cryptoLevel, bytes, from, to) - from;
}

/** Queues what TLS wants to send, as far as there is room. */
function sendHandshake(state: ConnectionState): void {
	const setup = state.setup;
	if (setup === undefined)
		return;
	const queue = setup.cryptoOut, piece = new Uint8Array(HANDSHAKE_PIECE);
	for (;;) {
		const room = queue.room < HANDSHAKE_PIECE ? queue.room : HANDSHAKE_PIECE;
		const count = state.tls!.pollTransmit(setup.cryptoOutLevel, piece, 0, room);
		if (count === 0)
			break;
		queue.putBytes(piece, 0, count);
	}
	queue.commit();
}

function onProgress(state: ConnectionState, now: number): void {
	const tls = state.tls!;
	for (let event = tls.pollEvent(); event !== HANDSHAKE_NONE; event = tls.pollEvent()) {
		if (event === EARLY_KEYS)
			beginEarlyData(state);
		else if (event === HANDSHAKE_KEYS) {
			const setup = state.setup!;
			installKeys(state, new PacketSpace(SPACE_HANDSHAKE), now);
			setup.isVersionChosen = true;
			setup.cryptoOutLevel = SPACE_HANDSHAKE;
			setup.cryptoOut.reset();
		}
		else if (event === APPLICATION_KEYS) {
			endEarlyData(state);
			installKeys(state, state.application, now);
			state.phases = new KeyPhases(state.application);
			state.integrityLimit = tls.aead === AEAD_CHACHA20_POLY1305 ? INTEGRITY_LIMIT_CHACHA : INTEGRITY_LIMIT_AES;
		}
		else if (event === HANDSHAKE_COMPLETE) {
			complete(state, now);
			sendHandshake(state);
		}
		else
			onSession(state, tls.takeSession()!);
	}
	// After a HelloRetryRequest no early data may be sent.
	if (state.isEarly && !tls.earlyOffered)
		endEarlyData(state);
}

function onSession(state: ConnectionState, session: Session): void {
	// RFC 9001 §4.6.1: "A client MUST treat receipt of a NewSessionTicket that contains an early_data extension with any other
	// value as a connection error of type PROTOCOL_VIOLATION."
	if (session.maxEarlyData !== 0 && session.maxEarlyData !== 0xffffffff)
		throw new TransportError(PROTOCOL_VIOLATION, "max_early_data_size is not 2^32-1");
	session.transport = state.sessionParameters!;
	const sessions = state.sessions ??= [];
	sessions.push(session);
	if (sessions.length > 2)
		wipeSession(sessions.shift()!);
	state.events |= 1 << EVENT_SESSION;
}

function installKeys(state: ConnectionState, space: PacketSpace, now: number): void {
	const tls = state.tls!, setup = state.setup!, crypto = setup.options.crypto, buffer = state.crypto;
	if (buffer !== undefined) {
		state.cryptoAt = buffer.base;
		state.cryptoHighest = buffer.highest;
		buffer.reset();
	}
	// RFC 9001 §4.1.3: "When TLS provides keys for a higher encryption level, if there is data from a previous encryption
	// level that TLS has not consumed, this MUST be treated as a connection error of type PROTOCOL_VIOLATION."
	if (state.cryptoAt < state.cryptoHighest)
		throw new TransportError(PROTOCOL_VIOLATION, "CRYPTO data after the end of its level");
	if (space !== state.application) {
		setup.handshake = space;
		state.spaces.splice(-1, 0, space);
	}
	space.sendKeys = new PacketProtection(crypto, tls.aead, tls.clientSecret, state.version.label);
	space.receiveKeys = new PacketProtection(crypto, tls.aead, tls.serverSecret, state.version.label);
	setup.cryptoEnd[state.cryptoLevel] = state.cryptoHighest;
	state.cryptoLevel = space.index;
	state.cryptoAt = state.cryptoHighest = 0;
	setup.hasNewKeys = true;
	state.loss.setTimer(now);
}

function complete(state: ConnectionState, now: number): void {
	const tls = state.tls!, setup = state.setup!, remembered = setup.remembered;
	const bytes = tls.peerTransportParameters;
	if (bytes === undefined)
		throw new TransportError(INTERNAL_ERROR, "no transport parameters");
	const parameters = parseTransportParameters(bytes), numbers = parameters.numbers;
	checkConnectionIds(parameters, setup.originalId, setup.serverId!, setup.retryId);
	checkVersions(state.version.number, setup, parameters.versions);
	state.isComplete = true;
	if (setup.options.tickets === true)
		state.sessionParameters = rememberParameters(state.version.number, parameters);
	state.counters.established = true;
	state.counters.resumed = tls.resumed;
	state.counters.earlyAccepted = tls.earlyAccepted;
	state.counters.cipher = cipherSuite(tls.suite)!.name;
	state.ackDelayUnit = 2 ** numbers[ACK_DELAY_EXPONENT]!;
	state.loss.peerMaxAckDelay = numbers[MAX_ACK_DELAY]!;
	// RFC 9000 §10.1: "Each endpoint advertises a max_idle_timeout, but the effective value at an endpoint is computed
	// as the minimum of the two advertised values".
	const idle = numbers[MAX_IDLE_TIMEOUT]!;
	if (idle > 0 && (state.idleTimeout === 0 || idle < state.idleTimeout))
		state.idleTimeout = idle < 0x3fffffff ? idle : 0;
	// A PING later than half of the idle timeout might come too late; a timeout below three probe timeouts counts as
	// those (RFC 9000 §10.1), so a server cannot make us send without a pause.
	if (state.keepAlive > 0 && state.idleTimeout > 0) {
		const least = 3 * state.loss.probeTimeout;
		const half = (state.idleTimeout > least ? state.idleTimeout : least) >> 1;
		if (state.keepAlive > half)
			state.keepAlive = half;
	}
	if (remembered !== undefined && !tls.earlyAccepted)
		replayEarlyData(state, numbers, now);
	else {
		if (remembered !== undefined)
			checkRemembered(remembered, parameters);
		state.streams.setLimits(numbers);
	}
	state.setDatagramLimit(parameters);
	state.fixedBits = parameters.ids.includes(GREASE_QUIC_BIT) ? 1 : 0;
	state.disablesMigration = parameters.ids.includes(DISABLE_ACTIVE_MIGRATION);
	const token = parameters.values[STATELESS_RESET_TOKEN], preferred = state.preferred = parameters.values[PREFERRED_ADDRESS];
	if (token !== undefined)
		state.ids.setFirstToken(token);
	if (preferred !== undefined)
		state.ids.add(1, 0, preferred, 25, preferred[24]!, preferred.length - 16);
	state.events |= 1 << EVENT_CONNECTED;
}

// RFC 9368 §4.
function checkVersions(version: number, { versions: ours, isVersionNegotiated }: Setup, versions: readonly number[] | undefined): void {
	if (versions === undefined) {
		// RFC 9368 §8: a server of version 1 alone need not say so.
		if (version === VERSION_1 || !isVersionNegotiated)
			return;
	}
	else if (versions[0] === version && (!isVersionNegotiated || bestOf(ours, versions) === version))
		return;
	throw new TransportError(VERSION_NEGOTIATION_ERROR, "the server's version_information does not fit: a downgrade");
}

function bestOf(ours: readonly number[], theirs: readonly number[]): number {
	return ours.find(version => theirs.indexOf(version, 1) > 0) ?? 0;
}
