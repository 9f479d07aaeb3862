/** MQTT over QUIC: ALPN "mqtt", one bidirectional stream, application error code 0 for a normal end. */
import { UPLINK_HANDSHAKE_TIMEOUT, UPLINK_IDLE_TIMEOUT, UPLINK_QUIC_KEEP_ALIVE, UPLINK_QUIC_KEEP_ALIVE_MIN } from "../config.js";
import {
	Connection, EVENT_CLOSED, EVENT_CONFIRMED, EVENT_CONNECTED, EVENT_NONE, EVENT_PATH_FAILED, EVENT_PATH_VALIDATED, EVENT_SESSION, EVENT_STREAM_CLOSED, EVENT_STREAM_CREDIT, EVENT_STREAM_READABLE, EVENT_TOKEN,
} from "../quic/connection.js";
import type { ConnectionOptions, ConnectionStatistics } from "../quic/connection.js";
import { CRYPTO_ERROR, VERSION_NEGOTIATION_ERROR } from "../quic/transport-error.js";
import { VERSION_1, VERSION_2 } from "../quic/versions.js";
import { ALERT_INTERNAL_ERROR } from "../tls/alert.js";
import { type Session, wipeSession } from "../tls/session.js";
import type { SessionStore } from "../tls/session-store.js";
import type { SendRing } from "../wire/send-ring.js";
import type { Peer } from "./peer.js";
import {
	TRANSPORT_CLOSED, TRANSPORT_CONFIRMED, TRANSPORT_CONNECTED, TRANSPORT_CREDIT, TRANSPORT_NONE, TRANSPORT_READABLE, TRANSPORT_STREAM_CLOSED,
} from "./transport.js";
import type { Transport, TransportFactory } from "./transport.js";

export const MQTT_ALPN = "mqtt";

/** RFC 8446 §6.1; EMQX refuses with it while it is overloaded. */
const ALERT_USER_CANCELED = 90;

export interface QuicTransportOptions extends Pick<ConnectionOptions, "crypto" | "random" | "calendar" | "serverName" | "roots" | "certificate" | "ocsp" | "suites" | "groups"> {
	keyLog?: ConnectionOptions["keyLog"] | undefined;
	/** Keeps sessions and tokens from one connection to the next; absent: every handshake is a full one. */
	sessions?: SessionStore | undefined;
	/** CONNECT, and messages of QoS 1 that wait, go out as early data where a session allows it. */
	earlyData?: boolean | undefined;
	/** 2: version 2 first (RFC 9369), and 1 where the server has no other; default 1 alone. */
	version?: 1 | 2 | undefined;
}

/** Sessions in a row that no connection came of: then no more are used until the next start. */
const REFUSALS_MAX = 2;

/** Makes QUIC connections for an Uplink. `serverName` is what the certificate must be for: the broker's host. */
export function quicTransport(options: QuicTransportOptions): TransportFactory {
	const { keyLog, sessions, earlyData, version, ...rest } = options;
	const connection: ConnectionOptions = {
		...rest, ...(keyLog === undefined ? {} : { keyLog }), ...(version === 2 ? { versions: [VERSION_2, VERSION_1], firstVersion: VERSION_2 } : {}), alpn: MQTT_ALPN, idleTimeout: UPLINK_IDLE_TIMEOUT, keepAlive: 0,
		// The uplink has its own, which knows the peer's name: it comes first.
		handshakeTimeout: UPLINK_HANDSHAKE_TIMEOUT * 2,
	};
	const memory = new Memory(sessions), { calendar } = options;
	return () => {
		const session = memory.wantsSessions && calendar.isSet ? sessions?.take(calendar.seconds()) : undefined;
		return new QuicTransport({
			...connection, ...(session === undefined ? {} : { session }), tickets: memory.wantsSessions, earlyData: earlyData === true, token: sessions?.takeToken(),
			keepAlive: memory.keepAlive,
		}, memory);
	};
}

/** What one connection leaves to the next. */
class Memory {
	readonly sessions: SessionStore | undefined;
	refusals = 0;
	/** ms: shorter after each connection that ended in silence, for then something on the way forgets that soon. */
	keepAlive = UPLINK_QUIC_KEEP_ALIVE;

	constructor(sessions: SessionStore | undefined) {
		this.sessions = sessions;
	}

	get wantsSessions(): boolean {
		return this.sessions !== undefined && this.refusals < REFUSALS_MAX;
	}

	endedInSilence(): void {
		const half = this.keepAlive >> 1;
		this.keepAlive = half > UPLINK_QUIC_KEEP_ALIVE_MIN ? half : UPLINK_QUIC_KEEP_ALIVE_MIN;
	}

	/** A handshake with `session` failed: others are of the same kind. */
	refused(session: Session): void {
		this.refusals++;
		for (let other = this.sessions?.take(session.received); other !== undefined; other = this.sessions?.take(session.received))
			wipeSession(other);
	}
}

class QuicTransport implements Transport {
	#connection: Connection;
	#memory: Memory;
	/** What the handshake resumes, until the broker answers on the stream. */
	#session: Session | undefined;
	/** The server refused the handshake with an old session: without one it may go well. */
	#isSessionRefused = false;
	#peer: Peer | undefined = undefined;
	/** The server's preferred address is being probed. */
	#isProbing = false;
	#now = 0;

	constructor(options: ConnectionOptions, memory: Memory) {
		this.#connection = new Connection(options);
		this.#memory = memory;
		this.#session = options.session;
	}

	connect(now: number, peer: Peer): void {
		this.#peer = peer;
		this.#connection.connect(now);
	}

	receive(bytes: Uint8Array, length: number, now: number, ecn: number): void {
		this.#now = now;
		return this.#connection.receive(bytes, length, now, ecn, this.#peer!.path);
	}

	get transmitEcn(): number {
		return this.#connection.transmitEcn;
	}

	enableEcn(): void {
		this.#connection.enableEcn();
	}

	migrate(now: number): boolean {
		return !this.#isProbing && this.#connection.migrate(now);
	}

	onTimeout(now: number): void {
		this.#now = now;
		this.#connection.onTimeout(now);
	}

	pollTransmit(into: Uint8Array, now: number): number {
		const length = this.#connection.pollTransmit(into, now);
		this.#peer!.isForOther = this.#connection.transmitPath === 1;
		return length;
	}

	pollTimeout(now: number): number {
		return this.#connection.pollTimeout(now);
	}

	pollEvent(): number {
		for (;;) {
			const event = this.#connection.pollEvent();
			switch (event) {
				case EVENT_NONE: return TRANSPORT_NONE;
				case EVENT_CONNECTED: return TRANSPORT_CONNECTED;
				case EVENT_CONFIRMED:
					this.#follow();
					return TRANSPORT_CONFIRMED;
				case EVENT_STREAM_CREDIT: return TRANSPORT_CREDIT;
				case EVENT_STREAM_READABLE:
					// Not before: who wants a client certificate with each handshake says so when it is over.
					if (this.#session !== undefined)
						this.#memory.refusals = 0;
					this.#wipe();
					return TRANSPORT_READABLE;
				case EVENT_STREAM_CLOSED: return TRANSPORT_STREAM_CLOSED;
				case EVENT_CLOSED:
					if (this.#session !== undefined && this.#connection.closeByPeer && !this.#connection.closeIsApplication) {
						this.#isSessionRefused = true;
						this.#memory.refused(this.#session);
					}
					if (this.#connection.closeAfterSilence)
						this.#memory.endedInSilence();
					this.#wipe();
					return TRANSPORT_CLOSED;
				default: this.#keep(event);
			}
		}
	}

	#wipe(): void {
		if (this.#session !== undefined)
			wipeSession(this.#session);
		this.#session = undefined;
	}

	// To the address that the server prefers, once it has answered from there.
	#follow(): void {
		const preferred = this.#connection.preferredAddress, peer = this.#peer!;
		if (preferred === undefined || !peer.prefer(preferred))
			return;
		this.#isProbing = this.#connection.probePreferredAddress(this.#now);
		if (!this.#isProbing)
			peer.forget();
	}

	#keep(event: number): void {
		const connection = this.#connection, sessions = this.#memory.sessions;
		if (event === EVENT_PATH_VALIDATED || event === EVENT_PATH_FAILED) {
			if (this.#isProbing)
				event === EVENT_PATH_VALIDATED ? this.#peer!.swap() : this.#peer!.forget();
			this.#isProbing = false;
		}
		else if (event === EVENT_TOKEN) {
			const token = connection.takeToken();
			if (token !== undefined)
				sessions?.putToken(token);
		}
		else if (event === EVENT_SESSION)
			for (let session = connection.takeSession(); session !== undefined; session = connection.takeSession())
				sessions?.put(session);
	}

	get eventStream(): number {
		return this.#connection.eventStream;
	}

	openStream(): number {
		return this.#connection.openStream();
	}

	sendRing(stream: number): SendRing {
		return this.#connection.sendRing(stream);
	}

	read(stream: number, into: Uint8Array, at: number, end: number): number {
		return this.#connection.read(stream, into, at, end);
	}

	isFinished(stream: number): boolean {
		return this.#connection.isFinished(stream);
	}

	close(errorCode: number, reason: string, now: number): void {
		this.#connection.close(errorCode, reason, now);
	}

	dispose(): void {
		this.#wipe();
		this.#connection.dispose();
	}

	get closeReason(): string {
		return this.#connection.closeReason;
	}

	get wantsRetry(): boolean {
		return this.#isSessionRefused;
	}

	// A TLS alert is about certificates, names and protocols, which stay as they are.
	get isPassing(): boolean {
		const { closeCode, closeIsApplication } = this.#connection;
		if (this.#isSessionRefused || closeIsApplication || closeCode === CRYPTO_ERROR + ALERT_USER_CANCELED || closeCode === CRYPTO_ERROR + ALERT_INTERNAL_ERROR)
			return true;
		return closeCode !== VERSION_NEGOTIATION_ERROR && (closeCode < CRYPTO_ERROR || closeCode >= CRYPTO_ERROR + 0x100);
	}

	get statistics(): ConnectionStatistics {
		return this.#connection.statistics;
	}
}
