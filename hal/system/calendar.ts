import type { Calendar } from "../../firmware/ports/calendar.js";
import { EARLIEST_TIME } from "../../firmware/wire/time.js";

/** The operating system's wall clock (clock.c); or, for tests, a clock that is not set or was set to `seconds`. */
export class SystemCalendar implements Calendar {
	#offset: number;
	#hidden: boolean;

	constructor(wallClock: "system" | "unset" | number = "system") {
		this.#hidden = wallClock === "unset";
		this.#offset = typeof wallClock === "number" ? wallClock - this.read() : 0;
	}

	get isSet(): boolean {
		return !this.#hidden && this.seconds() >= EARLIEST_TIME;
	}

	/** The system's clock where that is ours (a board); else only this one. */
	set(seconds: number, milliseconds: number): void {
		this.#hidden = false;
		this.#offset = 0;
		if (!this.setClock(seconds, milliseconds))
			this.#offset = seconds - this.read();
	}

	seconds(): number {
		return this.read() + this.#offset;
	}

	setClock(seconds: number, milliseconds: number): boolean {
		return native("xs_calendar_set").call(this, seconds, milliseconds);
	}

	read(): number {
		return native("xs_calendar_seconds").call(this);
	}
}
