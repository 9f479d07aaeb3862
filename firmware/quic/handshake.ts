/** Carries the TLS handshake over CRYPTO frames and installs what it yields (RFC 9001 §4). */
import { QUIC_CRYPTO_LATE_BUFFER, QUIC_STREAM_RANGES } from "../config.js";
import { AEAD_CHACHA20_POLY1305 } from "../ports/crypto.js";
import { cipherSuite } from "../tls/cipher-suite.js";
import { APPLICATION_KEYS, ClientHandshake, HANDSHAKE_COMPLETE, HANDSHAKE_KEYS, HANDSHAKE_NONE } from "../tls/client-handshake.js";
import { type ConnectionState, STATUS_OPEN } from "./connection-state.js";
import { FRAME_CRYPTO } from "./frame.js";
import type { FrameReader } from "./frame-reader.js";
import { KeyPhases } from "./key-phases.js";
import { INTEGRITY_LIMIT_AES, INTEGRITY_LIMIT_CHACHA, PacketProtection, initialProtection } from "./packet-protection.js";
import { type PacketSpace, SPACE_HANDSHAKE } from "./packet-space.js";
import { ReceiveBuffer } from "./receive-buffer.js";
import { CRYPTO_BUFFER_EXCEEDED, INTERNAL_ERROR, PROTOCOL_VIOLATION, TransportError } from "./transport-error.js";
import { checkConnectionIds, encodeTransportParameters, parseTransportParameters } from "./transport-parameters.js";

/** Bytes that TLS hands over at a time. */
const HANDSHAKE_PIECE = 128;

/** Makes a random Destination Connection ID, the Initial keys and the ClientHello. */
export function startHandshake(state: ConnectionState, now: number): void {
	const options = state.options;
	options.random.fill(state.originalId);
	state.ids.setFirst(state.originalId, 0, state.originalId.length);
	installInitialKeys(state, state.originalId);
	state.tls = new ClientHandshake({
		crypto: options.crypto, random: options.random, calendar: options.calendar, serverName: options.serverName,
		alpn: options.alpn, roots: options.roots, certificate: options.certificate, keyLog: options.keyLog, suites: options.suites, groups: options.groups,
		transportParameters: encodeTransportParameters(options.idleTimeout),
	});
	state.tls.start();
	state.status = STATUS_OPEN;
	state.startedAt = now;
	state.restartIdle(now);
	sendHandshake(state);
}

/** RFC 9001 §5.2; again after Retry, for the id that the server chose. */
export function installInitialKeys(state: ConnectionState, destinationId: Uint8Array): void {
	const space = state.initial;
	space.discardKeys();
	space.sendKeys = initialProtection(state.options.crypto, destinationId, "client in");
	space.receiveKeys = initialProtection(state.options.crypto, destinationId, "server in");
}

/** A CRYPTO frame. Returns false where it could not be taken and the packet must not be acknowledged. */
export function onCrypto(state: ConnectionState, space: PacketSpace, reader: FrameReader): boolean {
	const offset = reader.varint();
	const length = reader.varint();
	const at = reader.skip(length), end = offset + length;
	if (space.index !== state.cryptoLevel) {
		// RFC 9001 §4.1.3: "If the packet is from a previously installed encryption level, it MUST NOT contain data that
		// extends past the end of previously received data in that flow."
		if (end > state.cryptoEnd[space.index]!)
			throw new TransportError(PROTOCOL_VIOLATION, FRAME_CRYPTO, "CRYPTO data at a level that has ended");
		return true;
	}
	if (end > state.crypto.limit) {
		// RFC 9000 §7.5: "Once the handshake completes, if an endpoint is unable to buffer all data in a CRYPTO frame, it MAY
		// discard that CRYPTO frame and all CRYPTO frames received in the future": nothing but tickets comes then.
		if (state.isComplete)
			return true;
		throw new TransportError(CRYPTO_BUFFER_EXCEEDED, FRAME_CRYPTO, "more CRYPTO data than the buffer holds");
	}
	return state.crypto.write(reader.bytes, at, at + length, offset);
}

/** Hands what is in order to TLS. Called between packets, not from within a frame: verifying a certificate chain needs
 *  most of a board's stack. */
export function advanceHandshake(state: ConnectionState, now: number): void {
	const buffer = state.crypto;
	while (buffer.base < buffer.contiguous) {
		const from = buffer.pieceAt, to = buffer.pieceEnd;
		buffer.base += to - from;
		state.tls!.receive(state.cryptoLevel, buffer.bytes, from, to);
		if (!state.isComplete)
			onProgress(state, now);
	}
	// An acknowledgment may have made room for the rest of a long ClientHello, or of a flight with certificates.
	if (!state.isConfirmed)
		sendHandshake(state);
}

/** Queues what TLS wants to send, as far as there is room. */
function sendHandshake(state: ConnectionState): void {
	const queue = state.cryptoOut;
	if (queue === undefined)
		return;
	const ring = queue.ring, piece = new Uint8Array(HANDSHAKE_PIECE);
	for (;;) {
		const room = ring.room < HANDSHAKE_PIECE ? ring.room : HANDSHAKE_PIECE;
		const count = state.tls!.pollTransmit(state.cryptoOutLevel, piece, 0, room);
		if (count === 0)
			break;
		ring.putBytes(piece, 0, count);
	}
	ring.commit();
}

function onProgress(state: ConnectionState, now: number): void {
	const tls = state.tls!;
	for (let event = tls.pollEvent(); event !== HANDSHAKE_NONE; event = tls.pollEvent()) {
		if (event === HANDSHAKE_KEYS) {
			installKeys(state, state.handshake, now);
			state.cryptoOutLevel = SPACE_HANDSHAKE;
			state.cryptoOut?.reset();
		}
		else if (event === APPLICATION_KEYS) {
			installKeys(state, state.application, now);
			state.phases = new KeyPhases(state.application);
			state.integrityLimit = tls.aead === AEAD_CHACHA20_POLY1305 ? INTEGRITY_LIMIT_CHACHA : INTEGRITY_LIMIT_AES;
		}
		else if (event === HANDSHAKE_COMPLETE) {
			complete(state);
			sendHandshake(state);
		}
	}
}

function installKeys(state: ConnectionState, space: PacketSpace, now: number): void {
	const tls = state.tls!, crypto = state.options.crypto, buffer = state.crypto;
	// RFC 9001 §4.1.3: "When TLS provides keys for a higher encryption level, if there is data from a previous encryption
	// level that TLS has not consumed, this MUST be treated as a connection error of type PROTOCOL_VIOLATION."
	if (buffer.base < buffer.highest)
		throw new TransportError(PROTOCOL_VIOLATION, FRAME_CRYPTO, "CRYPTO data after the end of its level");
	space.sendKeys = new PacketProtection(crypto, tls.aead, tls.clientSecret);
	space.receiveKeys = new PacketProtection(crypto, tls.aead, tls.serverSecret);
	state.cryptoEnd[state.cryptoLevel] = buffer.highest;
	state.cryptoLevel = space.index;
	buffer.reset();
	state.loss.setTimer(now);
}

function complete(state: ConnectionState): void {
	const tls = state.tls!;
	const bytes = tls.peerTransportParameters;
	if (bytes === undefined)
		throw new TransportError(INTERNAL_ERROR, 0, "no transport parameters");
	const parameters = parseTransportParameters(bytes);
	checkConnectionIds(parameters, state.originalId, state.serverId!, state.retryId);
	state.isComplete = true;
	// The streams' buffers take the room that the handshake's leaves.
	state.crypto = new ReceiveBuffer(QUIC_CRYPTO_LATE_BUFFER, QUIC_STREAM_RANGES / 4);
	state.statistics.established = true;
	state.statistics.cipher = cipherSuite(tls.suite)!.name;
	state.ackDelayUnit = 2 ** parameters.ackDelayExponent;
	state.loss.peerMaxAckDelay = parameters.maxAckDelay;
	// RFC 9000 §10.1: "Each endpoint advertises a max_idle_timeout, but the effective value at an endpoint is computed
	// as the minimum of the two advertised values".
	const idle = parameters.maxIdleTimeout;
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
	state.streams.setLimits(parameters.initialMaxData, parameters.initialMaxStreamDataBidiRemote, parameters.initialMaxStreamsBidi);
	if (parameters.statelessResetToken !== undefined)
		state.ids.setFirstToken(parameters.statelessResetToken);
	if (parameters.preferredId !== undefined && parameters.preferredToken !== undefined) {
		const both = new Uint8Array(parameters.preferredId.length + 16);
		both.set(parameters.preferredId);
		both.set(parameters.preferredToken, parameters.preferredId.length);
		state.ids.add(1, 0, both, 0, parameters.preferredId.length, parameters.preferredId.length);
	}
	state.hasConnectedEvent = true;
}
