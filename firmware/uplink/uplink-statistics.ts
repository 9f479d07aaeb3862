import type { Publisher } from "../mqtt/publisher.js";
import type { Session } from "../mqtt/session.js";
import type { Subscriptions } from "../mqtt/subscriptions.js";

/** Counts since the start; a live view, not a copy. */
export class UplinkStatistics {
	/** Whether the last CONNECT was answered with success and the connection still holds. */
	connected = false;
	/** Times that the broker was reached again after a connection was lost. */
	reconnects = 0;
	#publisher: Publisher;
	#subscriptions: Subscriptions;
	#wasUp = false;

	constructor(session: Session) {
		this.#publisher = session.publisher;
		this.#subscriptions = session.subscriptions;
	}

	/** CONNACK has come. */
	up(): void {
		if (this.#wasUp)
			this.reconnects++;
		this.#wasUp = true;
	}

	/** Messages handed to a connection, each once. */
	get published(): number {
		return this.#publisher.statistics.published;
	}

	/** QoS 1 messages that the broker has taken. */
	get acknowledged(): number {
		return this.#publisher.statistics.acknowledged;
	}

	/** Messages that wait in the outbox to be sent, now. */
	get queued(): number {
		return this.#publisher.queued;
	}

	/** Messages in the outbox, now: those that wait, and QoS 1 without PUBACK. */
	get pending(): number {
		return this.#publisher.pending;
	}

	/** Messages lost because the outbox was full. */
	get overflowed(): number {
		return this.#publisher.statistics.overflowed;
	}

	/** Messages lost because they are longer than the outbox or the broker's Maximum Packet Size. */
	get tooLong(): number {
		return this.#publisher.statistics.tooLong;
	}

	/** Messages that the broker refused with a PUBACK. */
	get refused(): number {
		return this.#publisher.statistics.refused;
	}

	/** Messages that went out again because a connection was lost. */
	get repeated(): number {
		return this.#publisher.statistics.repeated;
	}

	/** Subscriptions that the broker has granted, now. */
	get subscriptions(): number {
		return this.#subscriptions.granted;
	}
}
