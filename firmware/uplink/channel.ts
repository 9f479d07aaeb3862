/** One connection with the stream that the MQTT session runs on. A further stream would be a further Session here:
 *  packet ids, aliases and order are per stream. */
import { SESSION_FAILED, SESSION_MESSAGE, SESSION_NONE, SESSION_REFUSED, SESSION_UP } from "../mqtt/session.js";
import type { Session } from "../mqtt/session.js";
import type { ConnectionStatistics } from "../quic/connection-statistics.js";
import type { SendRing } from "../wire/send-ring.js";
import { NO_TIMEOUT } from "../wire/time.js";
import type { Peer } from "./peer.js";
import {
	TRANSPORT_CLOSED, TRANSPORT_CONNECTED, TRANSPORT_CREDIT, TRANSPORT_NONE, TRANSPORT_STREAM_CLOSED,
} from "./transport.js";
import type { Transport } from "./transport.js";

export const CHANNEL_NONE = 0;
/** The handshake is done; CONNECT goes out as soon as the peer allows a stream. */
export const CHANNEL_CONNECTED = 1;
/** CONNACK with success. */
export const CHANNEL_UP = 2;
/** A PUBLISH in session.message, valid until `next` is called again. */
export const CHANNEL_MESSAGE = 3;
/** The broker refused a message or a subscription: session.error. */
export const CHANNEL_REFUSED = 4;
/** The session is over; `error` says why. A DISCONNECT may be on its way. */
export const CHANNEL_FAILED = 5;
/** The peer ended the stream; `error` says so. */
export const CHANNEL_STREAM_LOST = 6;
/** The connection is over; `error` says why. `pollTransmit` may have a last word for the peer. */
export const CHANNEL_LOST = 7;

export class Channel {
	readonly session: Session;
	/** After FAILED or LOST: why, and whether another attempt soon may do better. */
	error = "";
	isPassing = true;
	/** After LOST: another attempt at once will do better. */
	wantsRetry = false;
	/** Datagrams received on this connection. */
	heard = 0;
	#transport: Transport | undefined = undefined;
	#stream = -1;
	#ring: SendRing | undefined = undefined;
	#wantsStream = false;
	#isConnected = false;
	// TRANSPORT_CLOSED or _STREAM_CLOSED, told after everything that came before it was read.
	#ended = TRANSPORT_NONE;
	// End of the ring when `pollTransmit` had nothing more.
	#flushedEnd = 0;

	constructor(session: Session) {
		this.session = session;
	}

	get isOpen(): boolean {
		return this.#transport !== undefined;
	}

	/** The handshake is done, and a stream is open. */
	get hasStream(): boolean {
		return this.#isConnected && this.#stream >= 0;
	}

	/** Of datagrams: see Transport. */
	get transport(): Transport | undefined {
		return this.#transport;
	}

	get statistics(): ConnectionStatistics | undefined {
		return this.#transport?.statistics;
	}

	connect(transport: Transport, peer: Peer, now: number): void {
		this.#begin(transport);
		// Before the handshake is done there is credit only where early data may be sent.
		this.#isConnected = false;
		transport.connect(now, peer);
	}

	/** Goes on with a connection that is made. Returns CHANNEL_CONNECTED or CHANNEL_FAILED. */
	adopt(transport: Transport, now: number): number {
		this.#begin(transport);
		this.#isConnected = true;
		return this.#openStream(transport, now) ? CHANNEL_CONNECTED : this.#failed();
	}

	#begin(transport: Transport): void {
		this.drop();
		this.#transport = transport;
		this.#wantsStream = true;
		this.wantsRetry = false;
		this.#ended = TRANSPORT_NONE;
		this.heard = 0;
	}

	receive(bytes: Uint8Array, length: number, now: number, ecn: number): void {
		this.heard++;
		// A call that is returned takes no room on the stack, of which a handshake needs most.
		if (this.#transport !== undefined)
			return this.#transport.receive(bytes, length, now, ecn);
	}

	/** Bytes that `receive` takes now. */
	get room(): number {
		return this.#transport?.room ?? NO_TIMEOUT;
	}

	/** The byte stream beneath has ended. */
	lost(reason: string): void {
		this.#transport?.lost?.(reason);
	}

	/** Returns CHANNEL_FAILED where the broker does not answer PINGREQ. */
	onTimeout(now: number): number {
		this.#transport?.onTimeout(now);
		return this.session.onTimeout(now) === SESSION_FAILED ? this.#failed() : CHANNEL_NONE;
	}

	pollTransmit(into: Uint8Array, now: number): number {
		const transport = this.#transport;
		if (transport === undefined)
			return 0;
		const length = transport.pollTransmit(into, now), ring = this.#ring;
		if (length > 0 || ring === undefined)
			return length;
		// A transport that has made room by sending, as TCP does, takes more at once.
		this.#flushedEnd = ring.end;
		this.session.drain(now);
		if (ring.end === this.#flushedEnd)
			return 0;
		this.#flushedEnd = ring.end;
		return transport.pollTransmit(into, now);
	}

	/** ms until `onTimeout` is wanted; 0 also while something was put that `pollTransmit` has not seen. */
	pollTimeout(now: number): number {
		const transport = this.#transport;
		if (transport === undefined)
			return NO_TIMEOUT;
		if (this.#ring !== undefined && this.#ring.end !== this.#flushedEnd)
			return 0;
		const own = transport.pollTimeout(now), session = this.session.pollTimeout(now);
		return own < session ? own : session;
	}

	/** After every input, until CHANNEL_NONE: reads what came, puts what waits, and returns what happened. */
	next(now: number): number {
		const transport = this.#transport;
		if (transport === undefined)
			return CHANNEL_NONE;
		const happened = this.#pollTransport(transport, now);
		if (happened !== CHANNEL_NONE)
			return happened;
		if (this.#stream >= 0) {
			const event = this.#read(transport, now);
			if (event !== SESSION_NONE)
				return event === SESSION_UP ? CHANNEL_UP : event === SESSION_MESSAGE ? CHANNEL_MESSAGE :
					event === SESSION_REFUSED ? CHANNEL_REFUSED : this.#failed();
			this.session.drain(now);
		}
		return this.#ended === TRANSPORT_NONE ? CHANNEL_NONE : this.#end(transport);
	}

	/** Puts DISCONNECT; false where that is not possible. */
	leave(): boolean {
		return this.session.leave();
	}

	/** Whether the peer has acknowledged everything that was put. */
	get isFlushed(): boolean {
		return this.#ring === undefined || this.#ring.base === this.#ring.end;
	}

	/** The next `pollTransmit` tells the peer that the connection ends. */
	close(now: number): void {
		this.session.lost();
		this.#transport?.close(0, "", now);
	}

	/** Lets go of the connection. */
	drop(): void {
		this.#forgetStream();
		this.#transport?.dispose();
		this.#transport = undefined;
	}

	#forgetStream(): void {
		this.session.lost();
		this.#stream = -1;
		this.#ring = undefined;
	}

	#pollTransport(transport: Transport, now: number): number {
		for (let event = transport.pollEvent(); event !== TRANSPORT_NONE; event = transport.pollEvent()) {
			if (event === TRANSPORT_CONNECTED) {
				this.#isConnected = true;
				return !this.#wantsStream || this.#openStream(transport, now) ? CHANNEL_CONNECTED : this.#failed();
			}
			if (event === TRANSPORT_CREDIT && this.#wantsStream) {
				if (!this.#openStream(transport, now))
					return this.#failed();
			}
			else if (event === TRANSPORT_CLOSED)
				this.#ended = event;
			else if (event === TRANSPORT_STREAM_CLOSED && transport.eventStream === this.#stream) {
				this.#forgetStream();
				this.#ended = event;
			}
		}
		return CHANNEL_NONE;
	}

	// The credit may come long after the handshake: EMQX grants it with MAX_STREAMS. False: CONNECT does not fit.
	#openStream(transport: Transport, now: number): boolean {
		const stream = transport.openStream();
		if (stream < 0)
			return true;
		this.#wantsStream = false;
		this.#stream = stream;
		this.#ring = transport.sendRing(stream);
		this.#flushedEnd = this.#ring.end;
		return this.session.open(this.#ring, now, !this.#isConnected);
	}

	#read(transport: Transport, now: number): number {
		const session = this.session, reader = session.reader;
		for (;;) {
			const event = session.next(now);
			if (event !== SESSION_NONE)
				return event;
			const count = transport.read(this.#stream, reader.bytes, reader.fillStart, reader.fillEnd);
			if (count <= 0) {
				if (this.#ended === TRANSPORT_NONE && transport.isFinished(this.#stream))
					this.#ended = TRANSPORT_STREAM_CLOSED;
				return SESSION_NONE;
			}
			session.filled(count, now);
		}
	}

	#failed(): number {
		this.error = this.session.error;
		this.isPassing = this.session.isPassing;
		return CHANNEL_FAILED;
	}

	#end(transport: Transport): number {
		const isClosed = this.#ended === TRANSPORT_CLOSED;
		this.#ended = TRANSPORT_NONE;
		this.#forgetStream();
		if (isClosed) {
			this.error = transport.closeReason;
			this.isPassing = transport.isPassing;
			this.wantsRetry = transport.wantsRetry === true;
			return CHANNEL_LOST;
		}
		this.error = "the broker closed the MQTT stream without giving a reason";
		this.isPassing = true;
		return CHANNEL_STREAM_LOST;
	}
}
