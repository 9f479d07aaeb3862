/** Plays what was recorded with its timing. */
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";

export interface Timed {
	/** ms since the first. */
	time: number;
}

/** Where the time comes from, ms. */
export interface Pace {
	now(): number;
	wait(ms: number): Promise<unknown>;
}

const MACHINE: Pace = { now: () => performance.now(), wait: delay };

/** Calls `send` for each item when its time has come, in order; never sooner, and later only where the machine was
 *  late. Resolves true at the end, false where `stopped` answered true before. */
export async function play<Item extends Timed>(items: readonly Item[], send: (item: Item) => void, stopped: () => boolean = () => false, { now, wait } = MACHINE): Promise<boolean> {
	const start = now();
	for (let i = 0; i < items.length;) {
		const left = items[i]!.time - (now() - start);
		if (left > 0)
			await wait(Math.min(left, 100));
		if (stopped())
			return false;
		for (; i < items.length && items[i]!.time <= now() - start; i++)
			send(items[i]!);
	}
	return true;
}
