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

/** A service instance that is told of, and how. */
class Subject {
	service: number;
	instance: number;
	/** The uplink's handle of its topic. */
	topic: number;
	available = false;
	/** What was told last; undefined: nothing yet. */
	told: boolean | undefined = undefined;
	/** Since when, int32 ms, changes are counted, and how many: an ECU that comes and goes without end must not fill the outbox. */
	since = 0;
	changes = 0;

	constructor(service: number, instance: number, topic: number) {
		this.service = service;
		this.instance = instance;
		this.topic = topic;
	}

	/** ms until the newest state is to be told; NO_TIMEOUT: it was. */
	wait(now: number): number {
		if (this.told === this.available)
			return NO_TIMEOUT;
		const passed = (now - this.since) | 0;
		// The clock wraps: a time to come is one of long ago.
		if (passed < 0 || passed >= AVAILABILITY_INTERVAL) {
			this.since = now;
			this.changes = 0;
		}
		return this.changes < AVAILABILITY_CHANGES ? 0 : AVAILABILITY_INTERVAL - passed;
	}
}

/** Whether each service instance that a route or a method names is offered: a retained message, sent at every change and again
 *  after every connect (it may have changed while the broker was away). */
export class Availability {
	#subjects: Subject[] = [];
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
		const subject = this.#find(service, instance);
		if (subject === undefined)
			return;
		subject.available = available;
		if (this.#uplink.state === UPLINK_UP && subject.wait(now) === 0)
			this.#publish(subject, now);
	}

	/** Tells what had to wait. */
	onTimeout(now: number): void {
		if (this.#uplink.state !== UPLINK_UP)
			return;
		for (let i = 0; i < this.#subjects.length; i++)
			if (this.#subjects[i]!.wait(now) === 0)
				this.#publish(this.#subjects[i]!, now);
	}

	/** ms until onTimeout is wanted. */
	timeout(now: number): number {
		let delay = NO_TIMEOUT;
		for (let i = 0; i < this.#subjects.length && this.#uplink.state === UPLINK_UP; i++) {
			const wait = this.#subjects[i]!.wait(now);
			if (wait < delay)
				delay = wait;
		}
		return delay;
	}

	publishAll(now: number): void {
		for (let i = 0; i < this.#subjects.length; i++)
			this.#publish(this.#subjects[i]!, now);
	}

	#add(vin: string, service: number, instance: number): void {
		if (instance !== ANY_INSTANCE && this.#find(service, instance) === undefined)
			this.#subjects.push(new Subject(service, instance, this.#uplink.addTopic(availabilityTopic(vin, service, instance), STATE_TOPIC)));
	}

	#publish(subject: Subject, now: number): void {
		const payload = subject.available ? this.#yes : this.#no;
		subject.told = subject.available;
		subject.changes++;
		this.#uplink.publish(subject.topic, 1, true, payload, 0, payload.length, now);
	}

	#find(service: number, instance: number): Subject | undefined {
		for (let i = 0; i < this.#subjects.length; i++)
			if (this.#subjects[i]!.service === service && this.#subjects[i]!.instance === instance)
				return this.#subjects[i];
		return undefined;
	}
}
