/** Transport parameters (RFC 9000 §18): ours encoded, the server's checked. */
import { QUIC_CONNECTION_RECEIVE_WINDOW, QUIC_PEER_CONNECTION_IDS, QUIC_RECEIVE_DATAGRAM, QUIC_STREAM_RECEIVE_WINDOW } from "../config.js";
import { CONNECTION_ID_MAX } from "./packet-header.js";
import { TRANSPORT_PARAMETER_ERROR, TransportError } from "./transport-error.js";
import { exceedsStreamCount, readVarint, VARINT_MAX, varintLength, varintSize, writeVarint } from "./varint.js";

export const ORIGINAL_DESTINATION_CONNECTION_ID = 0x00;
export const MAX_IDLE_TIMEOUT = 0x01;
export const STATELESS_RESET_TOKEN = 0x02;
export const MAX_UDP_PAYLOAD_SIZE = 0x03;
export const INITIAL_MAX_DATA = 0x04;
export const INITIAL_MAX_STREAM_DATA_BIDI_LOCAL = 0x05;
export const INITIAL_MAX_STREAM_DATA_BIDI_REMOTE = 0x06;
export const INITIAL_MAX_STREAM_DATA_UNI = 0x07;
export const INITIAL_MAX_STREAMS_BIDI = 0x08;
export const INITIAL_MAX_STREAMS_UNI = 0x09;
export const ACK_DELAY_EXPONENT = 0x0a;
export const MAX_ACK_DELAY = 0x0b;
export const DISABLE_ACTIVE_MIGRATION = 0x0c;
export const PREFERRED_ADDRESS = 0x0d;
export const ACTIVE_CONNECTION_ID_LIMIT = 0x0e;
export const INITIAL_SOURCE_CONNECTION_ID = 0x0f;
export const RETRY_SOURCE_CONNECTION_ID = 0x10;

/** What the server sent; numbers that it left out have the defaults of RFC 9000 §18.2. */
export class TransportParameters {
	/** ms; 0: none. */
	maxIdleTimeout = 0;
	maxUdpPayloadSize = 65527;
	initialMaxData = 0;
	initialMaxStreamDataBidiRemote = 0;
	initialMaxStreamsBidi = 0;
	ackDelayExponent = 3;
	/** ms. */
	maxAckDelay = 25;
	statelessResetToken: Uint8Array | undefined;
	originalDestinationId: Uint8Array | undefined;
	initialSourceId: Uint8Array | undefined;
	retrySourceId: Uint8Array | undefined;
	/** Of the preferred address only its connection id (sequence number 1) and token are kept: we do not migrate. */
	preferredId: Uint8Array | undefined;
	preferredToken: Uint8Array | undefined;
}

/** Our parameters as the body of TLS extension 57. `idleTimeout` in ms. Defaults are left out, to save bytes;
 *  the server may open no streams. */
export function encodeTransportParameters(idleTimeout: number): Uint8Array {
	const bytes = new Uint8Array(64);
	let at = 0;
	at = writeNumber(bytes, at, MAX_IDLE_TIMEOUT, idleTimeout);
	at = writeNumber(bytes, at, MAX_UDP_PAYLOAD_SIZE, QUIC_RECEIVE_DATAGRAM);
	at = writeNumber(bytes, at, INITIAL_MAX_DATA, QUIC_CONNECTION_RECEIVE_WINDOW);
	at = writeNumber(bytes, at, INITIAL_MAX_STREAM_DATA_BIDI_LOCAL, QUIC_STREAM_RECEIVE_WINDOW);
	if (QUIC_PEER_CONNECTION_IDS as number !== 2)
		at = writeNumber(bytes, at, ACTIVE_CONNECTION_ID_LIMIT, QUIC_PEER_CONNECTION_IDS);
	bytes[at++] = INITIAL_SOURCE_CONNECTION_ID;
	bytes[at++] = 0;
	return bytes.slice(0, at);
}

function writeNumber(bytes: Uint8Array, at: number, id: number, value: number): number {
	at = writeVarint(bytes, at, id);
	at = writeVarint(bytes, at, varintLength(value));
	return writeVarint(bytes, at, value);
}

/** Parses and checks a server's parameters. Throws TransportError TRANSPORT_PARAMETER_ERROR. */
export function parseTransportParameters(bytes: Uint8Array): TransportParameters {
	const parameters = new TransportParameters();
	const seen: number[] = [];
	let at = 0;
	while (at < bytes.length) {
		const id = varintAt(bytes, at, bytes.length);
		at += varintSize(bytes[at]!);
		const length = varintAt(bytes, at, bytes.length);
		at += varintSize(bytes[at]!);
		if (length > bytes.length - at)
			fail("a transport parameter is cut off");
		// RFC 9000 §7.4: "An endpoint MUST NOT send a parameter more than once".
		// Unknown ids that are too large for a Number are not told apart.
		if (id !== VARINT_MAX && seen.includes(id))
			fail(`transport parameter ${id} comes twice`);
		seen.push(id);
		parseOne(parameters, id, bytes, at, at + length);
		at += length;
	}
	return parameters;
}

function parseOne(parameters: TransportParameters, id: number, bytes: Uint8Array, at: number, end: number): void {
	switch (id) {
		case ORIGINAL_DESTINATION_CONNECTION_ID: parameters.originalDestinationId = idAt(bytes, at, end); break;
		case INITIAL_SOURCE_CONNECTION_ID: parameters.initialSourceId = idAt(bytes, at, end); break;
		case RETRY_SOURCE_CONNECTION_ID: parameters.retrySourceId = idAt(bytes, at, end); break;
		case MAX_IDLE_TIMEOUT: parameters.maxIdleTimeout = numberAt(bytes, at, end); break;
		case INITIAL_MAX_DATA: parameters.initialMaxData = numberAt(bytes, at, end); break;
		case INITIAL_MAX_STREAM_DATA_BIDI_LOCAL:
		case INITIAL_MAX_STREAM_DATA_UNI: numberAt(bytes, at, end); break;
		case INITIAL_MAX_STREAM_DATA_BIDI_REMOTE: parameters.initialMaxStreamDataBidiRemote = numberAt(bytes, at, end); break;
		case INITIAL_MAX_STREAMS_BIDI: parameters.initialMaxStreamsBidi = streamsAt(bytes, at, end); break;
		case INITIAL_MAX_STREAMS_UNI: streamsAt(bytes, at, end); break;
		case MAX_UDP_PAYLOAD_SIZE:
			parameters.maxUdpPayloadSize = numberAt(bytes, at, end);
			if (parameters.maxUdpPayloadSize < 1200)
				fail("max_udp_payload_size is below 1200");
			break;
		case ACK_DELAY_EXPONENT:
			parameters.ackDelayExponent = numberAt(bytes, at, end);
			if (parameters.ackDelayExponent > 20)
				fail("ack_delay_exponent is above 20");
			break;
		case MAX_ACK_DELAY:
			parameters.maxAckDelay = numberAt(bytes, at, end);
			if (parameters.maxAckDelay >= 0x4000)
				fail("max_ack_delay is 2^14 or more");
			break;
		case ACTIVE_CONNECTION_ID_LIMIT:
			if (numberAt(bytes, at, end) < 2)
				fail("active_connection_id_limit is below 2");
			break;
		case DISABLE_ACTIVE_MIGRATION:
			if (end !== at)
				fail("disable_active_migration has a value");
			break;
		case STATELESS_RESET_TOKEN:
			if (end - at !== 16)
				fail("stateless_reset_token is not 16 bytes");
			parameters.statelessResetToken = bytes.slice(at, end);
			break;
		case PREFERRED_ADDRESS: parsePreferredAddress(parameters, bytes, at, end); break;
		default: break;	// RFC 9000 §7.4.2: unknown ones are ignored.
	}
}

// Two addresses with ports (6 and 18 bytes), a connection id with its length, a reset token.
function parsePreferredAddress(parameters: TransportParameters, bytes: Uint8Array, at: number, end: number): void {
	const length = end - at > 24 ? bytes[at + 24]! : 0;
	// RFC 9000 §18.2: "A server MUST NOT include a zero-length connection ID in this transport parameter."
	if (length < 1 || length > CONNECTION_ID_MAX || end - at !== 25 + length + 16)
		fail("preferred_address is malformed");
	parameters.preferredId = bytes.slice(at + 25, at + 25 + length);
	parameters.preferredToken = bytes.slice(at + 25 + length, end);
}

/** Checks the connection ids that authenticate the handshake (RFC 9000 §7.3). `original`: Destination Connection ID
 *  of our first Initial; `source`: the server's Source Connection ID; `retry`: the one of its Retry packet, if any. */
export function checkConnectionIds(parameters: TransportParameters, original: Uint8Array, source: Uint8Array, retry: Uint8Array | undefined): void {
	if (!isEqual(parameters.originalDestinationId, original))
		fail("original_destination_connection_id is absent or wrong");
	if (!isEqual(parameters.initialSourceId, source))
		fail("initial_source_connection_id is absent or wrong");
	if (retry === undefined ? parameters.retrySourceId !== undefined : !isEqual(parameters.retrySourceId, retry))
		fail("retry_source_connection_id does not fit");
	if (source.length === 0 && parameters.preferredId !== undefined)
		fail("preferred_address beside a zero-length connection id");
}

function isEqual(a: Uint8Array | undefined, b: Uint8Array): boolean {
	return a !== undefined && a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function varintAt(bytes: Uint8Array, at: number, end: number): number {
	if (at >= end || at + varintSize(bytes[at]!) > end)
		fail("a transport parameter is cut off");
	return readVarint(bytes, at);
}

function numberAt(bytes: Uint8Array, at: number, end: number): number {
	const value = varintAt(bytes, at, end);
	if (at + varintSize(bytes[at]!) !== end)
		fail("a transport parameter has the wrong length");
	return value;
}

function streamsAt(bytes: Uint8Array, at: number, end: number): number {
	const value = numberAt(bytes, at, end);
	if (exceedsStreamCount(bytes, at))
		fail("a stream limit is above 2^60");
	return value;
}

function idAt(bytes: Uint8Array, at: number, end: number): Uint8Array {
	if (end - at > CONNECTION_ID_MAX)
		fail("a connection id is longer than 20 bytes");
	return bytes.slice(at, end);
}

function fail(reason: string): never {
	throw new TransportError(TRANSPORT_PARAMETER_ERROR, 0, reason);
}
