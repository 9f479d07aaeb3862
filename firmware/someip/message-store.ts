/** Where messages are put together that come in pieces: segments of SOME/IP-TP, and what TCP cuts.
 *
 *  One block of bytes for all. A message takes as much of it as has come, never what it claims to be; its bytes lie
 *  together, and what lies behind moves as it grows. Where the block is full, the message that has waited longest for
 *  its next piece gives way. Allocates nothing after the constructor. */
import { copyBytes } from "../wire/big-endian.js";

/** One message in pieces; its bytes are bytes[start, start + length) of the store. */
export class StoredMessage {
	start = 0;
	length = 0;
	/** When its last piece came, int32 ms. */
	touched = 0;

	/** It has to give way: its bytes are about to go. */
	abandon(): void { }
}

export class MessageStore {
	readonly bytes: Uint8Array;
	/** In the order of their bytes. */
	#messages: StoredMessage[] = [];
	#used = 0;

	constructor(capacity: number) {
		this.bytes = new Uint8Array(capacity);
	}

	/** Takes in a place for messages, empty; it stays. */
	add(message: StoredMessage): void {
		message.start = this.#used;
		message.length = 0;
		this.#messages.push(message);
	}

	/** Makes room for `count` bytes at `offset` of the message; what stands there is what happened to be there. False:
	 *  the message is too long for the whole store. */
	insert(message: StoredMessage, offset: number, count: number, now: number): boolean {
		const bytes = this.bytes;
		while (this.#used + count > bytes.length) {
			const victim = this.#oldest(message, now);
			if (victim === undefined)
				return false;
			victim.abandon();
			this.release(victim);
		}
		this.#move(message, message.start + offset, count);
		message.touched = now;
		return true;
	}

	/** Takes the bytes of the message from `length` on out again. */
	truncate(message: StoredMessage, length: number): void {
		if (message.length > length)
			this.#move(message, message.start + message.length, length - message.length);
	}

	release(message: StoredMessage): void {
		this.truncate(message, 0);
	}

	/** Copies from[at, end) to bytes[to…]. `view`: from[at…], where there is one that is at least as long; what it has
	 *  beyond `end` goes to where nothing is. The engine copies it many times faster than a loop does. */
	write(from: Uint8Array, at: number, end: number, to: number, view: Uint8Array | undefined): void {
		if (view !== undefined && (end - at === view.length || to + end - at === this.#used) && to + view.length <= this.bytes.length)
			this.bytes.set(view, to);
		else
			copyBytes(from, at, end, this.bytes, to);
	}

	// What lies at `place` and behind it moves by `count` bytes, and `message` is longer by as much.
	#move(message: StoredMessage, place: number, count: number): void {
		const messages = this.#messages;
		if (place < this.#used)
			this.bytes.copyWithin(place + count, place, this.#used);
		this.#used += count;
		message.length += count;
		for (let i = messages.length - 1; messages[i] !== message; i--)
			messages[i]!.start += count;
	}

	#oldest(but: StoredMessage, now: number): StoredMessage | undefined {
		const messages = this.#messages;
		let oldest: StoredMessage | undefined;
		for (let i = 0; i < messages.length; i++) {
			const message = messages[i]!;
			if (message !== but && message.length > 0 && (oldest === undefined || ((now - message.touched) | 0) > ((now - oldest.touched) | 0)))
				oldest = message;
		}
		return oldest;
	}
}
