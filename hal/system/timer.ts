import type { Timer, TimerFactory } from "../../firmware/ports/timer.js";

/** A timer of the loop's (system-timer.c). While it is scheduled it stays alive, whether or not it is referred to. */
class SystemTimer extends Native("xs_system_timer_destructor") implements Timer {
	constructor(onTimeout: () => void) {
		super();
		native("xs_system_timer").call(this, onTimeout);
	}

	schedule(delay: number): void {
		return native("xs_system_timer_schedule").call(this, delay);
	}

	cancel(): void {
		return native("xs_system_timer_cancel").call(this);
	}

	close(): void {
		return native("xs_system_timer_close").call(this);
	}
}

export const timer: TimerFactory = onTimeout => new SystemTimer(onTimeout);
