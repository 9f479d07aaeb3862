/** Plays what was recorded with its timing. */
import { performance } from "node:perf_hooks";

export interface Timed {
	/** ms since the first. */
	time: number;
}

/** Calls `send` for each item when its time has come, in order; never sooner, and later only where the machine was
 *  late. Resolves true at the end, false where `stopped` answered true before. */
export async function play<Item extends Timed>(items: readonly Item[], send: (item: Item) => void, stopped: () => boolean = () => false): Promise<boolean> {
	const start = performance.now();
	for (let i = 0; i < items.length;) {
		const delay = items[i]!.time - (performance.now() - start);
		if (delay > 0)
			await new Promise(resolve => { setTimeout(resolve, Math.min(delay, 100)); });
		if (stopped())
			return false;
		for (; i < items.length && items[i]!.time <= performance.now() - start; i++)
			send(items[i]!);
	}
	return true;
}
