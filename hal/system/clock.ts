import type { Clock } from "../../firmware/ports/clock.js";

/** The system's monotonic clock (clock.c). */
class SystemClock implements Clock {
	now(): number {
		return native("xs_clock_now").call(this);
	}
}

export const clock: Clock = Object.freeze(new SystemClock());
