import type { Calendar } from "../ports/calendar.js";
import { TLS_MESSAGE_MAX } from "../config.js";
import * as alert from "./alert.js";
import { AlertError } from "./alert.js";
import { cipherSuite } from "./cipher-suite.js";
import * as message from "./extension.js";
import { IncomingMessage, MESSAGE_HEADER_LENGTH } from "./incoming-message.js";
import type { HandshakeOptions } from "./handshake-options.js";
import * as order from "./handshake-order.js";
import { Reader } from "./reader.js";
import { ServerFlight } from "./server-flight.js";
import { readSession, type Session, type TicketKeys, wipeSession } from "./session.js";

/** Encryption levels of CRYPTO data (RFC 9001 §4.1.3). */
export const LEVEL_INITIAL = 0;
export const LEVEL_HANDSHAKE = 1;
export const LEVEL_APPLICATION = 2;

export const HANDSHAKE_NONE = 0;
/** The handshake secrets are ready. */
export const HANDSHAKE_KEYS = 1;
/** The first application secrets are ready. */
export const APPLICATION_KEYS = 2;
/** The server's Finished was right; the client's waits in `pollTransmit`. */
export const HANDSHAKE_COMPLETE = 3;
/** Right after `start`: early data may be sent, under `clientSecret` and `suite`. */
export const EARLY_KEYS = 4;
/** A session ticket has come: `takeSession`. */
export const SESSION = 5;

/** The longest NewSessionTicket and CertificateRequest that their own length fields allow. */
const PASSED_OVER_MAX = 0x20200;

/** What `takeKeyUpdate` answers; 0: the server's keys have changed. */
export const KEY_UPDATE_NONE = -1;
/** And it asks for a change of ours. */
export const KEY_UPDATE_REQUESTED = 1;
/** Sessions that wait to be taken; a further one takes the place of the oldest. */
const SESSIONS_MAX = 2;

/** The client's side of one TLS 1.3 handshake over QUIC (RFC 8446, RFC 9001 §4) or TCP. Performs no I/O.
 *
 *  `start`; then carry what `pollTransmit` gives to the server, feed its handshake bytes to `receive`, and drain
 *  `pollEvent` after each. `receive` throws AlertError where the handshake must end; secrets are wiped by then. */
export class ClientHandshake {
	/** The negotiated suite's number; before HANDSHAKE_KEYS that of the session that is offered, or 0. */
	suite = 0;
	/** From APPLICATION_KEYS on: the session goes on; the server has shown no certificate. */
	resumed = false;
	#state = order.STATE_IDLE;
	/** The last event of the handshake that was polled. */
	#polled = HANDSHAKE_NONE;
	/** The message that has begun to come in. */
	#incoming: IncomingMessage | undefined = undefined;
	#keyUpdate = KEY_UPDATE_NONE;
	#isQuic: boolean;
	#calendar: Calendar;
	/** What the handshake needs: until its end was told, and its last flight taken. */
	#flight: ServerFlight | undefined;
	/** What makes tickets sessions; undefined: none are wanted. */
	#tickets: TicketKeys | undefined = undefined;
	#sessions: Session[] | undefined = undefined;
	#sessionsTold = 0;

	/** Throws where the options cannot work, with a message that says what to change. */
	constructor(options: HandshakeOptions) {
		const alpn = options.alpn;
		if (options.roots.length === 0)
			throw new Error("no CA certificate is configured");
		if (alpn.length === 0 || alpn.length > 255)
			throw new Error(`application protocol "${alpn}" must have 1 to 255 characters`);
		this.#calendar = options.calendar;
		this.#isQuic = options.transportParameters !== undefined;
		this.#flight = new ServerFlight(options);
	}

	/** AEAD_* of the suite. */
	get aead(): number {
		return cipherSuite(this.suite)?.aead ?? 0;
	}

	/** The traffic secrets of the level whose event was polled last; wiped when the next level's event is polled, when the last flight
	 *  was taken and in `close`. Copy or use at once. */
	get clientSecret(): Uint8Array {
		const { keys } = this.#flight!;
		return this.#polled < HANDSHAKE_KEYS ? keys.clientEarly : this.#polled < APPLICATION_KEYS ? keys.clientHandshake : keys.clientApplication;
	}

	get serverSecret(): Uint8Array {
		const { keys } = this.#flight!;
		return this.#polled < APPLICATION_KEYS ? keys.serverHandshake : keys.serverApplication;
	}

	/** A HelloRetryRequest has come. */
	get isRetried(): boolean {
		return this.#flight!.offer.isRetried;
	}

	/** A part of a message has come, and not yet its end. */
	get isWithinMessage(): boolean {
		return this.#incoming !== undefined;
	}

	/** Early data is announced; no longer after a HelloRetryRequest. */
	get earlyOffered(): boolean {
		return this.#flight?.offer.isEarly === true;
	}

	/** From APPLICATION_KEYS on until the last flight was taken: the server has taken the early data. */
	get earlyAccepted(): boolean {
		return this.#flight?.earlyAccepted === true;
	}

	/** Body of the server's quic_transport_parameters: known from its EncryptedExtensions on, proven by HANDSHAKE_COMPLETE; let go of when
	 *  the last flight was taken. */
	get peerTransportParameters(): Uint8Array | undefined {
		return this.#flight?.peerTransportParameters;
	}

	/** Queues the ClientHello. Once. */
	start(): void {
		if (this.#state !== order.STATE_IDLE)
			throw new Error("started twice");
		this.#flight!.start();
		this.#enter(order.STATE_SERVER_HELLO);
	}

	/** Takes the next CRYPTO bytes of that level, bytes[offset, end). Returns where it stopped: before `end` where what follows belongs
	 *  to a level or to keys that have ended, which its caller must refuse. Does nothing after `close` or an error. */
	receive(level: number, bytes: Uint8Array, offset: number, end: number): number {
		try {
			// RFC 8446 §5.1: "Handshake messages MUST NOT span key changes"; RFC 9001 §4.1.3 has the same for levels.
			while (offset < end && level === levelOf(this.#state) && this.#keyUpdate === KEY_UPDATE_NONE)
				offset = this.#take(bytes, offset, end);
			return this.#state === order.STATE_CLOSED ? end : offset;
		}
		catch (error) {
			this.close();
			throw error;
		}
	}

	/** Copies bytes of that level that are still to be sent into into[at, end); returns their count, 0 = none. */
	pollTransmit(level: number, into: Uint8Array, at: number, end: number): number {
		const flight = this.#flight, isOver = this.#state === order.STATE_CONNECTED;
		if (flight === undefined || level !== (isOver ? LEVEL_HANDSHAKE : levelOf(this.#state)))
			return 0;
		const count = flight.take(into, at, end);
		if (this.#polled === HANDSHAKE_COMPLETE && flight.isSent) {
			flight.keys.close();
			this.#flight = undefined;
		}
		return count;
	}

	/** The next event, or HANDSHAKE_NONE. */
	pollEvent(): number {
		const flight = this.#flight, reached = this.#state === order.STATE_CONNECTED ? HANDSHAKE_COMPLETE : levelOf(this.#state);
		if (flight?.isEarlyUntold) {
			flight.isEarlyUntold = false;
			return EARLY_KEYS;
		}
		if (this.#polled >= reached) {
			if (this.#sessionsTold === (this.#sessions?.length ?? 0))
				return HANDSHAKE_NONE;
			this.#sessionsTold++;
			return SESSION;
		}
		this.#polled++;
		if (this.#polled === HANDSHAKE_KEYS)
			flight!.keys.clientEarly.fill(0);
		else if (this.#polled === APPLICATION_KEYS)
			flight!.keys.wipeHandshake();
		return this.#polled;
	}

	/** After SESSION: the session, which is the caller's to keep, once, and to wipe. */
	takeSession(): Session | undefined {
		const sessions = this.#sessions, session = sessions?.shift();
		if (this.#sessionsTold > 0)
			this.#sessionsTold--;
		if (sessions?.length === 0)
			this.#sessions = undefined;
		return session;
	}

	/** Over TCP, after each record: whether a KeyUpdate was in it, and one of ours is asked for. */
	takeKeyUpdate(): number {
		const update = this.#keyUpdate;
		this.#keyUpdate = KEY_UPDATE_NONE;
		return update;
	}

	/** Wipes every secret and ends the handshake. Idempotent. */
	close(): void {
		this.#state = order.STATE_CLOSED;
		this.#sessionsTold = 0;
		this.#flight?.keys.close();
		this.#tickets?.secret.fill(0);
		while (this.#sessions !== undefined)
			wipeSession(this.takeSession()!);
		this.#flight = this.#tickets = this.#incoming = undefined;
	}

	/** Takes a part of one message; returns where it stopped. */
	#take(bytes: Uint8Array, offset: number, end: number): number {
		const incoming = this.#incoming ??= new IncomingMessage();
		if (!incoming.hasHeader) {
			offset = incoming.header(bytes, offset, end);
			if (incoming.hasHeader)
				this.#begin(incoming);
			return offset;
		}
		const stop = end - offset < incoming.left ? end : offset + incoming.left;
		incoming.body(bytes, offset, stop);
		// What is not kept: certificates, and what is too long.
		if (incoming.bytes === undefined && incoming.type !== message.MESSAGE_NEW_SESSION_TICKET)
			this.#flight!.body(bytes, offset, stop);
		if (incoming.left === 0) {
			this.#incoming = undefined;
			this.#end(incoming);
		}
		return stop;
	}

	/** A message's header has come: decides whether it may come now and where its body goes. */
	#begin(incoming: IncomingMessage): void {
		const type = incoming.type, left = incoming.left;
		order.checkOrder(this.#state, type, this.#isQuic);
		if (left === 0)
			throw new AlertError(alert.ALERT_DECODE_ERROR, `empty message ${type}`);
		const isPassedOver = left > TLS_MESSAGE_MAX - MESSAGE_HEADER_LENGTH && left <= PASSED_OVER_MAX;
		if (type === message.MESSAGE_CERTIFICATE || isPassedOver && type === message.MESSAGE_CERTIFICATE_REQUEST)
			this.#flight!.begin(type, left);
		else if (!isPassedOver || type !== message.MESSAGE_NEW_SESSION_TICKET)
			incoming.keep();
	}

	#end({ type, bytes }: IncomingMessage): void {
		if (this.#state !== order.STATE_CONNECTED)
			return this.#enter(bytes === undefined ? this.#flight!.end() : this.#flight!.handle(bytes));
		if (bytes === undefined)
			return;
		const reader = new Reader(bytes, MESSAGE_HEADER_LENGTH, bytes.length);
		if (type === message.MESSAGE_NEW_SESSION_TICKET)
			return this.#onTicket(reader);
		this.#keyUpdate = reader.number(1);
		reader.finish("KeyUpdate");
		if (this.#keyUpdate > KEY_UPDATE_REQUESTED)
			throw new AlertError(alert.ALERT_ILLEGAL_PARAMETER, "unknown KeyUpdate");
	}

	#enter(state: number): void {
		const { keys, offer, tickets } = this.#flight!;
		this.#state = state;
		this.suite = keys.suite?.id ?? 0;
		if (state !== order.STATE_CONNECTED)
			return;
		this.resumed = offer.session !== undefined;
		this.#tickets = tickets;
	}

	#onTicket(reader: Reader): void {
		const session = readSession(reader, this.#tickets, this.#calendar.seconds());
		// Without the time of its arrival a ticket's age is not known.
		if (session === undefined || !this.#calendar.isSet)
			return;
		if (this.#sessions?.length === SESSIONS_MAX)
			wipeSession(this.takeSession()!);
		if (this.#sessions === undefined)
			this.#sessions = [session];
		else
			this.#sessions.push(session);
	}
}

/** The level that the next message must come in; -1 = none. */
function levelOf(state: number): number {
	return state === order.STATE_CONNECTED ? LEVEL_APPLICATION : state === order.STATE_CLOSED ? -1 : state < order.STATE_ENCRYPTED_EXTENSIONS ? LEVEL_INITIAL : LEVEL_HANDSHAKE;
}
