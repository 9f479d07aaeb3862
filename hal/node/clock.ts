import type { Clock } from "../../firmware/ports/clock.js";

/** Milliseconds since the process started, as int32. */
class NodeClock implements Clock {
	now(): number {
		return Math.floor(performance.now()) | 0;
	}
}

export const clock: Clock = new NodeClock();
