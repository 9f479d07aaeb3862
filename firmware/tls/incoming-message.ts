import { AlertError, ALERT_DECODE_ERROR } from "./alert.js";
import { TLS_MESSAGE_MAX } from "../config.js";

/** Bytes of a handshake message's header: type and length. */
export const MESSAGE_HEADER_LENGTH = 4;

/** One handshake message (RFC 8446 §4) that CRYPTO data brings in pieces: its header, then its body, which is kept or passed on. */
export class IncomingMessage {
	type = 0;
	/** Bytes of the body that are still to come; of the header as long as that has not come. */
	left = MESSAGE_HEADER_LENGTH;
	hasHeader = false;
	/** The whole message from its header on, where `keep` was called. */
	bytes: Uint8Array | undefined = undefined;
	#header = 0;

	/** Takes what is missing of the header from bytes[at, end); returns where it stopped. */
	header(bytes: Uint8Array, at: number, end: number): number {
		while (at < end && this.left > 0) {
			this.#header = this.#header << 8 | bytes[at]!;
			at++;
			this.left--;
		}
		if (this.left === 0) {
			this.hasHeader = true;
			this.type = this.#header >>> 24;
			this.left = this.#header & 0xffffff;
		}
		return at;
	}

	/** Makes room for the body: the message is to be kept whole. */
	keep(): void {
		const left = this.left;
		if (left > TLS_MESSAGE_MAX - MESSAGE_HEADER_LENGTH)
			throw new AlertError(ALERT_DECODE_ERROR, `message ${this.type} of ${left} bytes is too long`);
		const bytes = this.bytes = new Uint8Array(MESSAGE_HEADER_LENGTH + left);
		for (let i = 0; i < MESSAGE_HEADER_LENGTH; i++)
			bytes[i] = this.#header >> 24 - 8 * i;
	}

	/** Takes the part bytes[at, end) of the body, where it is kept. */
	body(bytes: Uint8Array, at: number, end: number): void {
		const into = this.bytes;
		if (into !== undefined)
			for (let i = at; i < end; i++)
				into[into.length - this.left + i - at] = bytes[i]!;
		this.left -= end - at;
	}
}
