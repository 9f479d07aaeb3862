/** What the broker delivered to a subscriber, and how it compares with what a recording held. */
import { countDelivered, type Subscriber } from "./subscriber.js";

/** A recorded event with the topic that its route publishes to. */
export interface ExpectedEvent {
	topic: string;
	payload: Uint8Array;
}

export interface Comparison {
	recorded: number;
	/** Delivered with the recorded payload, byte for byte. */
	matched: number;
	missing: number;
	/** Delivered, but never recorded so, or once too often. */
	unexpected: number;
}

export class Delivery {
	#prefix: string;
	#subscriber: Subscriber | undefined;
	#keep: boolean;
	/** Topic and payload in hex → how often it was delivered. */
	#seen = new Map<string, number>();
	/** Messages on event topics; messages of any topic. */
	events = 0;
	messages = 0;

	private constructor(vin: string, keep: boolean) {
		this.#prefix = `vehicle/${vin}/someip/`;
		this.#keep = keep;
	}

	/** `keep`: remembers every payload for `compare`. */
	static async start(mqttPort: number, vin: string, keep: boolean): Promise<Delivery> {
		const delivery = new Delivery(vin, keep);
		delivery.#subscriber = await countDelivered(mqttPort, "#", (topic, payload) => delivery.#take(topic, payload));
		return delivery;
	}

	#take(topic: string, payload: Uint8Array): void {
		this.messages++;
		if (!topic.startsWith(this.#prefix) || topic.endsWith("/sd"))
			return;
		this.events++;
		if (this.#keep) {
			const key = keyOf(topic, payload);
			this.#seen.set(key, (this.#seen.get(key) ?? 0) + 1);
		}
	}

	compare(expected: readonly ExpectedEvent[]): Comparison {
		const left = new Map(this.#seen);
		let matched = 0;
		for (const { topic, payload } of expected) {
			const key = keyOf(topic, payload), count = left.get(key) ?? 0;
			if (count > 0) {
				matched++;
				left.set(key, count - 1);
			}
		}
		return { recorded: expected.length, matched, missing: expected.length - matched, unexpected: this.events - matched };
	}

	async stop(): Promise<void> {
		await this.#subscriber?.stop();
	}
}

function keyOf(topic: string, payload: Uint8Array): string {
	return `${topic} ${Buffer.from(payload).toString("hex")}`;
}
