import { AVAILABILITY_CHANGES, AVAILABILITY_INTERVAL } from "../config.js";
import { OVERFLOW_DROP_OLDEST, type Uplink } from "../uplink/uplink.js";
import { UPLINK_UP } from "../uplink/uplink-state.js";
import { NO_TIMEOUT } from "../wire/time.js";
import { encodeUtf8 } from "../wire/utf8.js";
import type { Configuration } from "./configuration/configuration.js";
import { availabilityTopic } from "./configuration/rules.js";
import { ANY_INSTANCE } from "./configuration/table.js";

/** For retained messages that tell of a state: without the newest one the broker would go on telling an old one, so an
 *  older event gives way where the queue is full. Rare: they take no alias from others. */
export const STATE_TOPIC = Object.freeze({ alias: false, overflow: OVERFLOW_DROP_OLDEST });

/** Whether each service instance that a route or a method names is offered: a retained message, sent at every change and again
 *  after every connect (it may have changed while the broker was away). */
export class Availability {
	#services: number[] = [];
	#instances: number[] = [];
	#topics: number[] = [];
	#available: boolean[] = [];
	/** What was told last; since when, int32 ms, changes are counted, and how many: an ECU that comes and goes without end must not
	 *  fill the outbox. */
	#told: (boolean | undefined)[] = [];
	#since: number[] = [];
	#changes: number[] = [];
	#yes = encodeUtf8("{\"state\":\"available\"}");
	#no = encodeUtf8("{\"state\":\"unavailable\"}");
	#uplink: Uplink;

	constructor(configuration: Configuration, uplink: Uplink) {
		this.#uplink = uplink;
		for (const { service, instance } of configuration.routes)
			this.#add(configuration.vin, service, instance);
		for (const { service, instance } of configuration.methods)
			this.#add(configuration.vin, service, instance);
	}

	set(service: number, instance: number, available: boolean, now: number): void {
		const index = this.#indexOf(service, instance);
		if (index < 0)
			return;
		this.#available[index] = available;
		if (this.#uplink.state === UPLINK_UP && this.#wait(index, now) === 0)
			this.#publish(index, now);
	}

	/** Tells what had to wait. */
	onTimeout(now: number): void {
		if (this.#uplink.state !== UPLINK_UP)
			return;
		for (let i = 0; i < this.#topics.length; i++)
			if (this.#wait(i, now) === 0)
				this.#publish(i, now);
	}

	/** ms until onTimeout is wanted. */
	timeout(now: number): number {
		let delay = NO_TIMEOUT;
		for (let i = 0; i < this.#topics.length && this.#uplink.state === UPLINK_UP; i++) {
			const wait = this.#wait(i, now);
			if (wait < delay)
				delay = wait;
		}
		return delay;
	}

	// ms until the newest state is to be told; NO_TIMEOUT: it was.
	#wait(index: number, now: number): number {
		if (this.#told[index] === this.#available[index])
			return NO_TIMEOUT;
		const passed = (now - this.#since[index]!) | 0;
		// The clock wraps: a time to come is one of long ago.
		if (passed < 0 || passed >= AVAILABILITY_INTERVAL) {
			this.#since[index] = now;
			this.#changes[index] = 0;
		}
		return this.#changes[index]! < AVAILABILITY_CHANGES ? 0 : AVAILABILITY_INTERVAL - passed;
	}

	publishAll(now: number): void {
		for (let i = 0; i < this.#topics.length; i++)
			this.#publish(i, now);
	}

	#add(vin: string, service: number, instance: number): void {
		if (instance === ANY_INSTANCE || this.#indexOf(service, instance) >= 0)
			return;
		this.#services.push(service);
		this.#instances.push(instance);
		this.#topics.push(this.#uplink.addTopic(availabilityTopic(vin, service, instance), STATE_TOPIC));
		this.#available.push(false);
		this.#told.push(undefined);
		this.#since.push(0);
		this.#changes.push(0);
	}

	#publish(index: number, now: number): void {
		this.#told[index] = this.#available[index];
		this.#changes[index]!++;
		const payload = this.#available[index] ? this.#yes : this.#no;
		this.#uplink.publish(this.#topics[index]!, 1, true, payload, 0, payload.length, now);
	}

	#indexOf(service: number, instance: number): number {
		for (let i = 0; i < this.#services.length; i++)
			if (this.#services[i] === service && this.#instances[i] === instance)
				return i;
		return -1;
	}
}
