import type { Crypto } from "../ports/crypto.js";
import type { SendRing } from "../wire/send-ring.js";
import * as alert from "./alert.js";
import { AlertError } from "./alert.js";
import { cipherSuite } from "./cipher-suite.js";
import { APPLICATION_KEYS, ClientHandshake, HANDSHAKE_COMPLETE, HANDSHAKE_KEYS, HANDSHAKE_NONE, KEY_UPDATE_NONE, KEY_UPDATE_REQUESTED, LEVEL_APPLICATION, LEVEL_HANDSHAKE, LEVEL_INITIAL, SESSION } from "./client-handshake.js";
import type { HandshakeOptions } from "./handshake-options.js";
import { CONTENT_ALERT, CONTENT_CHANGE_CIPHER_SPEC, CONTENT_DATA, CONTENT_HANDSHAKE, RecordReader } from "./record-reader.js";
import { RECORD_HEADER_LENGTH, RecordProtection } from "./record-protection.js";
import type { Session } from "./session.js";

/** RFC 8446 §5.5: AES-GCM seals 2^24.5 full records with one key; then a KeyUpdate goes out. */
const RECORDS_MAX = 0x1000000;
/** The type behind the content, and the tag. */
const EXPANSION = 17;
/** Longest content of a record. */
const CONTENT_MAX = 0x4000;
const ALERT_CLOSE_NOTIFY = 0;
const LEVEL_FATAL = 2;

/** One TLS 1.3 connection over a byte stream (RFC 8446), client's side. Performs no I/O.
 *
 *  `start`; then carry what `pollTransmit` gives to the server, feed `receive`, and look at `isConnected`, `read`, `takeSession`
 *  and `isClosed` after each. */
export class RecordLayer {
	/** The handshake is done and the server's certificate was accepted. */
	isConnected = false;
	/** By either side; `pollTransmit` may have a last word. */
	isClosed = false;
	/** After `isClosed`: the alert that ended it, sent or received, -1 = none; and why, in words. */
	closeAlert = -1;
	closeReason = "";
	/** The alert was the server's. */
	isPeerAlert = false;
	#handshake: ClientHandshake;
	#crypto: Crypto;
	#reader = new RecordReader();
	/** The level that the server's handshake messages are of. */
	#level = LEVEL_INITIAL;
	#sendKeys: RecordProtection | undefined = undefined;
	/** What follows when our last flight was sent. */
	#nextSendKeys: RecordProtection | undefined = undefined;
	#wasHelloSent = false;
	/** A change_cipher_spec for middleboxes went out. */
	#wasChangeSent = false;
	#mustUpdate = false;
	/** The alert that is to be sent, -1 = none. */
	#alert = -1;

	constructor(options: HandshakeOptions) {
		this.#crypto = options.crypto;
		this.#handshake = new ClientHandshake(options);
	}

	/** The suite's name; "" before it is known. */
	get cipher(): string {
		return cipherSuite(this.#handshake.suite)?.name ?? "";
	}

	get resumed(): boolean {
		return this.#handshake.resumed;
	}

	/** Bytes that `receive` takes now; 0 while data waits for `read`. */
	get room(): number {
		return this.isClosed ? 0 : this.#reader.room;
	}

	start(): void {
		this.#handshake.start();
	}

	/** Takes bytes[0, length), at most `room` of them. */
	receive(bytes: Uint8Array, length: number): void {
		if (this.isClosed)
			return;
		this.#reader.put(bytes, 0, length);
		this.#advance();
	}

	/** Copies data to into[at, end); returns its length, 0 = none. */
	read(into: Uint8Array, at: number, end: number): number {
		const reader = this.#reader;
		let count = 0;
		while (at < end && reader.type === CONTENT_DATA && reader.contentAt < reader.contentEnd) {
			const left = reader.contentEnd - reader.contentAt, size = left < end - at ? left : end - at;
			for (let i = 0; i < size; i++)
				into[at + i] = reader.bytes[reader.contentAt + i]!;
			reader.contentAt += size;
			at += size;
			count += size;
			if (reader.contentAt === reader.contentEnd && !this.isClosed)
				this.#advance();
		}
		return count;
	}

	/** Writes the next record, with data of `ring` where the handshake is done, whose room is given back; returns its
	 *  length, 0 = none. `into`: at least 64 bytes. */
	pollTransmit(into: Uint8Array, ring: SendRing | undefined): number {
		if (this.#alert !== -1)
			return this.#sendAlert(into);
		if (this.isClosed)
			return 0;
		const length = this.#sendHandshake(into);
		if (length > 0 || !this.isConnected)
			return length;
		if (this.#mustUpdate || this.#sendKeys!.sequence >= RECORDS_MAX)
			return this.#sendKeyUpdate(into);
		if (ring === undefined || ring.base === ring.end)
			return 0;
		const left = ring.end - ring.base, most = (into.length < CONTENT_MAX ? into.length : CONTENT_MAX) - RECORD_HEADER_LENGTH - EXPANSION, count = left < most ? left : most;
		ring.copy(ring.base, ring.base + count, into, RECORD_HEADER_LENGTH);
		ring.release(ring.base + count);
		return this.#seal(into, CONTENT_DATA, RECORD_HEADER_LENGTH + count);
	}

	takeSession(): Session | undefined {
		return this.#handshake.pollEvent() === SESSION ? this.#handshake.takeSession() : undefined;
	}

	/** Ends the connection: close_notify is the last word. Idempotent. */
	close(): void {
		this.#end(ALERT_CLOSE_NOTIFY, "closed");
	}

	/** The byte stream has ended, or broke. */
	lost(reason: string): void {
		this.#end(-1, reason);
	}

	/** Wipes everything; nothing more is sent. Idempotent. */
	dispose(): void {
		this.isClosed = true;
		this.#alert = -1;
		this.#handshake.close();
		this.#reader.close();
		this.#sendKeys?.close();
		this.#nextSendKeys?.close();
		this.#sendKeys = this.#nextSendKeys = undefined;
	}

	/** Takes records up to one with data. */
	#advance(): void {
		const reader = this.#reader;
		try {
			while (!this.isClosed && reader.next()) {
				if (reader.type === CONTENT_HANDSHAKE)
					this.#onHandshake();
				else if (this.#handshake.isWithinMessage)
					throw new AlertError(alert.ALERT_UNEXPECTED_MESSAGE, "a handshake message is interrupted");
				else if (reader.type === CONTENT_ALERT)
					this.#onAlert();
				else if (reader.type === CONTENT_CHANGE_CIPHER_SPEC)
					this.#onChangeCipherSpec();
				else if (!this.isConnected)
					throw new AlertError(alert.ALERT_UNEXPECTED_MESSAGE, "data before the handshake was done");
				else if (reader.contentAt < reader.contentEnd)
					return;
			}
		}
		catch (error) {
			if (!(error instanceof AlertError))
				throw error;
			this.#end(error.alert, error.message);
		}
	}

	#onHandshake(): void {
		const reader = this.#reader, handshake = this.#handshake, from = reader.contentAt;
		reader.contentAt = reader.contentEnd;
		// RFC 8446 §5.1: a record boundary stands at every change of keys.
		if (handshake.receive(this.#level, reader.bytes, from, reader.contentEnd) < reader.contentEnd)
			throw new AlertError(alert.ALERT_UNEXPECTED_MESSAGE, "handshake data spans a change of keys");
		if (!this.isConnected)
			this.#onProgress();
		const update = handshake.takeKeyUpdate();
		if (update === KEY_UPDATE_NONE)
			return;
		reader.update();
		if (update === KEY_UPDATE_REQUESTED)
			this.#mustUpdate = true;
	}

	#onProgress(): void {
		const handshake = this.#handshake, crypto = this.#crypto;
		for (let event = handshake.pollEvent(); event !== HANDSHAKE_NONE; event = handshake.pollEvent())
			if (event === HANDSHAKE_COMPLETE) {
				this.isConnected = true;
				return;
			}
			else {
				const suite = cipherSuite(handshake.suite)!;
				const send = new RecordProtection(crypto, suite, handshake.clientSecret);
				if (event === HANDSHAKE_KEYS)
					this.#sendKeys = send;
				else
					this.#nextSendKeys = send;
				this.#reader.protect(new RecordProtection(crypto, suite, handshake.serverSecret));
				this.#level = event === APPLICATION_KEYS ? LEVEL_APPLICATION : LEVEL_HANDSHAKE;
			}
	}

	/** RFC 8446 §6: everything but close_notify and user_canceled is fatal, whatever level it says. */
	#onAlert(): void {
		const reader = this.#reader, code = reader.bytes[reader.contentAt + 1]!;
		if (reader.contentEnd - reader.contentAt !== 2)
			throw new AlertError(alert.ALERT_DECODE_ERROR, "damaged alert");
		reader.contentAt = reader.contentEnd;
		if (code === alert.ALERT_USER_CANCELED)
			return;
		this.isPeerAlert = true;
		this.#end(code, code === ALERT_CLOSE_NOTIFY ? "the server closed the connection" : alert.clientCertificateText(code) || `the server ended the connection: ${alert.alertText(code)}`);
		// RFC 8446 §6.1: our own close_notify goes out too; to an error alert nothing is answered.
		this.#alert = code === ALERT_CLOSE_NOTIFY ? ALERT_CLOSE_NOTIFY : -1;
	}

	/** RFC 8446 §5: one byte of 1, in the clear, before the server's Finished, is dropped. */
	#onChangeCipherSpec(): void {
		const reader = this.#reader;
		if (this.isConnected || reader.contentEnd - reader.contentAt !== 1 || reader.bytes[reader.contentAt] !== 1)
			throw new AlertError(alert.ALERT_UNEXPECTED_MESSAGE, "misplaced change_cipher_spec");
		reader.contentAt = reader.contentEnd;
	}

	#sendHandshake(into: Uint8Array): number {
		const handshake = this.#handshake, isSealed = this.#sendKeys !== undefined;
		if (this.isConnected && this.#nextSendKeys === undefined)
			return 0;
		const level = isSealed ? LEVEL_HANDSHAKE : LEVEL_INITIAL;
		const end = into.length - (isSealed ? EXPANSION : 0);
		// Right before the second flight, whichever it is.
		if (!this.#wasChangeSent && (isSealed ? this.isConnected : handshake.isRetried)) {
			this.#wasChangeSent = true;
			into[RECORD_HEADER_LENGTH] = 1;
			return putHeader(into, CONTENT_CHANGE_CIPHER_SPEC, RECORD_HEADER_LENGTH + 1);
		}
		const count = handshake.pollTransmit(level, into, RECORD_HEADER_LENGTH, end);
		if (count > 0) {
			if (isSealed)
				return this.#seal(into, CONTENT_HANDSHAKE, RECORD_HEADER_LENGTH + count);
			const length = putHeader(into, CONTENT_HANDSHAKE, RECORD_HEADER_LENGTH + count);
			// RFC 8446 §5.1: the first record "MAY also be 0x0301 for compatibility purposes".
			into[2] = this.#wasHelloSent ? 3 : 1;
			this.#wasHelloSent = true;
			return length;
		}
		if (this.isConnected)
			this.#switchKeys(this.#nextSendKeys!);
		return 0;
	}

	#switchKeys(keys: RecordProtection): void {
		this.#sendKeys!.close();
		this.#sendKeys = keys;
		this.#nextSendKeys = undefined;
	}

	#sendKeyUpdate(into: Uint8Array): number {
		this.#mustUpdate = false;
		into.fill(0, RECORD_HEADER_LENGTH, RECORD_HEADER_LENGTH + 5);
		into[RECORD_HEADER_LENGTH] = 24;
		into[RECORD_HEADER_LENGTH + 3] = 1;
		const length = this.#seal(into, CONTENT_HANDSHAKE, RECORD_HEADER_LENGTH + 5);
		this.#switchKeys(this.#sendKeys!.next());
		return length;
	}

	/** Under the keys that the server expects: after our Finished those of the data. */
	#sendAlert(into: Uint8Array): number {
		into[RECORD_HEADER_LENGTH] = this.#alert === ALERT_CLOSE_NOTIFY ? 1 : LEVEL_FATAL;
		into[RECORD_HEADER_LENGTH + 1] = this.#alert;
		this.#alert = -1;
		const end = RECORD_HEADER_LENGTH + 2;
		return this.#sendKeys === undefined ? putHeader(into, CONTENT_ALERT, end) : this.#seal(into, CONTENT_ALERT, end);
	}

	/** Seals the content into[RECORD_HEADER_LENGTH, end); returns the record's end. */
	#seal(into: Uint8Array, type: number, end: number): number {
		into[end] = type;
		putHeader(into, CONTENT_DATA, end + EXPANSION);
		return this.#sendKeys!.seal(into, 0, end + 1);
	}

	#end(code: number, reason: string): void {
		if (this.isClosed)
			return;
		this.isClosed = true;
		this.closeAlert = code;
		this.closeReason = reason;
		this.#alert = code;
		this.#handshake.close();
	}
}

/** Of the record into[0, end); returns its end. */
function putHeader(into: Uint8Array, type: number, end: number): number {
	const length = end - RECORD_HEADER_LENGTH;
	into[0] = type;
	into[1] = into[2] = 3;
	into[3] = length >> 8;
	into[4] = length;
	return end;
}
