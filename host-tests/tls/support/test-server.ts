/** A TLS 1.3 server for tests (RFC 8446): speaks to ClientHandshake over CRYPTO bytes, and can be told to do it wrong. */
import { type Crypto, type Hash, GROUP_X25519 } from "../../../firmware/ports/crypto.js";
import { signedContent } from "../../../firmware/tls/certificate-verify.js";
import { cipherSuite } from "../../../firmware/tls/cipher-suite.js";
import { hashLength, hkdfExpandLabel } from "../../../firmware/tls/hkdf.js";
import { signatureScheme } from "../../../firmware/tls/signature-scheme.js";
import { KeySchedule } from "../../../firmware/tls/key-schedule.js";
import { bytesOfHex, concat, text } from "./der-writer.js";

export const RETRY_RANDOM = bytesOfHex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c");

export interface ServerOptions {
	readonly crypto: Crypto;
	/** DER, the server's own first. */
	readonly chain: readonly Uint8Array[];
	/** Signs CertificateVerify. */
	readonly sign: (content: Uint8Array) => Uint8Array;
	readonly scheme?: number;
	readonly suite?: number;
	/** The secret of the session that is resumed where the client offers one, and the identity that is chosen. */
	readonly secret?: Uint8Array | undefined;
	readonly identity?: number;
	/** Takes the early data. */
	readonly takesEarly?: boolean;
	readonly group?: number;
	/** "": none. */
	readonly alpn?: string;
	/** Over TCP: no transport parameters. */
	readonly isTcp?: boolean;
	/** What the leaf's entry carries. */
	readonly leafExtensions?: Uint8Array;
	readonly transportParameters?: Uint8Array;
	/** Asks for a client certificate. */
	readonly requests?: boolean;
	/** The signature schemes that it takes; default ECDSA P-256. */
	readonly requestSchemes?: readonly number[];
	/** Changes a message (whole, with header) before it goes out: returns the bytes to send instead. */
	readonly change?: (type: number, message: Uint8Array) => Uint8Array;
}

export class TestServer {
	/** What the ClientHello said. */
	hello!: ParsedHello;
	/** Whether the session was resumed, and what early data is sent under. */
	resumed = false;
	earlySecret = new Uint8Array(0) as Uint8Array;
	clientSecret = new Uint8Array(0) as Uint8Array;
	serverSecret = new Uint8Array(0) as Uint8Array;
	clientHandshakeSecret = new Uint8Array(0) as Uint8Array;
	serverHandshakeSecret = new Uint8Array(0) as Uint8Array;
	#options: ServerOptions;
	readonly #hash: number;
	#transcript: Hash;
	/** What the transcript consists of. */
	#absorbed: Uint8Array[] = [];
	#schedule: KeySchedule;

	constructor(options: ServerOptions) {
		this.#options = options;
		this.#hash = cipherSuite(options.suite ?? 0x1301)?.hash ?? 1;
		this.#transcript = options.crypto.hash(this.#hash);
		this.#schedule = new KeySchedule(options.crypto, this.#hash);
	}

	/** Answers the ClientHello with a HelloRetryRequest that has those extensions. */
	retry(clientHello: Uint8Array, ...extensions: Uint8Array[]): Uint8Array {
		this.#absorb(clientHello);
		const digest = this.#digest();
		this.#absorbed = [];
		this.#transcript = this.#options.crypto.hash(this.#hash);
		this.#absorb(concat(new Uint8Array([254, 0, 0, digest.length]), digest));
		return this.#send(2, serverHello(RETRY_RANDOM, this.#options.suite ?? 0x1301, extension(43, u16(0x0304)), ...extensions));
	}

	/** Answers the ClientHello with a ServerHello. */
	serverHello(clientHello: Uint8Array): Uint8Array {
		const { crypto, group = GROUP_X25519, suite = 0x1301 } = this.#options;
		this.hello = parseClientHello(clientHello);
		this.#resume(clientHello);
		this.#absorb(clientHello);
		if (this.resumed)
			this.earlySecret = this.#schedule.derive("c e traffic", this.#digest());
		const pair = crypto.keyPair(group), shared = new Uint8Array(32);
		const share = this.hello.shares[group];
		if (share !== undefined)
			pair.derive(share, shared);
		const random = new Uint8Array(32).fill(0x5e);
		const message = this.#send(2, serverHello(random, suite, extension(43, u16(0x0304)), extension(51, concat(u16(group), vector16(pair.publicKey))),
			...this.resumed ? [extension(41, u16(this.#options.identity ?? 0))] : []), this.hello.sessionId);
		this.#schedule.toHandshake(shared);
		pair.close();
		const transcript = this.#digest();
		this.clientHandshakeSecret = this.#schedule.derive("c hs traffic", transcript);
		this.serverHandshakeSecret = this.#schedule.derive("s hs traffic", transcript);
		return message;
	}

	/** EncryptedExtensions to Finished, each message on its own and made when it is asked for: to sign is slow. */
	*flight(): Generator<Uint8Array, void> {
		const { alpn = "mqtt", transportParameters = new Uint8Array([1, 2, 3]), isTcp = false, takesEarly = false } = this.#options;
		yield this.#send(8, vector16(...alpn === "" ? [] : [extension(16, vector16(vector8(text(alpn))))], ...isTcp ? [] : [extension(57, transportParameters)],
			...takesEarly ? [extension(42, new Uint8Array(0))] : []));
		if (!this.resumed)
			yield* this.#certificateFlight();
		yield this.#send(20, this.#schedule.verifyData(this.serverHandshakeSecret, this.#digest()));
		this.#schedule.toMaster();
		const transcript = this.#digest();
		this.clientSecret = this.#schedule.derive("c ap traffic", transcript);
		this.serverSecret = this.#schedule.derive("s ap traffic", transcript);
	}

	*#certificateFlight(): Generator<Uint8Array, void> {
		const { chain, sign, scheme = 0x0403, requests = false, requestSchemes = [0x0403], leafExtensions = new Uint8Array(0) } = this.#options;
		if (requests)
			yield this.#send(13, concat(vector8(), vector16(extension(13, vector16(...requestSchemes.map(u16))), extension(0x7a7a, new Uint8Array(5)))));
		yield this.#send(11, concat(vector8(), vector24(...chain.map((der, i) => concat(vector24(der), vector16(i === 0 ? leafExtensions : new Uint8Array(0)))))));
		yield this.#send(15, concat(u16(scheme), vector16(sign(signedContent(this.#digest(), "server")))));
	}

	/** After the client's last flight, which was absorbed: the secret of the session behind a ticket with that nonce. */
	sessionSecret(nonce: Uint8Array): Uint8Array {
		const { crypto } = this.#options;
		return hkdfExpandLabel(crypto, this.#hash, this.#schedule.derive("res master", this.#digest()), "resumption", nonce, hashLength(this.#hash));
	}

	/** What the client's last flight must be. */
	expectedClientFlight(): Uint8Array {
		const certificate = this.#options.requests ? message(11, concat(vector8(), vector24())) : new Uint8Array(0);
		this.#absorb(certificate);
		const finished = message(20, this.#schedule.verifyData(this.clientHandshakeSecret, this.#digest()));
		this.#absorb(finished);
		return concat(certificate, finished);
	}

	/** Takes the client's last flight with a certificate, whose key is given, and checks all of it; returns the chain. */
	takeClientFlight(flight: Uint8Array, publicKey: Uint8Array): Uint8Array[] {
		let at = 0;
		const next = (type: number): Uint8Array => {
			const end = at + 4 + (flight[at + 1]! << 16 | flight[at + 2]! << 8 | flight[at + 3]!);
			if (flight[at] !== type || end > flight.length)
				throw new Error(`type ${flight[at]} of ${end - at} bytes where ${type} belongs`);
			const whole = flight.slice(at, end);
			at = end;
			return whole;
		};
		const certificate = next(11), chain: Uint8Array[] = [];
		for (let i = 8; i < certificate.length;) {
			const length = certificate[i]! << 16 | certificate[i + 1]! << 8 | certificate[i + 2]!;
			chain.push(certificate.slice(i + 3, i + 3 + length));
			i += 5 + length;
		}
		if (hexOf(certificate) !== hexOf(message(11, concat(vector8(), vector24(...chain.map(der => concat(vector24(der), vector16())))))))
			throw new Error("Certificate is not as it should be");
		this.#absorb(certificate);
		const verify = next(15), scheme = signatureScheme(verify[4]! << 8 | verify[5]!)!, signature = verify.slice(8);
		if ((verify[6]! << 8 | verify[7]!) !== signature.length)
			throw new Error("CertificateVerify has another length than it says");
		if (!this.#options.crypto.verify(scheme.signature, scheme.hash, publicKey, signedContent(this.#digest(), "client"), signature))
			throw new Error("CertificateVerify is wrong");
		this.#absorb(verify);
		const finished = next(20);
		if (hexOf(finished) !== hexOf(message(20, this.#schedule.verifyData(this.clientHandshakeSecret, this.#digest()))) || at !== flight.length)
			throw new Error("Finished is wrong");
		this.#absorb(finished);
		return chain;
	}

	/** Checks the binder of the session that the ClientHello offers, and resumes where the options say so. */
	#resume(clientHello: Uint8Array): void {
		const { crypto, secret } = this.#options, offer = this.hello.extensions.get(41);
		if (secret === undefined || offer === undefined)
			return;
		const length = hashLength(this.#hash), at = clientHello.length - length, schedule = new KeySchedule(crypto, this.#hash, secret);
		const partial = crypto.hash(this.#hash), digest = new Uint8Array(length);
		for (const bytes of [...this.#absorbed, clientHello.subarray(0, at - 3)])
			partial.update(bytes, 0, bytes.length);
		partial.digest(digest, 0);
		if (hexOf(schedule.verifyData(schedule.derive("res binder"), digest)) !== hexOf(clientHello.subarray(at)))
			throw new Error("the binder is wrong");
		this.#schedule = schedule;
		this.resumed = true;
	}

	#send(type: number, body: Uint8Array, sessionId?: Uint8Array): Uint8Array {
		let bytes = message(type, sessionId === undefined ? body : concat(body.slice(0, 34), vector8(sessionId), body.slice(35)));
		if (this.#options.change !== undefined)
			bytes = this.#options.change(type, bytes);
		this.#absorb(bytes);
		return bytes;
	}

	#absorb(bytes: Uint8Array): void {
		this.#absorbed.push(bytes);
		this.#transcript.update(bytes, 0, bytes.length);
	}

	#digest(): Uint8Array {
		const digest = new Uint8Array(hashLength(this.#hash));
		this.#transcript.digest(digest, 0);
		return digest;
	}
}

function hexOf(bytes: Uint8Array): string {
	return bytes.reduce((text, byte) => text + (byte + 256).toString(16).slice(1), "");
}

export interface ParsedHello {
	readonly random: Uint8Array;
	readonly sessionId: Uint8Array;
	readonly suites: number[];
	/** Bodies by type, in the order they came. */
	readonly extensions: Map<number, Uint8Array>;
	/** Key shares by group. */
	readonly shares: Record<number, Uint8Array>;
}

/** Parses a ClientHello message and throws where it is not well-formed. */
export function parseClientHello(bytes: Uint8Array): ParsedHello {
	let at = 0;
	const take = (count: number): Uint8Array => {
		if (at + count > bytes.length)
			throw new Error("ClientHello ends too early");
		at += count;
		return bytes.slice(at - count, at);
	};
	const number = (size: number): number => take(size).reduce((value, byte) => value * 256 + byte, 0);
	if (number(1) !== 1 || number(3) !== bytes.length - 4 || number(2) !== 0x0303)
		throw new Error("no ClientHello");
	const random = take(32);
	const sessionId = take(number(1));
	const suites: number[] = [];
	for (let count = number(2) / 2; count > 0; count--)
		suites.push(number(2));
	if (number(2) !== 0x0100)
		throw new Error("compression");
	if (number(2) !== bytes.length - at)
		throw new Error("extensions do not fill the ClientHello");
	const extensions = new Map<number, Uint8Array>();
	while (at < bytes.length) {
		const type = number(2);
		if (extensions.has(type))
			throw new Error(`extension ${type} twice`);
		extensions.set(type, take(number(2)));
	}
	const shares: Record<number, Uint8Array> = {};
	const list = extensions.get(51)!;
	for (let i = 2; i < list.length;) {
		const length = list[i + 2]! << 8 | list[i + 3]!;
		shares[list[i]! << 8 | list[i + 1]!] = list.slice(i + 4, i + 4 + length);
		i += 4 + length;
	}
	return { random, sessionId, suites, extensions, shares };
}

/** The body of a ServerHello. */
export function serverHello(random: Uint8Array, suite: number, ...extensions: Uint8Array[]): Uint8Array {
	return concat(u16(0x0303), random, vector8(), u16(suite), new Uint8Array([0]), vector16(...extensions));
}

export const message = (type: number, body: Uint8Array): Uint8Array => concat(new Uint8Array([type, body.length >> 16, body.length >> 8, body.length]), body);
export const extension = (type: number, body: Uint8Array): Uint8Array => concat(u16(type), vector16(body));
export const u16 = (value: number): Uint8Array => new Uint8Array([value >> 8, value]);
export const vector8 = (...parts: Uint8Array[]): Uint8Array => vector(1, parts);
export const vector16 = (...parts: Uint8Array[]): Uint8Array => vector(2, parts);
export const vector24 = (...parts: Uint8Array[]): Uint8Array => vector(3, parts);

function vector(size: number, parts: Uint8Array[]): Uint8Array {
	const body = concat(...parts), length = new Uint8Array(size);
	for (let i = 0; i < size; i++)
		length[i] = body.length >> 8 * (size - 1 - i);
	return concat(length, body);
}
