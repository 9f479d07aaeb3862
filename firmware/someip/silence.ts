/** Eventgroups whose events are expected in time: of one that is silent a Subscribe is sent before the next offer. */
import { NO_TIMEOUT } from "../wire/time.js";
import type { RemoteService } from "./service-table.js";
import { STATE_ACKNOWLEDGED, type Subscription } from "./subscription.js";
import type { SubscriptionTable } from "./subscription-table.js";

class Expected {
	wish: number;
	/** ms. */
	time: number;
	events: readonly number[];

	constructor(wish: number, time: number, events: readonly number[]) {
		this.wish = wish;
		this.time = time;
		this.events = events;
	}
}

export class SilenceWatch {
	/** By the wish's handle. */
	#expected: (Expected | undefined)[] = [];
	#subscriptions: SubscriptionTable;

	constructor(subscriptions: SubscriptionTable) {
		this.#subscriptions = subscriptions;
	}

	/** Of the eventgroup with this wish one of `events` is to come every `time` ms. */
	add(wish: number, time: number, events: readonly number[]): void {
		// Without gaps: those of an array XS 13.3 walks beyond its end when it collects garbage.
		while (this.#expected.length < wish)
			this.#expected.push(undefined);
		this.#expected[wish] = new Expected(wish, time, events);
	}

	/** An event of `service` came. */
	heard(service: RemoteService, eventId: number, now: number): void {
		for (let i = 0; i < this.#subscriptions.length; i++) {
			const subscription = this.#subscriptions.at(i);
			if (subscription.service !== service)
				continue;
			const expected = this.#expected[subscription.wish];
			if (expected !== undefined && expected.events.includes(eventId))
				subscription.heard = now;
		}
	}

	/** feat_req_someipsd_439: "After having not received a notification/event of an eventgroup subscribed to for a certain time the
	 *  ECU shall send a new SubscribeEventgroup entry." */
	onTimeout(now: number): void {
		for (let i = 0; i < this.#subscriptions.length; i++) {
			const subscription = this.#subscriptions.at(i);
			if (this.#remaining(subscription, now) > 0)
				continue;
			subscription.armed = true;
			subscription.at = subscription.heard = now;
			subscription.unanswered = 0;
		}
	}

	/** ms until the earliest deadline, at most `delay`. */
	timeout(now: number, delay: number): number {
		for (let i = 0; i < this.#subscriptions.length; i++) {
			const remaining = this.#remaining(this.#subscriptions.at(i), now);
			if (remaining < delay)
				delay = remaining;
		}
		return delay;
	}

	#remaining(subscription: Subscription, now: number): number {
		const expected = subscription.state === STATE_ACKNOWLEDGED ? this.#expected[subscription.wish] : undefined;
		return expected === undefined ? NO_TIMEOUT : (subscription.heard + expected.time - now) | 0;
	}
}
