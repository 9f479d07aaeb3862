/** The way to the broker: name, connection, stream, MQTT session, and all of it again when it was lost.
 *
 *  Performs no I/O. After any input or command: `pollEvent` until UPLINK_EVENT_NONE, `pollTransmit` until 0, `pollTimeout`.
 *  One stream carries everything; a further one would have its own Session (packet ids and aliases are per stream). */
import { UPLINK_CONNACK_TIMEOUT, UPLINK_FLUSH_TIMEOUT, UPLINK_HANDSHAKE_TIMEOUT, UPLINK_LEAVE_TIMEOUT, UPLINK_RESOLVE_TIMEOUT, UPLINK_STABLE_TIME } from "../config.js";
import type { Message } from "../mqtt/message.js";
import { DROPPED_STOPPED, type Publisher } from "../mqtt/publisher.js";
import { Session } from "../mqtt/session.js";
import type { TopicOptions } from "../mqtt/topics.js";
import type { ConnectionStatistics } from "../quic/connection-statistics.js";
import { parseAddress } from "../wire/ipv4-address.js";
import { Backoff } from "./backoff.js";
import {
	CHANNEL_CONNECTED, CHANNEL_FAILED, CHANNEL_LOST, CHANNEL_MESSAGE, CHANNEL_NONE, CHANNEL_REFUSED, CHANNEL_STREAM_LOST, CHANNEL_UP, Channel,
} from "./channel.js";
import { Peer } from "./peer.js";
import type { Probe } from "./probe.js";
import type { Transport } from "./transport.js";
import { noConnackText, noHandshakeText, noNameText, peerText } from "./time-out-text.js";
import { Untold } from "./untold.js";
import type { UplinkOptions } from "./uplink-options.js";
import { UPLINK_CONNECTING, UPLINK_DOWN, UPLINK_HANDSHAKE_DONE, UPLINK_RESOLVING, UPLINK_UP } from "./uplink-state.js";
import { UplinkStatistics } from "./uplink-statistics.js";
import { type Way, Ways } from "./ways.js";

export { DROPPED_OVERFLOW, DROPPED_STOPPED, DROPPED_TOO_LONG, PUBLISHED, QUEUED } from "../mqtt/publisher.js";
export { UPLINK_EVENT_MESSAGE, UPLINK_EVENT_NONE, UPLINK_EVENT_REFUSED, UPLINK_EVENT_STATE } from "./untold.js";
export { OVERFLOW_DROP_NEWEST, OVERFLOW_DROP_OLDEST } from "../mqtt/outbox.js";

// What is being waited for, from WAIT on until a deadline. FLUSH: until the outbox is empty; LEAVE: until DISCONNECT was
// acknowledged; CLOSE: until CONNECTION_CLOSE was sent.
const IDLE = 0, UP = 1, WAIT = 2, RESOLVE = 3, HANDSHAKE = 4, GREETING = 5, FLUSH = 6, LEAVE = 7, CLOSE = 8;

export class Uplink {
	state = UPLINK_DOWN;
	/** Why the last attempt or connection failed; "" while all is well. */
	lastError = "";
	/** Where the present connection's server is. */
	peer = new Peer(0, 0);
	/** Counts connections: a new number wants a fresh socket on an ephemeral port; but that of the probe where `isAdopted`. */
	socketGeneration = 0;
	isAdopted = false;
	readonly #ways: Ways;
	readonly #session: Session;
	readonly #channel: Channel;
	readonly #backoff: Backoff;
	readonly statistics: UplinkStatistics;
	readonly message: Message;
	#phase = IDLE;
	#deadline = 0;
	#retryAt = 0;
	#now = 0;
	#upSince = 0;
	// After `stop`: CLOSE ends in IDLE, not in WAIT.
	#isStopping = false;
	readonly #untold = new Untold();

	/** Throws a RangeError that says what to change where an option does not fit. */
	constructor(options: UplinkOptions) {
		this.#ways = new Ways(options, options.fallback);
		this.#session = new Session(options);
		this.message = this.#session.message;
		this.#channel = new Channel(this.#session);
		this.#backoff = new Backoff(options.random, options.backoffMinimum, options.backoffMaximum);
		this.statistics = new UplinkStatistics(this.#session);
	}

	/** The way of the present attempt or connection. */
	get way(): Way {
		return this.#ways.way;
	}

	/** The first way is tried beside the present connection, which is a byte stream: its datagrams go by a socket of its own. */
	get probe(): Probe | undefined {
		return this.#ways.probe;
	}

	/** Bytes that `receive` takes now, where the way is a stream. */
	get room(): number {
		return this.#channel.room;
	}

	/** A connection is there, or is being made or closed. */
	get isOpen(): boolean {
		return this.#channel.isOpen;
	}

	/** The host whose name is to be looked up: `resolved` answers; undefined = none. */
	get wantedName(): string | undefined {
		return this.#phase === RESOLVE ? this.way.host : this.probe?.wantsResolve ? this.probe.way.host : undefined;
	}

	/** For topics that are given anew for each message: Topics.reserve, `rewrite` and `writeHex`, Publisher.isInUse. */
	get publisher(): Publisher {
		return this.#session.publisher;
	}

	/** Of the present connection. */
	get quic(): ConnectionStatistics | undefined {
		return this.#channel.statistics;
	}

	/** Before `start`, and when `stop` has done its work. */
	get isStopped(): boolean {
		return this.#phase === IDLE;
	}

	/** ms until the next attempt begins; after a failure. */
	retryDelay(now: number): number {
		return Math.max(0, (this.#retryAt - now) | 0);
	}

	/** Returns the handle for `publish`. At set-up only; throws a RangeError that says what to change. */
	addTopic(topic: string, options?: TopicOptions): number {
		return this.#session.publisher.topics.add(topic, options);
	}

	/** At set-up only; throws a RangeError that says what to change. */
	addSubscription(filter: string, qos: number): void {
		this.#session.subscriptions.add(filter, qos);
	}

	/** Does nothing unless stopped. */
	start(now: number): void {
		this.#now = now;
		if (this.#phase !== IDLE)
			return;
		this.#isStopping = false;
		this.#backoff.reset();
		this.#resolve(now);
	}

	/** The attempt that is waited for begins at the next `onTimeout`: what stood in its way is gone. */
	retry(now: number): void {
		if (this.state !== UPLINK_DOWN)
			return;
		this.#backoff.reset();
		this.#retryAt = now;
		if (this.#phase === WAIT)
			this.#deadline = now;
	}

	/** Takes a copy of bytes[offset, end). Returns PUBLISHED, QUEUED, or one of DROPPED_*: negative, and counted but for _STOPPED. */
	publish(topic: number, qos: 0 | 1, retain: boolean, bytes: Uint8Array, offset: number, end: number, now: number): number {
		return this.#isStopping ? DROPPED_STOPPED : this.#session.publish(topic, qos, retain, bytes, offset, end, now);
	}

	/** Of the name that is wanted now. `address`: uint32 in host order, or -1 where it was not found. */
	resolved(address: number, now: number): void {
		this.#now = now;
		if (this.#phase !== RESOLVE)
			return this.probe?.resolved(address, now);
		if (address === -1)
			this.#fail("name not found: " + this.way.host, false, now);
		else
			this.#connect(address, now);
	}

	/** A datagram from the socket of this `socketGeneration`; it is decrypted in place. */
	receive(datagram: Uint8Array, length: number, now: number, ecn = 0): void {
		this.#now = now;
		if (this.#phase === CLOSE)
			return;
		this.#channel.receive(datagram, length, now, ecn);
		this.#pump(now);
	}

	/** The byte stream has ended; `reason` in words. */
	lost(reason: string, now: number): void {
		this.#now = now;
		this.#channel.lost(reason);
		this.#pump(now);
	}

	/** Of the present connection: its dealings with the socket. */
	get transport(): Transport | undefined {
		return this.#channel.transport;
	}

	onTimeout(now: number): void {
		this.#now = now;
		if (this.#channel.onTimeout(now) === CHANNEL_FAILED)
			this.#fail(this.#channel.error, false, now);
		if (this.#ways.onTimeout(now, this.#phase === UP) && this.#phase === UP) {
			this.lastError = "QUIC leads to the broker again";
			this.#retryAt = now;
			this.#leave(now);
		}
		this.#pump(now);
		if (this.#phase >= WAIT && ((this.#deadline - now) | 0) <= 0)
			this.#expired(now);
	}

	/** Writes the next datagram for peer.toAddress:peer.toPort, or piece of the stream; returns its length, 0 = none. */
	pollTransmit(into: Uint8Array, now: number): number {
		const length = this.#channel.pollTransmit(into, now);
		if (length === 0 && this.#phase === CLOSE)
			this.#rest(now);
		return length;
	}

	/** ms until `onTimeout` is wanted; 0 also while there is something to send. */
	pollTimeout(now: number): number {
		const delay = Math.min(this.#channel.pollTimeout(now), this.#ways.pollTimeout(now, this.#phase === UP));
		if (this.#phase < WAIT)
			return delay;
		const left = (this.#deadline - now) | 0;
		return left >= delay ? delay : left > 0 ? left : 0;
	}

	/** UPLINK_EVENT_*. */
	pollEvent(): number {
		if (this.#untold.isReading)
			this.#pump(this.#now);
		return this.#untold.poll();
	}

	/** Sends what the outbox holds as far as that takes no longer than UPLINK_FLUSH_TIMEOUT, then DISCONNECT, then
	 *  CONNECTION_CLOSE. `isStopped` tells when all is done, with an event; at once where there is no connection. */
	stop(now: number): void {
		this.#now = now;
		if (this.#isStopping || this.#phase === IDLE)
			return;
		this.#isStopping = true;
		this.probe?.leave(now);
		if (this.#phase === UP) {
			this.#setPhase(FLUSH, UPLINK_FLUSH_TIMEOUT, now);
			this.#pump(now);
		}
		else if (this.#phase === GREETING)
			this.#leave(now);
		else if (this.#phase === HANDSHAKE)
			this.#close(now);
		else if (this.#phase === WAIT || this.#phase === RESOLVE)
			this.#rest(now);
	}

	#setPhase(phase: number, timeout: number, now: number): void {
		this.#phase = phase;
		this.#deadline = (now + timeout) | 0;
	}

	#setState(state: number): void {
		this.state = state;
		this.statistics.connected = state === UPLINK_UP;
		this.#untold.state = true;
	}

	#resolve(now: number): void {
		this.#ways.next();
		const probe = this.#ways.takeProbe();
		this.isAdopted = probe !== undefined;
		if (probe !== undefined) {
			this.peer = probe.peer;
			this.socketGeneration++;
			return this.#take(this.#channel.adopt(probe.transport!, now), now);
		}
		const address = parseAddress(this.way.host);
		if (address !== -1)
			return this.#connect(address, now);
		this.#setPhase(RESOLVE, UPLINK_RESOLVE_TIMEOUT, now);
		this.#setState(UPLINK_RESOLVING);
	}

	#connect(address: number, now: number): void {
		this.peer = new Peer(address, this.way.port);
		this.socketGeneration++;
		this.#setPhase(HANDSHAKE, UPLINK_HANDSHAKE_TIMEOUT, now);
		this.#setState(UPLINK_CONNECTING);
		try {
			this.#channel.connect(this.way.transport(), this.peer, now);
		}
		catch (error) {
			this.#channel.drop();
			this.#fail("no connection to " + peerText(this.way, this.peer.address) + ": " + (error as Error).message, true, now);
		}
		// Where early data may be sent, CONNECT goes along with the first datagram.
		this.#pump(now);
	}

	// Takes what has happened, up to a message: the caller must have read it before more is read.
	#pump(now: number): void {
		const channel = this.#channel;
		this.#untold.isReading = false;
		while (this.#phase !== CLOSE && !this.#untold.message) {
			const event = channel.next(now);
			if (event === CHANNEL_NONE)
				break;
			this.#take(event, now);
		}
		if (this.#phase === FLUSH && this.#session.publisher.pending === 0)
			this.#leave(now);
		else if (this.#phase === LEAVE && channel.isFlushed)
			this.#close(now);
	}

	#take(event: number, now: number): void {
		const { error, isPassing } = this.#channel;
		switch (event) {
			case CHANNEL_CONNECTED:
				this.#setPhase(GREETING, UPLINK_CONNACK_TIMEOUT, now);
				this.#setState(UPLINK_HANDSHAKE_DONE);
				break;
			case CHANNEL_UP:
				this.statistics.up();
				this.#upSince = now;
				this.lastError = "";
				this.#ways.up(now);
				this.#phase = UP;
				this.#setState(UPLINK_UP);
				break;
			case CHANNEL_MESSAGE:
				this.#untold.message = true;
				break;
			case CHANNEL_REFUSED:
				this.lastError = this.#session.error;
				this.#untold.refused = true;
				break;
			case CHANNEL_FAILED:
				this.#fail(error, !isPassing, now);
				break;
			case CHANNEL_STREAM_LOST:
			case CHANNEL_LOST:
				if (this.#phase === LEAVE)
					this.#close(now);
				else if (event === CHANNEL_STREAM_LOST)
					this.#fail(error, false, now);
				else
					this.#fail((this.#phase === HANDSHAKE ? "no connection to " : "lost the connection to ") + peerText(this.way, this.peer.address) + ": " + error, !isPassing, now);
				break;
		}
	}

	#expired(now: number): void {
		switch (this.#phase) {
			case WAIT:
				return this.#resolve(now);
			case RESOLVE:
				return this.#fail(noNameText(this.way.host), false, now);
			case HANDSHAKE:
				return this.#fail(noHandshakeText(peerText(this.way, this.peer.address), this.#channel.heard, this.way.isStream === true), false, now);
			case GREETING:
				return this.#fail(noConnackText(peerText(this.way, this.peer.address), this.#channel.hasStream), false, now);
			case FLUSH:
				return this.#leave(now);
			case LEAVE:
				return this.#close(now);
			case CLOSE:
				return this.#rest(now);
		}
	}

	// A session that ended may have put a DISCONNECT that should arrive.
	#fail(error: string, slow: boolean, now: number): void {
		const wasUp = this.#phase === UP || this.#phase === FLUSH;
		if (wasUp && ((now - this.#upSince) | 0) >= UPLINK_STABLE_TIME)
			this.#backoff.reset();
		this.lastError = error;
		this.probe?.leave(now);
		const isTurning = this.#channel.wantsRetry || (this.#phase === HANDSHAKE && this.#ways.failed());
		this.#retryAt = isTurning ? now : (now + this.#backoff.next(slow)) | 0;
		this.#session.lost();
		this.#setState(UPLINK_DOWN);
		if (!this.#channel.isOpen)
			this.#rest(now);
		else if (this.#channel.hasStream)
			this.#setPhase(LEAVE, UPLINK_LEAVE_TIMEOUT, now);
		else
			this.#close(now);
	}

	// Where all else was acknowledged DISCONNECT goes with CONNECTION_CLOSE: a server that passes over it does the same.
	#leave(now: number): void {
		const waits = this.way.isStream === true || !this.#channel.isFlushed, left = this.#channel.leave();
		this.#session.lost();
		this.#setState(UPLINK_DOWN);
		if (left && waits)
			this.#setPhase(LEAVE, UPLINK_LEAVE_TIMEOUT, now);
		else
			this.#close(now);
	}

	#close(now: number): void {
		this.#channel.close(now);
		if (this.state !== UPLINK_DOWN)
			this.#setState(UPLINK_DOWN);
		this.#setPhase(CLOSE, UPLINK_LEAVE_TIMEOUT, now);
	}

	#rest(now: number): void {
		this.#channel.drop();
		this.#phase = this.#isStopping ? IDLE : WAIT;
		// Where closing took longer than the backoff, the next attempt is due.
		this.#deadline = ((this.#retryAt - now) | 0) > 0 ? this.#retryAt : now;
		if (!this.#isStopping)
			return;
		this.#ways.takeProbe()?.drop();
		this.#setState(UPLINK_DOWN);
	}
}
