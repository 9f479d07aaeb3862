/** Bytes on their way into an ordered stream, kept until they are acknowledged.
 *
 *  Positions are absolute stream offsets (Number). Writers append after `end` and make the bytes visible with
 *  `commit`; the stream copies any range of [base, end) out, again where it was lost, and releases from the front.
 *  Never grows: ask `room` before a message is begun. */
export class SendRing {
	#bytes: Uint8Array;
	#mask: number;
	#write = 0;
	#end = 0;
	#base = 0;

	/** `capacity`: bytes, a power of two. */
	constructor(capacity: number) {
		if (capacity <= 0 || (capacity & (capacity - 1)) !== 0)
			throw new RangeError(`capacity ${capacity} is not a power of two`);
		this.#bytes = new Uint8Array(capacity);
		this.#mask = capacity - 1;
	}

	/** Offset after the last committed byte. */
	get end(): number {
		return this.#end;
	}

	/** Offset of the first byte that is still kept. */
	get base(): number {
		return this.#base;
	}

	/** Bytes that can be put before the ring is full. */
	get room(): number {
		return this.#bytes.length - (this.#write - this.#base);
	}

	/** The caller has asked `room` before: a byte too many is a programmer's error and throws. */
	putUint8(value: number): void {
		if (this.room < 1)
			throw new RangeError("send ring overrun: ask room first");
		this.#bytes[this.#write & this.#mask] = value;
		this.#write++;
	}

	putUint16(value: number): void {
		this.putUint8(value >> 8);
		this.putUint8(value & 0xff);
	}

	/** Appends bytes[offset, end). */
	putBytes(bytes: Uint8Array, offset: number, end: number): void {
		if (this.room < end - offset)
			throw new RangeError("send ring overrun: ask room first");
		const ring = this.#bytes, mask = this.#mask;
		let at = this.#write & mask;
		for (let i = offset; i < end; i++) {
			ring[at] = bytes[i]!;
			at = (at + 1) & mask;
		}
		this.#write += end - offset;
	}

	/** Makes what was put visible to the stream. */
	commit(): void {
		this.#end = this.#write;
	}

	/** Forgets what was put since the last commit. */
	rollback(): void {
		this.#write = this.#end;
	}

	/** Copies the range [from, to) of the stream to into[at…]; the range lies within [base, end). */
	copy(from: number, to: number, into: Uint8Array, at: number): void {
		const ring = this.#bytes, mask = this.#mask;
		let source = from & mask;
		for (let count = to - from; count > 0; count--) {
			into[at++] = ring[source]!;
			source = (source + 1) & mask;
		}
	}

	/** Gives the room of everything below `to` back. */
	release(to: number): void {
		if (to > this.#base)
			this.#base = to > this.#end ? this.#end : to;
	}

	/** Empties the ring and starts again at offset 0: a new stream. */
	reset(): void {
		this.#write = this.#end = this.#base = 0;
	}
}
