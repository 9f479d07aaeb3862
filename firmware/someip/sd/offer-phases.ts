/** When OfferService entries of one service are sent (feat_req_someipsd_62…_81). */
import type { SdTimings } from "./timing.js";

const DOWN = 0;
const INITIAL_WAIT = 1;
const REPETITION = 2;
const MAIN = 3;

export class OfferPhases {
	/** An Offer entry is to be sent now. */
	due = false;
	/** A StopOffer entry is to be sent now. */
	stopDue = false;
	/** When `onTimeout` is wanted, int32 ms, where `waiting`. */
	at = 0;
	waiting = false;
	#phase = DOWN;
	#repetitions = 0;

	/** Offered at least once: subscriptions and searches are answered. */
	get offered(): boolean {
		return this.#phase >= REPETITION;
	}

	get up(): boolean {
		return this.#phase !== DOWN;
	}

	/** Enters the initial wait phase; `delay`: ms. */
	start(now: number, delay: number): void {
		this.#phase = INITIAL_WAIT;
		this.#repetitions = 0;
		this.due = this.stopDue = false;
		this.waiting = true;
		this.at = (now + delay) | 0;
	}

	/** feat_req_someipsd_820: "When a server service instance of an ECU is being stopped, a StopOfferService entry shall be
	 *  sent out." What was never offered needs none. */
	stop(): void {
		this.stopDue = this.offered;
		this.#phase = DOWN;
		this.due = this.waiting = false;
	}

	/** The time `at` has come. */
	onTimeout(now: number, timings: SdTimings): void {
		this.due = true;
		let delay = timings.cyclicOfferDelay;
		if (this.#phase !== MAIN) {
			this.#repetitions = this.#phase === INITIAL_WAIT ? 0 : this.#repetitions + 1;
			// feat_req_someipsd_74: "If REPETITIONS_MAX is set to 0, the Repetition Phase shall be skipped".
			this.#phase = this.#repetitions < timings.repetitionsMax ? REPETITION : MAIN;
			if (this.#phase === REPETITION)
				delay = timings.repetitionsBaseDelay * 2 ** this.#repetitions;
		}
		// feat_req_someipsd_79: offers are cyclic "if a CYCLIC_OFFER_DELAY is configured".
		this.waiting = delay > 0;
		// The cycle keeps its beat, but what a sleep has missed is not made up for.
		this.at = (((now - this.at) | 0) < delay ? this.at + delay : now + delay) | 0;
	}
}
