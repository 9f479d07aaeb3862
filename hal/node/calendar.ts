import type { Calendar } from "../../firmware/ports/calendar.js";
import { EARLIEST_TIME } from "../../firmware/wire/time.js";

/** The operating system's wall clock; or, for tests, a clock that is not set or was set to `seconds`. */
export class NodeCalendar implements Calendar {
	isSet: boolean;
	#offset: number;

	constructor(wallClock: "system" | "unset" | number = "system") {
		this.#offset = typeof wallClock === "number" ? wallClock - Math.floor(Date.now() / 1000) : 0;
		this.isSet = wallClock !== "unset" && this.seconds() >= EARLIEST_TIME;
	}

	set(seconds: number): void {
		this.#offset = seconds - Math.floor(Date.now() / 1000);
		this.isSet = seconds >= EARLIEST_TIME;
	}

	seconds(): number {
		return Math.floor(Date.now() / 1000) + this.#offset;
	}
}

export const calendar: Calendar = new NodeCalendar();
