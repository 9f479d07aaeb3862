import { LOSS_REPORT_INTERVAL } from "../config.js";
import { LEVEL_WARN, type Log } from "../ports/log.js";

/** Tells about a counter that grows: the first time at once, then at most every LOSS_REPORT_INTERVAL. */
export class LossReport {
	#reported = 0;
	#at = 0;
	#log: Log;
	#module: string;
	#one: string;
	#many: string;

	/** `one` and `many` follow the number: "1 datagram could not be sent". */
	constructor(log: Log, module: string, one: string, many: string) {
		this.#log = log;
		this.#module = module;
		this.#one = one;
		this.#many = many;
	}

	/** `count` never falls. */
	update(count: number, now: number): void {
		if (count === this.#reported || this.#reported > 0 && ((now - this.#at) | 0) < LOSS_REPORT_INTERVAL)
			return;
		const lost = count - this.#reported;
		this.#reported = count;
		this.#at = now;
		this.#log.write(LEVEL_WARN, this.#module, `${lost} ${lost === 1 ? this.#one : this.#many}`);
	}
}
