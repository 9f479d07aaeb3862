/** The state of one connection, shared by the functions that receive, send and close, and nobody else's: `Connection`, which extends it,
 *  is what users call. */
import { QUIC_SEND_DATAGRAM } from "../config.js";
import type { Calendar } from "../ports/calendar.js";
import { type Crypto, TAG_LENGTH } from "../ports/crypto.js";
import type { KeyLog } from "../ports/key-log.js";
import type { Random } from "../ports/random.js";
import type { ClientCertificate } from "../tls/client-certificate.js";
import type { ClientHandshake } from "../tls/client-handshake.js";
import type { Session } from "../tls/session.js";
import type { Ending } from "./close.js";
import { ConnectionStatistics } from "./connection-statistics.js";
import { DatagramQueue } from "./datagram-queue.js";
import { FrameReader } from "./frame-reader.js";
import type { KeyPhases } from "./key-phases.js";
import type { PathValidation } from "./path.js";
import { LossDetection } from "./loss-detection.js";
import { CONNECTION_ID_MAX } from "./packet-header.js";
import { PacketSpace, SPACE_APPLICATION, SPACE_INITIAL } from "./packet-space.js";
import { PeerConnectionIds } from "./peer-connection-ids.js";
import type { ReceiveBuffer } from "./receive-buffer.js";
import { SENT_ACK, SENT_CRYPTO, SENT_RETIRE_CONNECTION_ID, type SentFrameSink } from "./sent-packets.js";
import { Setup } from "./setup.js";
import { type StreamOptions, StreamTable } from "./stream-table.js";
import type { TransportParameters } from "./transport-parameters.js";
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
	/** From `takeToken` of an earlier connection to the same server: the version that it is for (4 bytes), then the token. Left
	 *  out where the connection begins in another version. */
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
	/** Undefined once it has. */
	setup: Setup | undefined;
	/** `Connection.statistics` brings them up to date. */
	readonly counters = new ConnectionStatistics();
	readonly application = new PacketSpace(SPACE_APPLICATION);
	/** Those that have keys, Initial first, and the one of 1-RTT data. */
	readonly spaces: PacketSpace[] = [this.application];
	readonly loss = new LossDetection(this.spaces, this);
	readonly streams: StreamTable;
	readonly ids = new PeerConnectionIds();
	/** Where nothing is kept: random bytes. */
	readonly scratch = new Uint8Array(1);
	readonly reader = new FrameReader(this.scratch);
	readonly random: Random;
	phases: KeyPhases | undefined;
	tls: ClientHandshake | undefined;
	/** The version that is spoken. */
	version: Version;

	/** CRYPTO data of the level `cryptoLevel` that waits for what is before it, where there is some. */
	crypto: ReceiveBuffer | undefined;
	cryptoLevel = SPACE_INITIAL;
	/** Without a buffer: offset of the next byte; and that behind the last one that came. */
	cryptoAt = 0;
	cryptoHighest = 0;
	/** Where in the datagram the bytes from `cryptoAt` on are, not yet read; end 0: none are. */
	cryptoPieceAt = 0;
	cryptoPieceEnd = 0;

	/** A token for a later connection, not yet taken. */
	newToken: Uint8Array | undefined;
	/** Sessions not yet taken, at most two; what belongs in each, where sessions are wanted. */
	sessions: Session[] | undefined;
	sessionParameters: Uint8Array | undefined;
	/** The peer's ack_delay_exponent as a factor: microseconds per unit. */
	ackDelayUnit = 8;
	/** Packets that may fail to open (RFC 9001 §6.6). */
	integrityLimit = Infinity;

	/** Once there is another path, or the peer asks for one. The preferred address is as in the transport parameter. */
	path: PathValidation | undefined;
	preferred: Uint8Array | undefined;
	disablesMigration = false;
	/** Of the datagram that is being received: its path and ECN field. */
	receivePath = 0;
	receiveEcn = 0;
	/** Where the datagram goes that `pollTransmit` wrote last: 1 to the preferred address, else 0; and the ECN field that it wants: 0,
	 *  or 2 for ECT(0). */
	transmitPath = 0;
	transmitEcn = 0;
	/** The last thing that asked for an answer was a PING of the keep-alive. */
	isKeepAlive = false;
	/** `application` has the keys for early data. */
	isEarly = false;

	/** Unreliable datagrams to be sent and to be read; undefined: none are spoken of. */
	readonly datagramsOut: DatagramQueue | undefined;
	readonly datagramsIn: DatagramQueue | undefined;
	/** Longest unreliable datagram that can be sent, bytes; 0: none, or not known yet. */
	maxDatagram = 0;
	/** Random bits above a 1, of which each packet's fixed bit takes the lowest; 0: the peer does not know RFC 9287. */
	fixedBits = 0;

	/** Times in ms: last sign of life (RFC 9000 §10.1), when to send a PING. */
	activityAt = 0;
	keepAliveAt = 0;
	/** An ack-eliciting packet was sent since one came. */
	hasElicited = false;
	/** Effective values in ms, 0: none. */
	idleTimeout: number;
	keepAlive: number;

	/** Events that were not polled yet, but those of streams: bit 1 << EVENT_*. */
	events = 0;
	/** From the close on. */
	ending: Ending | undefined;

	constructor(options: ConnectionOptions) {
		const setup = this.setup = new Setup(options), versions = setup.versions;
		this.random = options.random;
		this.streams = new StreamTable(options);
		if (options.datagrams !== undefined) {
			this.datagramsOut = new DatagramQueue(options.datagrams);
			this.datagramsIn = new DatagramQueue(options.datagrams);
		}
		const version = versionOf(options.firstVersion ?? (versions.includes(VERSION_1) ? VERSION_1 : versions[0]!));
		if (version === undefined || !versions.includes(version.number))
			throw new RangeError("versions: 1 and 0x6b3343cf are known; firstVersion must be among them");
		this.version = version;
		this.idleTimeout = options.idleTimeout;
		this.keepAlive = options.keepAlive;
		this.spaces.unshift(setup.initial!);
	}

	onFrameAcked(kind: number, id: number, from: number, to: number): void {
		if (kind === SENT_CRYPTO) {
			if (id === this.setup?.cryptoOutLevel)
				this.setup.cryptoOut.onAcked(from, to);
		}
		else if (kind === SENT_ACK) {
			const space = id === SPACE_APPLICATION ? this.application : id === SPACE_INITIAL ? this.setup?.initial : this.setup?.handshake;
			space?.received.onAckAcked(from);
		}
		else if (kind === SENT_RETIRE_CONNECTION_ID)
			this.ids.onRetireAcked(from);
		else
			this.streams.onFrameAcked(kind, id, from, to);
	}

	onFrameLost(kind: number, id: number, from: number, to: number): void {
		if (kind === SENT_CRYPTO) {
			if (id === this.setup?.cryptoOutLevel)
				this.setup.cryptoOut.onLost(from, to);
		}
		else if (kind === SENT_RETIRE_CONNECTION_ID)
			this.ids.onRetireLost(from);
		else if (kind !== SENT_ACK)
			this.streams.onFrameLost(kind, id, from, to);
	}

	/** A number of 0 to 255. */
	chance(): number {
		this.random.fill(this.scratch);
		return this.scratch[0]!;
	}

	/** Wipes the keys of a space and forgets what was sent with them. */
	discard(space: PacketSpace | undefined, now: number): void {
		if (space === undefined)
			return;
		space.discardKeys();
		this.spaces.splice(this.spaces.indexOf(space), 1);
		this.loss.discard(space, now, false);
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
