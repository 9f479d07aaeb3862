import { UPLINK_FALLBACK_ATTEMPTS, UPLINK_PROBE_INTERVAL, UPLINK_PROBE_INTERVAL_MAX } from "../config.js";
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
 *  the broker, every other attempt takes the second. A connection that came by the second way is given up once in a while
 *  to try the first again, ever less often where that fails. */
export class Ways {
	/** That of the present attempt or connection. */
	way: Way;
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
		if (this.isSecond) {
			this.#probeAt = (now + this.#interval) | 0;
			this.#interval = this.#interval * 2 < UPLINK_PROBE_INTERVAL_MAX ? this.#interval * 2 : UPLINK_PROBE_INTERVAL_MAX;
			return;
		}
		this.#failures = 0;
		this.#interval = UPLINK_PROBE_INTERVAL;
	}

	/** ms until a connection by the second way is to be given up. */
	probeDelay(now: number): number {
		return (this.#probeAt - now) | 0;
	}
}
