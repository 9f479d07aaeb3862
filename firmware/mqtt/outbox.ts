/** Messages on their way to the broker: QoS 1 until PUBACK, and whatever waits. Fixed memory, never grows.
 *
 *  A pool of blocks with two queues, one for each QoS: records leave from anywhere (a late PUBACK keeps no younger
 *  record's room), and old QoS 0 records give way to QoS 1. A record is named by its first block. A fourth copy of the
 *  payload, because a QoS 1 message must outlive the connection. */
import type { SendRing } from "../wire/send-ring.js";

/** No record, no block. */
export const NONE = 0xffff;

/** Bits of `flags`. */
export const RECORD_RETAIN = 1;
export const RECORD_QOS1 = 2;
/** Was handed to a connection before: the next time it is a duplicate. */
export const RECORD_TRIED = 4;
/** Is on its way on this connection: must not be dropped. */
export const RECORD_SENT = 8;

/** What happens to a message that finds the outbox full. */
export const OVERFLOW_DROP_OLDEST = 1;
export const OVERFLOW_DROP_NEWEST = 2;

// First block: next block, previous and following record, topic, packet id (uint16 each), flags, a spare byte, length (uint32).
const NEXT = 0, PREVIOUS = 2, FOLLOWING = 4, TOPIC = 6, PACKET_ID = 8, FLAGS = 10, LENGTH = 12, HEAD_SIZE = 16;
const LINK_SIZE = 2;

export class Outbox {
	#view: DataView;
	#bytes: Uint8Array;
	#block: number;
	#free = 0;
	#freeBlocks: number;
	#head0 = NONE;
	#tail0 = NONE;
	#head1 = NONE;
	#tail1 = NONE;
	/** Records in the outbox. */
	count = 0;
	/** Blocks in all. */
	readonly blocks: number;

	/** `size`: bytes in all, `block`: bytes of one block; both fixed for good. */
	constructor(size: number, block: number) {
		this.blocks = Math.floor(size / block);
		if (this.blocks < 1 || this.blocks >= NONE || block < 2 * HEAD_SIZE)
			throw new RangeError(`an outbox of ${size} bytes in blocks of ${block} cannot be: 1 to ${NONE - 1} blocks of at least ${2 * HEAD_SIZE}`);
		this.#block = block;
		this.#bytes = new Uint8Array(this.blocks * block);
		this.#view = new DataView(this.#bytes.buffer);
		this.#freeBlocks = this.blocks;
		for (let i = 0; i < this.blocks; i++)
			this.#view.setUint16(i * block, i + 1 < this.blocks ? i + 1 : NONE);
	}

	/** Blocks that a message of `length` bytes takes. */
	blocksFor(length: number): number {
		const rest = length - (this.#block - HEAD_SIZE);
		return rest <= 0 ? 1 : 1 + Math.ceil(rest / (this.#block - LINK_SIZE));
	}

	/** First record of a queue, in the order of `append`; NONE where it is empty. */
	first(qos: number): number {
		return qos === 0 ? this.#head0 : this.#head1;
	}

	following(record: number): number {
		return this.#view.getUint16(record * this.#block + FOLLOWING);
	}

	topicOf(record: number): number {
		return this.#view.getUint16(record * this.#block + TOPIC);
	}

	lengthOf(record: number): number {
		return this.#view.getUint32(record * this.#block + LENGTH);
	}

	packetIdOf(record: number): number {
		return this.#view.getUint16(record * this.#block + PACKET_ID);
	}

	setPacketId(record: number, packetId: number): void {
		this.#view.setUint16(record * this.#block + PACKET_ID, packetId);
	}

	flagsOf(record: number): number {
		return this.#bytes[record * this.#block + FLAGS]!;
	}

	setFlags(record: number, flags: number): void {
		this.#bytes[record * this.#block + FLAGS] = flags;
	}

	/** Adds a message at the end of its queue. Returns its record, or NONE where there is no room (see `makeRoom`). */
	append(topic: number, flags: number, bytes: Uint8Array, offset: number, end: number): number {
		if (this.blocksFor(end - offset) > this.#freeBlocks)
			return NONE;
		const record = this.#store(bytes, offset, end), at = record * this.#block, view = this.#view;
		view.setUint16(at + TOPIC, topic);
		view.setUint16(at + PACKET_ID, 0);
		view.setUint32(at + LENGTH, end - offset);
		this.#bytes[at + FLAGS] = flags;
		const tail = (flags & RECORD_QOS1) === 0 ? this.#tail0 : this.#tail1;
		view.setUint16(at + PREVIOUS, tail);
		view.setUint16(at + FOLLOWING, NONE);
		if (tail !== NONE)
			view.setUint16(tail * this.#block + FOLLOWING, record);
		this.#setEnds(flags, tail === NONE ? record : NONE, record);
		this.count++;
		return record;
	}

	/** Takes a record out and gives its room back. */
	remove(record: number): void {
		const view = this.#view, block = this.#block, at = record * block, flags = this.#bytes[at + FLAGS]!;
		const previous = view.getUint16(at + PREVIOUS), following = view.getUint16(at + FOLLOWING);
		if (previous !== NONE)
			view.setUint16(previous * block + FOLLOWING, following);
		if (following !== NONE)
			view.setUint16(following * block + PREVIOUS, previous);
		if ((flags & RECORD_QOS1) === 0) {
			if (previous === NONE)
				this.#head0 = following;
			if (following === NONE)
				this.#tail0 = previous;
		}
		else {
			if (previous === NONE)
				this.#head1 = following;
			if (following === NONE)
				this.#tail1 = previous;
		}
		this.#release(record);
		this.count--;
	}

	/** Drops old records until `length` bytes fit: QoS 0 before QoS 1, the oldest first, none that is on its way or has
	 *  a packet id (MQTT 5.0 §4.4: it must be sent again), no QoS 1 for a QoS 0 message.
	 *  Returns how many were dropped; -1 where not even all of them would do, then none is. */
	makeRoom(length: number, qos: number, policy: number): number {
		let missing = this.blocksFor(length) - this.#freeBlocks;
		if (missing <= 0)
			return 0;
		const zero = qos === 1 || policy === OVERFLOW_DROP_OLDEST, one = qos === 1 && policy === OVERFLOW_DROP_OLDEST;
		if (zero)
			missing -= this.#droppable(this.#head0, missing);
		if (one && missing > 0)
			missing -= this.#droppable(this.#head1, missing);
		if (missing > 0)
			return -1;
		return (zero ? this.#drop(this.#head0, length) : 0) + (one ? this.#drop(this.#head1, length) : 0);
	}

	/** Puts bytes [from, to) of a record's payload into the ring; the caller has asked for room. */
	copy(record: number, from: number, to: number, ring: SendRing): void {
		let block = record, start = 0, skip = HEAD_SIZE;
		for (;;) {
			const at = block * this.#block, size = this.#block - skip;
			if (from < start + size) {
				const end = to < start + size ? to : start + size;
				ring.putBytes(this.#bytes, at + skip + from - start, at + skip + end - start);
				if (end === to)
					return;
				from = end;
			}
			start += size;
			skip = LINK_SIZE;
			block = this.#view.getUint16(at + NEXT);
		}
	}

	#isDroppable(record: number): boolean {
		return (this.flagsOf(record) & RECORD_SENT) === 0 && this.packetIdOf(record) === 0;
	}

	// Blocks that dropping from `record` on would give; stops counting at `enough`.
	#droppable(record: number, enough: number): number {
		let blocks = 0;
		for (; record !== NONE && blocks < enough; record = this.following(record))
			if (this.#isDroppable(record))
				blocks += this.blocksFor(this.lengthOf(record));
		return blocks;
	}

	#drop(record: number, length: number): number {
		const wanted = this.blocksFor(length);
		let dropped = 0;
		while (record !== NONE && this.#freeBlocks < wanted) {
			const following = this.following(record);
			if (this.#isDroppable(record)) {
				this.remove(record);
				dropped++;
			}
			record = following;
		}
		return dropped;
	}

	#setEnds(flags: number, head: number, tail: number): void {
		if ((flags & RECORD_QOS1) === 0) {
			if (head !== NONE)
				this.#head0 = head;
			this.#tail0 = tail;
		}
		else {
			if (head !== NONE)
				this.#head1 = head;
			this.#tail1 = tail;
		}
	}

	// Takes as many blocks as the payload needs and fills them; the caller knows that they are there.
	#store(source: Uint8Array, offset: number, end: number): number {
		const record = this.#free, bytes = this.#bytes, view = this.#view;
		let skip = HEAD_SIZE;
		for (let block = record;; skip = LINK_SIZE) {
			const at = block * this.#block, stop = at + this.#block, next = view.getUint16(at + NEXT);
			for (let to = at + skip; to < stop && offset < end; to++)
				bytes[to] = source[offset++]!;
			this.#freeBlocks--;
			if (offset === end) {
				this.#free = next;
				view.setUint16(at + NEXT, NONE);
				return record;
			}
			block = next;
		}
	}

	#release(record: number): void {
		const view = this.#view;
		let block = record;
		for (;;) {
			this.#freeBlocks++;
			const next = view.getUint16(block * this.#block + NEXT);
			if (next === NONE)
				break;
			block = next;
		}
		view.setUint16(block * this.#block + NEXT, this.#free);
		this.#free = record;
	}
}
