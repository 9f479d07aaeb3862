/** SOME/IP-TP: puts segments together (Open SOME/IP, someip-tp).
 *
 *  A message is known by (owner, message id, type, client, interface version); a new session takes its place. What a
 *  segment claims reserves nothing: a message takes as many bytes of the store as have come of it. Where all places are
 *  taken, or the store is full, the one gives way that waited longest for new bytes. Allocates nothing per segment. */
import { TP_MESSAGE_MAX, TP_MESSAGES, TP_RANGES, TP_STORE_BYTES, TP_TIMEOUT } from "../config.js";
import {
	DROP_TP_DUPLICATE, DROP_TP_END, DROP_TP_HEADER, DROP_TP_INCOMPLETE, DROP_TP_LENGTH, DROP_TP_SIZE, DROP_TP_STALE,
	type Statistics,
} from "./drop.js";
import { HEADER_LENGTH, RETURN_CODE_OFFSET, TP_HEADER_LENGTH, writeHeader, type Message } from "./header.js";
import { MessageStore, StoredMessage } from "./message-store.js";

/** Offsets count in units of 16 bytes (feat_req_someiptp_768). */
const UNIT = 16;
/** 87 units: the longest segment (feat_req_someiptp_773), and where its bytes begin when it is alone in a datagram. */
const SEGMENT_MAX = 1392;
const SEGMENT_AT = HEADER_LENGTH + TP_HEADER_LENGTH;
const FREE = 0;
const FILLING = 1;
/** Delivered or given up: what still comes of the session is dropped. */
const OVER = 2;

/** `add`: taken, more is missing. */
export const TP_PENDING = 0;
/** `add`: the message is whole; see `bytes`, `start` and `end`. */
export const TP_COMPLETE = 1;

class Assembly extends StoredMessage {
	state = FREE;
	owner = 0;
	messageId = 0;
	clientId = 0;
	sessionId = 0;
	previousSession = 0;
	type = 0;
	interfaceVersion = 0;
	/** Bytes that arrived, and bytes of the whole message, -1 until its last segment came. */
	received = 0;
	total = -1;
	/** End of the farthest segment. */
	reach = 0;
	/** What has come: [ranges[2 i], ranges[2 i + 1]), ascending, none touching the next. Their bytes lie one behind another in
	 *  the store, after the original message's header. */
	count = 0;
	readonly ranges = new Uint32Array(2 * TP_RANGES);
	readonly #statistics: Statistics;

	constructor(statistics: Statistics) {
		super();
		this.#statistics = statistics;
	}

	override abandon(): void {
		if (this.state === FILLING && this.received > 0)
			this.#statistics.drop(DROP_TP_INCOMPLETE);
		this.state = OVER;
	}
}

export interface TpOptions {
	/** Messages put together at a time, default as in config.ts; 0 = no TP. */
	messages?: number;
	/** Bytes of the longest one. */
	messageMax?: number;
	/** ms without a new segment after which a message is given up. */
	timeout?: number;
	/** Where their bytes lie; to be shared with TCP connections. */
	store?: MessageStore | undefined;
}

export class TpReassembly {
	/** After TP_COMPLETE: the original message, header and all, is bytes[start, end), valid until the next `add`. */
	readonly bytes: Uint8Array;
	start = 0;
	end = 0;
	readonly store: MessageStore;
	#assemblies: Assembly[] = [];
	#messageMax: number;
	#timeout: number;
	#finished: Assembly | undefined = undefined;
	#source: Uint8Array;
	#segment: Uint8Array;

	/** Drops are counted in `statistics`. */
	constructor(statistics: Statistics, options: TpOptions = {}) {
		const messages = options.messages ?? TP_MESSAGES;
		this.store = options.store ?? new MessageStore(TP_STORE_BYTES);
		for (let i = 0; i < messages; i++) {
			const assembly = new Assembly(statistics);
			this.#assemblies.push(assembly);
			this.store.add(assembly);
		}
		this.bytes = this.store.bytes;
		this.#source = this.#segment = new Uint8Array(0);
		this.#messageMax = options.messageMax ?? TP_MESSAGE_MAX;
		this.#timeout = options.timeout ?? TP_TIMEOUT;
	}

	/** Takes the segment in `message` (isSegment is true). `owner`: a number for the sender's endpoint and its time of
	 *  life. Returns TP_PENDING, TP_COMPLETE or a DROP_* code, which the caller counts. */
	add(owner: number, message: Message, now: number): number {
		const at = message.payloadOffset + TP_HEADER_LENGTH, size = message.payloadEnd - at;
		if (this.#finished !== undefined) {
			this.store.release(this.#finished);
			this.#finished = undefined;
		}
		if (size <= 0)
			return DROP_TP_HEADER;
		const assembly = this.#find(owner, message, now);
		if (assembly === undefined)
			return this.#assemblies.length === 0 ? DROP_TP_SIZE : DROP_TP_STALE;
		const header = message.uint32(message.payloadOffset), offset = header - header % UNIT;
		let code = this.#check(assembly, offset, size, header % 2 === 1);
		if (code === 0)
			code = this.#store(assembly, message.bytes, at, offset, size, now);
		if (code < 0) {
			// feat_req_someiptp_792: "E.g. cancel reassembly if segment length of a segment with MS=1 is not a multiple of 16."
			this.#giveUp(assembly);
			return code;
		}
		if (code === 0)
			return DROP_TP_DUPLICATE;
		// feat_req_someiptp_784: "The Return Code of the last segment used for reassembly shall be used".
		this.bytes[assembly.start + RETURN_CODE_OFFSET] = message.returnCode;
		// feat_req_someiptp_783: "all bytes of the message must be bytes that were received and reassembled correctly".
		if (assembly.received !== assembly.total)
			return TP_PENDING;
		assembly.state = OVER;
		// feat_req_someiptp_785: the type without the TP flag.
		writeHeader(this.bytes, assembly.start, message.serviceId, message.methodId, assembly.total, message.clientId, message.sessionId, message.interfaceVersion, message.type);
		this.bytes[assembly.start + RETURN_CODE_OFFSET] = message.returnCode;
		this.start = assembly.start;
		this.end = assembly.start + assembly.length;
		this.#finished = assembly;
		return TP_COMPLETE;
	}

	/** Gives up what has waited for too long. `add` does it for the messages that it looks at; calling this keeps the
	 *  counters up to date when no segments come. */
	expire(now: number): void {
		for (let i = 0; i < this.#assemblies.length; i++)
			this.#expire(this.#assemblies[i]!, now);
	}

	#expire(assembly: Assembly, now: number): void {
		if (assembly.state === FREE || ((now - assembly.touched) | 0) < this.#timeout)
			return;
		this.#giveUp(assembly);
		assembly.state = FREE;
	}

	#giveUp(assembly: Assembly): void {
		this.store.release(assembly);
		assembly.abandon();
	}

	// The place for this segment, or undefined where its session is over. feat_req_someiptp_781, _787, _793.
	#find(owner: number, message: Message, now: number): Assembly | undefined {
		const assemblies = this.#assemblies, messageId = message.serviceId * 0x10000 + message.methodId, session = message.sessionId;
		let victim: Assembly | undefined;
		for (let i = 0; i < assemblies.length; i++) {
			const assembly = assemblies[i]!;
			this.#expire(assembly, now);
			if (assembly.state !== FREE && assembly.messageId === messageId && assembly.owner === owner
				&& assembly.clientId === message.clientId && assembly.type === message.type
				&& assembly.interfaceVersion === message.interfaceVersion) {
				if (assembly.sessionId === session) {
					if (assembly.state === FILLING)
						return assembly;
					// Session 0 is none: what follows a finished message is a new one.
					if (session !== 0)
						return undefined;
				}
				// A straggler of the message before must not throw away the one that is under way.
				else if (assembly.previousSession === session && assembly.state === FILLING)
					return undefined;
				this.#giveUp(assembly);
				begin(assembly, session, assembly.sessionId, now);
				return assembly;
			}
			if (victim === undefined || isBetterVictim(assembly, victim, now))
				victim = assembly;
		}
		if (victim === undefined)
			return undefined;
		this.#giveUp(victim);
		victim.owner = owner;
		victim.messageId = messageId;
		victim.clientId = message.clientId;
		victim.type = message.type;
		victim.interfaceVersion = message.interfaceVersion;
		begin(victim, session, -1, now);
		return victim;
	}

	#check(assembly: Assembly, offset: number, size: number, more: boolean): number {
		if (more && size % UNIT !== 0)
			return DROP_TP_LENGTH;
		const end = offset + size;
		// feat_req_someiptp_782: "The receiver should only reassemble up to its configured buffer size and skip the rest".
		if (end > this.#messageMax)
			return DROP_TP_SIZE;
		if (more) {
			// The last segment has at least one byte beyond this one.
			if (assembly.total >= 0 && end >= assembly.total)
				return DROP_TP_END;
		}
		else {
			if (assembly.total >= 0 ? assembly.total !== end : assembly.reach >= end)
				return DROP_TP_END;
			assembly.total = end;
		}
		if (end > assembly.reach)
			assembly.reach = end;
		return 0;
	}

	// Keeps the bytes that did not arrive before; returns how many those are, or a DROP_* code.
	// feat_req_someiptp_797: "overwriting using the content of the first segment received".
	#store(assembly: Assembly, from: Uint8Array, at: number, offset: number, size: number, now: number): number {
		const { ranges } = assembly, store = this.store, end = offset + size, before = assembly.received;
		if (assembly.length === 0 && !store.insert(assembly, 0, HEADER_LENGTH, now))
			return DROP_TP_SIZE;
		let cursor = offset, index = 0, place = HEADER_LENGTH;
		while (cursor < end) {
			// An end that touches `cursor` is one that grows.
			while (index < assembly.count && ranges[2 * index + 1]! < cursor) {
				place += ranges[2 * index + 1]! - ranges[2 * index]!;
				index++;
			}
			if (index < assembly.count && ranges[2 * index]! <= cursor) {
				place += ranges[2 * index + 1]! - ranges[2 * index]!;
				cursor = ranges[2 * index + 1]!;
				index++;
				if (cursor >= end)
					break;
			}
			const stop = index < assembly.count && ranges[2 * index]! < end ? ranges[2 * index]! : end;
			if (stop === cursor)
				continue;
			// feat_req_someiptp_796: "resources do not permit to further wait".
			if (!store.insert(assembly, place, stop - cursor, now) || !addRange(assembly, index, cursor, stop))
				return DROP_TP_SIZE;
			store.write(from, at + cursor - offset, at + stop - offset, assembly.start + place, cursor === offset ? this.#view(from, at) : undefined);
			assembly.received += stop - cursor;
			cursor = stop;
			index = 0;
			place = HEADER_LENGTH;
		}
		return assembly.received - before;
	}

	// The bytes of a segment in its usual place, as a view that is made once per buffer.
	#view(from: Uint8Array, at: number): Uint8Array | undefined {
		if (at !== SEGMENT_AT || from.length < SEGMENT_AT + SEGMENT_MAX)
			return undefined;
		if (from !== this.#source) {
			this.#source = from;
			this.#segment = from.subarray(at, at + SEGMENT_MAX);
		}
		return this.#segment;
	}
}

function begin(assembly: Assembly, session: number, previous: number, now: number): void {
	assembly.state = FILLING;
	assembly.sessionId = session;
	assembly.previousSession = previous;
	assembly.received = assembly.reach = assembly.count = 0;
	assembly.total = -1;
	assembly.touched = now;
}

// Adds [from, to), which lies before range `index` and may touch it and the one before; false: too many ranges.
function addRange(assembly: Assembly, index: number, from: number, to: number): boolean {
	const { ranges, count } = assembly, joinsNext = index < count && ranges[2 * index] === to;
	if (index > 0 && ranges[2 * index - 1] === from) {
		ranges[2 * index - 1] = joinsNext ? ranges[2 * index + 1]! : to;
		if (joinsNext) {
			ranges.copyWithin(2 * index, 2 * index + 2, 2 * count);
			assembly.count--;
		}
		return true;
	}
	if (joinsNext) {
		ranges[2 * index] = from;
		return true;
	}
	if (count === TP_RANGES)
		return false;
	ranges.copyWithin(2 * index + 2, 2 * index, 2 * count);
	ranges[2 * index] = from;
	ranges[2 * index + 1] = to;
	assembly.count++;
	return true;
}

// Free before over before filling; then the one that waited longer.
function isBetterVictim(a: Assembly, b: Assembly, now: number): boolean {
	const rankA = a.state === FREE ? 0 : a.state === OVER ? 1 : 2, rankB = b.state === FREE ? 0 : b.state === OVER ? 1 : 2;
	return rankA !== rankB ? rankA < rankB : ((now - a.touched) | 0) > ((now - b.touched) | 0);
}
