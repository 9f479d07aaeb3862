/** MQTT over QUIC: ALPN "mqtt", one bidirectional stream, application error code 0 for a normal end. */
import { UPLINK_HANDSHAKE_TIMEOUT, UPLINK_IDLE_TIMEOUT, UPLINK_QUIC_KEEP_ALIVE } from "../config.js";
import {
	Connection, EVENT_CLOSED, EVENT_CONFIRMED, EVENT_CONNECTED, EVENT_NONE, EVENT_STREAM_CLOSED, EVENT_STREAM_CREDIT, EVENT_STREAM_READABLE,
} from "../quic/connection.js";
import type { ConnectionOptions, ConnectionStatistics } from "../quic/connection.js";
import { CRYPTO_ERROR, VERSION_NEGOTIATION_ERROR } from "../quic/transport-error.js";
import { ALERT_INTERNAL_ERROR } from "../tls/alert.js";
import type { SendRing } from "../wire/send-ring.js";
import {
	TRANSPORT_CLOSED, TRANSPORT_CONNECTED, TRANSPORT_CREDIT, TRANSPORT_NONE, TRANSPORT_READABLE, TRANSPORT_STREAM_CLOSED,
} from "./transport.js";
import type { Transport, TransportFactory } from "./transport.js";

export const MQTT_ALPN = "mqtt";

/** RFC 8446 §6.1; EMQX refuses with it while it is overloaded. */
const ALERT_USER_CANCELED = 90;

export interface QuicTransportOptions extends Pick<ConnectionOptions, "crypto" | "random" | "calendar" | "serverName" | "roots" | "certificate" | "suites" | "groups"> {
	keyLog?: ConnectionOptions["keyLog"] | undefined;
}

/** Makes QUIC connections for an Uplink. `serverName` is what the certificate must be for: the broker's host. */
export function quicTransport(options: QuicTransportOptions): TransportFactory {
	const { keyLog, ...rest } = options;
	const connection: ConnectionOptions = {
		...rest, ...(keyLog === undefined ? {} : { keyLog }), alpn: MQTT_ALPN, idleTimeout: UPLINK_IDLE_TIMEOUT, keepAlive: UPLINK_QUIC_KEEP_ALIVE,
		// The uplink has its own, which knows the peer's name: it comes first.
		handshakeTimeout: UPLINK_HANDSHAKE_TIMEOUT * 2,
	};
	return () => new QuicTransport(connection);
}

class QuicTransport implements Transport {
	#connection: Connection;

	constructor(options: ConnectionOptions) {
		this.#connection = new Connection(options);
	}

	connect(now: number): void {
		this.#connection.connect(now);
	}

	receive(bytes: Uint8Array, length: number, now: number): void {
		return this.#connection.receive(bytes, length, now);
	}

	onTimeout(now: number): void {
		this.#connection.onTimeout(now);
	}

	pollTransmit(into: Uint8Array, now: number): number {
		return this.#connection.pollTransmit(into, now);
	}

	pollTimeout(now: number): number {
		return this.#connection.pollTimeout(now);
	}

	pollEvent(): number {
		let event = this.#connection.pollEvent();
		while (event === EVENT_CONFIRMED)
			event = this.#connection.pollEvent();
		switch (event) {
			case EVENT_NONE: return TRANSPORT_NONE;
			case EVENT_CONNECTED: return TRANSPORT_CONNECTED;
			case EVENT_STREAM_CREDIT: return TRANSPORT_CREDIT;
			case EVENT_STREAM_READABLE: return TRANSPORT_READABLE;
			case EVENT_STREAM_CLOSED: return TRANSPORT_STREAM_CLOSED;
			case EVENT_CLOSED: return TRANSPORT_CLOSED;
			default: throw new RangeError("QUIC event " + event + " is not known here");
		}
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
		this.#connection.dispose();
	}

	get closeReason(): string {
		return this.#connection.closeReason;
	}

	// A TLS alert is about certificates, names and protocols, which stay as they are.
	get isPassing(): boolean {
		const { closeCode, closeIsApplication } = this.#connection;
		if (closeIsApplication || closeCode === CRYPTO_ERROR + ALERT_USER_CANCELED || closeCode === CRYPTO_ERROR + ALERT_INTERNAL_ERROR)
			return true;
		return closeCode !== VERSION_NEGOTIATION_ERROR && (closeCode < CRYPTO_ERROR || closeCode >= CRYPTO_ERROR + 0x100);
	}

	get statistics(): ConnectionStatistics {
		return this.#connection.statistics;
	}
}
