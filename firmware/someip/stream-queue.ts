/** Messages on their way into a TCP connection, whole ones, kept until the socket has taken them. */
import { TCP_COOKIE_INTERVAL, TCP_SEND_MAX, TCP_SEND_TOTAL } from "../config.js";
import { copyBytes } from "../wire/big-endian.js";
import { DEFAULT_OFFSET } from "./e2e/profile.js";
import type { Protector } from "./e2e/protection.js";
import { HEADER_LENGTH, RETURN_CODE_OFFSET, writeHeader } from "./header.js";
import { writeCookie } from "./stream-framing.js";

const BYTES_FIRST = 512;

/** What the queues of several connections take together, beyond the first BYTES_FIRST of each. */
export class StreamRoom {
	#free = TCP_SEND_TOTAL;
	readonly #queues: StreamQueue[] = [];
	readonly #isFree: ((bytes: number) => boolean) | undefined;

	/** `isFree`: asked before a queue grows by much. */
	constructor(isFree?: (bytes: number) => boolean) {
		this.#isFree = isFree;
	}

	add(queue: StreamQueue): void {
		this.#queues.push(queue);
	}

	/** For a queue that grows by `count` bytes to `size`. False: there are not so many, even where the queues with nothing to send give
	 *  theirs back; or the arena has not. */
	take(count: number, size: number): boolean {
		if (count > 0 && this.#isFree !== undefined && !this.#isFree(size))
			return false;
		for (let i = 0; this.#free < count && i < this.#queues.length; i++)
			this.#queues[i]!.yield();
		if (this.#free < count)
			return false;
		this.#free -= count;
		return true;
	}

	give(count: number): void {
		this.#free += count;
	}
}

export class StreamQueue {
	/** What the socket is to be given: bytes[from, to). */
	bytes: Uint8Array;
	from = 0;
	to = 0;
	readonly #room: StreamRoom;
	#cookies: boolean;
	#isServer: boolean;
	/** The next message is preceded by a cookie; the last cookie's time, where it is known. */
	#cookieDue = true;
	#cookieAt = 0;
	#isTimed = false;

	/** `cookies`: magic cookies are sent; `isServer`: those of a server. */
	constructor(cookies: boolean, isServer: boolean, room: StreamRoom) {
		this.bytes = new Uint8Array(0);
		this.#room = room;
		room.add(this);
		this.#cookies = cookies;
		this.#isServer = isServer;
	}

	/** Forgets everything: a new connection begins. */
	reset(): void {
		this.from = this.to = 0;
		this.#cookieDue = true;
	}

	/** Gives its bytes back to the others where nothing waits. */
	yield(): void {
		if (this.from === this.to && this.bytes.length > BYTES_FIRST) {
			this.#room.give(this.bytes.length - BYTES_FIRST);
			this.bytes = new Uint8Array(0);
		}
	}

	/** Makes room for a message with a payload of `length` bytes and writes its header; returns where in `bytes` the payload
	 *  goes, or -1: there is no room. It is sent as soon as it stands there. */
	begin(serviceId: number, methodId: number, length: number, clientId: number, sessionId: number, interfaceVersion: number,
		type: number, returnCode: number): number {
		const cookie = this.#cookies && this.#cookieDue ? HEADER_LENGTH : 0;
		if (!this.#hasRoom(cookie + HEADER_LENGTH + length))
			return -1;
		if (cookie > 0) {
			writeCookie(this.bytes, this.to, this.#isServer);
			this.to += cookie;
			this.#cookieDue = this.#isTimed = false;
		}
		const at = writeHeader(this.bytes, this.to, serviceId, methodId, length, clientId, sessionId, interfaceVersion, type);
		this.bytes[this.to + RETURN_CODE_OFFSET] = returnCode;
		this.to = at + length;
		return at;
	}

	/** Copies bytes[offset, end) to `at`, what `begin` has returned. */
	put(at: number, bytes: Uint8Array, offset: number, end: number, protector: Protector | undefined): void {
		if (protector === undefined) {
			copyBytes(bytes, offset, end, this.bytes, at);
			return;
		}
		protector.place(bytes, offset, end, this.bytes, at);
		protector.protect(this.bytes, at - DEFAULT_OFFSET, this.to);
	}

	/** Keeps the time of cookies; to be called whenever something was sent. feat_req_someip_594: "Add SOME/IP Magic Cookie
	 *  Message once every 10 seconds to the TCP connection as long as messages are transmitted over this TCP connection." */
	tick(now: number): void {
		if (this.#cookieDue)
			return;
		if (!this.#isTimed)
			this.#cookieAt = now;
		this.#isTimed = true;
		this.#cookieDue = ((now - this.#cookieAt) | 0) >= TCP_COOKIE_INTERVAL;
	}

	/** The socket has taken so many bytes. */
	sent(count: number): void {
		this.from += count;
		if (this.from === this.to)
			this.from = this.to = 0;
	}

	#hasRoom(count: number): boolean {
		const waiting = this.to - this.from;
		if (this.to + count <= this.bytes.length)
			return true;
		if (waiting + count > TCP_SEND_MAX)
			return false;
		const from = this.bytes, needed = waiting + count;
		if (needed > from.length) {
			this.yield();
			const has = this.bytes.length > 0 ? this.bytes.length : BYTES_FIRST;
			let size = has;
			while (size < needed)
				size *= 2;
			if (size > TCP_SEND_MAX)
				size = TCP_SEND_MAX;
			if (!this.#room.take(size - has, size))
				return false;
			this.bytes = new Uint8Array(size);
			this.bytes.set(from.subarray(this.from, this.to));
		}
		else
			from.copyWithin(0, this.from, this.to);
		this.from = 0;
		this.to = waiting;
		return true;
	}
}
