import { FRAME_ENCODING_ERROR, PROTOCOL_VIOLATION, TransportError } from "./transport-error.js";
import { exceedsStreamCount, readVarint, varintSize } from "./varint.js";

/** Walks over the frames of one opened payload. A field that is cut off is a FRAME_ENCODING_ERROR. */
export class FrameReader {
	bytes: Uint8Array;
	at = 0;
	end = 0;
	/** Type of the frame that is read, 0: none is. */
	frameType = 0;

	constructor(bytes: Uint8Array) {
		this.bytes = bytes;
	}

	/** Starts on bytes[at, end). */
	begin(bytes: Uint8Array, at: number, end: number): void {
		this.bytes = bytes;
		this.at = at;
		this.end = end;
		this.frameType = 0;
	}

	/** Reads the next frame's type. RFC 9000 §12.4: "To ensure simple and efficient implementations of frame
	 *  parsing, a frame type MUST use the shortest possible encoding." */
	nextType(): number {
		const first = this.bytes[this.at]!;
		if (first < 0x40) {
			this.at++;
			return this.frameType = first;
		}
		const type = this.varint();
		if (type < (first < 0x80 ? 0x40 : first < 0xc0 ? 0x4000 : 0x40000000))
			throw new TransportError(PROTOCOL_VIOLATION, "frame type is not in its shortest form");
		return this.frameType = type;
	}

	varint(): number {
		const at = this.at;
		if (at >= this.end)
			this.fail("frame is cut off");
		const next = at + varintSize(this.bytes[at]!);
		if (next > this.end)
			this.fail("frame is cut off");
		this.at = next;
		return readVarint(this.bytes, at);
	}

	/** A number of streams, at most 2^60. */
	streamCount(): number {
		const at = this.at;
		const value = this.varint();
		if (exceedsStreamCount(this.bytes, at))
			this.fail("stream count above 2^60");
		return value;
	}

	uint8(): number {
		if (this.at >= this.end)
			this.fail("frame is cut off");
		return this.bytes[this.at++]!;
	}

	/** Passes over `length` bytes; returns where they begin. */
	skip(length: number): number {
		const at = this.at;
		if (length > this.end - at)
			this.fail("frame is cut off");
		this.at = at + length;
		return at;
	}

	fail(reason: string): never {
		throw new TransportError(FRAME_ENCODING_ERROR, reason);
	}
}
