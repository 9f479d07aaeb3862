/** Cuts a TCP stream into messages (Open SOME/IP feat_req_someip_702, _664).
 *
 *  Performs no I/O. `prepare` says where the next bytes of the stream are to be put, `received` how many there are;
 *  then `next` until 0. A message that came in one piece is read where it lies, one that was cut is put together in
 *  the store, so that a claimed length reserves nothing. */
import { STREAM_READ_MAX, STREAM_RESYNC_MAX, TP_MESSAGE_MAX } from "../config.js";
import { getUint32 } from "../wire/big-endian.js";
import { DROP_STREAM_LENGTH, DROP_STREAM_SKIPPED, type Statistics } from "./drop.js";
import { HEADER_LENGTH, LENGTH_OFFSET } from "./header.js";
import { StoredMessage, type MessageStore } from "./message-store.js";

/** `next`: the stream cannot be read any further: the connection is to be reset. */
export const STREAM_BROKEN = -1;

/** The magic cookie (feat_req_someip_609); the third byte is that of a client, a server's has the highest bit set, and
 *  the message types are theirs. */
const COOKIE: readonly number[] = Object.freeze([0xff, 0xff, 0x00, 0x00, 0, 0, 0, 8, 0xde, 0xad, 0xbe, 0xef, 1, 1, 1, 0]);

/** Writes a magic cookie to into[at, at + 16). */
export function writeCookie(into: Uint8Array, at: number, isServer: boolean): void {
	for (let i = 0; i < HEADER_LENGTH; i++)
		into[at + i] = COOKIE[i]!;
	if (isServer) {
		into[at + 2] = 0x80;
		into[at + 14] = 2;
	}
}

export class StreamFraming extends StoredMessage {
	/** Where `prepare` wants bytes: into[at, end). */
	into: Uint8Array;
	at = 0;
	end = 0;
	/** After `next`: the message is bytes[messageStart, messageEnd), valid until the next call of `prepare`. */
	bytes: Uint8Array;
	messageStart = 0;
	messageEnd = 0;
	#scratch: Uint8Array;
	#store: MessageStore;
	#statistics: Statistics;
	/** Bytes of the scratch buffer that were not read yet. */
	#from = 0;
	#to = 0;
	/** Bytes of the message in the store, 0: not known yet. */
	#total = 0;
	/** Bytes that are to be passed over. */
	#skip = 0;
	/** The peer sends cookies; bytes of one that have come, and bytes that were passed over, while one is looked for. */
	#hasCookies = false;
	#matched = 0;
	#lost = -1;
	#now = 0;

	/** `scratch`: may be shared by all connections. Drops are counted in `statistics`. */
	constructor(scratch: Uint8Array, store: MessageStore, statistics: Statistics) {
		super();
		this.into = this.bytes = this.#scratch = scratch;
		this.#store = store;
		this.#statistics = statistics;
		store.add(this);
	}

	/** A new connection begins. */
	reset(): void {
		this.#store.release(this);
		this.#from = this.#to = this.#total = this.#skip = this.#matched = 0;
		this.#lost = -1;
		this.#hasCookies = false;
	}

	/** Where the next bytes go; the scratch buffer has been read by then. */
	prepare(now: number): void {
		this.#now = now;
		// What was delivered out of the store is done with.
		if (this.#total > 0 && this.length === this.#total)
			this.#forget();
		const missing = this.length === 0 ? 0 : (this.#total || LENGTH_OFFSET) - this.length;
		if (missing > 0) {
			const { length } = this;
			// No more than has come already: who dribbles must not push others out.
			const most = length < STREAM_READ_MAX ? length + 64 : STREAM_READ_MAX, size = missing < most ? missing : most;
			if (this.#store.insert(this, length, size, now)) {
				this.into = this.#store.bytes;
				this.at = this.start + length;
				this.end = this.at + size;
				return;
			}
			this.abandon();
			this.#store.release(this);
		}
		this.into = this.#scratch;
		this.at = 0;
		this.end = this.#skip > 0 && this.#skip < this.#scratch.length ? this.#skip : this.#scratch.length;
	}

	/** So many bytes were put where `prepare` said. */
	received(count: number): void {
		if (this.into === this.#scratch) {
			this.#from = 0;
			this.#to = count;
		}
		else
			this.#store.truncate(this, this.length - (this.end - this.at - count));
	}

	/** The length of the next message; 0: none, or STREAM_BROKEN. feat_req_someip_586: cookies are passed over. */
	next(): number {
		if (this.into !== this.#scratch)
			return this.#continued();
		for (;;) {
			if (this.#lost >= 0 && !this.#resynchronise())
				return this.#lost > STREAM_RESYNC_MAX ? STREAM_BROKEN : 0;
			this.#pass();
			const bytes = this.#scratch, from = this.#from, length = this.#to - from;
			if (length < LENGTH_OFFSET)
				return this.#keep();
			const total = this.#measure(bytes, from);
			if (total < 0) {
				if (!this.#hasCookies)
					return STREAM_BROKEN;
				this.#lost = 0;
				continue;
			}
			if (total > length) {
				this.#total = total;
				return this.#keep();
			}
			this.#from = from + total;
			if (this.#isCookie(bytes, from, total))
				continue;
			this.#deliver(bytes, from, total);
			return total;
		}
	}

	// What follows of it is passed over, and the stream goes on behind it; not so where its length is not known yet.
	override abandon(): void {
		this.#statistics.drop(DROP_STREAM_SKIPPED);
		if (this.#total > 0)
			this.#skip = this.#total - this.length;
		else
			this.#lost = STREAM_RESYNC_MAX + 1;
		this.#total = 0;
	}

	#deliver(bytes: Uint8Array, start: number, total: number): void {
		this.bytes = bytes;
		this.messageStart = start;
		this.messageEnd = start + total;
	}

	#forget(): void {
		this.#store.release(this);
		this.#total = 0;
	}

	// The message in the store, once it is whole.
	#continued(): number {
		if (this.length < LENGTH_OFFSET || this.into === this.#scratch)
			return 0;
		const bytes = this.#store.bytes;
		if (this.#total === 0) {
			const total = this.#measure(bytes, this.start);
			if (total < 0) {
				this.#forget();
				this.into = this.#scratch;
				this.#from = this.#to = 0;
				if (!this.#hasCookies)
					return STREAM_BROKEN;
				this.#lost = 0;
				return 0;
			}
			this.#total = total;
		}
		if (this.length < this.#total)
			return 0;
		// Told once.
		this.into = this.#scratch;
		this.#from = this.#to = 0;
		if (this.#isCookie(bytes, this.start, this.#total))
			return 0;
		this.#deliver(bytes, this.start, this.#total);
		return this.#total;
	}

	// Bytes of the message whose header begins at `at`, or DROP_STREAM_LENGTH, counted. feat_req_someip_798.
	#measure(bytes: Uint8Array, at: number): number {
		const length = getUint32(bytes, at + 4);
		if (length >= HEADER_LENGTH - LENGTH_OFFSET && length <= TP_MESSAGE_MAX + HEADER_LENGTH - LENGTH_OFFSET)
			return LENGTH_OFFSET + length;
		this.#statistics.drop(DROP_STREAM_LENGTH);
		return DROP_STREAM_LENGTH;
	}

	#pass(): void {
		const have = this.#to - this.#from, count = this.#skip < have ? this.#skip : have;
		this.#from += count;
		this.#skip -= count;
	}

	// The rest of the scratch buffer is the beginning of a message.
	#keep(): number {
		const from = this.#from, to = this.#to;
		if (to > from) {
			this.#from = to;
			if (this.#store.insert(this, 0, to - from, this.#now))
				this.#store.write(this.#scratch, from, to, this.start, undefined);
			else
				return STREAM_BROKEN;
		}
		return 0;
	}

	#isCookie(bytes: Uint8Array, at: number, total: number): boolean {
		if (total !== HEADER_LENGTH)
			return false;
		for (let i = 0; i < HEADER_LENGTH; i++)
			if (!fits(bytes[at + i]!, i))
				return false;
		this.#hasCookies = true;
		return true;
	}

	// Looks for a cookie; true: the stream goes on behind it.
	#resynchronise(): boolean {
		const bytes = this.#scratch;
		while (this.#from < this.#to) {
			const byte = bytes[this.#from++]!;
			this.#lost++;
			if (fits(byte, this.#matched))
				this.#matched++;
			else if (byte !== 0xff)
				this.#matched = 0;
			else if (this.#matched !== 2)
				this.#matched = 1;
			if (this.#matched === HEADER_LENGTH) {
				this.#matched = 0;
				this.#lost = -1;
				return true;
			}
		}
		return false;
	}
}

// Whether `byte` may be byte `index` of a cookie of either direction.
function fits(byte: number, index: number): boolean {
	return byte === COOKIE[index] || (index === 2 && byte === 0x80) || (index === 14 && byte === 2);
}
