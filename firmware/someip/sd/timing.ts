/** Times of service discovery. */
import type { Random } from "../../ports/random.js";
import { getUint32 } from "../../wire/big-endian.js";
import { TTL_FOREVER } from "./entry.js";

/** In ms, but for repetitionsMax. The specification sets no defaults (feat_req_someipsd_62…_85). */
export interface SdTimings {
	initialDelayMin: number;
	initialDelayMax: number;
	repetitionsBaseDelay: number;
	repetitionsMax: number;
	cyclicOfferDelay: number;
	/** Before an answer to what came by multicast. */
	requestResponseDelayMin: number;
	requestResponseDelayMax: number;
}

/** Repetitions and cycle as in the examples of feat_req_someipsd_839 and _842. */
export const DEFAULT_TIMINGS: SdTimings = Object.freeze({
	initialDelayMin: 10,
	initialDelayMax: 100,
	repetitionsBaseDelay: 30,
	repetitionsMax: 3,
	cyclicOfferDelay: 1000,
	requestResponseDelayMin: 0,
	requestResponseDelayMax: 0,
});

/** Longest lifetime that an int32 clock in ms can watch over, seconds: 12 days. A longer one counts as unlimited: a
 *  service that is still there must not be lost. */
const LIFETIME_MAX = 0x3fffffff / 1000 | 0;

/** Lifetime in ms of a TTL in seconds, or -1: unlimited. */
export function lifetime(ttl: number): number {
	return ttl === TTL_FOREVER || ttl > LIFETIME_MAX ? -1 : ttl * 1000;
}

/** Draws delays. */
export class Delay {
	#random: Random;
	#bytes = new Uint8Array(4);

	constructor(random: Random) {
		this.#random = random;
	}

	/** A whole number of ms in [min, max]. */
	between(min: number, max: number): number {
		if (max <= min)
			return min;
		this.#random.fill(this.#bytes);
		return min + getUint32(this.#bytes, 0) % (max - min + 1);
	}
}
