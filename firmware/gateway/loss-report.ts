import { LOSS_REPORT_INTERVAL } from "../config.js";
import { LEVEL_WARN, type Log } from "../ports/log.js";
import { DROP_NAMES, type Statistics } from "../someip/drop.js";

/** LOSS_REPORT_INTERVAL after a report. Asked often, so that a time long ago is never taken for one to come. */
class Pause {
	#running = false;
	#since = 0;

	begin(now: number): void {
		this.#running = true;
		this.#since = now;
	}

	holds(now: number): boolean {
		if (this.#running && ((now - this.#since) | 0) >= LOSS_REPORT_INTERVAL)
			this.#running = false;
		return this.#running;
	}
}

/** Tells about a counter that grows: the first time at once, then at most every LOSS_REPORT_INTERVAL. */
export class LossReport {
	#reported = 0;
	#pause = new Pause();
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
		if (this.#pause.holds(now) || count === this.#reported)
			return;
		const lost = count - this.#reported;
		this.#reported = count;
		this.#pause.begin(now);
		this.#log.write(LEVEL_WARN, this.#module, `${lost} ${lost === 1 ? this.#one : this.#many}`);
	}
}

/** The same for a role's drops, with their reasons: "12 messages dropped: 9 not subscribed, 3 truncated". */
export class DropReport {
	#reported = 0;
	#pause = new Pause();
	#reasons = new Uint32Array(DROP_NAMES.length);
	#log: Log;
	#module: string;

	constructor(log: Log, module: string) {
		this.#log = log;
		this.#module = module;
	}

	update(statistics: Statistics, now: number): void {
		if (this.#pause.holds(now) || statistics.dropped === this.#reported)
			return;
		const lost = (statistics.dropped - this.#reported) >>> 0;
		this.#reported = statistics.dropped;
		this.#pause.begin(now);
		let text = "";
		for (let i = 1; i < DROP_NAMES.length; i++) {
			const count = statistics.droppedBy(-i), more = count - this.#reasons[i]!;
			this.#reasons[i] = count;
			if (more > 0)
				text += `${text === "" ? "" : ", "}${more} ${DROP_NAMES[i]}`;
		}
		this.#log.write(LEVEL_WARN, this.#module, `${lost} dropped: ${text}`);
	}
}
