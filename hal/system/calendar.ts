import type { Calendar } from "../../firmware/ports/calendar.js";

/** 2026-01-01T00:00:00Z: a clock that is behind the program's own age was never set. */
const EARLIEST = 1767225600;

/** The operating system's wall clock (clock.c); or, for tests, a clock that is not set or was set to `seconds`. */
export class SystemCalendar implements Calendar {
	#offset: number;
	#hidden: boolean;

	constructor(wallClock: "system" | "unset" | number = "system") {
		this.#hidden = wallClock === "unset";
		this.#offset = typeof wallClock === "number" ? wallClock - this.read() : 0;
	}

	/** SNTP may set the clock at any time. */
	get isSet(): boolean {
		return !this.#hidden && this.seconds() >= EARLIEST;
	}

	seconds(): number {
		return this.read() + this.#offset;
	}

	read(): number {
		return native("xs_calendar_seconds").call(this);
	}
}
