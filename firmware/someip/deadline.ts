/** When something is due next: looked for once, until something changes. */
import { NO_TIMEOUT } from "../wire/time.js";

export class Deadline {
	#at = 0;
	#isKnown = false;

	/** Something has changed. */
	forget(): void {
		this.#isKnown = false;
	}

	/** ms until it, 0 where it has passed; -1: it is to be looked for. */
	remaining(now: number): number {
		if (!this.#isKnown)
			return -1;
		const delay = (this.#at - now) | 0;
		return delay > 0 ? delay : 0;
	}

	/** It is `delay` ms from now; returns that, at least 0. */
	keep(delay: number, now: number): number {
		if (delay === NO_TIMEOUT)
			return NO_TIMEOUT;
		if (delay < 0)
			delay = 0;
		this.#at = (now + delay) | 0;
		this.#isKnown = true;
		return delay;
	}
}
