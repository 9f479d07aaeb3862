/** Writes a SOME/IP payload into a buffer: straight-line primitives for generated codecs and for `encode`. Nothing
 *  throws and nothing is written beyond the end; the first violation stays in `error`, after it nothing is written. */
import { PAYLOAD_DEPTH_MAX } from "../../config.js";
import type { Layout } from "./layout.js";
import { MALFORMED_DEPTH, MALFORMED_LENGTH, MALFORMED_SPACE, MALFORMED_TRUNCATED, MALFORMED_VALUE } from "./malformed.js";

export class Writer {
	/** Where the next byte goes, and where the room ends. */
	at = 0;
	end = 0;
	/** 0 or a MALFORMED_* code. */
	error = 0;
	littleEndian: boolean;
	depth = 0;
	bytes: Uint8Array;
	readonly tagged: boolean;
	readonly selfDescribing: boolean;
	/** Bits of the length field of a tagged member whose type has none. */
	readonly taggedLengthWidth: number;
	#origin = 0;
	#start = 0;
	#view: DataView;
	readonly #littleEndian: boolean;
	readonly #littleEndianLengths: boolean;

	constructor(layout: Layout) {
		this.littleEndian = this.#littleEndian = layout.littleEndian ?? false;
		this.#littleEndianLengths = layout.littleEndianLengths ?? false;
		this.tagged = layout.tagged ?? false;
		this.selfDescribing = layout.selfDescribing ?? false;
		this.taggedLengthWidth = layout.taggedLengthWidth ?? 32;
		this.bytes = new Uint8Array(0);
		this.#view = new DataView(this.bytes.buffer);
	}

	/** Takes the buffer to write into. Nothing is allocated while it stays the same one. */
	attach(bytes: Uint8Array): void {
		if (bytes !== this.bytes) {
			this.bytes = bytes;
			this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
		}
	}

	/** Begins a payload in [at, end) of the attached buffer; `message` is where its SOME/IP header begins. */
	begin(message: number, at: number, end: number): void {
		this.#origin = message;
		this.error = this.depth = 0;
		this.littleEndian = this.#littleEndian;
		this.at = this.#start = at;
		this.end = end;
		if (at < 0 || at > end || end > this.bytes.length) {
			this.at = this.end = this.#start = 0;
			this.error = MALFORMED_TRUNCATED;
		}
	}

	/** Bytes of the payload so far, or the MALFORMED_* code. */
	get length(): number {
		return this.error === 0 ? this.at - this.#start : this.error;
	}

	fail(code: number): void {
		if (this.error === 0)
			this.error = code;
		this.at = this.end;
	}

	bool(value: boolean): void {
		this.uint8(value ? 1 : 0);
	}

	uint8(value: number): void {
		if (value !== (value & 0xff))
			this.fail(MALFORMED_VALUE);
		else if (this.at >= this.end)
			this.fail(MALFORMED_SPACE);
		else
			this.bytes[this.at++] = value;
	}

	uint16(value: number): void {
		const at = this.at;
		if (value !== (value & 0xffff))
			this.fail(MALFORMED_VALUE);
		else if (this.end - at < 2)
			this.fail(MALFORMED_SPACE);
		else {
			this.#view.setUint16(at, value, this.littleEndian);
			this.at = at + 2;
		}
	}

	uint32(value: number): void {
		if (value !== value >>> 0)
			this.fail(MALFORMED_VALUE);
		else
			this.#put32(value);
	}

	/** Integers up to 2^53 - 1; `words64` writes all bits. */
	uint64(value: number): void {
		if (!Number.isSafeInteger(value) || value < 0)
			this.fail(MALFORMED_VALUE);
		else
			this.words64(Math.floor(value / 0x100000000), value >>> 0);
	}

	sint8(value: number): void {
		if (value !== value << 24 >> 24)
			this.fail(MALFORMED_VALUE);
		else
			this.uint8(value & 0xff);
	}

	sint16(value: number): void {
		if (value !== value << 16 >> 16)
			this.fail(MALFORMED_VALUE);
		else
			this.uint16(value & 0xffff);
	}

	sint32(value: number): void {
		if (value !== (value | 0))
			this.fail(MALFORMED_VALUE);
		else
			this.#put32(value);
	}

	/** Integers from -(2^53 - 1) to 2^53 - 1. */
	sint64(value: number): void {
		if (!Number.isSafeInteger(value))
			this.fail(MALFORMED_VALUE);
		else
			this.words64(Math.floor(value / 0x100000000) >>> 0, value >>> 0);
	}

	/** 64 bits as two words, 0…0xffffffff each. */
	words64(high: number, low: number): void {
		const at = this.at, little = this.littleEndian;
		if (high !== high >>> 0 || low !== low >>> 0)
			this.fail(MALFORMED_VALUE);
		else if (this.end - at < 8)
			this.fail(MALFORMED_SPACE);
		else {
			this.#view.setUint32(little ? at + 4 : at, high, little);
			this.#view.setUint32(little ? at : at + 4, low, little);
			this.at = at + 8;
		}
	}

	/** Any number, rounded to single precision. */
	float32(value: number): void {
		const at = this.at;
		if (this.end - at < 4)
			this.fail(MALFORMED_SPACE);
		else {
			this.#view.setFloat32(at, value, this.littleEndian);
			this.at = at + 4;
		}
	}

	float64(value: number): void {
		const at = this.at;
		if (this.end - at < 8)
			this.fail(MALFORMED_SPACE);
		else {
			this.#view.setFloat64(at, value, this.littleEndian);
			this.at = at + 8;
		}
	}

	/** A length or type field of 8, 16 or 32 bits. */
	lengthField(width: number, value: number): void {
		const at = this.at;
		this.zeros(width >> 3);
		this.patch(at, width, value);
	}

	/** Leaves room for a length field. Returns where, for `leave`. Width 0: no field, only the level is counted. */
	enter(width: number): number {
		const mark = this.at;
		if (++this.depth > PAYLOAD_DEPTH_MAX)
			this.fail(MALFORMED_DEPTH);
		this.zeros(width >> 3);
		return mark;
	}

	/** Writes the length field that `enter` left room for: the bytes since. */
	leave(mark: number, width: number): void {
		this.depth--;
		if (width > 0)
			this.patch(mark, width, this.at - mark - (width >> 3));
	}

	/** Pads with zeros up to a multiple of `boundary` bytes from the start of the message (feat_req_someip_711). */
	align(boundary: number): void {
		const over = (this.at - this.#origin) % boundary;
		if (over !== 0)
			this.zeros(boundary - over);
	}

	zeros(count: number): void {
		if (count > this.end - this.at)
			this.fail(MALFORMED_SPACE);
		else
			for (; count > 0; count--)
				this.bytes[this.at++] = 0;
	}

	/** Pads with zeros up to `size` bytes since `start`; more than that were too many. */
	pad(start: number, size: number): void {
		const count = start + size - this.at;
		if (count < 0)
			this.fail(MALFORMED_LENGTH);
		else
			this.zeros(count);
	}

	copy(from: Uint8Array, start: number, end: number): void {
		if (end - start > this.end - this.at)
			this.fail(MALFORMED_SPACE);
		else
			for (; start < end; start++)
				this.bytes[this.at++] = from[start]!;
	}

	/** A member's tag, big-endian always (AUTOSAR PRS_SOMEIP_00203). */
	tag(tag: number): void {
		this.uint8(tag >> 8);
		this.uint8(tag & 0xff);
	}

	#put32(value: number): void {
		const at = this.at;
		if (this.end - at < 4)
			this.fail(MALFORMED_SPACE);
		else {
			this.#view.setUint32(at, value, this.littleEndian);
			this.at = at + 4;
		}
	}

	/** Writes a length field into the room left for it at `at`. */
	patch(at: number, width: number, value: number): void {
		if (this.error !== 0)
			return;
		if (width < 32 && value >= 1 << width)
			this.fail(MALFORMED_LENGTH);
		else if (width === 8)
			this.bytes[at] = value;
		else if (width === 16)
			this.#view.setUint16(at, value, this.#littleEndianLengths);
		else
			this.#view.setUint32(at, value, this.#littleEndianLengths);
	}
}
