/** Transport parameters (RFC 9000 §18): ours encoded, the server's checked. */
import { QUIC_PEER_CONNECTION_IDS, QUIC_RECEIVE_DATAGRAM } from "../config.js";
import { CONNECTION_ID_MAX } from "./packet-header.js";
import { TRANSPORT_PARAMETER_ERROR, TransportError } from "./transport-error.js";
import { exceedsStreamCount, readUint32, readVarint, VARINT_MAX, varintLength, varintSize, writeUint32, writeVarint } from "./varint.js";

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
/** RFC 9368 §3. */
export const VERSION_INFORMATION = 0x11;
/** RFC 9221 §3. */
export const MAX_DATAGRAM_FRAME_SIZE = 0x20;
/** RFC 9287 §3. */
export const GREASE_QUIC_BIT = 0x2ab2;

/** Defaults of the numbers by id, RFC 9000 §18.2; -1: not a number. */
const DEFAULTS = Object.freeze([-1, 0, -1, 65527, 0, 0, 0, 0, 0, 0, 3, 25, -1, -1, 2]);
/** Least and largest value of those that have one other than 0 and VARINT_MAX. */
const LEAST = Object.freeze([0, 0, 0, 1200, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
const LARGEST = Object.freeze({ [ACK_DELAY_EXPONENT]: 20, [MAX_ACK_DELAY]: 0x3fff } as Record<number, number>);

/** What the server sent. */
export class TransportParameters {
	/** The numbers by id, with the defaults of RFC 9000 §18.2 for those that it left out: numbers[INITIAL_MAX_DATA]. */
	readonly numbers: number[] = DEFAULTS.slice();
	/** 0: DATAGRAM frames are not taken. */
	maxDatagramFrameSize = 0;
	disablesMigration = false;
	greasesQuicBit = false;
	statelessResetToken: Uint8Array | undefined;
	originalDestinationId: Uint8Array | undefined;
	initialSourceId: Uint8Array | undefined;
	retrySourceId: Uint8Array | undefined;
	/** The preferred address as it stands on the wire: IPv4 address and port, IPv6 address and port, a connection id
	 *  (sequence number 1) with its length, its stateless reset token. */
	preferredAddress: Uint8Array | undefined;
	/** Chosen version, then the available ones. */
	versions: number[] | undefined;
}

/** What we say of ourselves; the rest is constant. */
export interface OwnParameters {
	/** ms; 0: none. */
	idleTimeout: number;
	/** Bytes: the connection's window, those of streams that we open, and of the server's unidirectional ones. */
	maxData: number;
	streamWindow: number;
	uniStreamWindow: number;
	/** Streams that the server may open. */
	peerBidiStreams: number;
	peerUniStreams: number;
	/** max_datagram_frame_size; 0: not said. */
	datagram: number;
	/** Chosen version, then those available; undefined: not said. */
	versions: readonly number[] | undefined;
	/** A random byte, to grease with. */
	chance: number;
}

/** Our parameters as the body of TLS extension 57. Defaults are left out, to save bytes. */
export function encodeTransportParameters(own: OwnParameters): Uint8Array {
	const bytes = new Uint8Array(128), peerBidiStreams = own.peerBidiStreams, peerUniStreams = own.peerUniStreams, versions = own.versions;
	let at = writeNumber(bytes, 0, MAX_IDLE_TIMEOUT, own.idleTimeout);
	at = writeNumber(bytes, at, MAX_UDP_PAYLOAD_SIZE, QUIC_RECEIVE_DATAGRAM);
	at = writeNumber(bytes, at, INITIAL_MAX_DATA, own.maxData);
	at = writeNumber(bytes, at, INITIAL_MAX_STREAM_DATA_BIDI_LOCAL, own.streamWindow);
	at = writeNumber(bytes, at, INITIAL_MAX_STREAM_DATA_BIDI_REMOTE, peerBidiStreams > 0 ? own.streamWindow : 0);
	at = writeNumber(bytes, at, INITIAL_MAX_STREAM_DATA_UNI, peerUniStreams > 0 ? own.uniStreamWindow : 0);
	at = writeNumber(bytes, at, INITIAL_MAX_STREAMS_BIDI, peerBidiStreams);
	at = writeNumber(bytes, at, INITIAL_MAX_STREAMS_UNI, peerUniStreams);
	if (QUIC_PEER_CONNECTION_IDS as number !== 2)
		at = writeNumber(bytes, at, ACTIVE_CONNECTION_ID_LIMIT, QUIC_PEER_CONNECTION_IDS);
	at = writeNumber(bytes, at, MAX_DATAGRAM_FRAME_SIZE, own.datagram);
	bytes[at++] = INITIAL_SOURCE_CONNECTION_ID;
	bytes[at++] = 0;
	if (versions !== undefined) {
		bytes[at++] = VERSION_INFORMATION;
		bytes[at++] = 4 * versions.length;
		for (let i = 0; i < versions.length; i++)
			at = writeUint32(bytes, at, versions[i]!);
	}
	// RFC 9000 §18.1: "Transport parameters with an identifier of the form 31 * N + 27 for integer values of N are reserved
	// to exercise the requirement that unknown transport parameters be ignored."
	at = writeVarint(bytes, at, 27 + 31 * (own.chance & 1));
	bytes[at++] = 0;
	at = writeVarint(bytes, at, GREASE_QUIC_BIT);
	bytes[at++] = 0;
	return bytes.slice(0, at);
}

// RFC 9000 §18.2: what is absent counts as 0.
function writeNumber(bytes: Uint8Array, at: number, id: number, value: number): number {
	if (value === 0)
		return at;
	at = writeVarint(bytes, at, id);
	bytes[at] = varintLength(value);
	return writeVarint(bytes, at + 1, value);
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
	const numbers = parameters.numbers;
	if (id < numbers.length && numbers[id]! >= 0) {
		const value = numberAt(bytes, at, end);
		if (value < LEAST[id]! || value > (LARGEST[id] ?? VARINT_MAX)
			|| ((id === INITIAL_MAX_STREAMS_BIDI || id === INITIAL_MAX_STREAMS_UNI) && exceedsStreamCount(bytes, at)))
			fail(`transport parameter ${id} is out of range`);
		numbers[id] = value;
		return;
	}
	switch (id) {
		case ORIGINAL_DESTINATION_CONNECTION_ID: parameters.originalDestinationId = idAt(bytes, at, end); break;
		case INITIAL_SOURCE_CONNECTION_ID: parameters.initialSourceId = idAt(bytes, at, end); break;
		case RETRY_SOURCE_CONNECTION_ID: parameters.retrySourceId = idAt(bytes, at, end); break;
		case MAX_DATAGRAM_FRAME_SIZE: parameters.maxDatagramFrameSize = numberAt(bytes, at, end); break;
		case DISABLE_ACTIVE_MIGRATION:
		case GREASE_QUIC_BIT:
			if (end !== at)
				fail(`transport parameter ${id} has a value`);
			if (id === GREASE_QUIC_BIT)
				parameters.greasesQuicBit = true;
			else
				parameters.disablesMigration = true;
			break;
		case STATELESS_RESET_TOKEN:
			if (end - at !== 16)
				fail("stateless_reset_token is not 16 bytes");
			parameters.statelessResetToken = bytes.slice(at, end);
			break;
		case PREFERRED_ADDRESS: {
			const length = end - at > 24 ? bytes[at + 24]! : 0;
			// RFC 9000 §18.2: "A server MUST NOT include a zero-length connection ID in this transport parameter."
			if (length < 1 || length > CONNECTION_ID_MAX || end - at !== 25 + length + 16)
				fail("preferred_address is malformed");
			parameters.preferredAddress = bytes.slice(at, end);
			break;
		}
		case VERSION_INFORMATION: parameters.versions = versionsAt(bytes, at, end); break;
		default: break;	// RFC 9000 §7.4.2: unknown ones are ignored.
	}
}

// RFC 9368 §4: a length that is no multiple of 4, no chosen version, and version 0 are parsing failures.
function versionsAt(bytes: Uint8Array, at: number, end: number): number[] {
	const versions: number[] = [];
	for (; at + 4 <= end; at += 4)
		versions.push(readUint32(bytes, at));
	if (at !== end || versions.length === 0 || versions.includes(0))
		fail("version_information is malformed");
	return versions;
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
	if (source.length === 0 && parameters.preferredAddress !== undefined)
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

function idAt(bytes: Uint8Array, at: number, end: number): Uint8Array {
	if (end - at > CONNECTION_ID_MAX)
		fail("a connection id is longer than 20 bytes");
	return bytes.slice(at, end);
}

function fail(reason: string): never {
	throw new TransportError(TRANSPORT_PARAMETER_ERROR, reason);
}
