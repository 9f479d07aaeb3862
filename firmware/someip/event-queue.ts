/** Events of a Provider on their way out: each kept once, sent to one subscriber after the other, in segments where
 *  it is long. */
import { PROVIDER_QUEUE } from "../config.js";
import { copyBytes } from "../wire/big-endian.js";
import { nextSession, TYPE_NOTIFICATION, writeHeader } from "./header.js";
import type { Eventgroup, OfferedEvent } from "./offered-service.js";
import type { Subscriber, SubscriberTable } from "./subscriber-table.js";
import { needsSegments, SEGMENT_MAX, writeSegment } from "./tp-segmenter.js";

class Outgoing {
	event: OfferedEvent | undefined = undefined;
	sessionId = 0;
	payload = new Uint8Array(0);
	length = 0;
	/** Where it goes next: an index over the event's eventgroups (multicast) and then over the subscribers. */
	cursor = 0;
	/** Bytes that the present destination has got. */
	offset = 0;
	address = 0;
	port = 0;
	/** It is for one new subscriber alone. */
	single = false;
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

	/** Takes a copy of bytes[offset, end) for all subscribers, or for `single` alone; false where the queue is full. */
	push(event: OfferedEvent, bytes: Uint8Array, offset: number, end: number, single: Subscriber | undefined): boolean {
		const length = end - offset;
		if (this.#count === PROVIDER_QUEUE)
			return false;
		const outgoing = this.#queue[(this.#head + this.#count) % PROVIDER_QUEUE]!;
		if (outgoing.payload.length < length)
			outgoing.payload = new Uint8Array(length);
		copyBytes(bytes, offset, end, outgoing.payload, 0);
		event.service.sessionId = nextSession(event.service.sessionId);
		outgoing.event = event;
		outgoing.sessionId = event.service.sessionId;
		outgoing.length = length;
		outgoing.cursor = outgoing.offset = 0;
		outgoing.single = single !== undefined;
		outgoing.address = single === undefined ? 0 : single.address;
		outgoing.port = single === undefined ? 0 : single.port;
		this.#count++;
		return true;
	}

	clear(): void {
		this.#count = 0;
	}

	/** Writes the next datagram into `into`; returns its length, or 0: none, or not yet. */
	transmit(into: Uint8Array, now: number): number {
		while (this.#count > 0) {
			const outgoing = this.#queue[this.#head]!;
			if (outgoing.offset === 0 && !this.#nextDestination(outgoing)) {
				this.#head = (this.#head + 1) % PROVIDER_QUEUE;
				this.#count--;
				continue;
			}
			if (this.#paced && needsSegments(outgoing.length)) {
				if (((now - this.#segmentAt) | 0) < 0)
					return 0;
				this.#paced = false;
			}
			return this.#write(outgoing, into, now);
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

	#write(outgoing: Outgoing, into: Uint8Array, now: number): number {
		const event = outgoing.event!, service = event.service, payload = outgoing.payload, length = outgoing.length;
		this.destinationAddress = outgoing.address;
		this.destinationPort = outgoing.port;
		this.sourcePort = service.port;
		if (!needsSegments(length)) {
			const at = writeHeader(into, 0, service.serviceId, event.eventId, length, 0, outgoing.sessionId, service.majorVersion, TYPE_NOTIFICATION);
			copyBytes(payload, 0, length, into, at);
			this.#advance(outgoing);
			return at + length;
		}
		const written = writeSegment(into, service.serviceId, event.eventId, 0, outgoing.sessionId, service.majorVersion, TYPE_NOTIFICATION, payload, outgoing.offset, length);
		outgoing.offset += SEGMENT_MAX;
		this.#paced = this.#segmentGap > 0;
		this.#segmentAt = (now + this.#segmentGap) | 0;
		if (outgoing.offset >= length)
			this.#advance(outgoing);
		return written;
	}

	#advance(outgoing: Outgoing): void {
		outgoing.offset = 0;
		outgoing.address = 0;
	}

	// Sets address and port; false where everybody has got it.
	#nextDestination(outgoing: Outgoing): boolean {
		if (outgoing.single)
			return outgoing.address !== 0;
		const event = outgoing.event!, groups = event.eventgroups;
		for (; outgoing.address === 0 && outgoing.cursor < groups.length + this.#subscribers.length; outgoing.cursor++) {
			const target = outgoing.cursor < groups.length ? this.#group(groups, outgoing.cursor) : this.#subscriber(event, outgoing.cursor - groups.length);
			if (target === undefined)
				continue;
			outgoing.address = target.address;
			outgoing.port = target.port;
		}
		return outgoing.address !== 0;
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
	#subscriber(event: OfferedEvent, index: number): Subscriber | undefined {
		const subscribers = this.#subscribers, subscriber = subscribers.at(index);
		if (subscriber.eventgroup === undefined || subscriber.address === 0 || !event.isIn(subscriber.eventgroup) || subscriber.eventgroup.usesMulticast)
			return undefined;
		if (event.eventgroups.length > 1)
			for (let i = 0; i < subscribers.length; i++) {
				const other = subscribers.at(i);
				if (other !== subscriber && other.eventgroup !== undefined && other.address === subscriber.address && other.port === subscriber.port
					&& event.isIn(other.eventgroup) && (i < index || other.eventgroup.usesMulticast))
					return undefined;
			}
		return subscriber;
	}
}
