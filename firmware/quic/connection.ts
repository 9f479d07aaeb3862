import type { SendRing } from "../wire/send-ring.js";
import { closeForError, closeLocally, end } from "./close.js";
import { ConnectionState, STATUS_CLOSING, STATUS_ENDED, STATUS_IDLE, STATUS_OPEN } from "./connection-state.js";
import type { ConnectionStatistics } from "./connection-statistics.js";
import { advanceHandshake, startHandshake } from "./handshake.js";
import { EVENT_CLOSED, EVENT_NONE, EVENT_STREAM_CLOSED, EVENT_STREAM_CREDIT, EVENT_STREAM_OPENED, EVENT_STREAM_READABLE } from "./events.js";
import { Ecn } from "./ecn.js";
import { beginPath, PATH_MIGRATED, PATH_PROBED } from "./path.js";
import { handleTimeout, nextTimeout } from "./timers.js";
import { receivePacket } from "./packet-receiver.js";
import { writeDatagram } from "./packet-writer.js";
import type { Setup } from "./setup.js";
import type { Stream } from "./stream.js";
import { OPENED, STREAM_LIMIT } from "./stream-table.js";
import type { Session } from "../tls/session.js";

export type { ConnectionOptions } from "./connection-state.js";
export type { ConnectionStatistics } from "./connection-statistics.js";

export {
	EVENT_CLOSED, EVENT_CONFIRMED, EVENT_CONNECTED, EVENT_DATAGRAM, EVENT_NONE, EVENT_PATH_FAILED, EVENT_PATH_VALIDATED, EVENT_SESSION, EVENT_STREAM_CLOSED, EVENT_STREAM_CREDIT,
	EVENT_STREAM_OPENED, EVENT_STREAM_READABLE, EVENT_TOKEN,
} from "./events.js";

/** One QUIC client connection (RFC 9000, 9001, 9002; version 2: RFC 9369). Performs no I/O and reads no clock.
 *  After any input or command, drain in this order: pollEvent until EVENT_NONE, pollTransmit until 0, pollTimeout:
 *  what the application writes on an event then shares a datagram with what QUIC has to say. */
export class Connection extends ConnectionState {
	#eventStream = -1;
	#eventError = -1;

	/** Starts the handshake. Once. Throws where the options cannot work. */
	connect(now: number): void {
		if (this.status !== STATUS_IDLE)
			throw new Error("started before: make a new one");
		startHandshake(this, now);
	}

	/** Takes the datagram in datagram[0, length), from the server's address, and decrypts it in place. `now`: int32 ms. `ecn`:
	 *  the ECN field it came with. `path` 1: it came from the server's preferred address while that is probed. */
	receive(datagram: Uint8Array, length: number, now: number, ecn = 0, path = 0): void {
		this.receiveEcn = ecn;
		this.receivePath = path;
		this.streams.now = now;
		this.streams.soon = 2 * this.loss.rtt.smoothed;
		if (this.status === STATUS_OPEN) {
			try {
				for (let at = 0; at < length && this.status === STATUS_OPEN;) {
					at = receivePacket(this, datagram, at, length, now);
					if (this.status === STATUS_OPEN && (this.setup !== undefined || this.crypto !== undefined || this.cryptoPieceEnd !== 0))
						advanceHandshake(this, datagram, now);
				}
			}
			catch (error) {
				closeForError(this, error, now);
			}
			if (this.setup?.hasNewKeys)
				this.#receiveEarly(this.setup, now);
		}
		else if (this.status === STATUS_CLOSING) {
			const ending = this.ending!;
			// RFC 9000 §10.2.1: "An endpoint SHOULD limit the rate at which it generates packets in the closing this."
			if (++ending.datagrams >= ending.repeatAt) {
				ending.repeatAt *= 2;
				ending.isOwed = true;
			}
		}
	}

	/** Call when `pollTimeout` has passed; earlier does no harm. */
	onTimeout(now: number): void {
		handleTimeout(this, now);
	}

	/** Writes the next datagram into `into` (QUIC_SEND_DATAGRAM bytes or more); returns its length, 0: nothing to send. */
	pollTransmit(into: Uint8Array, now: number): number {
		return writeDatagram(this, into, now);
	}

	/** ms until `onTimeout` and `pollTransmit` are wanted, or NO_TIMEOUT. */
	pollTimeout(now: number): number {
		return nextTimeout(this, now);
	}

	/** The next event, EVENT_NONE when there is none. */
	pollEvent(): number {
		const events = this.events & ~(1 << EVENT_CLOSED);
		if (events !== 0) {
			const event = 31 - Math.clz32(events & -events);
			this.events &= ~(1 << event);
			return event;
		}
		if (this.streams.hasNewCredit) {
			this.streams.hasNewCredit = false;
			return EVENT_STREAM_CREDIT;
		}
		const streams = this.streams.streams;
		for (let i = 0; i < streams.length; i++) {
			const stream = streams[i]!;
			if (stream.id >= 0 && (stream.isReadable || stream.isClosedPending || stream.isOpenedPending))
				return this.#streamEvent(stream);
		}
		if (this.events === 0)
			return EVENT_NONE;
		this.events = 0;
		return EVENT_CLOSED;
	}

	/** The stream of the last stream event. */
	get eventStream(): number {
		return this.#eventStream;
	}

	/** Application error code with which the peer broke off the stream of the last EVENT_STREAM_CLOSED, -1: it did not. */
	get eventError(): number {
		return this.#eventError;
	}

	/** Opens a bidirectional stream; returns its id, or -1: no credit yet (EVENT_STREAM_CREDIT follows), or the table
	 *  of `streams` is full. Before the handshake is complete only where early data may be sent: if the server throws it
	 *  away, everything is sent again after the handshake, in order, as far as the server's credit then goes. */
	openStream(): number {
		return this.#open(0);
	}

	/** The same for a stream that only we send on. */
	openUniStream(): number {
		return this.#open(1);
	}

	#open(kind: number): number {
		const streams = this.streams;
		if (this.status !== STATUS_OPEN || !(this.isComplete || (this.isEarly && streams.counts[OPENED + kind]! < streams.counts[STREAM_LIMIT + kind]!)))
			return -1;
		return streams.open(kind);
	}

	/** 0 … 7, 3 unless set: what waits on streams with a lower number goes first, equal ones take turns (RFC 9218 §4.1). */
	setUrgency(stream: number, urgency: number): void {
		this.#stream(stream).urgency = urgency;
	}

	/** Where to write the stream's bytes: what was committed there is sent. Not for a stream that only the peer sends on. */
	sendRing(stream: number): SendRing {
		return this.#stream(stream).send;
	}

	/** No more bytes follow: FIN goes out after the last committed one. */
	finish(stream: number): void {
		this.#stream(stream).isFinishing = true;
	}

	/** Copies received bytes in order to into[at, end); returns how many, 0: none now. */
	read(stream: number, into: Uint8Array, at: number, end: number): number {
		const found = this.streams.find(stream);
		return found === undefined || found.isReceiveReset || found.isDiscarding ? 0 : this.streams.read(found, into, at, end);
	}

	/** True where the peer's half has ended and everything was read. */
	isFinished(stream: number): boolean {
		const found = this.streams.find(stream);
		return found === undefined || (found.isReceiveDone && !found.isReceiveReset);
	}

	/** Application error code with which the peer broke the stream off, -1: it did not. Until EVENT_STREAM_CLOSED is polled. */
	streamError(stream: number): number {
		return this.streams.find(stream)?.peerError ?? -1;
	}

	/** Breaks our half of the stream off with an application error code: RESET_STREAM. */
	reset(stream: number, errorCode: number): void {
		const streams = this.streams, found = streams.find(stream);
		if (found !== undefined)
			streams.reset(found, errorCode);
	}

	/** Asks the peer to break its half off: STOP_SENDING; what still comes is thrown away. */
	stopSending(stream: number, errorCode: number): void {
		const streams = this.streams, found = streams.find(stream);
		if (found !== undefined)
			streams.stop(found, errorCode);
	}

	/** Breaks both halves of the stream off with an application error code. */
	abort(stream: number, errorCode: number): void {
		this.reset(stream, errorCode);
		this.stopSending(stream, errorCode);
	}

	/** Queues a copy of bytes[at, end) as an unreliable datagram (RFC 9221). Returns false where it is longer than
	 *  `maxDatagram`; when the queue is full the oldest ones give way. */
	sendDatagram(bytes: Uint8Array, at: number, end: number): boolean {
		const queue = this.datagramsOut, most = this.maxDatagram;
		return queue !== undefined && most > 0 && end - at <= most && queue.put(bytes, at, end);
	}

	/** Moves the oldest datagram that came to into[at…], where there must be room for QUIC_RECEIVE_DATAGRAM bytes; returns
	 *  its length, -1: none waits. */
	readDatagram(into: Uint8Array, at: number): number {
		const queue = this.datagramsIn;
		return queue === undefined || queue.nextLength < 0 ? -1 : queue.take(into, at) - at;
	}

	/** After EVENT_TOKEN: the server's newest token for a later connection (option `token`) with the version that it is for, once. */
	takeToken(): Uint8Array | undefined {
		const token = this.newToken;
		this.newToken = undefined;
		return token;
	}

	/** After EVENT_SESSION: a session for a later connection (option `session`), each once; the caller wipes it. */
	takeSession(): Session | undefined {
		return this.sessions?.shift();
	}

	/** Everything from here on comes from another address or port of ours. Returns false where that is not possible: the
	 *  handshake is not confirmed, the server forbids it or has given no spare connection id. EVENT_PATH_VALIDATED or
	 *  EVENT_PATH_FAILED follows. */
	migrate(now: number): boolean {
		return beginPath(this, PATH_MIGRATED, now);
	}

	/** The server's preferred address as its transport parameter has it: IPv4 address (4 bytes) and port (2), IPv6 address
	 *  (16) and port (2), zeros for none. After EVENT_CONNECTED. */
	get preferredAddress(): Uint8Array | undefined {
		return this.preferred?.subarray(0, 24);
	}

	/** Begins to probe that address; after EVENT_CONFIRMED. Datagrams for which `transmitPath` is 1 go there, and what comes
	 *  from there has `path` 1. After EVENT_PATH_VALIDATED everything does, as path 0. Returns false where it cannot be. */
	probePreferredAddress(now: number): boolean {
		return beginPath(this, PATH_PROBED, now);
	}

	/** The socket can read and write the ECN field: packets are marked as long as the server's counts show that it arrives. */
	enableEcn(): void {
		const loss = this.loss;
		loss.ecn ??= new Ecn();
		loss.ecn.test();
	}

	/** Starts a key update. Returns false where none is allowed yet: the handshake is not confirmed, or the last one not
	 *  acknowledged. */
	updateKeys(): boolean {
		return this.status === STATUS_OPEN && this.phases !== undefined && this.phases.update(this.isConfirmed);
	}

	/** Closes the connection with an application error code; what was committed goes out with it, as far as one
	 *  datagram holds it. Idempotent. */
	close(errorCode: number, reason: string, now: number): void {
		closeLocally(this, errorCode, true, reason, now);
	}

	/** Lets go at once: wipes the keys and sends nothing more, whether the peer was told or not. Idempotent. */
	dispose(): void {
		end(this);
	}

	/** True from the moment the connection can carry nothing any more. */
	get closed(): boolean {
		return this.status >= STATUS_CLOSING;
	}

	/** True when nothing will be sent any more, not even CONNECTION_CLOSE, and no timer is wanted: it can be let go.
	 *  Earlier is allowed as well, once `pollTransmit` gave 0. */
	get ended(): boolean {
		return this.status === STATUS_ENDED;
	}

	/** Transport or application error code of the close, 0 for none. */
	get closeCode(): number {
		return this.ending?.code ?? 0;
	}

	/** `closeCode` is an application error code (CONNECTION_CLOSE 0x1d). */
	get closeIsApplication(): boolean {
		return this.ending?.isApplication === true;
	}

	get closeByPeer(): boolean {
		return this.ending?.byPeer === true;
	}

	/** It ended because nothing came any more after a silence that a keep-alive's PING broke: the path may have died in it. */
	get closeAfterSilence(): boolean {
		return this.ending?.isSilence === true;
	}

	/** Why it ended, in words for the log; "" before. */
	get closeReason(): string {
		return this.ending?.reason ?? "";
	}

	/** The counters, brought up to date. The same object each time. */
	get statistics(): ConnectionStatistics {
		const statistics = this.counters;
		statistics.rttMs = this.loss.rtt.hasSample ? Math.round(this.loss.rtt.smoothed) : 0;
		statistics.packetsLost = this.loss.packetsLost;
		statistics.ecn = this.loss.ecn?.isCapable === true;
		statistics.probes = this.loss.probesTotal;
		statistics.droppedDatagrams = (this.datagramsIn?.dropped ?? 0) + (this.datagramsOut?.dropped ?? 0);
		return statistics;
	}

	// What came too early; it may still be.
	#receiveEarly(setup: Setup, now: number): void {
		const early = setup.early;
		setup.hasNewKeys = false;
		setup.early = undefined;
		for (let i = 0; early !== undefined && i < early.length; i++) {
			const { bytes, time } = early[i]!;
			this.loss.waited = now - time | 0;
			this.receive(bytes, bytes.length, now);
		}
		this.loss.waited = 0;
	}

	#streamEvent(stream: Stream): number {
		this.#eventStream = stream.id;
		if (stream.isOpenedPending) {
			stream.isOpenedPending = false;
			return EVENT_STREAM_OPENED;
		}
		if (stream.isReadable) {
			stream.isReadable = false;
			return EVENT_STREAM_READABLE;
		}
		stream.isClosedPending = false;
		stream.isClosedPolled = true;
		this.#eventError = stream.peerError;
		this.streams.release(stream);
		return EVENT_STREAM_CLOSED;
	}

	#stream(id: number): Stream {
		const stream = this.streams.find(id);
		if (stream === undefined)
			throw new RangeError(`stream ${id} is not open`);
		return stream;
	}
}
