/** The state of one connection, shared by the functions that receive, send and close. `Connection` is its public face. */
import { QUIC_CRYPTO_RECEIVE_BUFFER, QUIC_CRYPTO_SEND_RING, QUIC_SEND_DATAGRAM, QUIC_STREAM_RANGES } from "../config.js";
import type { Calendar } from "../ports/calendar.js";
import { type Crypto, TAG_LENGTH } from "../ports/crypto.js";
import type { KeyLog } from "../ports/key-log.js";
import type { Random } from "../ports/random.js";
import type { ClientCertificate } from "../tls/client-certificate.js";
import type { ClientHandshake } from "../tls/client-handshake.js";
import type { Session } from "../tls/session.js";
import { ConnectionStatistics } from "./connection-statistics.js";
import { DatagramQueue } from "./datagram-queue.js";
import { FrameReader } from "./frame-reader.js";
import type { KeyPhases } from "./key-phases.js";
import type { PathValidation } from "./path.js";
import { LossDetection, type SentFrameSink } from "./loss-detection.js";
import { CONNECTION_ID_MAX, PacketHeader } from "./packet-header.js";
import { PacketSpace, SPACE_APPLICATION, SPACE_HANDSHAKE, SPACE_INITIAL } from "./packet-space.js";
import { PeerConnectionIds } from "./peer-connection-ids.js";
import { ReceiveBuffer } from "./receive-buffer.js";
import { SendQueue } from "./send-queue.js";
import { SENT_ACK, SENT_CRYPTO, SENT_RETIRE_CONNECTION_ID } from "./sent-packets.js";
import { type StreamOptions, StreamTable } from "./stream-table.js";
import { type TransportParameters } from "./transport-parameters.js";
import { VERSION_1, type Version, versionOf } from "./versions.js";

export interface ConnectionOptions extends StreamOptions {
	crypto: Crypto;
	random: Random;
	calendar: Calendar;
	/** DNS name or dotted IPv4, checked against the server's certificate. */
	serverName: string;
	alpn: string;
	/** DER certificates of the CAs that are trusted. */
	roots: readonly Uint8Array[];
	/** For a server that asks for one. */
	certificate?: ClientCertificate | undefined;
	/** OCSP_*, what a stapled OCSP response is worth. Default: OCSP_IF_STAPLED. */
	ocsp?: number | undefined;
	keyLog?: KeyLog;
	/** ms without a packet after which the connection is given up; the server's own limit counts too. 0: the server's only. */
	idleTimeout: number;
	/** ms without a packet after which a PING goes out; 0: never. Below the NAT's timeout, that is below 30 s (RFC 9308 §3.2). */
	keepAlive: number;
	/** ms for the handshake, QUIC_HANDSHAKE_TIMEOUT unless given. */
	handshakeTimeout?: number;
	/** TLS cipher suites and groups to offer; all that are known unless given. */
	suites?: readonly number[];
	groups?: readonly number[];
	/** QUIC versions to speak, the preferred one first; version 1 alone unless given. */
	versions?: readonly number[];
	/** The one to begin with: version 1 if it is among them, else the first. */
	firstVersion?: number;
	/** A session of an earlier connection to the same server, to be used once; and whether what is written before the handshake
	 *  is complete may go out as early data, which who listens can send to the server again (RFC 8446 §8). */
	session?: Session | undefined;
	earlyData?: boolean;
	/** Tickets for later connections are wanted: EVENT_SESSION. */
	tickets?: boolean;
	/** From `takeToken` of an earlier connection to the same server. */
	token?: Uint8Array | undefined;
	/** Bytes of the two queues of unreliable datagrams, a power of two; none are spoken of unless given. */
	datagrams?: number;
}

export const STATUS_IDLE = 0;
export const STATUS_OPEN = 1;
/** We closed; the peer is told again when it sends (RFC 9000 §10.2.1). */
export const STATUS_CLOSING = 2;
/** The peer closed: silence (RFC 9000 §10.2.2). */
export const STATUS_DRAINING = 3;
export const STATUS_ENDED = 4;

export class ConnectionState implements SentFrameSink {
	/** STATUS_*. */
	status = STATUS_IDLE;
	/** The TLS handshake is complete; the server has confirmed it. */
	isComplete = false;
	isConfirmed = false;
	readonly options: ConnectionOptions;
	readonly statistics = new ConnectionStatistics();
	readonly initial = new PacketSpace(SPACE_INITIAL);
	readonly handshake = new PacketSpace(SPACE_HANDSHAKE);
	readonly application = new PacketSpace(SPACE_APPLICATION);
	readonly spaces: readonly PacketSpace[] = [this.initial, this.handshake, this.application];
	readonly loss = new LossDetection(this.spaces, this);
	readonly streams: StreamTable;
	readonly ids = new PeerConnectionIds();
	readonly header = new PacketHeader();
	readonly reader = new FrameReader();
	phases: KeyPhases | undefined;
	tls: ClientHandshake | undefined;

	/** CRYPTO data that we send, at the level `cryptoOutLevel`: Initial, then Handshake. Nothing of Initial is sent any
	 *  more once there are Handshake keys. Undefined once the handshake is confirmed. */
	cryptoOut: SendQueue | undefined;
	cryptoOutLevel = SPACE_INITIAL;
	/** CRYPTO data of the level `cryptoLevel`; where the levels below it ended. */
	crypto = new ReceiveBuffer(QUIC_CRYPTO_RECEIVE_BUFFER, QUIC_STREAM_RANGES);
	cryptoLevel = SPACE_INITIAL;
	readonly cryptoEnd = [0, 0, 0];

	/** Destination Connection ID of our first Initial; Source Connection IDs of Retry and of the server. */
	readonly originalId = new Uint8Array(8);
	retryId: Uint8Array | undefined;
	serverId: Uint8Array | undefined;
	/** Of Retry or of an earlier connection, for our Initial packets. */
	token: Uint8Array;
	/** The newest one for a later connection, not yet taken. */
	newToken: Uint8Array | undefined;
	/** The version that is spoken, and those that may be, the preferred one first. A Version Negotiation packet was
	 *  followed; the server has chosen: `version` stays. */
	version: Version;
	readonly versions: readonly number[];
	isVersionNegotiated = false;
	isVersionChosen = false;
	/** Packets that came before their keys; keys came since. */
	early: Uint8Array[] | undefined;
	hasNewKeys = false;
	/** The peer's ack_delay_exponent as a factor: microseconds per unit. */
	ackDelayUnit = 8;
	/** Packets that failed to open (RFC 9001 §6.6), and how many may. */
	forged = 0;
	integrityLimit = Infinity;

	/** Content of the last PATH_CHALLENGE, and the path that its answer is owed on, -1: none is. */
	readonly response = new Uint8Array(8);
	responsePath = -1;
	path: PathValidation | undefined;
	/** The server's preferred address is in use. */
	hasPreferred = false;
	/** Of the datagram that is being received: its path and ECN field. */
	receivePath = 0;
	receiveEcn = 0;
	/** Of the datagram that was written last. */
	transmitPath = 0;
	transmitEcn = 0;
	/** The last thing that asked for an answer was a PING of the keep-alive. */
	isKeepAlive = false;
	endedInSilence = false;

	/** `application` has the keys for early data; what was remembered for it, where any is offered; the server's parameters. */
	isEarly = false;
	remembered: TransportParameters | undefined;
	peer: TransportParameters | undefined;
	/** Not yet taken, at most two. */
	readonly sessions: Session[] = [];

	/** Unreliable datagrams to be sent and to be read; undefined: none are spoken of. And the longest that the peer takes. */
	readonly datagramsOut: DatagramQueue | undefined;
	readonly datagramsIn: DatagramQueue | undefined;
	maxDatagram = 0;

	/** One random byte. */
	readonly chance = new Uint8Array(1);
	/** The Initial packet has left the datagram's padding to the early data behind it. */
	isPaddingLeft = false;
	/** Random bits of which each packet's fixed bit takes one; the peer knows RFC 9287. */
	fixedBits = 1;
	greasesFixedBit = false;

	/** Times in ms: connect, last sign of life (RFC 9000 §10.1), when to send a PING. */
	startedAt = 0;
	activityAt = 0;
	keepAliveAt = 0;
	/** An ack-eliciting packet was sent since one came. */
	hasElicited = false;
	/** Effective values in ms, 0: none. */
	idleTimeout: number;
	keepAlive: number;

	/** Events that were not polled yet, but those of streams: bit 1 << EVENT_*. */
	events = 0;

	closeCode = 0;
	closeFrameType = 0;
	closeIsApplication = false;
	closeByPeer = false;
	closeReason = "";
	/** What CONNECTION_CLOSE says to the peer. */
	closePhrase = "";
	/** CONNECTION_CLOSE is owed; datagrams that came since we closed, and how many make us say it again. */
	owesClose = false;
	closeDatagrams = 0;
	closeRepeatAt = 1;
	endAt = 0;

	constructor(options: ConnectionOptions) {
		this.options = options;
		// A long ticket makes a long ClientHello: what waited for an acknowledgment would keep the early data waiting.
		const isLong = options.session !== undefined && options.session.ticket.length > QUIC_CRYPTO_SEND_RING / 4;
		this.cryptoOut = new SendQueue(isLong ? 2 * QUIC_CRYPTO_SEND_RING : QUIC_CRYPTO_SEND_RING, QUIC_STREAM_RANGES / 4);
		this.streams = new StreamTable(options);
		this.token = options.token ?? new Uint8Array(0);
		if (options.datagrams !== undefined) {
			this.datagramsOut = new DatagramQueue(options.datagrams);
			this.datagramsIn = new DatagramQueue(options.datagrams);
		}
		const versions = this.versions = options.versions ?? [VERSION_1];
		const version = versionOf(options.firstVersion ?? (versions.includes(VERSION_1) ? VERSION_1 : versions[0]!));
		if (version === undefined || !versions.includes(version.number))
			throw new RangeError("versions: 1 and 0x6b3343cf are known; firstVersion must be among them");
		this.version = version;
		this.idleTimeout = options.idleTimeout;
		this.keepAlive = options.keepAlive;
	}

	onFrameAcked(kind: number, id: number, from: number, to: number): void {
		if (kind === SENT_CRYPTO) {
			if (id === this.cryptoOutLevel)
				this.cryptoOut?.onAcked(from, to);
		}
		else if (kind === SENT_ACK)
			this.spaces[id]!.received.onAckAcked(from);
		else if (kind === SENT_RETIRE_CONNECTION_ID)
			this.ids.onRetireAcked(from);
		else
			this.streams.onFrameAcked(kind, id, from, to);
	}

	onFrameLost(kind: number, id: number, from: number, to: number): void {
		if (kind === SENT_CRYPTO) {
			if (id === this.cryptoOutLevel)
				this.cryptoOut?.onLost(from, to);
		}
		else if (kind === SENT_RETIRE_CONNECTION_ID)
			this.ids.onRetireLost(from);
		else if (kind !== SENT_ACK)
			this.streams.onFrameLost(kind, id, from, to);
	}

	/** Longest datagram that fits a packet of ours and that the peer takes: RFC 9221 §3 counts type and length in. */
	setDatagramLimit(parameters: TransportParameters): void {
		const fitting = QUIC_SEND_DATAGRAM - 1 - CONNECTION_ID_MAX - 4 - TAG_LENGTH - 3;
		const taken = this.datagramsOut === undefined ? 0 : parameters.maxDatagramFrameSize - 3;
		this.maxDatagram = taken > fitting ? fitting : taken > 0 ? taken : 0;
	}

	/** A packet of the peer was taken, or one was sent that asks for an answer: RFC 9000 §10.1. */
	restartIdle(now: number): void {
		this.activityAt = now;
		this.keepAliveAt = now + this.keepAlive | 0;
	}
}
