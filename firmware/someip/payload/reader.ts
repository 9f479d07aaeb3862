/** Reads a SOME/IP payload in place: straight-line primitives for generated codecs and for `decode`. Nothing throws,
 *  nothing beyond the current end is read, nothing is allocated but what is returned. The first violation stays in
 *  `error`; after it everything reads as zero and the end counts as reached, so that loops end. */
import { PAYLOAD_DEPTH_MAX } from "../../config.js";
import { type Layout, WIRE_LENGTH_16, WIRE_LENGTH_32, WIRE_LENGTH_8, WIRE_STATIC_LENGTH, wireTypeOf } from "./layout.js";
import { MALFORMED_DEPTH, MALFORMED_LENGTH, MALFORMED_TRUNCATED, MALFORMED_WIRE_TYPE } from "./malformed.js";

export class Reader {
	/** What is read next, and where the innermost length field ends: offsets in `bytes`. */
	at = 0;
	end = 0;
	/** 0 or a MALFORMED_* code. */
	error = 0;
	/** Byte order of what follows; a parameter may have its own (Open SOME/IP feat_req_someip_224). */
	littleEndian: boolean;
	depth = 0;
	/** Values and members that `decode` made. */
	values = 0;
	/** The words that `words64` read: 0…0xffffffff each. */
	high = 0;
	low = 0;
	bytes: Uint8Array;
	readonly tagged: boolean;
	#origin = 0;
	#view: DataView;
	readonly #littleEndian: boolean;
	readonly #littleEndianLengths: boolean;
	readonly #taggedLengthWidth: number;

	constructor(layout: Layout) {
		this.littleEndian = this.#littleEndian = layout.littleEndian ?? false;
		this.#littleEndianLengths = layout.littleEndianLengths ?? false;
		this.tagged = layout.tagged ?? false;
		this.#taggedLengthWidth = layout.taggedLengthWidth ?? 32;
		this.bytes = new Uint8Array(0);
		this.#view = new DataView(this.bytes.buffer);
	}

	/** Takes the buffer to read from. Nothing is allocated while it stays the same one. */
	attach(bytes: Uint8Array): void {
		if (bytes !== this.bytes) {
			this.bytes = bytes;
			this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
		}
	}

	/** Begins a payload in [at, end) of the attached buffer; `message` is where its SOME/IP header begins. */
	begin(message: number, at: number, end: number): void {
		this.#origin = message;
		this.error = this.depth = this.values = 0;
		this.littleEndian = this.#littleEndian;
		this.at = at;
		this.end = end;
		if (at < 0 || at > end || end > this.bytes.length) {
			this.at = this.end = 0;
			this.error = MALFORMED_TRUNCATED;
		}
	}

	/** Notes a violation. Returns 0, to be returned in place of a value. */
	fail(code: number): number {
		if (this.error === 0)
			this.error = code;
		this.at = this.end;
		return 0;
	}

	/** feat_req_someip_817: "Booleans shall only use the lowest bit." */
	bool(): boolean {
		return (this.uint8() & 1) !== 0;
	}

	uint8(): number {
		const at = this.at;
		if (at >= this.end)
			return this.fail(MALFORMED_TRUNCATED);
		this.at = at + 1;
		return this.bytes[at]!;
	}

	uint16(): number {
		const at = this.at;
		if (this.end - at < 2)
			return this.fail(MALFORMED_TRUNCATED);
		this.at = at + 2;
		return this.#view.getUint16(at, this.littleEndian);
	}

	uint32(): number {
		const at = this.at;
		if (this.end - at < 4)
			return this.fail(MALFORMED_TRUNCATED);
		this.at = at + 4;
		return this.#view.getUint32(at, this.littleEndian);
	}

	/** Saturates at 2^53 - 1; `words64` reads all bits. */
	uint64(): number {
		this.words64();
		return this.high > 0x1fffff ? Number.MAX_SAFE_INTEGER : this.high * 0x100000000 + this.low;
	}

	sint8(): number {
		return this.uint8() << 24 >> 24;
	}

	sint16(): number {
		return this.uint16() << 16 >> 16;
	}

	sint32(): number {
		return this.uint32() | 0;
	}

	/** Saturates at 2^53 - 1 and -(2^53 - 1). */
	sint64(): number {
		this.words64();
		const high = this.high | 0;
		if (high > 0x1fffff)
			return Number.MAX_SAFE_INTEGER;
		return high < -0x200000 || (high === -0x200000 && this.low === 0) ? -Number.MAX_SAFE_INTEGER : high * 0x100000000 + this.low;
	}

	/** 64 bits as two words, in `high` and `low`. */
	words64(): void {
		const at = this.at;
		if (this.end - at < 8) {
			this.high = this.low = this.fail(MALFORMED_TRUNCATED);
			return;
		}
		this.at = at + 8;
		const little = this.littleEndian;
		this.high = this.#view.getUint32(little ? at + 4 : at, little);
		this.low = this.#view.getUint32(little ? at : at + 4, little);
	}

	float32(): number {
		const at = this.at;
		if (this.end - at < 4)
			return this.fail(MALFORMED_TRUNCATED);
		this.at = at + 4;
		return this.#view.getFloat32(at, this.littleEndian);
	}

	float64(): number {
		const at = this.at;
		if (this.end - at < 8)
			return this.fail(MALFORMED_TRUNCATED);
		this.at = at + 8;
		return this.#view.getFloat64(at, this.littleEndian);
	}

	/** A length or type field of 8, 16 or 32 bits. */
	lengthField(width: number): number {
		const at = this.at, size = width >> 3;
		if (this.end - at < size)
			return this.fail(MALFORMED_TRUNCATED);
		this.at = at + size;
		if (size === 1)
			return this.bytes[at]!;
		return size === 2 ? this.#view.getUint16(at, this.#littleEndianLengths) : this.#view.getUint32(at, this.#littleEndianLengths);
	}

	/** Reads a length field and narrows the end to what it covers. Returns the end before, for `leave`. */
	enter(width: number): number {
		return this.narrow(this.lengthField(width));
	}

	/** Narrows the end to the next `length` bytes. Returns the end before, for `leave`. */
	narrow(length: number): number {
		const outer = this.end;
		if (length > outer - this.at)
			this.fail(MALFORMED_LENGTH);
		else if (this.error === 0)
			this.end = this.at + length;
		this.deepen();
		return outer;
	}

	/** Goes on behind what `enter` or `narrow` narrowed to; what was not read of it is skipped (feat_req_someip_601, _274). */
	leave(outer: number): void {
		this.at = this.error === 0 ? this.end : outer;
		this.end = outer;
		this.depth--;
	}

	/** A level without a length field; `depth--` ends it. */
	deepen(): void {
		if (++this.depth > PAYLOAD_DEPTH_MAX)
			this.fail(MALFORMED_DEPTH);
	}

	/** Skips padding up to a multiple of `boundary` bytes. feat_req_someip_711: "Alignment is always calculated from start
	 *  of the SOME/IP message." */
	align(boundary: number): void {
		const over = (this.at - this.#origin) % boundary;
		if (over !== 0)
			this.skip(boundary - over);
	}

	skip(length: number): void {
		if (length > this.end - this.at)
			this.fail(MALFORMED_TRUNCATED);
		else
			this.at += length;
	}

	/** A copy of the next `length` bytes. */
	copy(length: number): Uint8Array {
		const at = this.at;
		this.skip(length);
		return this.error === 0 ? this.bytes.slice(at, at + length) : new Uint8Array(0);
	}

	/** The next member's tag, big-endian always (AUTOSAR PRS_SOMEIP_00203), or -1 at the end. */
	tag(): number {
		const at = this.at;
		if (at >= this.end)
			return -1;
		if (this.end - at < 2) {
			this.fail(MALFORMED_TRUNCATED);
			return -1;
		}
		this.at = at + 2;
		return this.#view.getUint16(at);
	}

	/** Narrows the end to the tagged member. `width`: bits of the length field that its type has, for wire type 4; 0 = none. */
	enterTagged(tag: number, width: number): number {
		const wireType = wireTypeOf(tag);
		if (wireType < WIRE_STATIC_LENGTH)
			this.fail(MALFORMED_WIRE_TYPE);
		return this.enter(this.taggedWidth(wireType, width));
	}

	/** Bits of the length field behind a tag of this wire type, 4 to 7. */
	taggedWidth(wireType: number, width: number): number {
		if (wireType === WIRE_LENGTH_8)
			return 8;
		if (wireType === WIRE_LENGTH_16)
			return 16;
		return wireType === WIRE_LENGTH_32 ? 32 : width || this.#taggedLengthWidth;
	}

	/** A basic value must have come with this wire type. */
	expect(tag: number, wireType: number): void {
		if (wireTypeOf(tag) !== wireType)
			this.fail(MALFORMED_WIRE_TYPE);
	}

	/** Skips an unknown member. */
	skipTagged(tag: number): void {
		const wireType = wireTypeOf(tag);
		if (wireType < WIRE_STATIC_LENGTH)
			this.skip(1 << wireType);
		else
			this.skip(this.lengthField(this.taggedWidth(wireType, 0)));
	}
}
