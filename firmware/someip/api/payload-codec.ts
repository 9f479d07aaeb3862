/** A payload type with a reader, a writer and a buffer: values in place of bytes. Allocates what the values need. */
import { decode } from "../payload/decode.js";
import { encode } from "../payload/encode.js";
import { NETWORK_ORDER, type Layout } from "../payload/layout.js";
import { Reader } from "../payload/reader.js";
import { checkType, type Type, type Value } from "../payload/type.js";
import { Writer } from "../payload/writer.js";
import { HEADER_LENGTH } from "../header.js";

export class PayloadCodec {
	/** What `encode` wrote: bytes[0, length). */
	readonly bytes: Uint8Array;
	/** 0, or the MALFORMED_* code of what was encoded or decoded last. */
	error = 0;
	#type: Type;
	#reader: Reader;
	#writer: Writer;

	/** `capacity`: bytes of the longest payload. Throws a RangeError where the type cannot be encoded. */
	constructor(type: Type, layout: Layout = NETWORK_ORDER, capacity = 256) {
		this.#type = checkType(type);
		this.#reader = new Reader(layout);
		this.#writer = new Writer(layout);
		this.bytes = new Uint8Array(capacity);
		this.#writer.attach(this.bytes);
	}

	/** Writes `value` to `bytes`; returns its length, or a MALFORMED_* code. */
	encode(value: Value): number {
		// Where the message begins counts for alignment: a header in front of the payload.
		this.#writer.begin(-HEADER_LENGTH, 0, this.bytes.length);
		const length = encode(this.#type, value, this.#writer);
		this.error = length < 0 ? length : 0;
		return length;
	}

	/** The value of bytes[offset, end); undefined where `error` says that it is malformed. */
	decode(bytes: Uint8Array, offset: number, end: number): Value {
		const reader = this.#reader;
		reader.attach(bytes);
		reader.begin(offset - HEADER_LENGTH, offset, end);
		const value = decode(this.#type, reader);
		this.error = reader.error;
		return reader.error === 0 ? value : undefined;
	}
}
