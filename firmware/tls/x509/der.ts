import { type CertificateError, FAULT_MALFORMED, refusal } from "./certificate-error.js";
import { dottedOid, hexText, oidOf } from "./oid.js";

export const TAG_BOOLEAN = 0x01;
export const TAG_INTEGER = 0x02;
export const TAG_BIT_STRING = 0x03;
export const TAG_OCTET_STRING = 0x04;
export const TAG_NULL = 0x05;
export const TAG_OID = 0x06;
export const TAG_ENUMERATED = 0x0a;
export const TAG_UTC_TIME = 0x17;
export const TAG_GENERALIZED_TIME = 0x18;
export const TAG_SEQUENCE = 0x30;
export const TAG_SET = 0x31;

/** Reads DER (X.690 §10, §11) from bytes[at, end): minimal definite lengths, low tag numbers only, no data after the
 *  last element. `read` moves to the next element and describes it in the fields. Throws CertificateError. */
export class DerReader {
	readonly bytes: Uint8Array;
	at: number;
	readonly end: number;
	/** The element that was read last: its tag, where its header begins, its content [contentAt, contentEnd). */
	tag = 0;
	start = 0;
	contentAt = 0;
	contentEnd = 0;

	constructor(bytes: Uint8Array, at: number, end: number) {
		this.bytes = bytes;
		this.at = at;
		this.end = end;
	}

	get atEnd(): boolean {
		return this.at === this.end;
	}

	/** The next element's tag, or -1 at the end. */
	get nextTag(): number {
		return this.at < this.end ? this.bytes[this.at]! : -1;
	}

	/** Moves over the next element, whatever it is. */
	read(): void {
		this.start = this.at;
		this.tag = this.#number(1);
		if ((this.tag & 0x1f) === 0x1f)
			throw malformed("a tag number above 30");
		let length = this.#number(1);
		if (length >= 0x80) {
			const size = length & 0x7f;
			// Neither indefinite, nor huge, nor longer than it need be.
			length = size > 3 ? 0 : this.#number(size);
			if (length < 0x80 || length < 1 << 8 * (size - 1))
				throw malformed("a wrong length");
		}
		this.contentAt = this.at;
		this.at += length;
		this.contentEnd = this.at;
		if (this.at > this.end || this.at > this.bytes.length)
			throw malformed("an element longer than what holds it");
	}

	/** Moves over the next element, which must have that tag. */
	expect(tag: number): void {
		this.read();
		if (this.tag !== tag)
			throw malformed(`tag ${this.tag} where ${tag} belongs`);
	}

	/** Moves over the next element if it has that tag. */
	optional(tag: number): boolean {
		if (this.nextTag !== tag)
			return false;
		this.read();
		return true;
	}

	/** A reader over the content of the next element, which must have that tag. */
	enter(tag: number): DerReader {
		this.expect(tag);
		return this.content();
	}

	/** The same where it must be the last one. */
	enterLast(tag: number): DerReader {
		const content = this.enter(tag);
		this.finish();
		return content;
	}

	/** A reader over the content of the element that was read last. */
	content(): DerReader {
		return new DerReader(this.bytes, this.contentAt, this.contentEnd);
	}

	/** To be called after the last element. */
	finish(): void {
		if (this.at !== this.end)
			throw malformed("data after the last element");
	}

	/** Bytes of the content of the element that was read last. */
	get length(): number {
		return this.contentEnd - this.contentAt;
	}

	/** Hex text of the content of the element that was read last. */
	get hex(): string {
		return hexText(this.bytes, this.contentAt, this.contentEnd);
	}

	/** The OBJECT IDENTIFIER that was read last, with dots, for messages. */
	get dotted(): string {
		return dottedOid(this.hex);
	}

	/** Moves over an OBJECT IDENTIFIER; returns its OID_*, -1 = another. */
	oid(): number {
		this.expect(TAG_OID);
		const bytes = this.bytes, contentEnd = this.contentEnd;
		// It ends with the last byte of an arc; no arc begins with zero bits.
		let isWrong = this.length === 0 || bytes[contentEnd - 1]! >= 0x80;
		for (let i = this.contentAt, isFirst = true; i < contentEnd; i++) {
			isWrong ||= isFirst && bytes[i] === 0x80;
			isFirst = bytes[i]! < 0x80;
		}
		if (isWrong)
			throw malformed("a wrong object identifier");
		return oidOf(this.hex);
	}

	boolean(): boolean {
		this.expect(TAG_BOOLEAN);
		const value = this.bytes[this.contentAt]!;
		if (this.length !== 1 || value !== 0 && value !== 0xff)
			throw malformed("a wrong boolean");
		return value !== 0;
	}

	/** Moves over an INTEGER and checks that it is minimal; its bytes are the content. */
	integer(): void {
		this.expect(TAG_INTEGER);
		const sign = this.bytes[this.contentAt + 1]! & 0x80;
		if (this.length === 0 || this.length > 1 && this.bytes[this.contentAt] === (sign === 0 ? 0 : 0xff))
			throw malformed("a wrong integer");
	}

	/** A non-negative INTEGER below 2^31. */
	smallInteger(): number {
		this.integer();
		if (this.length > 4 || this.bytes[this.contentAt]! & 0x80)
			throw malformed("a number out of range");
		return parseInt(this.hex, 16);
	}

	/** Moves over a NULL. */
	null(): void {
		this.expect(TAG_NULL);
		if (this.length !== 0)
			throw malformed("a NULL with content");
	}

	/** Moves over a BIT STRING; returns its unused bits, and the content begins after their count. */
	bitString(): number {
		this.expect(TAG_BIT_STRING);
		const isEmpty = this.length === 0, unused = this.bytes[this.contentAt]!;
		this.contentAt++;
		if (isEmpty || unused > 7 || unused > 0 && (this.length === 0 || this.bytes[this.contentEnd - 1]! & (1 << unused) - 1))
			throw malformed("a wrong bit string");
		return unused;
	}

	/** A copy of the content of the element that was read last. */
	copy(): Uint8Array {
		return this.bytes.slice(this.contentAt, this.contentEnd);
	}

	#number(size: number): number {
		let value = 0;
		for (; size > 0; size--) {
			if (this.at >= this.end)
				throw malformed("data that ends too early");
			value = value << 8 | this.bytes[this.at]!;
			this.at++;
		}
		return value;
	}
}

/** A reader over the content of the SEQUENCE that fills `bytes`. */
export function enterSequence(bytes: Uint8Array): DerReader {
	return new DerReader(bytes, 0, bytes.length).enterLast(TAG_SEQUENCE);
}

/** The error for bytes that break the encoding. */
export function malformed(what: string): CertificateError {
	return refusal(FAULT_MALFORMED, "is damaged: it contains " + what);
}
