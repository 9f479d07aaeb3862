/** Transport parameters (RFC 9000 §18): ours encoded, the server's checked. */
import { QUIC_PEER_CONNECTION_IDS, QUIC_RECEIVE_DATAGRAM } from "../config.js";
import { FrameReader } from "./frame-reader.js";
import { CONNECTION_ID_MAX } from "./packet-header.js";
import { TRANSPORT_PARAMETER_ERROR, TransportError } from "./transport-error.js";
import { exceedsStreamCount, readUint32, VARINT_MAX, varintLength, writeUint32, writeVarint } from "./varint.js";

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
/** What the server sent. */
export class TransportParameters {
	/** The numbers by id, with the defaults of RFC 9000 §18.2 for those that it left out: numbers[INITIAL_MAX_DATA]. */
	readonly numbers: number[] = DEFAULTS.slice();
	/** 0: DATAGRAM frames are not taken. */
	maxDatagramFrameSize = 0;
	/** By id what is neither a number nor a list, as it stands on the wire: connection ids, the stateless reset token, and the
	 *  preferred address: IPv4 address and port, IPv6 address and port, a connection id (sequence number 1) with its length, its
	 *  stateless reset token. */
	// Without gaps: those of an array XS 13.3 walks beyond its end when it collects garbage.
	readonly values: (Uint8Array | undefined)[] = new Array(0x11).fill(undefined);
	/** Chosen version, then the available ones. */
	versions: number[] | undefined;
	/** Ids of all that came. */
	readonly ids: number[] = [];
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

class ParameterReader extends FrameReader {
	override fail(reason: string): never {
		throw new TransportError(TRANSPORT_PARAMETER_ERROR, reason);
	}
}

/** Parses and checks a server's parameters. Throws TransportError TRANSPORT_PARAMETER_ERROR. */
export function parseTransportParameters(bytes: Uint8Array): TransportParameters {
	const parameters = new TransportParameters(), ids = parameters.ids, reader = new ParameterReader(bytes);
	while (reader.at < bytes.length) {
		reader.end = bytes.length;
		const id = reader.varint(), length = reader.varint();
		// RFC 9000 §7.4: "An endpoint MUST NOT send a parameter more than once".
		// Unknown ids that are too large for a Number are not told apart.
		if (id !== VARINT_MAX && ids.includes(id))
			reader.fail(`transport parameter ${id} comes twice`);
		ids.push(id);
		const at = reader.skip(length);
		reader.end = reader.at;
		reader.at = at;
		if (!parseOne(parameters, id, reader) || reader.at !== reader.end)
			reader.fail(`transport parameter ${id} is malformed`);
	}
	return parameters;
}

// Returns false where the value is not allowed; reads as far as it should go.
function parseOne(parameters: TransportParameters, id: number, reader: FrameReader): boolean {
	const bytes = reader.bytes, at = reader.at, length = reader.end - at, numbers = parameters.numbers;
	if (id === MAX_DATAGRAM_FRAME_SIZE)
		parameters.maxDatagramFrameSize = reader.varint();
	else if (numbers[id]! >= 0) {
		const value = numbers[id] = reader.varint();
		switch (id) {
			case MAX_UDP_PAYLOAD_SIZE: return value >= 1200;
			case ACTIVE_CONNECTION_ID_LIMIT: return value >= 2;
			case ACK_DELAY_EXPONENT: return value <= 20;
			case MAX_ACK_DELAY: return value < 0x4000;
			case INITIAL_MAX_STREAMS_BIDI:
			case INITIAL_MAX_STREAMS_UNI: return !exceedsStreamCount(bytes, at);
		}
	}
	else if (id === VERSION_INFORMATION) {
		const versions: number[] = parameters.versions = [];
		while (reader.end - reader.at >= 4)
			versions.push(readUint32(bytes, reader.skip(4)));
		// RFC 9368 §4: a length that is no multiple of 4, no chosen version, and version 0 are parsing failures.
		return versions.length > 0 && !versions.includes(0);
	}
	else if (id !== DISABLE_ACTIVE_MIGRATION && id !== GREASE_QUIC_BIT) {
		reader.skip(length);
		// RFC 9000 §7.4.2: unknown ones are ignored.
		if (id > RETRY_SOURCE_CONNECTION_ID)
			return true;
		parameters.values[id] = bytes.slice(at, reader.end);
		if (id === STATELESS_RESET_TOKEN)
			return length === 16;
		if (id !== PREFERRED_ADDRESS)
			return length <= CONNECTION_ID_MAX;
		const idLength = length > 24 ? bytes[at + 24]! : 0;
		// RFC 9000 §18.2: "A server MUST NOT include a zero-length connection ID in this transport parameter."
		return idLength > 0 && idLength <= CONNECTION_ID_MAX && length === 25 + idLength + 16;
	}
	return true;
}

/** Checks the connection ids that authenticate the handshake (RFC 9000 §7.3). `original`: Destination Connection ID
 *  of our first Initial; `source`: the server's Source Connection ID; `retry`: the one of its Retry packet, if any. */
export function checkConnectionIds(parameters: TransportParameters, original: Uint8Array, source: Uint8Array, retry: Uint8Array | undefined): void {
	checkId(parameters, ORIGINAL_DESTINATION_CONNECTION_ID, original);
	checkId(parameters, INITIAL_SOURCE_CONNECTION_ID, source);
	checkId(parameters, RETRY_SOURCE_CONNECTION_ID, retry);
	if (source.length === 0)
		checkId(parameters, PREFERRED_ADDRESS, undefined);
}

function checkId(parameters: TransportParameters, id: number, expected: Uint8Array | undefined): void {
	if (String(parameters.values[id]) !== String(expected))
		throw new TransportError(TRANSPORT_PARAMETER_ERROR, `transport parameter ${id} does not fit`);
}
