/** The way of messages to the broker: straight into the ring, or through the outbox; QoS 1 until PUBACK.
 *
 *  Order holds within each QoS. A message longer than the ring's room goes out in pieces; nothing else is put
 *  between them. */
import { MQTT_INFLIGHT_MAX } from "../config.js";
import type { SendRing } from "../wire/send-ring.js";
import type { Connack } from "./connack.js";
import { NONE, Outbox, RECORD_QOS1, RECORD_RETAIN, RECORD_SENT, RECORD_TRIED } from "./outbox.js";
import { PUBLISH_DUP, PUBLISH_QOS1, PUBLISH_RETAIN } from "./packet-type.js";
import { PublishHeader } from "./publish.js";
import { FIRST_FAILURE } from "./reason-code.js";
import { Topics } from "./topics.js";

/** `publish` answers: it is on its way; it waits in the outbox; or it was dropped and counted, and why. */
export const PUBLISHED = 1;
export const QUEUED = 2;
/** The outbox is full. */
export const DROPPED_OVERFLOW = -1;
/** Longer than the whole outbox, or than the broker's Maximum Packet Size. */
export const DROPPED_TOO_LONG = -2;
/** After `stop`. */
export const DROPPED_STOPPED = -3;

/** Counts since the start. */
export class PublishStatistics {
	/** Messages handed to a connection, each once. */
	published = 0;
	/** PUBACKs with success. */
	acknowledged = 0;
	/** Messages that were handed to a further connection because the one before was lost. */
	repeated = 0;
	/** Messages lost: no room in the outbox; too long; refused by the broker with a PUBACK. */
	overflowed = 0;
	tooLong = 0;
	refused = 0;
}

export class Publisher {
	readonly statistics = new PublishStatistics();
	readonly topics = new Topics();
	#outbox: Outbox;
	#header: PublishHeader;
	#limits: Connack;
	#ring: SendRing | undefined = undefined;
	// Record by packet id - 1, and where the next free id is looked for.
	#slots = new Uint16Array(MQTT_INFLIGHT_MAX);
	#nextSlot = 0;
	#inflight = 0;
	// The first QoS 1 record that was not put on this connection.
	#cursor = NONE;
	// The record whose payload is put in part, and how much of it.
	#partial = NONE;
	#partialAt = 0;
	#isEarly = false;

	constructor(outbox: Outbox, limits: Connack) {
		this.#outbox = outbox;
		this.#limits = limits;
		this.#header = new PublishHeader(this.topics);
		this.#slots.fill(NONE);
	}

	/** Messages that wait: not yet put on this connection. */
	get queued(): number {
		return this.#outbox.count - this.#inflight;
	}

	/** Messages that wait, or wait for their PUBACK. */
	get pending(): number {
		return this.#outbox.count;
	}

	/** Whether a PUBACK is outstanding, with nothing of ours on the way that would call for one: no packet half put. */
	get isOwed(): boolean {
		return this.#inflight > 0 && this.#partial === NONE;
	}

	/** Whether a packet is half put: no other one may be begun. */
	get isBusy(): boolean {
		return this.#partial !== NONE;
	}

	/** Whether a message of this topic waits, or waits for its PUBACK. */
	isInUse(topic: number): boolean {
		const outbox = this.#outbox;
		for (let qos = 0; qos < 2; qos++)
			for (let record = outbox.first(qos); record !== NONE; record = outbox.following(record))
				if (outbox.topicOf(record) === topic)
					return true;
		return false;
	}

	/** CONNECT was put, and CONNACK is not waited for: QoS 1 alone goes out, with no alias and within the limits of the last
	 *  connection. `open` follows. */
	openEarly(ring: SendRing): void {
		this.topics.reset(0);
		this.#cursor = this.#outbox.first(1);
		this.#ring = ring;
		this.#isEarly = true;
		this.drain();
	}

	/** CONNACK has come. Without a session at the server, what it did not acknowledge is published anew. */
	open(ring: SendRing, sessionPresent: boolean): void {
		this.topics.reset(this.#limits.topicAliasMaximum);
		this.#ring = ring;
		if (this.#isEarly) {
			// What went out early is on its way under its packet id.
			this.#isEarly = false;
			return;
		}
		if (!sessionPresent)
			this.#forgetPacketIds();
		this.#cursor = this.#outbox.first(1);
	}

	/** The connection is gone: what has no PUBACK goes out again, in the same order. */
	lost(): void {
		const outbox = this.#outbox;
		this.#ring = undefined;
		this.#isEarly = false;
		this.#inflight = 0;
		if (this.#partial !== NONE)
			outbox.setFlags(this.#partial, outbox.flagsOf(this.#partial) & ~RECORD_SENT);
		this.#partial = NONE;
		for (let record = outbox.first(1); record !== NONE; record = outbox.following(record))
			outbox.setFlags(record, outbox.flagsOf(record) & ~RECORD_SENT);
		this.#cursor = outbox.first(1);
	}

	/** Takes bytes[offset, end); they may be reused at once. Returns PUBLISHED, QUEUED or DROPPED_*. */
	publish(topic: number, qos: number, retain: boolean, bytes: Uint8Array, offset: number, end: number): number {
		const length = end - offset, outbox = this.#outbox;
		const flags = (retain ? RECORD_RETAIN : 0) | (qos === 0 ? 0 : RECORD_QOS1);
		if (this.#ring !== undefined) {
			this.#header.plan(topic, this.#flagsFor(flags), length);
			if (this.#header.packetLength > this.#limits.maximumPacketSize) {
				this.statistics.tooLong++;
				return DROPPED_TOO_LONG;
			}
			if (qos === 0 && !this.#isEarly && this.#partial === NONE && outbox.first(0) === NONE && this.#ring.room >= this.#header.packetLength) {
				this.#header.put(this.#ring, 0);
				this.#ring.putBytes(bytes, offset, end);
				this.#ring.commit();
				this.statistics.published++;
				return PUBLISHED;
			}
		}
		if (outbox.blocksFor(length) > outbox.blocks) {
			this.statistics.tooLong++;
			return DROPPED_TOO_LONG;
		}
		const record = this.#append(topic, qos, flags, bytes, offset, end);
		if (record === NONE)
			return DROPPED_OVERFLOW;
		this.drain();
		return (qos === 0 ? outbox.first(0) : this.#cursor) === NONE && this.#ring !== undefined ? PUBLISHED : QUEUED;
	}

	/** Puts what waits, as far as ring and Receive Maximum allow. Cheap where nothing waits. */
	drain(): void {
		const ring = this.#ring, outbox = this.#outbox;
		if (ring === undefined || (this.#partial !== NONE && !this.#continue(ring)))
			return;
		const limit = this.#limits.receiveMaximum;
		const window = limit < MQTT_INFLIGHT_MAX ? limit : MQTT_INFLIGHT_MAX;
		while (this.#cursor !== NONE && this.#inflight < window) {
			const record = this.#cursor;
			if (!this.#begin(ring, record))
				return;
		}
		for (let record = this.#isEarly ? NONE : outbox.first(0); record !== NONE; record = outbox.first(0))
			if (!this.#begin(ring, record))
				return;
	}

	/** A PUBACK. Returns the topic of a message that the broker refused, or -1. */
	acknowledge(packetId: number, reasonCode: number): number {
		const outbox = this.#outbox, slot = packetId - 1;
		const record = slot < MQTT_INFLIGHT_MAX ? this.#slots[slot]! : NONE;
		// Of an id that is not in use: an answer to nothing, which harms nothing.
		if (record === NONE || record === this.#partial)
			return -1;
		const topic = outbox.topicOf(record);
		if (record === this.#cursor)
			this.#cursor = outbox.following(record);
		if ((outbox.flagsOf(record) & RECORD_SENT) !== 0)
			this.#inflight--;
		this.#slots[slot] = NONE;
		outbox.remove(record);
		if (reasonCode < FIRST_FAILURE) {
			this.statistics.acknowledged++;
			return -1;
		}
		this.statistics.refused++;
		return topic;
	}

	#append(topic: number, qos: number, flags: number, bytes: Uint8Array, offset: number, end: number): number {
		const outbox = this.#outbox;
		let record = outbox.append(topic, flags, bytes, offset, end);
		if (record === NONE) {
			const dropped = outbox.makeRoom(end - offset, qos, this.topics.overflowOf(topic, qos));
			if (dropped < 0) {
				this.statistics.overflowed++;
				return NONE;
			}
			this.statistics.overflowed += dropped;
			this.#findCursor();
			record = outbox.append(topic, flags, bytes, offset, end);
		}
		if (qos === 1 && this.#cursor === NONE)
			this.#cursor = record;
		return record;
	}

	// The record under the cursor may have been dropped.
	#findCursor(): void {
		const outbox = this.#outbox;
		let record = outbox.first(1);
		while (record !== NONE && (outbox.flagsOf(record) & RECORD_SENT) !== 0)
			record = outbox.following(record);
		this.#cursor = record;
	}

	// MQTT 5.0 §3.2.2.3.4, §3.2.2.3.5: a client must not send a higher QoS than the server's, nor RETAIN where it has none.
	#flagsFor(recordFlags: number): number {
		return ((recordFlags & RECORD_QOS1) !== 0 && this.#limits.maximumQos > 0 ? PUBLISH_QOS1 : 0) |
			((recordFlags & RECORD_RETAIN) !== 0 && this.#limits.retainAvailable ? PUBLISH_RETAIN : 0);
	}

	// Returns false where the ring is full: not begun, or not ended.
	#begin(ring: SendRing, record: number): boolean {
		const outbox = this.#outbox, recordFlags = outbox.flagsOf(record);
		let flags = this.#flagsFor(recordFlags), packetId = 0;
		// A packet id that is kept says that the server's session may know the message [MQTT-3.3.1-1].
		if ((flags & PUBLISH_QOS1) !== 0 && (recordFlags & RECORD_TRIED) !== 0 && outbox.packetIdOf(record) !== 0)
			flags |= PUBLISH_DUP;
		this.#header.plan(outbox.topicOf(record), flags, outbox.lengthOf(record));
		if (this.#header.packetLength > this.#limits.maximumPacketSize) {
			this.statistics.tooLong++;
			this.#discard(record);
			return true;
		}
		if (ring.room < this.#header.headerLength)
			return false;
		if ((flags & PUBLISH_QOS1) !== 0) {
			packetId = this.#packetIdFor(record);
			this.#inflight++;
		}
		this.#header.put(ring, packetId);
		ring.commit();
		if ((recordFlags & RECORD_TRIED) === 0)
			this.statistics.published++;
		else
			this.statistics.repeated++;
		outbox.setFlags(record, recordFlags | RECORD_SENT | RECORD_TRIED);
		if ((recordFlags & RECORD_QOS1) !== 0)
			this.#cursor = outbox.following(record);
		this.#partial = record;
		this.#partialAt = 0;
		return this.#continue(ring);
	}

	// Puts payload of the record that was begun. Returns false where some is left.
	#continue(ring: SendRing): boolean {
		const outbox = this.#outbox, record = this.#partial, length = outbox.lengthOf(record);
		const left = length - this.#partialAt, count = left < ring.room ? left : ring.room;
		if (count > 0) {
			outbox.copy(record, this.#partialAt, this.#partialAt + count, ring);
			ring.commit();
			this.#partialAt += count;
		}
		if (count < left)
			return false;
		this.#partial = NONE;
		// QoS 0, or QoS 1 at a server that knows only QoS 0: no PUBACK will come.
		if ((this.#flagsFor(outbox.flagsOf(record)) & PUBLISH_QOS1) === 0)
			this.#discard(record);
		return true;
	}

	#discard(record: number): void {
		const outbox = this.#outbox, packetId = outbox.packetIdOf(record);
		if (record === this.#cursor)
			this.#cursor = outbox.following(record);
		if (packetId !== 0)
			this.#slots[packetId - 1] = NONE;
		outbox.remove(record);
	}

	// Fewer than all slots are taken: `drain` looks at the window, and repeated records keep theirs.
	#packetIdFor(record: number): number {
		const outbox = this.#outbox, slots = this.#slots;
		let packetId = outbox.packetIdOf(record);
		if (packetId === 0) {
			while (slots[this.#nextSlot] !== NONE)
				this.#nextSlot = this.#nextSlot + 1 < MQTT_INFLIGHT_MAX ? this.#nextSlot + 1 : 0;
			slots[this.#nextSlot] = record;
			packetId = this.#nextSlot + 1;
			outbox.setPacketId(record, packetId);
			this.#nextSlot = packetId < MQTT_INFLIGHT_MAX ? packetId : 0;
		}
		return packetId;
	}

	#forgetPacketIds(): void {
		const outbox = this.#outbox;
		for (let record = outbox.first(1); record !== NONE; record = outbox.following(record))
			outbox.setPacketId(record, 0);
		this.#slots.fill(NONE);
	}
}
