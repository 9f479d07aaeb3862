import { deepEqual, ok } from "#test";
import { SESSION_FAILED, SESSION_NONE, Session } from "../../firmware/mqtt/session.js";
import type { SessionOptions } from "../../firmware/mqtt/session.js";
import { SendRing } from "../../firmware/wire/send-ring.js";
import { MockBroker } from "./mock-broker.js";
import type { BrokerConnection, BrokerOptions } from "./mock-broker.js";
import { ascii } from "./server-packets.js";

export const OPTIONS: SessionOptions = { clientId: "zonal", keepAlive: 60 };

/** A session and a broker with nothing but a ring between them. */
export class Pair {
	readonly session: Session;
	readonly broker: MockBroker;
	ring!: SendRing;
	connection!: BrokerConnection;
	now = 1000;
	#taken = 0;

	constructor(broker: BrokerOptions = {}, session: Partial<SessionOptions> = {}) {
		this.broker = new MockBroker(broker);
		this.session = new Session({ ...OPTIONS, ...session });
	}

	open(capacity = 8192): number {
		this.ring = new SendRing(capacity);
		this.connection = this.broker.open();
		this.#taken = 0;
		ok(this.session.open(this.ring, this.now));
		return this.exchange();
	}

	/** Carries bytes both ways until nothing moves; returns the last event that was one. */
	exchange(): number {
		let last = SESSION_NONE;
		for (let moved = true; moved;) {
			moved = this.toBroker() > 0;
			for (let event = this.toSession(); event !== SESSION_NONE; event = this.session.next(this.now)) {
				last = event;
				moved = true;
				if (event === SESSION_FAILED)
					return last;
			}
			this.session.drain(this.now);
			moved ||= this.ring.end > this.#taken;
		}
		return last;
	}

	/** What was put goes to the broker, and its room comes back. */
	toBroker(): number {
		const count = this.ring.end - this.#taken, bytes = new Uint8Array(count);
		this.ring.copy(this.#taken, this.ring.end, bytes, 0);
		this.#taken = this.ring.end;
		this.ring.release(this.#taken);
		this.connection.feed(bytes);
		return count;
	}

	/** What the broker has put goes to the session; returns the first event. */
	toSession(): number {
		const { output } = this.connection;
		let event = this.session.next(this.now);
		while (output.length > 0 && event === SESSION_NONE) {
			const { reader } = this.session, count = Math.min(output.length, reader.fillEnd - reader.fillStart);
			reader.bytes.set(output.splice(0, count), reader.fillStart);
			this.session.filled(count, this.now);
			event = this.session.next(this.now);
		}
		return event;
	}

	publish(topic: number, qos: number, payload: string, retain = false): number {
		const bytes = Uint8Array.from(ascii(payload));
		return this.session.publish(topic, qos, retain, bytes, 0, bytes.length, this.now);
	}

	finish(): void {
		deepEqual(this.broker.violations, []);
	}
}
