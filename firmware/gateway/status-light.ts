import type { Led } from "../ports/led.js";
import { NO_TIMEOUT } from "../wire/time.js";

export const LIGHT_OFF = 0;
/** Quick flashes: no link with an address yet. */
export const LIGHT_STARTING = 1;
/** Slow flashes: the link is there, the broker is not. */
export const LIGHT_LINK = 2;
/** On: all is well. */
export const LIGHT_UP = 3;
/** Two flashes and a pause: no Ethernet, or safe mode. */
export const LIGHT_FAULT = 4;

/** ms on, off, on, …, over and over. */
const PATTERNS: readonly (readonly number[])[] = Object.freeze([
	Object.freeze([]), Object.freeze([100, 100]), Object.freeze([500, 500]), Object.freeze([]), Object.freeze([100, 100, 100, 700]),
]);

/** Shows the board's state with one LED. */
export class StatusLight {
	#led: Led;
	#state = -1;
	#step = 0;
	#due = 0;

	constructor(led: Led) {
		this.#led = led;
	}

	/** Called with the state at each turn: goes on in its pattern. */
	show(state: number, now: number): void {
		const pattern = PATTERNS[state]!;
		if (state !== this.#state) {
			this.#state = state;
			this.#step = -1;
			this.#due = now;
			if (pattern.length === 0)
				this.#led.set(state === LIGHT_UP);
		}
		if (pattern.length === 0 || ((this.#due - now) | 0) > 0)
			return;
		this.#step = (this.#step + 1) % pattern.length;
		this.#due = (now + pattern[this.#step]!) | 0;
		this.#led.set((this.#step & 1) === 0);
	}

	/** ms until `show` is wanted. */
	timeout(now: number): number {
		if (this.#state < 0 || PATTERNS[this.#state]!.length === 0)
			return NO_TIMEOUT;
		const delay = (this.#due - now) | 0;
		return delay > 0 ? delay : 0;
	}
}
