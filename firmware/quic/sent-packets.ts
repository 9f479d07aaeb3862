import { QUIC_SENT_FRAMES, QUIC_SENT_PACKETS } from "../config.js";

/** States of a record. Only IN_FLIGHT ones can still be acknowledged or lost. */
export const SENT_GONE = 0;
export const SENT_IN_FLIGHT = 1;
export const SENT_ACKED = 2;

/** What a packet carried, as `kind` of a frame record. */
export const SENT_CRYPTO = 1;
export const SENT_STREAM = 2;
export const SENT_STREAM_FIN = 3;
export const SENT_ACK = 4;
export const SENT_MAX_DATA = 5;
export const SENT_MAX_STREAM_DATA = 6;
export const SENT_RESET_STREAM = 7;
export const SENT_STOP_SENDING = 8;
export const SENT_RETIRE_CONNECTION_ID = 9;
/** `id`: kind of the streams. */
export const SENT_MAX_STREAMS = 10;

/** Learns what became of each frame that was sent. `kind`: SENT_*. */
export interface SentFrameSink {
	onFrameAcked(kind: number, id: number, from: number, to: number): void;
	/** Lost, or to be sent again as a probe. */
	onFrameLost(kind: number, id: number, from: number, to: number): void;
}

const MASK = QUIC_SENT_PACKETS - 1;
const FRAME_MASK = QUIC_SENT_FRAMES - 1;
/** Columns of `#words`, by slot. Of a packet: time; size << 5 | marked << 4 | space << 2 | state; position of its first frame and, in
 *  the upper half, of the one after its last. Of a frame: id; length << 4 | kind. */
const INFO = QUIC_SENT_PACKETS;
const FRAMES = 2 * QUIC_SENT_PACKETS;
const IDS = 3 * QUIC_SENT_PACKETS;
const KINDS = IDS + QUIC_SENT_FRAMES;
/** Column of `#numbers` for the frames. */
const FROM = QUIC_SENT_PACKETS;

/** Records of sent packets in the order of sending, all spaces in one ring, and of the frames in them.
 *  Positions of packets count up for ever, those of frames modulo 2^16. Never grows: ask `hasRoom`. An array costs 112 bytes beside its content: there are two. */
export class SentPackets {
	/** Positions of the oldest record and of the next one. */
	head = 0;
	tail = 0;
	/** Packet numbers; offsets of what the frames carry. */
	#numbers = new Float64Array(QUIC_SENT_PACKETS + QUIC_SENT_FRAMES);
	#words = new Int32Array(KINDS + QUIC_SENT_FRAMES);
	#frameTail = 0;
	#nextFrame = 0;

	/** Room for one more packet with one more frame? */
	get hasRoom(): boolean {
		return this.tail - this.head < QUIC_SENT_PACKETS && this.hasFrameRoom;
	}

	get hasFrameRoom(): boolean {
		const oldest = this.head === this.tail ? this.#nextFrame : this.#words[FRAMES + (this.head & MASK)]!;
		return (this.#frameTail - oldest & 0xffff) < QUIC_SENT_FRAMES;
	}

	/** Adds a frame to the packet that `commit` will record. The caller has asked for room. */
	addFrame(kind: number, id: number, from: number, to: number): void {
		const slot = this.#frameTail & FRAME_MASK;
		this.#frameTail = this.#frameTail + 1 & 0xffff;
		this.#numbers[FROM + slot] = from;
		this.#words[IDS + slot] = id;
		this.#words[KINDS + slot] = to - from << 4 | kind;
	}

	/** Records the packet with the frames added since the last one. `size`: bytes that count against the congestion window; 0
	 *  where it asks for no acknowledgment. `isMarked`: sent with ECT(0). */
	commit(space: number, number: number, size: number, now: number, isMarked: boolean): void {
		const slot = this.tail++ & MASK, words = this.#words;
		this.#numbers[slot] = number;
		words[slot] = now;
		words[INFO + slot] = size << 5 | (isMarked ? 0x10 : 0) | space << 2 | SENT_IN_FLIGHT;
		words[FRAMES + slot] = this.#nextFrame | this.#frameTail << 16;
		this.#nextFrame = this.#frameTail;
	}

	/** Forgets the frames added since the last packet. */
	abandon(): void {
		this.#frameTail = this.#nextFrame;
	}

	/** SENT_* of the packet at `position`, -1: it is of another space. */
	state(position: number, space: number): number {
		const info = this.#words[INFO + (position & MASK)]!;
		return (info >> 2 & 3) === space ? info & 3 : -1;
	}

	number(position: number): number {
		return this.#numbers[position & MASK]!;
	}

	/** When it was sent, ms. */
	time(position: number): number {
		return this.#words[position & MASK]!;
	}

	size(position: number): number {
		return this.#words[INFO + (position & MASK)]! >>> 5;
	}

	/** The packet is not in flight any more: `state`. Returns size << 1 | marked. */
	settle(position: number, state: number): number {
		const at = INFO + (position & MASK), info = this.#words[at]!;
		this.#words[at] = info + state - SENT_IN_FLIGHT;
		return info >>> 4;
	}

	/** Tells `sink` what became of the packet's frames. */
	report(position: number, sink: SentFrameSink, isAcked: boolean): void {
		const words = this.#words, frames = words[FRAMES + (position & MASK)]!;
		for (let at = frames & 0xffff; at !== frames >>> 16; at = at + 1 & 0xffff) {
			const slot = at & FRAME_MASK, kind = words[KINDS + slot]!, id = words[IDS + slot]! >>> 0, from = this.#numbers[FROM + slot]!, to = from + (kind >>> 4);
			if (isAcked)
				sink.onFrameAcked(kind & 15, id, from, to);
			else
				sink.onFrameLost(kind & 15, id, from, to);
		}
	}

	/** Gives the room of the oldest records back that are not in flight, or that nobody waits for when `force`. */
	trim(force: boolean): void {
		while (this.head !== this.tail) {
			const info = this.#words[INFO + (this.head & MASK)]!;
			if ((info & 3) === SENT_IN_FLIGHT && !(force && info < 0x20))
				return;
			this.head++;
		}
	}
}
