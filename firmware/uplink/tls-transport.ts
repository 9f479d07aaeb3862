/** MQTT over TLS 1.3 over TCP: ALPN "mqtt", one byte stream each way. For brokers and networks without QUIC. */
import { UPLINK_TLS_SEND_RING } from "../config.js";
import { ConnectionStatistics } from "../quic/connection-statistics.js";
import { ALERT_INTERNAL_ERROR, ALERT_USER_CANCELED } from "../tls/alert.js";
import type { HandshakeOptions } from "../tls/handshake-options.js";
import { RecordLayer } from "../tls/record-layer.js";
import type { SessionStore } from "../tls/session-store.js";
import { SendRing } from "../wire/send-ring.js";
import { NO_TIMEOUT } from "../wire/time.js";
import { MQTT_ALPN } from "./quic-transport.js";
import { TRANSPORT_CLOSED, TRANSPORT_CONNECTED, TRANSPORT_NONE } from "./transport.js";
import type { Transport, TransportFactory } from "./transport.js";

export interface TlsTransportOptions extends Pick<HandshakeOptions, "crypto" | "random" | "calendar" | "serverName" | "roots" | "certificate" | "ocsp" | "keyLog" | "suites" | "groups"> {
	/** Where sessions are kept from one connection to the next; absent: each begins with certificates. */
	readonly sessions?: SessionStore | undefined;
}

const STREAM = 0;

/** Makes TLS connections for an Uplink. `serverName` is what the certificate must be for: the broker's host. */
export function tlsTransport(options: TlsTransportOptions): TransportFactory {
	return () => new TlsTransport(options);
}

class TlsTransport implements Transport {
	readonly statistics = new ConnectionStatistics();
	readonly eventStream = STREAM;
	#records: RecordLayer;
	#ring: SendRing | undefined = undefined;
	#sessions: SessionStore | undefined;
	// Events that were told: TRANSPORT_NONE, _CONNECTED, _CLOSED.
	#told = TRANSPORT_NONE;

	constructor({ sessions, ...options }: TlsTransportOptions) {
		const { calendar } = options;
		this.#sessions = sessions;
		this.#records = new RecordLayer({
			...options, alpn: MQTT_ALPN, wantsTickets: sessions !== undefined, session: calendar.isSet ? sessions?.take(calendar.seconds()) : undefined,
		});
	}

	connect(): void {
		this.#records.start();
	}

	get room(): number {
		return this.#records.room;
	}

	receive(bytes: Uint8Array, length: number): void {
		return this.#records.receive(bytes, length);
	}

	lost(reason: string): void {
		this.#records.lost(reason);
	}

	onTimeout(): void {}

	pollTransmit(into: Uint8Array): number {
		return this.#records.pollTransmit(into, this.#ring);
	}

	pollTimeout(): number {
		return NO_TIMEOUT;
	}

	pollEvent(): number {
		const records = this.#records, { statistics } = this;
		for (let session = this.#told === TRANSPORT_CONNECTED ? records.takeSession() : undefined; session !== undefined; session = records.takeSession())
			this.#sessions?.put(session);
		if (records.isConnected && this.#told === TRANSPORT_NONE) {
			statistics.established = true;
			statistics.cipher = records.cipher;
			statistics.resumed = records.resumed;
			return this.#told = TRANSPORT_CONNECTED;
		}
		if (!records.isClosed || this.#told === TRANSPORT_CLOSED)
			return TRANSPORT_NONE;
		statistics.established = false;
		return this.#told = TRANSPORT_CLOSED;
	}

	/** The only one: the connection itself. */
	openStream(): number {
		this.#ring = new SendRing(UPLINK_TLS_SEND_RING);
		return STREAM;
	}

	sendRing(): SendRing {
		return this.#ring!;
	}

	read(_stream: number, into: Uint8Array, at: number, end: number): number {
		return this.#records.read(into, at, end);
	}

	isFinished(): boolean {
		return false;
	}

	close(): void {
		this.#records.close();
	}

	dispose(): void {
		this.#records.dispose();
	}

	get closeReason(): string {
		return this.#records.closeReason;
	}

	// An alert is about certificates, names and protocols, which stay as they are; but for close_notify (0) and those two.
	get isPassing(): boolean {
		const { closeAlert } = this.#records;
		return closeAlert <= 0 || closeAlert === ALERT_USER_CANCELED || closeAlert === ALERT_INTERNAL_ERROR;
	}
}
