import * as alert from "./alert.js";
import { AlertError } from "./alert.js";
import { RECORD_HEADER_LENGTH, type RecordProtection } from "./record-protection.js";

/** ContentType (RFC 8446 §5.1). */
export const CONTENT_CHANGE_CIPHER_SPEC = 20;
export const CONTENT_ALERT = 21;
export const CONTENT_HANDSHAKE = 22;
export const CONTENT_DATA = 23;

/** Longest plain text, and what protection may add to it. */
const PLAIN_MAX = 0x4000;
const EXPANSION_MAX = 256;
const TAG_LENGTH = 16;

/** Takes a byte stream apart into TLS records (RFC 8446 §5) and opens them in place, one at a time. The buffer holds one
 *  record of the greatest length that the protocol allows. */
export class RecordReader {
	/** Of the record that `next` opened: its type, and its content in bytes[contentAt, contentEnd), from the front of
	 *  which its reader takes. */
	type = 0;
	contentAt = 0;
	contentEnd = 0;
	readonly bytes = new Uint8Array(RECORD_HEADER_LENGTH + PLAIN_MAX + EXPANSION_MAX);
	/** The bytes that no record was made of yet. */
	#at = 0;
	#filled = 0;
	/** Undefined: records come in the clear. */
	#keys: RecordProtection | undefined = undefined;

	/** Bytes that `put` takes now; 0 where a record waits for its reader. */
	get room(): number {
		return this.contentAt < this.contentEnd ? 0 : this.bytes.length - (this.#filled - this.#at);
	}

	/** Appends bytes[offset, end), at most `room`. */
	put(bytes: Uint8Array, offset: number, end: number): void {
		if (this.#filled + end - offset > this.bytes.length) {
			this.bytes.copyWithin(0, this.#at, this.#filled);
			this.#filled -= this.#at;
			this.#at = 0;
		}
		for (; offset < end; offset++)
			this.bytes[this.#filled++] = bytes[offset]!;
	}

	/** Records are opened with these keys from now on. */
	protect(keys: RecordProtection): void {
		this.#keys?.close();
		this.#keys = keys;
	}

	/** The keys after a KeyUpdate. */
	update(): void {
		this.protect(this.#keys!.next());
	}

	/** Opens the next record that is whole; false: there is none. Throws AlertError. */
	next(): boolean {
		const bytes = this.bytes, at = this.#at;
		if (this.#filled - at < RECORD_HEADER_LENGTH)
			return false;
		const type = bytes[at]!, length = bytes[at + 3]! << 8 | bytes[at + 4]!;
		const isSealed = this.#keys !== undefined && type !== CONTENT_CHANGE_CIPHER_SPEC;
		if (type < CONTENT_CHANGE_CIPHER_SPEC || type > CONTENT_DATA || isSealed && type !== CONTENT_DATA || !isSealed && type === CONTENT_DATA)
			throw new AlertError(alert.ALERT_UNEXPECTED_MESSAGE, `record of type ${type}`);
		if (length > PLAIN_MAX + (isSealed ? EXPANSION_MAX : 0))
			throw new AlertError(alert.ALERT_RECORD_OVERFLOW, `record of ${length} bytes`);
		const end = at + RECORD_HEADER_LENGTH + length;
		if (this.#filled < end)
			return false;
		this.#at = end;
		this.type = type;
		this.contentAt = at + RECORD_HEADER_LENGTH;
		this.contentEnd = end;
		if (isSealed)
			this.#open(this.#keys!, at, end);
		if (this.contentAt === this.contentEnd && this.type !== CONTENT_DATA)
			throw new AlertError(alert.ALERT_UNEXPECTED_MESSAGE, "empty record");
		return true;
	}

	/** Wipes keys and buffer. Idempotent. */
	close(): void {
		this.#keys?.close();
		this.#keys = undefined;
		this.bytes.fill(0);
		this.#at = this.#filled = this.contentAt = this.contentEnd = 0;
	}

	/** RFC 8446 §5.2, §5.4: the type is the last byte that is not zero. */
	#open(keys: RecordProtection, at: number, end: number): void {
		const bytes = this.bytes;
		// A record that is too short for a tag does not open either.
		let last = end - this.contentAt < TAG_LENGTH ? -1 : keys.open(bytes, at, end);
		if (last === -1)
			throw new AlertError(alert.ALERT_BAD_RECORD_MAC, "a record cannot be decrypted");
		if (last - this.contentAt > PLAIN_MAX + 1)
			throw new AlertError(alert.ALERT_RECORD_OVERFLOW, "a record has too much content");
		while (--last >= this.contentAt && bytes[last] === 0);
		if (last < this.contentAt)
			throw new AlertError(alert.ALERT_UNEXPECTED_MESSAGE, "a record has no type");
		this.type = bytes[last]!;
		this.contentEnd = last;
		if (this.type < CONTENT_ALERT || this.type > CONTENT_DATA)
			throw new AlertError(alert.ALERT_UNEXPECTED_MESSAGE, `content of type ${this.type}`);
	}
}
