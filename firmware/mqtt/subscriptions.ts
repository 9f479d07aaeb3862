/** The filters that are subscribed to, and how far each is on this connection. */
import { MQTT_SUBSCRIPTIONS_MAX, MQTT_TOPIC_BYTES_MAX } from "../config.js";
import type { SendRing } from "../wire/send-ring.js";
import { FIRST_FAILURE } from "./reason-code.js";
import { encodeSubscribe } from "./subscribe.js";

// Above the ids of PUBLISH.
const FIRST_PACKET_ID = 0x8000;

const TO_SEND = 0, SENT = 1, GRANTED = 2, REFUSED = 3;

export class Subscriptions {
	#filters: string[] = [];
	#packets: Uint8Array[] = [];
	#states = new Uint8Array(MQTT_SUBSCRIPTIONS_MAX);

	/** Throws a RangeError that says what to change. At set-up only. */
	add(filter: string, qos: number): void {
		const index = this.#filters.length;
		if (index === MQTT_SUBSCRIPTIONS_MAX)
			throw new RangeError(`no room to subscribe to "${filter}": MQTT_SUBSCRIPTIONS_MAX is ${MQTT_SUBSCRIPTIONS_MAX}`);
		const packet = encodeSubscribe(FIRST_PACKET_ID + index, filter, qos);
		if (packet.length > MQTT_TOPIC_BYTES_MAX)
			throw new RangeError(`SUBSCRIBE to "${filter}" has ${packet.length} bytes: MQTT_TOPIC_BYTES_MAX is ${MQTT_TOPIC_BYTES_MAX}`);
		this.#packets.push(packet);
		this.#filters.push(filter);
	}

	/** CONNACK has come: a session that the server kept holds what it granted. */
	open(sessionPresent: boolean): void {
		for (let i = 0; i < this.#filters.length; i++)
			if (!sessionPresent || this.#states[i] !== GRANTED)
				this.#states[i] = TO_SEND;
	}

	/** The first filter whose SUBSCRIBE has more than `length` bytes, "" where none. */
	longerThan(length: number): string {
		for (let i = 0; i < this.#filters.length; i++)
			if (this.#packets[i]!.length > length)
				return this.#filters[i]!;
		return "";
	}

	/** Puts what is to be sent, as far as the ring has room. */
	drain(ring: SendRing): void {
		for (let i = 0; i < this.#filters.length; i++) {
			if (this.#states[i] !== TO_SEND)
				continue;
			const packet = this.#packets[i]!;
			if (ring.room < packet.length)
				return;
			ring.putBytes(packet, 0, packet.length);
			ring.commit();
			this.#states[i] = SENT;
		}
	}

	/** A SUBACK. Returns the filter where it was refused, else "". */
	answered(packetId: number, reasonCode: number): string {
		const index = packetId - FIRST_PACKET_ID;
		if (index < 0 || index >= this.#filters.length || this.#states[index] !== SENT)
			return "";
		this.#states[index] = reasonCode < FIRST_FAILURE ? GRANTED : REFUSED;
		return reasonCode < FIRST_FAILURE ? "" : this.#filters[index]!;
	}

	/** Filters that the server has granted. */
	get granted(): number {
		let count = 0;
		for (let i = 0; i < this.#filters.length; i++)
			count += this.#states[i] === GRANTED ? 1 : 0;
		return count;
	}
}
