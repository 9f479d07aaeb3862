import * as alert from "./alert.js";
import { AlertError } from "./alert.js";
import { CertificateMessage } from "./certificate-message.js";
import { checkCertificateVerify } from "./certificate-verify.js";
import { answerRequest, endFlight } from "./client-flight.js";
import { ClientOffer } from "./client-offer.js";
import * as message from "./extension.js";
import { MESSAGE_HEADER_LENGTH } from "./incoming-message.js";
import { HandshakeKeys } from "./handshake-keys.js";
import type { HandshakeOptions } from "./handshake-options.js";
import * as order from "./handshake-order.js";
import { equalConstantTime } from "./key-schedule.js";
import { Reader } from "./reader.js";
import { parseServerHello } from "./server-hello.js";
import { parseCertificateRequest, parseEncryptedExtensions } from "./server-messages.js";
import type { TicketKeys } from "./session.js";
import { MANDATORY_SCHEMES, schemeFor, type SignatureScheme } from "./signature-scheme.js";
import { OCSP_IF_STAPLED } from "./x509/ocsp.js";
import { verifyPath } from "./x509/path.js";
import type { PublicKey } from "./x509/public-key.js";

/** What a client needs until the handshake is over, and no longer: takes the server's messages up to its Finished, and answers them.
 *  All throw AlertError. */
export class ServerFlight {
	readonly keys: HandshakeKeys;
	readonly offer: ClientOffer;
	/** EARLY_KEYS is to be told. */
	isEarlyUntold = false;
	/** Of the server's EncryptedExtensions. */
	peerTransportParameters: Uint8Array | undefined = undefined;
	earlyAccepted = false;
	/** After the server's Finished, where tickets are wanted. */
	tickets: TicketKeys | undefined = undefined;
	/** s since 1970: when the server's certificate expires, or that of the session which goes on. */
	#until = 0;
	/** The Certificate message that is coming in. */
	#certificates: CertificateMessage | undefined = undefined;
	#options: HandshakeOptions;
	/** What is to be sent, how much of it was taken, and what follows. */
	#outgoing: Uint8Array | undefined = undefined;
	#taken = 0;
	#next: Uint8Array | undefined = undefined;
	#serverKey: PublicKey | undefined = undefined;
	#isCertificateRequested = false;
	/** What the certificate is proven with; undefined: there is none that the server takes. */
	#scheme: SignatureScheme | undefined = undefined;

	constructor(options: HandshakeOptions) {
		this.#options = options;
		const random = new Uint8Array(32);
		options.random.fill(random);
		this.keys = new HandshakeKeys(options.crypto, options.keyLog, random);
		this.offer = new ClientOffer(options, this.keys);
	}

	/** Nothing is left to be sent. */
	get isSent(): boolean {
		return this.#next === undefined && this.#taken === (this.#outgoing?.length ?? 0);
	}

	/** Queues the ClientHello. */
	start(): void {
		this.#queue(this.offer.start());
		this.isEarlyUntold = this.offer.isEarly;
	}

	/** Copies what is to be sent to into[at, end); returns its length, 0 = nothing. */
	take(into: Uint8Array, at: number, end: number): number {
		const from = at;
		while (at < end && !this.isSent)
			if (this.#taken < this.#outgoing!.length)
				into[at++] = this.#outgoing![this.#taken++]!;
			else
				this.#queue(this.#next!);
		return at - from;
	}

	/** A message whose body is absorbed as it comes, as `body` is given it, begins. */
	begin(type: number, length: number): void {
		this.keys.absorbHeader(type, length);
		if (type === message.MESSAGE_CERTIFICATE)
			this.#certificates = new CertificateMessage(length, this.offer);
	}

	/** A part of its body. */
	body(bytes: Uint8Array, offset: number, end: number): void {
		this.#certificates?.push(bytes, offset, end);
		this.keys.absorb(bytes, offset, end);
	}

	/** Its end. Returns the state that follows. */
	end(): number {
		const whole = this.#certificates, options = this.#options;
		// Exception: RFC 8446 §4.3.2: the schemes of a request that is too long to be kept are not read; those that every
		// implementation has are taken for granted.
		if (whole === undefined)
			return this.#onRequest(MANDATORY_SCHEMES);
		this.#certificates = undefined;
		const leaf = verifyPath(options.crypto, options.calendar, options.roots, this.offer.host, whole.chain, options.ocsp ?? OCSP_IF_STAPLED, whole.staple);
		this.#serverKey = leaf.publicKey;
		this.#until = leaf.notAfter;
		return order.STATE_CERTIFICATE_VERIFY;
	}

	/** A message that was kept whole. Returns the state that follows. */
	handle(whole: Uint8Array): number {
		const type = whole[0]!, reader = new Reader(whole, MESSAGE_HEADER_LENGTH, whole.length);
		if (type === message.MESSAGE_SERVER_HELLO)
			return this.#onServerHello(whole, reader);
		let state = order.STATE_FINISHED;
		if (type === message.MESSAGE_ENCRYPTED_EXTENSIONS) {
			this.#onEncryptedExtensions(reader);
			if (this.offer.session === undefined)
				state = order.STATE_REQUEST_OR_CERTIFICATE;
		}
		else if (type === message.MESSAGE_CERTIFICATE_REQUEST)
			state = this.#onRequest(parseCertificateRequest(reader));
		else if (type === message.MESSAGE_CERTIFICATE_VERIFY)
			checkCertificateVerify(reader, this.#options.crypto, this.#serverKey!, this.keys.transcript());
		else
			this.#checkFinished(reader);
		this.keys.absorb(whole, 0, whole.length);
		if (type !== message.MESSAGE_FINISHED)
			return state;
		this.#answer();
		return order.STATE_CONNECTED;
	}

	#queue(bytes: Uint8Array | undefined, next?: Uint8Array): void {
		this.#outgoing = bytes;
		this.#next = next;
		this.#taken = 0;
	}

	#onServerHello(whole: Uint8Array, reader: Reader): number {
		const offer = this.offer, hello = parseServerHello(reader, offer);
		if (hello.isRetry) {
			this.#queue(offer.retry(whole, hello, this.#outgoing!));
			return order.STATE_SERVER_HELLO;
		}
		offer.accept(whole, hello, this.#outgoing!);
		this.#queue(undefined);
		return order.STATE_ENCRYPTED_EXTENSIONS;
	}

	#onEncryptedExtensions(reader: Reader): void {
		const session = this.offer.session, found = parseEncryptedExtensions(reader, this.#options.alpn, this.offer);
		// RFC 8446 §4.2.10: "the same ... cipher suite"; and the server resumes, with the first of one identity.
		if (found.isEarly && session?.suite !== this.keys.suite!.id)
			throw new AlertError(alert.ALERT_ILLEGAL_PARAMETER, "early data without the session");
		this.peerTransportParameters = found.transportParameters;
		this.earlyAccepted = found.isEarly;
		if (session !== undefined)
			this.#until = session.until;
	}

	#onRequest(schemes: readonly number[]): number {
		const certificate = this.#options.certificate;
		this.#isCertificateRequested = true;
		if (certificate !== undefined)
			this.#scheme = schemeFor(certificate.kind, schemes);
		return order.STATE_CERTIFICATE;
	}

	#checkFinished(reader: Reader): void {
		const expected = this.keys.verifyData(this.keys.serverHandshake);
		if (reader.remaining !== expected.length)
			throw new AlertError(alert.ALERT_DECODE_ERROR, "Finished has the wrong length");
		if (!equalConstantTime(reader.rest(), expected))
			throw new AlertError(alert.ALERT_DECRYPT_ERROR, "Finished is wrong: the handshake was tampered with");
	}

	/** The certificates are sent from where they are kept: of a long chain there is no room for a copy. */
	#answer(): void {
		const keys = this.keys, certificate = this.#options.certificate, scheme = this.#scheme;
		keys.deriveApplication();
		const first = this.#isCertificateRequested ? answerRequest(keys, certificate, scheme) : undefined, last = endFlight(keys, certificate, scheme);
		if (first === undefined)
			this.#queue(last);
		else
			this.#queue(first, last);
		if (this.offer.wantsTickets)
			this.tickets = { crypto: this.#options.crypto, suite: keys.suite!, secret: keys.deriveResumption(), until: this.#until };
		keys.endSchedule();
	}
}
