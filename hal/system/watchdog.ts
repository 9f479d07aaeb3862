import type { Watchdog } from "../../firmware/ports/watchdog.js";

/** The task watchdog of a board; an alarm on a PC (system.c). It waits from the first feeding on. */
export class SystemWatchdog implements Watchdog {
	#time: number;

	/** ms without food after which the machine restarts, or the program ends. */
	constructor(time: number) {
		this.#time = time;
	}

	feed(): void {
		this.feedFor(this.#time);
	}

	feedFor(time: number): void {
		return native("xs_watchdog_feed").call(this, time);
	}
}
