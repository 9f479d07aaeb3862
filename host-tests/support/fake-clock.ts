/** Time for tests: stands still until `advance`, then runs what is due in the order of its time. */
import type { Clock } from "../../firmware/ports/clock.js";
import { NO_TIMEOUT } from "../../firmware/wire/time.js";

/** What the faulty link and the mock network hang their deliveries on: a FakeClock, or real timers. */
export interface Scheduler {
	/** Calls `action` once, `delay` ms from now; what is due at the same time runs in the order it was given. */
	at(delay: number, action: () => void): void;
}

interface Entry {
	time: number;
	action: (() => void) | undefined;
}

export class FakeClock implements Clock, Scheduler {
	#time: number;
	#entries: Entry[] = [];

	/** `start`: the first reading, int32 ms. Take one close below 0x7fffffff to see that wrapping does no harm. */
	constructor(start = 0) {
		this.#time = start;
	}

	now(): number {
		return this.#time | 0;
	}

	/** Returns a function that takes the action back. */
	at(delay: number, action: () => void): () => void {
		const entry: Entry = { time: this.#time + Math.max(0, delay), action };
		let index = this.#entries.length;
		while (index > 0 && this.#entries[index - 1]!.time > entry.time)
			index--;
		this.#entries.splice(index, 0, entry);
		return () => {
			entry.action = undefined;
			const found = this.#entries.indexOf(entry);
			if (found >= 0)
				this.#entries.splice(found, 1);
		};
	}

	/** ms until the next action is due, or NO_TIMEOUT. */
	get next(): number {
		return this.#entries.length === 0 ? NO_TIMEOUT : Math.max(0, this.#entries[0]!.time - this.#time);
	}

	/** Lets `duration` ms pass. An action may schedule others: they run as well where they are due by then.
	 *  Throws after `limit` actions, so that a loop that schedules itself at delay 0 ends with a message. */
	advance(duration: number, limit = 100000): void {
		const end = this.#time + duration;
		for (let count = 0; this.#entries.length > 0 && this.#entries[0]!.time <= end; count++) {
			if (count >= limit)
				throw new Error(`${limit} actions within ${duration} ms: something schedules itself without a delay`);
			const entry = this.#entries.shift()!;
			this.#time = Math.max(this.#time, entry.time);
			entry.action?.();
		}
		this.#time = end;
	}

	/** Runs what is due until `done` answers true; returns false where `duration` ms passed first. */
	advanceUntil(done: () => boolean, duration: number): boolean {
		const end = this.#time + duration;
		while (!done()) {
			if (this.#time + this.next > end) {
				this.advance(end - this.#time);
				return done();
			}
			this.advance(this.next, 1000);
		}
		return true;
	}
}
