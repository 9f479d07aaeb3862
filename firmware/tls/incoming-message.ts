import { AlertError, ALERT_DECODE_ERROR } from "./alert.js";
import { TLS_MESSAGE_MAX } from "../config.js";

/** Bytes of a handshake message's header: type and length. */
export const MESSAGE_HEADER_LENGTH = 4;

/** Puts one handshake message (RFC 8446 §4) together that CRYPTO data brings in pieces.
 *  `header` until it says true, then `keep` and `body`, or read the body elsewhere; then `reset`. */
export class IncomingMessage {
	type = 0;
	/** Bytes of the body. */
	length = 0;
	/** The whole message from its header on, where `keep` was called. */
	bytes: Uint8Array;
	#header = new Uint8Array(MESSAGE_HEADER_LENGTH);
	#filled = 0;

	constructor() {
		this.bytes = this.#header;
	}

	get isBegun(): boolean {
		return this.#filled > 0;
	}

	get hasHeader(): boolean {
		return this.#filled >= MESSAGE_HEADER_LENGTH;
	}

	get isComplete(): boolean {
		return this.#filled === this.bytes.length;
	}

	/** Takes what is missing of the header from bytes[at, end); returns where it stopped. */
	header(bytes: Uint8Array, at: number, end: number): number {
		const header = this.#header;
		while (at < end && this.#filled < MESSAGE_HEADER_LENGTH)
			header[this.#filled++] = bytes[at++]!;
		this.type = header[0]!;
		this.length = header[1]! << 16 | header[2]! << 8 | header[3]!;
		return at;
	}

	/** Makes room for the body: the message is to be kept whole. */
	keep(): void {
		if (this.length > TLS_MESSAGE_MAX - MESSAGE_HEADER_LENGTH)
			throw new AlertError(ALERT_DECODE_ERROR, `the server sent a message of ${this.length} bytes (type ${this.type}), which is too long`);
		this.bytes = new Uint8Array(MESSAGE_HEADER_LENGTH + this.length);
		this.bytes.set(this.#header);
	}

	/** Takes what is missing of a kept body from bytes[at, end); returns where it stopped. */
	body(bytes: Uint8Array, at: number, end: number): number {
		while (at < end && this.#filled < this.bytes.length)
			this.bytes[this.#filled++] = bytes[at++]!;
		return at;
	}

	/** Makes ready for the next message and lets the present one go. */
	reset(): void {
		this.bytes = this.#header;
		this.#filled = 0;
	}
}
