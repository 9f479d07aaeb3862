/** How long to wait before the next attempt: exponential with full jitter, so that a fleet does not come back at once. */
import { UPLINK_BACKOFF_MAX, UPLINK_BACKOFF_MIN } from "../config.js";
import type { Random } from "../ports/random.js";

export class Backoff {
	#random: Random;
	#minimum: number;
	#maximum: number;
	#bound: number;
	#bytes = new Uint8Array(4);

	/** Both in ms. */
	constructor(random: Random, minimum = UPLINK_BACKOFF_MIN, maximum = UPLINK_BACKOFF_MAX) {
		if (!(minimum > 0 && maximum >= minimum && maximum < 0x40000000))
			throw new RangeError(`a backoff from ${minimum} to ${maximum} ms cannot be`);
		this.#random = random;
		this.#minimum = minimum;
		this.#maximum = maximum;
		this.#bound = minimum;
	}

	/** ms to wait: at random between the minimum and a bound that doubles from call to call. `slow`: the next attempt will
	 *  most likely fail like this one, so between half of the maximum and the maximum. */
	next(slow: boolean): number {
		this.#bound = slow || this.#bound * 2 > this.#maximum ? this.#maximum : this.#bound * 2;
		return this.#between(slow ? Math.max(this.#minimum, this.#maximum >> 1) : this.#minimum, this.#bound);
	}

	/** After success. */
	reset(): void {
		this.#bound = this.#minimum;
	}

	#between(low: number, high: number): number {
		const bytes = this.#bytes;
		this.#random.fill(bytes);
		const fraction = (bytes[0]! * 0x10000 + bytes[1]! * 0x100 + bytes[2]!) / 0x1000000;
		return low + Math.floor(fraction * (high - low + 1));
	}
}
