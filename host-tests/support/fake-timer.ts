/** The Timer port on a FakeClock. */
import type { Timer, TimerFactory } from "../../firmware/ports/timer.js";
import type { FakeClock } from "./fake-clock.js";

class FakeTimer implements Timer {
	#clock: FakeClock;
	#onTimeout: () => void;
	#takeBack: (() => void) | undefined = undefined;
	#closed = false;

	constructor(clock: FakeClock, onTimeout: () => void) {
		this.#clock = clock;
		this.#onTimeout = onTimeout;
	}

	schedule(delay: number): void {
		if (this.#closed)
			throw new Error("timer is closed");
		this.cancel();
		this.#takeBack = this.#clock.at(delay, () => {
			this.#takeBack = undefined;
			this.#onTimeout();
		});
	}

	cancel(): void {
		this.#takeBack?.();
		this.#takeBack = undefined;
	}

	close(): void {
		this.cancel();
		this.#closed = true;
	}
}

/** `const timer = fakeTimer(clock)` is the factory that a Board is given. */
export function fakeTimer(clock: FakeClock): TimerFactory {
	return onTimeout => new FakeTimer(clock, onTimeout);
}
