import { TLS_MESSAGE_MAX } from "../config.js";
import * as alert from "./alert.js";
import { AlertError } from "./alert.js";
import { CertificateMessage } from "./certificate-message.js";
import { checkCertificateVerify } from "./certificate-verify.js";
import { answerRequest, endFlight } from "./client-flight.js";
import { ClientOffer } from "./client-offer.js";
import * as message from "./extension.js";
import { IncomingMessage, MESSAGE_HEADER_LENGTH } from "./incoming-message.js";
import { HandshakeKeys } from "./handshake-keys.js";
import type { HandshakeOptions } from "./handshake-options.js";
import * as order from "./handshake-order.js";
import { equalConstantTime } from "./key-schedule.js";
import { OutgoingMessages } from "./outgoing-messages.js";
import { Reader } from "./reader.js";
import { chainError } from "./server-chain.js";
import { parseServerHello } from "./server-hello.js";
import { parseCertificateRequest, parseEncryptedExtensions } from "./server-messages.js";
import { readSession, type Session, wipeSession } from "./session.js";
import { MANDATORY_SCHEMES, schemeFor, type SignatureScheme } from "./signature-scheme.js";
import { OCSP_IF_STAPLED } from "./x509/ocsp.js";
import { verifyPath } from "./x509/path.js";
import type { PublicKey } from "./x509/public-key.js";

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
	#options: HandshakeOptions;
	#keys: HandshakeKeys;
	#offer: ClientOffer;
	#state = order.STATE_IDLE;
	/** The level that the next message must come in. */
	#level = LEVEL_INITIAL;
	#reached = HANDSHAKE_NONE;
	#polled = HANDSHAKE_NONE;
	#incoming = new IncomingMessage();
	#certificates: CertificateMessage | undefined = undefined;
	/** Bytes of the present message's body that are passed over. */
	#passing = 0;
	#outgoing = new OutgoingMessages();
	#serverKey: PublicKey | undefined = undefined;
	#isCertificateRequested = false;
	/** What the certificate is proven with; undefined: there is none that the server takes. */
	#scheme: SignatureScheme | undefined = undefined;
	#peerTransportParameters: Uint8Array | undefined = undefined;
	#isEarlyUntold = false;
	#earlyAccepted = false;
	#keyUpdate = KEY_UPDATE_NONE;
	#certificateUntil = 0;
	#sessions: Session[] = [];
	#sessionsTold = 0;

	/** Throws where the options cannot work, with a message that says what to change. */
	constructor(options: HandshakeOptions) {
		if (options.roots.length === 0)
			throw new Error("no CA certificate is configured: the server could not be verified");
		if (options.alpn.length === 0 || options.alpn.length > 255)
			throw new Error(`application protocol "${options.alpn}" must have 1 to 255 characters`);
		this.#options = options;
		const random = new Uint8Array(32);
		options.random.fill(random);
		this.#keys = new HandshakeKeys(options.crypto, options.keyLog, random);
		this.#offer = new ClientOffer(options, this.#keys);
	}

	/** The negotiated suite's number, its AEAD_*; before HANDSHAKE_KEYS those of the session that is offered, or 0. */
	get suite(): number {
		return this.#keys.suite?.id ?? 0;
	}

	get aead(): number {
		return this.#keys.suite?.aead ?? 0;
	}

	/** The traffic secrets of the level whose event was polled last; wiped when the next level's event is polled and in
	 *  `close`. Copy or use at once. */
	get clientSecret(): Uint8Array {
		return this.#polled < HANDSHAKE_KEYS ? this.#keys.clientEarly : this.#polled < APPLICATION_KEYS ? this.#keys.clientHandshake : this.#keys.clientApplication;
	}

	get serverSecret(): Uint8Array {
		return this.#polled < APPLICATION_KEYS ? this.#keys.serverHandshake : this.#keys.serverApplication;
	}

	/** A HelloRetryRequest has come. */
	get isRetried(): boolean {
		return this.#offer.isRetried;
	}

	/** A part of a message has come, and not yet its end. */
	get isWithinMessage(): boolean {
		return this.#incoming.isBegun;
	}

	/** Early data is announced; no longer after a HelloRetryRequest. */
	get earlyOffered(): boolean {
		return this.#offer.isEarly;
	}

	/** From APPLICATION_KEYS on: the server has taken the early data. */
	get earlyAccepted(): boolean {
		return this.#earlyAccepted;
	}

	/** From APPLICATION_KEYS on: the session goes on; the server has shown no certificate. */
	get resumed(): boolean {
		return this.#offer.session !== undefined;
	}

	/** Body of the server's quic_transport_parameters: known from its EncryptedExtensions on, proven by HANDSHAKE_COMPLETE. */
	get peerTransportParameters(): Uint8Array | undefined {
		return this.#peerTransportParameters;
	}

	/** Queues the ClientHello. Once. */
	start(): void {
		if (this.#state !== order.STATE_IDLE)
			throw new Error("the handshake was started before");
		this.#outgoing.queue(LEVEL_INITIAL, this.#offer.start());
		this.#isEarlyUntold = this.#offer.isEarly;
		this.#state = order.STATE_SERVER_HELLO;
	}

	/** Takes the next CRYPTO bytes of that level, bytes[offset, end). Does nothing after `close` or an error. */
	receive(level: number, bytes: Uint8Array, offset: number, end: number): void {
		try {
			while (offset < end && this.#state !== order.STATE_CLOSED) {
				offset = this.#take(level, bytes, offset, end);
				const whole = this.#certificates;
				if (whole === undefined || whole.left > 0)
					continue;
				// Here, where the stack is least used: this takes most of a board's.
				const { crypto, calendar, roots, ocsp = OCSP_IF_STAPLED } = this.#options;
				this.#certificates = undefined;
				const { publicKey, notAfter } = verifyPath(crypto, calendar, roots, this.#offer.host, whole.chain, ocsp, whole.staple);
				this.#serverKey = publicKey;
				this.#certificateUntil = notAfter;
				this.#state = order.STATE_CERTIFICATE_VERIFY;
			}
		}
		catch (error) {
			this.close();
			throw chainError(error);
		}
	}

	/** Copies bytes of that level that are still to be sent into into[at, end); returns their count, 0 = none. */
	pollTransmit(level: number, into: Uint8Array, at: number, end: number): number {
		return this.#outgoing.take(level, into, at, end);
	}

	/** The next event, or HANDSHAKE_NONE. */
	pollEvent(): number {
		if (this.#isEarlyUntold) {
			this.#isEarlyUntold = false;
			return EARLY_KEYS;
		}
		if (this.#polled === this.#reached) {
			if (this.#sessionsTold === this.#sessions.length)
				return HANDSHAKE_NONE;
			this.#sessionsTold++;
			return SESSION;
		}
		this.#polled++;
		if (this.#polled === HANDSHAKE_KEYS)
			this.#keys.clientEarly.fill(0);
		else if (this.#polled === APPLICATION_KEYS)
			this.#keys.wipeHandshake();
		return this.#polled;
	}

	/** After SESSION: the session, which is the caller's to keep, once, and to wipe. */
	takeSession(): Session | undefined {
		if (this.#sessionsTold > 0)
			this.#sessionsTold--;
		return this.#sessions.shift();
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
		this.#reached = this.#polled;
		this.#isEarlyUntold = false;
		this.#sessionsTold = 0;
		this.#keys.close();
		for (const session of this.#sessions.splice(0))
			wipeSession(session);
		this.#incoming.reset();
		this.#certificates = undefined;
		this.#outgoing.clear();
	}

	/** Takes a part of one message; returns where it stopped. */
	#take(level: number, bytes: Uint8Array, offset: number, end: number): number {
		// RFC 8446 §5.1: "Handshake messages MUST NOT span key changes"; RFC 9001 §4.1.3 has the same for levels.
		if (level !== this.#level || this.#keyUpdate !== KEY_UPDATE_NONE)
			throw new AlertError(alert.ALERT_UNEXPECTED_MESSAGE, `the server sent handshake data at level ${level} that belongs to level ${this.#level}`);
		const incoming = this.#incoming;
		if (!incoming.hasHeader) {
			offset = incoming.header(bytes, offset, end);
			if (incoming.hasHeader)
				this.#begin(incoming.type, incoming.length);
			return offset;
		}
		if (this.#certificates !== undefined)
			return this.#takeCertificates(this.#certificates, bytes, offset, end);
		if (this.#passing > 0)
			return this.#passOver(bytes, offset, end);
		offset = incoming.body(bytes, offset, end);
		if (incoming.isComplete) {
			const whole = incoming.bytes;
			incoming.reset();
			this.#handle(whole);
		}
		return offset;
	}

	/** A message's header has come: decides whether it may come now and where its body goes. */
	#begin(type: number, length: number): void {
		order.checkOrder(this.#state, type, this.#offer.isQuic);
		if (length === 0)
			throw new AlertError(alert.ALERT_DECODE_ERROR, `the server sent an empty message of type ${type}`);
		if (type === message.MESSAGE_CERTIFICATE) {
			this.#certificates = new CertificateMessage(length, this.#offer);
			this.#keys.absorbHeader(type, length);
		}
		else if (length > TLS_MESSAGE_MAX - MESSAGE_HEADER_LENGTH && length <= PASSED_OVER_MAX
			&& (type === message.MESSAGE_NEW_SESSION_TICKET || type === message.MESSAGE_CERTIFICATE_REQUEST)) {
			this.#passing = length;
			if (type === message.MESSAGE_CERTIFICATE_REQUEST)
				this.#keys.absorbHeader(type, length);
		}
		else
			this.#incoming.keep();
	}

	#takeCertificates(certificates: CertificateMessage, bytes: Uint8Array, offset: number, end: number): number {
		const stop = end - offset < certificates.left ? end : offset + certificates.left;
		certificates.push(bytes, offset, stop);
		this.#keys.absorb(bytes, offset, stop);
		if (certificates.left === 0)
			this.#incoming.reset();
		return stop;
	}

	/** A ticket or certificate request that is too long to be kept. */
	#passOver(bytes: Uint8Array, offset: number, end: number): number {
		const stop = end - offset < this.#passing ? end : offset + this.#passing;
		const isRequest = this.#incoming.type === message.MESSAGE_CERTIFICATE_REQUEST;
		if (isRequest)
			this.#keys.absorb(bytes, offset, stop);
		this.#passing -= stop - offset;
		if (this.#passing === 0) {
			this.#incoming.reset();
			// Exception: RFC 8446 §4.3.2: the schemes of a request that is too long to be kept are not read; those that every
			// implementation has are taken for granted.
			if (isRequest)
				this.#endCertificateRequest(MANDATORY_SCHEMES);
		}
		return stop;
	}

	#handle(whole: Uint8Array): void {
		const reader = new Reader(whole, MESSAGE_HEADER_LENGTH, whole.length);
		switch (whole[0]) {
			case message.MESSAGE_SERVER_HELLO:
				this.#onServerHello(whole, reader);
				break;
			case message.MESSAGE_ENCRYPTED_EXTENSIONS:
				this.#onEncryptedExtensions(whole, reader);
				break;
			case message.MESSAGE_CERTIFICATE_REQUEST:
				this.#keys.absorb(whole, 0, whole.length);
				this.#endCertificateRequest(parseCertificateRequest(reader));
				break;
			case message.MESSAGE_CERTIFICATE_VERIFY:
				checkCertificateVerify(reader, this.#options.crypto, this.#serverKey!, this.#keys.transcript());
				this.#keys.absorb(whole, 0, whole.length);
				this.#serverKey = undefined;
				this.#state = order.STATE_FINISHED;
				break;
			case message.MESSAGE_FINISHED:
				this.#onFinished(whole, reader);
				break;
			case message.MESSAGE_KEY_UPDATE:
				this.#keyUpdate = reader.uint8();
				reader.finish("the KeyUpdate");
				if (this.#keyUpdate > KEY_UPDATE_REQUESTED)
					throw new AlertError(alert.ALERT_ILLEGAL_PARAMETER, "the server's KeyUpdate asks for what is not known");
				break;
			default:
				this.#onTicket(reader);
		}
	}

	#onServerHello(whole: Uint8Array, reader: Reader): void {
		const offer = this.#offer, first = this.#outgoing.of(LEVEL_INITIAL);
		const hello = parseServerHello(reader, offer, offer.sessionId);
		if (hello.isRetry) {
			this.#outgoing.queue(LEVEL_INITIAL, offer.retry(whole, hello, first));
			return;
		}
		offer.accept(whole, hello, first);
		this.#outgoing.queue(LEVEL_INITIAL, new Uint8Array(0));
		this.#level = LEVEL_HANDSHAKE;
		this.#reached = HANDSHAKE_KEYS;
		this.#state = order.STATE_ENCRYPTED_EXTENSIONS;
	}

	#onEncryptedExtensions(whole: Uint8Array, reader: Reader): void {
		const offer = this.#offer;
		const { transportParameters, isEarly } = parseEncryptedExtensions(reader, this.#options.alpn, offer);
		// RFC 8446 §4.2.10: "the same ... cipher suite"; and the server resumes, with the first of one identity.
		if (isEarly && offer.session?.suite !== this.suite)
			throw new AlertError(alert.ALERT_ILLEGAL_PARAMETER, "the server takes early data of a session that it does not resume");
		this.#peerTransportParameters = transportParameters;
		this.#earlyAccepted = isEarly;
		this.#keys.absorb(whole, 0, whole.length);
		this.#state = offer.session === undefined ? order.STATE_REQUEST_OR_CERTIFICATE : order.STATE_FINISHED;
	}

	#endCertificateRequest(schemes: readonly number[]): void {
		const { certificate } = this.#options;
		this.#isCertificateRequested = true;
		this.#scheme = certificate === undefined ? undefined : schemeFor(certificate.kind, schemes);
		this.#state = order.STATE_CERTIFICATE;
	}

	#onFinished(whole: Uint8Array, reader: Reader): void {
		const keys = this.#keys;
		const expected = keys.verifyData(keys.serverHandshake);
		if (reader.remaining !== expected.length)
			throw new AlertError(alert.ALERT_DECODE_ERROR, "the server's Finished has the wrong length");
		if (!equalConstantTime(reader.rest(), expected))
			throw new AlertError(alert.ALERT_DECRYPT_ERROR, "the server's Finished is wrong: the handshake was tampered with");
		keys.absorb(whole, 0, whole.length);
		keys.deriveApplication();
		const { certificate } = this.#options;
		// The certificates are sent from where they are kept: of a long chain there is no room for a copy.
		if (this.#isCertificateRequested)
			this.#outgoing.queue(LEVEL_HANDSHAKE, answerRequest(keys, certificate, this.#scheme));
		this.#outgoing.follow(endFlight(keys, certificate, this.#scheme));
		if (this.#offer.wantsTickets)
			keys.deriveResumption();
		keys.endSchedule();
		this.#level = LEVEL_APPLICATION;
		this.#reached = HANDSHAKE_COMPLETE;
		this.#state = order.STATE_CONNECTED;
	}

	#onTicket(reader: Reader): void {
		const { crypto, calendar } = this.#options, sessions = this.#sessions;
		const session = readSession(reader, crypto, this.#keys.suite!, this.#keys.resumption, calendar.seconds(), this.#offer.session?.until ?? this.#certificateUntil);
		// Without the time of its arrival a ticket's age is not known.
		if (session === undefined || !calendar.isSet)
			return;
		if (sessions.length === SESSIONS_MAX)
			wipeSession(this.takeSession()!);
		sessions.push(session);
	}
}
