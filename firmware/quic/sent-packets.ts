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

/** Records of sent packets in the order of sending, all spaces in one ring, and of the frames in them.
 *  Positions of packets count up for ever, those of frames modulo 2^16; `position & mask` is the slot. Never grows:
 *  ask `hasRoom`. */
export class SentPackets {
	readonly mask = QUIC_SENT_PACKETS - 1;
	readonly frameMask = QUIC_SENT_FRAMES - 1;
	/** Positions of the oldest record and of the next one. */
	head = 0;
	tail = 0;
	readonly number = new Float64Array(QUIC_SENT_PACKETS);
	readonly time = new Int32Array(QUIC_SENT_PACKETS);
	/** Bytes that count against the congestion window; 0 where the packet asks for no acknowledgment. */
	readonly size = new Uint16Array(QUIC_SENT_PACKETS);
	readonly state = new Uint8Array(QUIC_SENT_PACKETS);
	readonly space = new Uint8Array(QUIC_SENT_PACKETS);
	/** 1: sent with ECT(0). */
	readonly marked = new Uint8Array(QUIC_SENT_PACKETS);
	/** Positions of the packet's first frame record and of the one after its last, modulo 2^16. */
	readonly frameStart = new Uint16Array(QUIC_SENT_PACKETS);
	readonly frameEnd = new Uint16Array(QUIC_SENT_PACKETS);
	readonly kind = new Uint8Array(QUIC_SENT_FRAMES);
	readonly id = new Uint32Array(QUIC_SENT_FRAMES);
	readonly from = new Float64Array(QUIC_SENT_FRAMES);
	readonly length = new Uint16Array(QUIC_SENT_FRAMES);
	#frameTail = 0;
	#nextFrame = 0;

	/** Room for one more packet with one more frame? */
	get hasRoom(): boolean {
		return this.tail - this.head <= this.mask && this.hasFrameRoom;
	}

	get hasFrameRoom(): boolean {
		const oldest = this.head === this.tail ? this.#nextFrame : this.frameStart[this.head & this.mask]!;
		return (this.#frameTail - oldest & 0xffff) <= this.frameMask;
	}

	/** Adds a frame to the packet that `commit` will record. The caller has asked for room. */
	addFrame(kind: number, id: number, from: number, to: number): void {
		const slot = this.#frameTail & this.frameMask;
		this.#frameTail = this.#frameTail + 1 & 0xffff;
		this.kind[slot] = kind;
		this.id[slot] = id;
		this.from[slot] = from;
		this.length[slot] = to - from;
	}

	/** Records the packet with the frames added since the last one. `size` 0: not ack-eliciting. */
	commit(space: number, number: number, size: number, now: number, marked: number): void {
		const slot = this.tail & this.mask;
		this.frameStart[slot] = this.#nextFrame;
		this.#nextFrame = this.#frameTail;
		this.frameEnd[slot] = this.#frameTail;
		this.number[slot] = number;
		this.time[slot] = now;
		this.size[slot] = size;
		this.space[slot] = space;
		this.marked[slot] = marked;
		this.state[slot] = SENT_IN_FLIGHT;
		this.tail++;
	}

	/** Forgets the frames added since the last packet. */
	abandon(): void {
		this.#frameTail = this.#nextFrame;
	}

	/** Gives the room of the oldest records back that are not in flight, or that nobody waits for when `force`. */
	trim(force: boolean): void {
		while (this.head !== this.tail) {
			const slot = this.head & this.mask;
			if (this.state[slot] === SENT_IN_FLIGHT && !(force && this.size[slot] === 0))
				return;
			this.head++;
		}
	}
}
