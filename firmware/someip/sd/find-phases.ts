/** When FindService entries for one wanted service are sent (feat_req_someipsd_62…_76, _866, _867). */
import { ANY_INSTANCE } from "./entry.js";
import type { SdTimings } from "./timing.js";

const QUIET = 0;
const INITIAL_WAIT = 1;
const REPETITION = 2;

export class FindPhases {
	/** A Find entry is to be sent now. */
	due = false;
	/** When `onTimeout` is wanted, int32 ms, where `waiting`. */
	at = 0;
	#phase = QUIET;
	#repetitions = 0;
	#satisfied = false;

	get waiting(): boolean {
		return this.#phase !== QUIET;
	}

	/** Enters the initial wait phase; `delay`: ms. */
	start(now: number, delay: number): void {
		this.#phase = INITIAL_WAIT;
		this.#satisfied = false;
		this.due = false;
		this.at = (now + delay) | 0;
	}

	stop(): void {
		this.#phase = QUIET;
		this.due = false;
	}

	/** An instance was offered. feat_req_someipsd_239: for ANY "at least one Find entry" is sent all the same. */
	found(instanceId: number): void {
		this.#satisfied = true;
		if (instanceId !== ANY_INSTANCE || this.#phase === REPETITION)
			this.stop();
	}

	/** The time `at` has come. */
	onTimeout(timings: SdTimings): void {
		this.due = true;
		// feat_req_someipsd_76: "After each message sent in the Repetition Phase the delay shall be doubled."
		this.#repetitions = this.#phase === INITIAL_WAIT ? 0 : this.#repetitions + 1;
		if (this.#satisfied || this.#repetitions >= timings.repetitionsMax) {
			this.#phase = QUIET;
			return;
		}
		this.#phase = REPETITION;
		this.at = (this.at + timings.repetitionsBaseDelay * 2 ** this.#repetitions) | 0;
	}
}
