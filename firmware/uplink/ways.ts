import { UPLINK_FALLBACK_ATTEMPTS, UPLINK_PROBE_INTERVAL, UPLINK_PROBE_INTERVAL_MAX } from "../config.js";
import { NO_TIMEOUT } from "../wire/time.js";
import { Probe } from "./probe.js";
import type { TransportFactory } from "./transport.js";

/** One way to the broker. */
export interface Way {
	/** Name or dotted address. */
	readonly host: string;
	readonly port: number;
	readonly transport: TransportFactory;
	/** The transport wants a byte stream (TCP), not datagrams (UDP). */
	readonly isStream?: boolean;
}

/** Which way the next connection takes. The first one; after UPLINK_FALLBACK_ATTEMPTS attempts in turn that did not reach
 *  the broker, every other attempt takes the second. Beside a connection that came by the second way the first is tried again once
 *  in a while, ever less often where that fails. */
export class Ways {
	/** That of the present attempt or connection. */
	way: Way;
	/** The first way is being tried beside the present connection. */
	probe: Probe | undefined = undefined;
	#first: Way;
	#second: Way | undefined;
	#failures = 0;
	#interval = UPLINK_PROBE_INTERVAL;
	#probeAt = 0;

	constructor(first: Way, second: Way | undefined) {
		this.way = this.#first = first;
		this.#second = second;
	}

	get isSecond(): boolean {
		return this.way === this.#second;
	}

	/** The next attempt begins. */
	next(): void {
		this.way = this.#second !== undefined && !this.isSecond && this.#failures >= UPLINK_FALLBACK_ATTEMPTS ? this.#second : this.#first;
	}

	/** The attempt did not reach the broker. Returns whether the other way is to be tried at once. */
	failed(): boolean {
		if (this.#second === undefined || this.isSecond)
			return false;
		return ++this.#failures >= UPLINK_FALLBACK_ATTEMPTS;
	}

	/** The broker has accepted the connection. */
	up(now: number): void {
		if (this.isSecond)
			return this.#putOff(now);
		this.#failures = 0;
		this.#interval = UPLINK_PROBE_INTERVAL;
	}

	/** Looks after the probe; with `isUp` it begins when it is due. Returns whether it can be taken over. */
	onTimeout(now: number, isUp: boolean): boolean {
		if (this.#probeDelay(now, isUp) <= 0)
			this.probe = new Probe(this.#first, now);
		const { probe } = this;
		if (probe === undefined)
			return false;
		probe.onTimeout(now);
		if (probe.isOver) {
			this.probe = undefined;
			this.#putOff(now);
		}
		return probe.isReady;
	}

	/** ms until `onTimeout` is wanted. */
	pollTimeout(now: number, isUp: boolean): number {
		return this.probe === undefined ? Math.max(0, this.#probeDelay(now, isUp)) : this.probe.pollTimeout(now);
	}

	/** There is none from here on; returns it where it can be taken over. */
	takeProbe(): Probe | undefined {
		const { probe } = this;
		this.probe = undefined;
		if (probe?.isReady)
			return probe;
		probe?.drop();
		return undefined;
	}

	// Later than the last time.
	#putOff(now: number): void {
		this.#probeAt = (now + this.#interval) | 0;
		this.#interval = this.#interval * 2 < UPLINK_PROBE_INTERVAL_MAX ? this.#interval * 2 : UPLINK_PROBE_INTERVAL_MAX;
	}

	#probeDelay(now: number, isUp: boolean): number {
		return isUp && this.isSecond && this.probe === undefined ? (this.#probeAt - now) | 0 : NO_TIMEOUT;
	}
}
