import { AlertError, ALERT_BAD_CERTIFICATE, ALERT_DECODE_ERROR, ALERT_ILLEGAL_PARAMETER, ALERT_UNSUPPORTED_EXTENSION } from "./alert.js";
import { OCSP_RESPONSE_MAX, TLS_CHAIN_BYTES_MAX, TLS_CHAIN_LENGTH_MAX } from "../config.js";
import { EXTENSION_STATUS_REQUEST, ExtensionReader, misplaced, type Offered } from "./extension.js";
import { Reader } from "./reader.js";

const FIELD_CONTEXT = 0;
const FIELD_LIST_LENGTH = 1;
const FIELD_CERTIFICATE_LENGTH = 2;
const FIELD_CERTIFICATE = 3;
const FIELD_EXTENSIONS_LENGTH = 4;
const FIELD_EXTENSIONS = 5;

const STATUS_OCSP = 1;
/** Lengths, types and status type around an OCSP response in an entry's extensions. */
const STATUS_OVERHEAD = 10;

/** Takes the body of a server's Certificate message (RFC 8446 §4.4.2) as it comes in, byte range by byte range, and
 *  keeps nothing but the certificates and the first one's OCSP response, each in a buffer of its own length. Bounds:
 *  config.ts. Throws AlertError. */
export class CertificateMessage {
	/** DER, the server's own certificate first. */
	readonly chain: Uint8Array[] = [];
	/** OCSP response about the first certificate. */
	staple: Uint8Array | undefined = undefined;
	/** Bytes of the body that are still to come. */
	left: number;
	#field = FIELD_CONTEXT;
	/** Bytes that the present field still wants, and its value so far where it is a number. */
	#wanted = 1;
	#value = 0;
	#total = 0;
	/** The present certificate or block of extensions; empty where a block is passed over. */
	#bytes: Uint8Array = new Uint8Array(0);
	#offered: Offered;

	/** `length`: bytes of the message's body. */
	constructor(length: number, offered: Offered) {
		this.#offered = offered;
		this.left = length;
		if (length < 4)
			throw damaged();
	}

	/** Takes bytes[at, end), which lie within the body. */
	push(bytes: Uint8Array, at: number, end: number): void {
		while (at < end) {
			let count = 1;
			if (this.#field === FIELD_CERTIFICATE || this.#field === FIELD_EXTENSIONS) {
				count = end - at < this.#wanted ? end - at : this.#wanted;
				if (this.#bytes.length > 0)
					this.#bytes.set(bytes.subarray(at, at + count), this.#bytes.length - this.#wanted);
			}
			else
				this.#value = this.#value << 8 | bytes[at]!;
			at += count;
			this.left -= count;
			this.#wanted -= count;
			if (this.#wanted === 0)
				this.#endField();
		}
		if (this.left === 0 && (this.#field !== FIELD_CERTIFICATE_LENGTH || this.#wanted !== 3))
			throw damaged();
	}

	#endField(): void {
		const value = this.#value;
		this.#value = 0;
		switch (this.#field) {
			case FIELD_CONTEXT:
				if (value !== 0)
					throw new AlertError(ALERT_ILLEGAL_PARAMETER, "Certificate has a context");
				this.#expect(FIELD_LIST_LENGTH, 3);
				break;
			case FIELD_LIST_LENGTH:
				if (value === 0)
					throw new AlertError(ALERT_DECODE_ERROR, "the server sent no certificate");
				if (value !== this.left)
					throw damaged();
				this.#expect(FIELD_CERTIFICATE_LENGTH, 3);
				break;
			case FIELD_CERTIFICATE_LENGTH:
				this.#beginCertificate(value);
				break;
			case FIELD_CERTIFICATE:
				this.chain.push(this.#bytes);
				this.#expect(FIELD_EXTENSIONS_LENGTH, 2);
				break;
			case FIELD_EXTENSIONS_LENGTH:
				this.#beginExtensions(value);
				break;
			default:
				if (this.#bytes.length > 0)
					this.#readExtensions();
				this.#expect(FIELD_CERTIFICATE_LENGTH, 3);
		}
	}

	#beginExtensions(length: number): void {
		if (length > 0 && !this.#offered.wantsStatus)
			throw new AlertError(ALERT_UNSUPPORTED_EXTENSION, "extensions were not asked for");
		if (length > this.left)
			throw damaged();
		// With the length before it, as ExtensionReader wants it.
		this.#bytes = new Uint8Array(length > OCSP_RESPONSE_MAX + STATUS_OVERHEAD ? 0 : 2 + length);
		this.#bytes[0] = length >> 8;
		this.#bytes[1] = length;
		this.#expect(length === 0 ? FIELD_CERTIFICATE_LENGTH : FIELD_EXTENSIONS, length === 0 ? 3 : length);
	}

	/** RFC 8446 §4.4.2.1. */
	#readExtensions(): void {
		const extensions = new ExtensionReader(new Reader(this.#bytes, 0, this.#bytes.length));
		while (extensions.next()) {
			const body = extensions.body;
			if (extensions.type !== EXTENSION_STATUS_REQUEST)
				throw misplaced(extensions.type, this.#offered);
			if (body.number(1) !== STATUS_OCSP)
				throw new AlertError(ALERT_ILLEGAL_PARAMETER, "stapled is not an OCSP response");
			if (body.number(3) !== body.remaining || body.atEnd)
				throw damaged();
			if (this.chain.length === 1)
				this.staple = body.rest();
		}
	}

	#beginCertificate(length: number): void {
		if (this.chain.length === TLS_CHAIN_LENGTH_MAX)
			throw new AlertError(ALERT_BAD_CERTIFICATE, `the server's chain has more than ${TLS_CHAIN_LENGTH_MAX} certificates`);
		this.#total += length;
		if (this.#total > TLS_CHAIN_BYTES_MAX)
			throw new AlertError(ALERT_BAD_CERTIFICATE, `the server's certificates are longer than ${TLS_CHAIN_BYTES_MAX} bytes together`);
		if (length === 0 || length + 2 > this.left)
			throw damaged();
		this.#bytes = new Uint8Array(length);
		this.#expect(FIELD_CERTIFICATE, length);
	}

	#expect(field: number, length: number): void {
		this.#field = field;
		this.#wanted = length;
	}
}

function damaged(): AlertError {
	return new AlertError(ALERT_DECODE_ERROR, "Certificate is damaged");
}
