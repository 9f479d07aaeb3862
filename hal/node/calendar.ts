import type { Calendar } from "../../firmware/ports/calendar.js";

/** 2026-01-01T00:00:00Z: a clock that is behind the program's own age was never set. */
const EARLIEST = 1767225600;

/** The operating system's wall clock; or, for tests, a clock that is not set or was set to `seconds`. */
export class NodeCalendar implements Calendar {
	readonly isSet: boolean;
	#offset: number;

	constructor(wallClock: "system" | "unset" | number = "system") {
		this.#offset = typeof wallClock === "number" ? wallClock - Math.floor(Date.now() / 1000) : 0;
		this.isSet = wallClock !== "unset" && this.seconds() >= EARLIEST;
	}

	seconds(): number {
		return Math.floor(Date.now() / 1000) + this.#offset;
	}
}

export const calendar: Calendar = new NodeCalendar();
