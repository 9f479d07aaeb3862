/** Events of a Provider on their way out: each kept once, sent to one subscriber after the other, in segments where
 *  it is long. */
import { PROVIDER_QUEUE } from "../config.js";
import { copyBytes } from "../wire/big-endian.js";
import { CONNECTION_OPEN, type Connection } from "./connection.js";
import { DEFAULT_OFFSET } from "./e2e/profile.js";
import { E_OK, HEADER_LENGTH, nextSession, TYPE_NOTIFICATION, UDP_PAYLOAD_MAX, writeHeader, writeProtected } from "./header.js";
import type { Eventgroup, OfferedEvent } from "./offered-service.js";
import type { Subscriber, SubscriberTable } from "./subscriber-table.js";
import { needsSegments, SEGMENT_MAX, writeSegment } from "./tp-segmenter.js";

class Outgoing {
	event: OfferedEvent | undefined = undefined;
	sessionId = 0;
	/** payload[start, start + length); before it, of a protected one, the part of the header that is protected with it. */
	payload = new Uint8Array(0);
	start = 0;
	length = 0;
	/** Where it goes next: an index over the event's eventgroups (multicast) and then over the subscribers. */
	cursor = 0;
	/** Bytes that the present destination has got. */
	offset = 0;
	address = 0;
	port = 0;
	/** The same by TCP. */
	connection: Connection | undefined = undefined;
	/** It is for one new subscriber alone. */
	single = false;
	/** It is for the subscribers on this host; 0: for all. */
	only = 0;
}

export class EventQueue {
	/** Of what `transmit` wrote. */
	destinationAddress = 0;
	destinationPort = 0;
	sourcePort = 0;
	#queue: Outgoing[] = [];
	#head = 0;
	#count = 0;
	#subscribers: SubscriberTable;
	#segmentGap: number;
	#segmentAt = 0;
	#paced = false;

	/** `segmentGap`: ms between two segments (feat_req_someiptp_801: "shall implement traffic shaping for the segments"). */
	constructor(subscribers: SubscriberTable, segmentGap: number) {
		this.#subscribers = subscribers;
		this.#segmentGap = segmentGap;
		for (let i = 0; i < PROVIDER_QUEUE; i++)
			this.#queue.push(new Outgoing());
	}

	/** Takes a copy of bytes[offset, end) for all subscribers, for `single` alone, or for those on the host `only`; false where the
	 *  queue is full. */
	push(event: OfferedEvent, bytes: Uint8Array, offset: number, end: number, single: Subscriber | undefined, only = 0): boolean {
		const { protector, service } = event, before = protector === undefined ? 0 : DEFAULT_OFFSET;
		const length = end - offset + (protector === undefined ? 0 : protector.headerLength);
		if (this.#count === PROVIDER_QUEUE)
			return false;
		const outgoing = this.#place(before + length);
		service.sessionId = nextSession(service.sessionId);
		outgoing.event = event;
		outgoing.sessionId = service.sessionId;
		outgoing.start = before;
		outgoing.length = length;
		if (protector === undefined)
			copyBytes(bytes, offset, end, outgoing.payload, 0);
		else {
			protector.place(bytes, offset, end, outgoing.payload, before);
			writeProtected(outgoing.payload, 0, 0, outgoing.sessionId, service.majorVersion, TYPE_NOTIFICATION, E_OK);
			if (single !== undefined)
				protector.repeat();
			protector.protect(outgoing.payload, 0, before + length);
		}
		outgoing.cursor = outgoing.offset = 0;
		outgoing.single = single !== undefined;
		outgoing.only = only;
		outgoing.address = single === undefined ? 0 : single.address;
		outgoing.port = single === undefined ? 0 : single.port;
		outgoing.connection = undefined;
		if (single !== undefined && event.isReliable) {
			outgoing.address = 0;
			outgoing.connection = single.connection;
		}
		this.#count++;
		return true;
	}

	// The next place in the queue, with room for `length` bytes. Long events are kept where one was before, if that place is
	// free: one of them at a time does not make every place long.
	#place(length: number): Outgoing {
		const queue = this.#queue, next = (this.#head + this.#count) % PROVIDER_QUEUE;
		let best = next;
		for (let i = this.#count + 1; i < PROVIDER_QUEUE && queue[best]!.payload.length < length; i++) {
			const at = (this.#head + i) % PROVIDER_QUEUE;
			if (queue[at]!.payload.length > queue[best]!.payload.length)
				best = at;
		}
		const outgoing = queue[best]!;
		queue[best] = queue[next]!;
		queue[next] = outgoing;
		if (outgoing.payload.length < length)
			outgoing.payload = new Uint8Array(length);
		return outgoing;
	}

	clear(): void {
		this.#count = 0;
	}

	/** Writes the next datagram into `into`; returns its length, or 0: none, or not yet. What goes by TCP is put into its
	 *  connection's queue. */
	transmit(into: Uint8Array, now: number): number {
		while (this.#count > 0) {
			const outgoing = this.#queue[this.#head]!;
			if (outgoing.offset === 0 && !this.#nextDestination(outgoing)) {
				this.#head = (this.#head + 1) % PROVIDER_QUEUE;
				this.#count--;
				continue;
			}
			if (outgoing.connection !== undefined) {
				sendStream(outgoing, outgoing.connection);
				continue;
			}
			if (!needsSegments(outgoing.length))
				return this.#pack(outgoing, into);
			if (this.#paced) {
				if (((now - this.#segmentAt) | 0) < 0)
					return 0;
				this.#paced = false;
			}
			return this.#segment(outgoing, into, now);
		}
		return 0;
	}

	/** ms until the next segment, at most `delay`. */
	timeout(now: number, delay: number): number {
		if (this.#count === 0)
			return delay;
		const wait = this.#paced ? (this.#segmentAt - now) | 0 : 0;
		return wait < delay ? wait : delay;
	}

	// feat_req_someip_702: what waits for the same destination goes along, as far as a datagram reaches, in the order it came.
	#pack(outgoing: Outgoing, into: Uint8Array): number {
		const { address, port } = outgoing, sourcePort = outgoing.event!.service.port;
		const end = into.length < HEADER_LENGTH + UDP_PAYLOAD_MAX ? into.length : HEADER_LENGTH + UDP_PAYLOAD_MAX;
		this.destinationAddress = address;
		this.destinationPort = port;
		this.sourcePort = sourcePort;
		let at = this.#whole(outgoing, into, 0);
		for (let i = 1; i < this.#count; i++) {
			const next = this.#queue[(this.#head + i) % PROVIDER_QUEUE]!;
			if (at + HEADER_LENGTH + next.length > end || next.event!.service.port !== sourcePort)
				break;
			if (!this.#nextDestination(next))
				continue;
			if (next.connection !== undefined || next.address !== address || next.port !== port)
				break;
			at = this.#whole(next, into, at);
		}
		return at;
	}

	#whole(outgoing: Outgoing, into: Uint8Array, at: number): number {
		const event = outgoing.event!, service = event.service, length = outgoing.length;
		at = writeHeader(into, at, service.serviceId, event.eventId, length, 0, outgoing.sessionId, service.majorVersion, TYPE_NOTIFICATION);
		copyBytes(outgoing.payload, outgoing.start, outgoing.start + length, into, at);
		outgoing.address = 0;
		return at + length;
	}

	#segment(outgoing: Outgoing, into: Uint8Array, now: number): number {
		const event = outgoing.event!, service = event.service, length = outgoing.length;
		this.destinationAddress = outgoing.address;
		this.destinationPort = outgoing.port;
		this.sourcePort = service.port;
		const written = writeSegment(into, service.serviceId, event.eventId, 0, outgoing.sessionId, service.majorVersion, TYPE_NOTIFICATION, outgoing.payload, outgoing.offset, length, outgoing.start);
		outgoing.offset += SEGMENT_MAX;
		this.#paced = this.#segmentGap > 0;
		this.#segmentAt = (now + this.#segmentGap) | 0;
		if (outgoing.offset >= length)
			outgoing.offset = outgoing.address = 0;
		return written;
	}

	// Sets address and port, or the connection; false where everybody has got it.
	#nextDestination(outgoing: Outgoing): boolean {
		if (outgoing.single || outgoing.address !== 0 || outgoing.connection !== undefined)
			return outgoing.address !== 0 || outgoing.connection !== undefined;
		const event = outgoing.event!, { only } = outgoing, groups = event.eventgroups, groupCount = event.isReliable || only !== 0 ? 0 : groups.length;
		for (; outgoing.cursor < groupCount + this.#subscribers.length; outgoing.cursor++) {
			const group = outgoing.cursor < groupCount ? this.#group(groups, outgoing.cursor) : undefined;
			const subscriber = outgoing.cursor < groupCount ? undefined : this.#subscriber(event, outgoing.cursor - groupCount, only);
			if (group === undefined && subscriber === undefined)
				continue;
			outgoing.cursor++;
			if (event.isReliable)
				outgoing.connection = subscriber!.connection;
			else {
				outgoing.address = group === undefined ? subscriber!.address : group.address;
				outgoing.port = group === undefined ? subscriber!.port : group.port;
			}
			return true;
		}
		return false;
	}

	#group(groups: Eventgroup[], index: number): Eventgroup | undefined {
		const group = groups[index]!;
		if (!group.usesMulticast)
			return undefined;
		for (let i = 0; i < index; i++)
			if (groups[i]!.usesMulticast && groups[i]!.address === group.address && groups[i]!.port === group.port)
				return undefined;
		return group;
	}

	// feat_req_someipsd_1168: who subscribed to several eventgroups with the same event does not get it twice.
	#subscriber(event: OfferedEvent, index: number, only: number): Subscriber | undefined {
		const subscribers = this.#subscribers, subscriber = subscribers.at(index), { isReliable } = event;
		if (subscriber.eventgroup === undefined || !event.isIn(subscriber.eventgroup) || (only !== 0 && subscriber.peer!.address !== only)
			|| (isReliable ? subscriber.connection === undefined : subscriber.address === 0 || (only === 0 && subscriber.eventgroup.usesMulticast)))
			return undefined;
		if (event.eventgroups.length > 1)
			for (let i = 0; i < subscribers.length; i++) {
				const other = subscribers.at(i);
				if (other !== subscriber && other.eventgroup !== undefined && event.isIn(other.eventgroup)
					&& (isReliable ? other.connection === subscriber.connection : other.address === subscriber.address && other.port === subscriber.port)
					&& (i < index || (only === 0 && !isReliable && other.eventgroup.usesMulticast)))
					return undefined;
			}
		return subscriber;
	}
}

// A reader that is too slow loses the event, which the connection counts.
function sendStream(outgoing: Outgoing, connection: Connection): void {
	const event = outgoing.event!, service = event.service;
	outgoing.connection = undefined;
	if (connection.state === CONNECTION_OPEN)
		connection.send(service.serviceId, event.eventId, 0, outgoing.sessionId, service.majorVersion, TYPE_NOTIFICATION, E_OK, outgoing.payload, outgoing.start, outgoing.start + outgoing.length);
}
