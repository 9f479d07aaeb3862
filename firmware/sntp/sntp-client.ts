/** An SNTP client, RFC 4330. Performs no I/O and reads no clock. After any input or command: pollEvent until
 *  SNTP_EVENT_NONE, pollTransmit until 0, pollTimeout. */
import { SNTP_DENIED, SNTP_INTERVAL, SNTP_RETRY_MAX, SNTP_RETRY_MIN, SNTP_TIMEOUT } from "../config.js";
import type { Random } from "../ports/random.js";
import { EARLIEST_TIME, NO_TIMEOUT } from "../wire/time.js";
import { LEAP_UNKNOWN, MODE_SERVER, NTP_LENGTH, NTP_PORT, ORIGIN, readTimestamp, RECEIVE, REFERENCE_ID, STRATUM, TRANSMIT, writeRequest } from "./ntp-packet.js";

export const SNTP_EVENT_NONE = 0;
/** `seconds` and `milliseconds` were the time at the call of `receive`. */
export const SNTP_EVENT_TIME = 1;
/** The attempt failed: `error` says why. */
export const SNTP_EVENT_FAILED = 2;

/** Why `receive` took a datagram for none of ours. */
export const DROP_SENDER = -1;
export const DROP_LENGTH = -2;
export const DROP_HEADER = -3;
/** Not the answer to the request that is under way. */
export const DROP_ORIGIN = -4;

const STOPPED = 0, WAIT = 1, RESOLVE = 2, SEND = 3, ANSWER = 4;

export class SntpClient {
	peerAddress = 0;
	seconds = 0;
	milliseconds = 0;
	/** Of the last attempt; "" where it went well. */
	error = "";
	#random: Random;
	#phase = STOPPED;
	/** When the phase ends. */
	#due = 0;
	#sentAt = 0;
	#hasSent = false;
	#isSynchronized = false;
	/** Whoever wants the time sooner than #due must not ask before. */
	#notBefore = 0;
	#retry = SNTP_RETRY_MIN;
	#event = SNTP_EVENT_NONE;
	/** Of the request; a copy of it in an answer proves that the answer's sender saw the request. */
	#nonce = new Uint8Array(8);

	constructor(random: Random) {
		this.#random = random;
	}

	/** The network is there. Asks at once unless the time is known, or was asked for a moment ago. RFC 4330 §10: "A client MUST
	 *  NOT under any conditions use a poll interval less than 15 seconds." */
	start(now: number): void {
		if (this.#phase !== STOPPED)
			return;
		this.#phase = WAIT;
		if (!this.#isSynchronized)
			this.#due = this.#hasSent ? this.#notBefore : now;
	}

	/** The network is gone; what is due by then waits for `start`. */
	stop(): void {
		if (this.#phase > WAIT)
			this.#due = this.#notBefore;
		this.#phase = STOPPED;
	}

	/** True while the server's name is to be looked up; `resolved` answers, once for each lookup. */
	get wantsResolve(): boolean {
		return this.#phase === RESOLVE;
	}

	/** `address`: -1 where the name was not found. */
	resolved(address: number, now: number): void {
		if (this.#phase !== RESOLVE)
			return;
		if (address === -1) {
			this.#fail("the name was not found", now);
			return;
		}
		this.peerAddress = address;
		this.#phase = SEND;
	}

	/** Writes the request for peerAddress:NTP_PORT; returns its length, 0: none. Each wants a fresh socket. */
	pollTransmit(into: Uint8Array, now: number): number {
		if (this.#phase !== SEND)
			return 0;
		this.#random.fill(this.#nonce);
		this.#phase = ANSWER;
		this.#sentAt = now;
		this.#notBefore = (now + SNTP_RETRY_MIN) | 0;
		this.#hasSent = true;
		this.#due = (now + SNTP_TIMEOUT) | 0;
		return writeRequest(into, this.#nonce);
	}

	/** Returns 0, or DROP_*. RFC 4330 §5, the checks of a reply. */
	receive(bytes: Uint8Array, length: number, address: number, port: number, now: number): number {
		if (this.#phase !== ANSWER || address !== this.peerAddress || port !== NTP_PORT)
			return DROP_SENDER;
		if (length < NTP_LENGTH)
			return DROP_LENGTH;
		const version = bytes[0]! >> 3 & 7;
		if ((bytes[0]! & 7) !== MODE_SERVER || version < 3 || version > 4)
			return DROP_HEADER;
		for (let i = 0; i < 8; i++)
			if (bytes[ORIGIN + i] !== this.#nonce[i])
				return DROP_ORIGIN;
		const stratum = bytes[STRATUM]!;
		if (stratum === 0)
			this.#refused(bytes, now);
		else if (stratum > 15 || bytes[0]! >> 6 === LEAP_UNKNOWN)
			this.#fail("the server itself does not know the time", now);
		else
			this.#take(bytes, now);
		return 0;
	}

	onTimeout(now: number): void {
		if (this.pollTimeout(now) !== 0)
			return;
		if (this.#phase === WAIT) {
			this.#phase = RESOLVE;
			this.#due = (now + SNTP_TIMEOUT) | 0;
		}
		else if (this.#phase === RESOLVE || this.#phase === ANSWER)
			this.#fail(this.#phase === RESOLVE ? "no answer to the name lookup" : "no answer", now);
	}

	/** ms until `onTimeout` is wanted; 0 also while there is something to send. */
	pollTimeout(now: number): number {
		if (this.#phase === STOPPED)
			return NO_TIMEOUT;
		const delay = (this.#due - now) | 0;
		return this.#phase === SEND || delay < 0 ? 0 : delay;
	}

	/** SNTP_EVENT_*, each once. */
	pollEvent(): number {
		const event = this.#event;
		this.#event = SNTP_EVENT_NONE;
		return event;
	}

	#take(bytes: Uint8Array, now: number): void {
		const received = readTimestamp(bytes, RECEIVE), sent = readTimestamp(bytes, TRANSMIT);
		const underWay = ((now - this.#sentAt) | 0) - (sent - received);
		if (sent < EARLIEST_TIME * 1000 || received < 0 || sent < received) {
			this.#fail("the server's time cannot be", now);
			return;
		}
		// It left the server so long ago as it was under way, on the assumption that both ways take the same time.
		const time = sent + (underWay > 0 ? underWay / 2 : 0);
		this.seconds = Math.floor(time / 1000);
		this.milliseconds = Math.floor(time - this.seconds * 1000);
		this.error = "";
		this.#isSynchronized = true;
		this.#retry = SNTP_RETRY_MIN;
		this.#wait(SNTP_INTERVAL, now);
		this.#event = SNTP_EVENT_TIME;
	}

	/** A kiss-o'-death, RFC 4330 §8: with DENY and RSTR the server wants no more of us, with RATE it wants us less often. */
	#refused(bytes: Uint8Array, now: number): void {
		let code = "";
		for (let i = 0; i < 4; i++) {
			const character = bytes[REFERENCE_ID + i]!;
			code += character >= 0x41 && character <= 0x5a ? String.fromCharCode(character) : "?";
		}
		if (code === "RATE")
			this.#retry = SNTP_RETRY_MAX;
		this.#fail(`the server refuses: ${code}`, now);
		if (code === "DENY" || code === "RSTR")
			this.#wait(SNTP_DENIED, now);
		this.#notBefore = this.#due;
	}

	#fail(error: string, now: number): void {
		this.error = error;
		this.#event = SNTP_EVENT_FAILED;
		this.#wait(this.#retry, now);
		this.#retry = this.#retry * 2 > SNTP_RETRY_MAX ? SNTP_RETRY_MAX : this.#retry * 2;
	}

	/** Up to a quarter longer, at random: a fleet must not ask in step. */
	#wait(delay: number, now: number): void {
		const bytes = this.#nonce;
		this.#random.fill(bytes);
		this.#phase = WAIT;
		this.#due = (now + delay + Math.floor(delay / 4 * (bytes[0]! * 256 + bytes[1]!) / 65536)) | 0;
	}
}
