/** Who gets the events of a Provider. */
import { PROVIDER_SUBSCRIBERS_MAX } from "../config.js";
import type { Connection } from "./connection.js";
import type { Eventgroup, OfferedService } from "./offered-service.js";
import { Peer } from "./sd/peer.js";
import { lifetime } from "./sd/timing.js";

export class Subscriber {
	/** undefined: this place is free. */
	eventgroup: Eventgroup | undefined = undefined;
	peer: Peer | undefined = undefined;
	/** Where its events by UDP go; address 0: nowhere, or to multicast alone. */
	address = 0;
	port = 0;
	/** Where its events by TCP go, and that connection's life when it subscribed. */
	connection: Connection | undefined = undefined;
	connectionLife = 0;
	limited = false;
	/** End of the TTL, int32 ms, where `limited`. */
	expires = 0;
	/** Index of the field whose value it gets next, -1: it has them all. */
	initial = -1;

	/** It did not subscribe (see Provider.preset): its peer has no port of service discovery. */
	get isPreset(): boolean {
		return this.peer!.port === 0;
	}
}

export class SubscriberTable {
	/** Subscriptions in the table. */
	count = 0;
	#subscribers: Subscriber[] = [];
	#limit: number;
	/** In turn: an eventgroup, the address and the port of a subscriber that is there from the beginning. */
	#presets: (Eventgroup | number)[] = [];

	constructor(limit = PROVIDER_SUBSCRIBERS_MAX) {
		this.#limit = limit;
	}

	get length(): number {
		return this.#subscribers.length;
	}

	at(index: number): Subscriber {
		return this.#subscribers[index]!;
	}

	/** The subscription of this endpoint. */
	find(eventgroup: Eventgroup, address: number, port: number, connection: Connection | undefined, peer: Peer | undefined): Subscriber | undefined {
		for (let i = 0; i < this.#subscribers.length; i++) {
			const subscriber = this.#subscribers[i]!;
			if (subscriber.eventgroup === eventgroup && subscriber.address === address && subscriber.port === port
				&& subscriber.connection === connection && (address !== 0 || connection !== undefined || subscriber.peer === peer))
				return subscriber;
		}
		return undefined;
	}

	/** Adds a subscription; undefined where the table is full. */
	add(eventgroup: Eventgroup, address: number, port: number, connection: Connection | undefined, peer: Peer): Subscriber | undefined {
		if (this.count >= this.#limit)
			return undefined;
		let subscriber: Subscriber | undefined;
		for (let i = 0; i < this.#subscribers.length && subscriber === undefined; i++)
			if (this.#subscribers[i]!.eventgroup === undefined)
				subscriber = this.#subscribers[i];
		if (subscriber === undefined) {
			subscriber = new Subscriber();
			this.#subscribers.push(subscriber);
		}
		subscriber.eventgroup = eventgroup;
		subscriber.peer = peer;
		subscriber.address = address;
		subscriber.port = port;
		subscriber.connection = connection;
		if (connection !== undefined) {
			subscriber.connectionLife = connection.life;
			connection.users++;
		}
		// feat_req_someipsd_833: the values of fields are sent on subscriptions, not on their renewals.
		this.setInitial(subscriber, true);
		peer.users++;
		eventgroup.subscribers++;
		eventgroup.changed = true;
		this.count++;
		return subscriber;
	}

	preset(eventgroup: Eventgroup, address: number, port: number): boolean {
		if (this.#presets.length / 3 >= this.#limit)
			return false;
		this.#presets.push(eventgroup, address, port);
		return true;
	}

	/** The service is offered: adds what was preset for its eventgroups. */
	addPreset(service: OfferedService): void {
		const presets = this.#presets;
		for (let i = 0; i < presets.length; i += 3) {
			const eventgroup = presets[i] as Eventgroup, address = presets[i + 1] as number, port = presets[i + 2] as number;
			// Not a peer of service discovery: no message of anybody's ends its subscription.
			const peer = new Peer();
			peer.address = address;
			const subscriber = eventgroup.service !== service || this.find(eventgroup, address, port, undefined, peer) !== undefined
				? undefined : this.add(eventgroup, address, port, undefined, peer);
			if (subscriber !== undefined)
				subscriber.limited = false;
		}
	}

	hostsOf(eventgroup: Eventgroup): number[] {
		const hosts: number[] = [];
		for (let i = 0; i < this.#subscribers.length; i++) {
			const { eventgroup: subscribed, peer } = this.#subscribers[i]!;
			if (subscribed === eventgroup && !hosts.includes(peer!.address))
				hosts.push(peer!.address);
		}
		return hosts;
	}

	/** It gets the values of the eventgroup's fields next, as far as it can be reached; or not. */
	setInitial(subscriber: Subscriber, wanted: boolean): void {
		const isReachable = subscriber.address !== 0 || subscriber.connection !== undefined;
		subscriber.initial = wanted && isReachable && subscriber.eventgroup!.fields.length > 0 ? 0 : -1;
	}

	/** `ttl`: seconds from now. */
	renew(subscriber: Subscriber, ttl: number, now: number): void {
		const duration = lifetime(ttl);
		subscriber.limited = duration >= 0;
		subscriber.expires = (now + duration) | 0;
	}

	remove(subscriber: Subscriber): void {
		subscriber.eventgroup!.subscribers--;
		subscriber.eventgroup!.changed = true;
		subscriber.peer!.users--;
		if (subscriber.connection !== undefined)
			subscriber.connection.users--;
		subscriber.eventgroup = subscriber.peer = subscriber.connection = undefined;
		subscriber.initial = -1;
		this.count--;
	}

	/** Removes what belongs to `peer`, to `service`, or, both undefined, to anybody. */
	removeAll(peer: Peer | undefined, service: OfferedService | undefined): void {
		for (let i = 0; i < this.#subscribers.length; i++) {
			const subscriber = this.#subscribers[i]!;
			if (subscriber.eventgroup !== undefined && (peer === undefined || subscriber.peer === peer)
				&& (service === undefined || subscriber.eventgroup.service === service))
				this.remove(subscriber);
		}
	}

	/** Removes those whose connection is gone (feat_req_someipsd_435). */
	removeLost(): void {
		for (let i = 0; i < this.#subscribers.length; i++) {
			const subscriber = this.#subscribers[i]!;
			if (subscriber.connection !== undefined && subscriber.connection.life !== subscriber.connectionLife)
				this.remove(subscriber);
		}
	}

	onTimeout(now: number): void {
		for (let i = 0; i < this.#subscribers.length; i++) {
			const subscriber = this.#subscribers[i]!;
			if (subscriber.eventgroup !== undefined && subscriber.limited && ((now - subscriber.expires) | 0) >= 0)
				this.remove(subscriber);
		}
	}

	/** ms until the earliest deadline, at most `delay`. */
	timeout(now: number, delay: number): number {
		for (let i = 0; i < this.#subscribers.length; i++) {
			const subscriber = this.#subscribers[i]!;
			if (subscriber.eventgroup !== undefined && subscriber.limited && ((subscriber.expires - now) | 0) < delay)
				delay = (subscriber.expires - now) | 0;
		}
		return delay;
	}
}
