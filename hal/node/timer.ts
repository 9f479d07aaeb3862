import type { Timer, TimerFactory } from "../../firmware/ports/timer.js";

class NodeTimer implements Timer {
	#timeout: NodeJS.Timeout | undefined;
	#onTimeout: () => void;

	constructor(onTimeout: () => void) {
		this.#timeout = undefined;
		this.#onTimeout = onTimeout;
	}

	schedule(delay: number): void {
		if (!(delay >= 0))
			throw new RangeError(`timer: delay ${delay} ms, expected 0 or more`);
		clearTimeout(this.#timeout);
		this.#timeout = setTimeout(this.#onTimeout, delay);
	}

	cancel(): void {
		clearTimeout(this.#timeout);
		this.#timeout = undefined;
	}

	close(): void {
		this.cancel();
	}
}

export const timer: TimerFactory = onTimeout => new NodeTimer(onTimeout);
