/** SOME/IP-TP: puts segments together in a fixed pool of buffers (Open SOME/IP, someip-tp).
 *
 *  A buffer belongs to one (owner, message id, type, client, interface version); a new session takes it over. What a
 *  segment claims reserves nothing: a buffer is as long as the longest message that is accepted, and it is the one
 *  that waited longest for new bytes that gives way when the pool is full. Allocates nothing per segment. */
import { copyBytes } from "../wire/big-endian.js";
import {
	DROP_TP_DUPLICATE, DROP_TP_END, DROP_TP_HEADER, DROP_TP_INCOMPLETE, DROP_TP_LENGTH, DROP_TP_SIZE, DROP_TP_STALE,
	type Statistics,
} from "./drop.js";
import { HEADER_LENGTH, TP_HEADER_LENGTH, type Message } from "./header.js";

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
/** `add`: the message is whole; see `payload` and `length`. */
export const TP_COMPLETE = 1;

class Assembly {
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
	/** When bytes arrived last, int32 ms. */
	touched = 0;
	readonly bytes: Uint8Array;
	/** 1 per unit that arrived: a byte each, for the engine's own search and fill are many times faster than a loop. */
	readonly units: Uint8Array;

	constructor(messageMax: number) {
		this.bytes = new Uint8Array(messageMax);
		this.units = new Uint8Array(messageMax / UNIT);
	}
}

export class TpReassembly {
	/** After TP_COMPLETE: payload[0, length), valid until the next `add`. */
	payload: Uint8Array;
	length = 0;
	#pool: Assembly[] = [];
	#messageMax: number;
	#timeout: number;
	#statistics: Statistics;
	#source: Uint8Array;
	#segment: Uint8Array;

	/** `messageMax`: bytes of the longest message, a multiple of 16; `timeout`: ms without a new segment after which
	 *  a message is given up. Drops are counted in `statistics`. */
	constructor(buffers: number, messageMax: number, timeout: number, statistics: Statistics) {
		if (messageMax % UNIT !== 0)
			throw new RangeError(`longest TP message ${messageMax} is not a multiple of ${UNIT}`);
		for (let i = 0; i < buffers; i++)
			this.#pool.push(new Assembly(messageMax));
		this.payload = this.#source = this.#segment = new Uint8Array(0);
		this.#messageMax = messageMax;
		this.#timeout = timeout;
		this.#statistics = statistics;
	}

	/** Takes the segment in `message` (isSegment is true). `owner`: a number for the sender's endpoint and its time of
	 *  life. Returns TP_PENDING, TP_COMPLETE or a DROP_* code, which the caller counts. */
	add(owner: number, message: Message, now: number): number {
		const at = message.payloadOffset + TP_HEADER_LENGTH, size = message.payloadEnd - at;
		if (size <= 0)
			return DROP_TP_HEADER;
		const assembly = this.#find(owner, message, now);
		if (assembly === undefined)
			return this.#pool.length === 0 ? DROP_TP_SIZE : DROP_TP_STALE;
		const header = message.uint32(message.payloadOffset), offset = header - header % UNIT, inOrder = offset >= assembly.reach;
		const code = this.#check(assembly, offset, size, header % 2 === 1);
		if (code < 0) {
			// feat_req_someiptp_792: "E.g. cancel reassembly if segment length of a segment with MS=1 is not a multiple of 16."
			this.#giveUp(assembly);
			return code;
		}
		const fresh = this.#store(assembly, message.bytes, at, offset, size, inOrder);
		if (fresh === 0)
			return DROP_TP_DUPLICATE;
		assembly.touched = now;
		// feat_req_someiptp_783: "all bytes of the message must be bytes that were received and reassembled correctly".
		if (assembly.received !== assembly.total)
			return TP_PENDING;
		assembly.state = OVER;
		this.payload = assembly.bytes;
		this.length = assembly.total;
		return TP_COMPLETE;
	}

	/** Gives up what has waited for too long. `add` does it for the buffers that it looks at; calling this keeps the
	 *  counters up to date when no segments come. */
	expire(now: number): void {
		for (let i = 0; i < this.#pool.length; i++)
			this.#expire(this.#pool[i]!, now);
	}

	#expire(assembly: Assembly, now: number): void {
		if (assembly.state === FREE || ((now - assembly.touched) | 0) < this.#timeout)
			return;
		this.#giveUp(assembly);
		assembly.state = FREE;
	}

	#giveUp(assembly: Assembly): void {
		if (assembly.state === FILLING && assembly.received > 0)
			this.#statistics.drop(DROP_TP_INCOMPLETE);
		assembly.state = OVER;
	}

	// The buffer for this segment, or undefined where its session is over. feat_req_someiptp_781, _787, _793.
	#find(owner: number, message: Message, now: number): Assembly | undefined {
		const pool = this.#pool, messageId = message.serviceId * 0x10000 + message.methodId, session = message.sessionId;
		let victim: Assembly | undefined;
		for (let i = 0; i < pool.length; i++) {
			const assembly = pool[i]!;
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
				this.#begin(assembly, session, assembly.sessionId, now);
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
		this.#begin(victim, session, -1, now);
		return victim;
	}

	#begin(assembly: Assembly, session: number, previous: number, now: number): void {
		assembly.state = FILLING;
		assembly.sessionId = session;
		assembly.previousSession = previous;
		assembly.received = 0;
		assembly.total = -1;
		assembly.reach = 0;
		assembly.touched = now;
		assembly.units.fill(0);
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

	// Copies the units that did not arrive before; returns how many bytes those are.
	// feat_req_someiptp_797: "overwriting using the content of the first segment received".
	#store(assembly: Assembly, from: Uint8Array, at: number, offset: number, size: number, inOrder: boolean): number {
		const units = assembly.units, end = at + size, first = offset / UNIT, last = first + (size + UNIT - 1 >> 4);
		const taken = inOrder ? -1 : units.indexOf(1, first);
		if (taken < 0 || taken >= last) {
			units.fill(1, first, last);
			assembly.received += size;
			this.#copy(from, at, end, assembly, offset);
			return size;
		}
		let fresh = 0;
		for (let unit = first; unit < last; unit++, at += UNIT) {
			if (units[unit] === 1)
				continue;
			const stop = end - at < UNIT ? end : at + UNIT;
			units[unit] = 1;
			copyBytes(from, at, stop, assembly.bytes, unit * UNIT);
			fresh += stop - at;
		}
		assembly.received += fresh;
		return fresh;
	}

	// The engine copies what stands in the usual place, by a view that is made once per buffer. Where nothing is there yet
	// behind a shorter segment, what follows it in the datagram may be copied along: it counts as not received.
	#copy(from: Uint8Array, at: number, end: number, assembly: Assembly, offset: number): void {
		const into = assembly.bytes;
		if (at !== SEGMENT_AT || from.length < SEGMENT_AT + SEGMENT_MAX || offset + SEGMENT_MAX > into.length
			|| (end !== SEGMENT_AT + SEGMENT_MAX && assembly.reach !== offset + end - at)) {
			copyBytes(from, at, end, into, offset);
			return;
		}
		if (from !== this.#source) {
			this.#source = from;
			this.#segment = from.subarray(at, at + SEGMENT_MAX);
		}
		into.set(this.#segment, offset);
	}
}

// Free before over before filling; then the one that waited longer.
function isBetterVictim(a: Assembly, b: Assembly, now: number): boolean {
	const rankA = a.state === FREE ? 0 : a.state === OVER ? 1 : 2, rankB = b.state === FREE ? 0 : b.state === OVER ? 1 : 2;
	return rankA !== rankB ? rankA < rankB : ((now - a.touched) | 0) > ((now - b.touched) | 0);
}
