/** `npm run fuzz -- someip`: every role of SOME/IP, life after life, each with a seed of its own. */
import { SomeipFuzz } from "../../host-tests/fuzz/someip.js";
import { liveBytes } from "../../host-tests/support/hal-node.js";

/** Mutants of one life; and within it, until every table has seen its fill. */
const LIFE = 500_000, WARM_UP = 50_000;
/** Between two looks at the clock. */
const PART = 10_000;
const GROWTH_MAX = 4 * 1024 * 1024;

export interface FuzzOptions {
	seconds: number;
	seed: number;
	progress: (text: string) => void;
}

/** Throws with the seed where something is wrong; returns what was done, in words. */
export async function fuzz({ seconds, seed, progress }: FuzzOptions): Promise<string> {
	const end = Date.now() + seconds * 1000;
	let mutants = 0, taken = 0, lives = 0;
	for (; Date.now() < end; seed = (seed + 1) >>> 0, lives++) {
		const life = new SomeipFuzz(seed);
		life.run(WARM_UP);
		const before = liveBytes();
		while (life.count < LIFE && Date.now() < end) {
			life.run(PART);
			progress(`${mutants + life.count} mutants, ${Math.ceil((end - Date.now()) / 1000)} s left`);
			// So that a signal is heard.
			await new Promise(resolve => setImmediate(resolve));
		}
		life.probe();
		const growth = liveBytes() - before;
		if (growth > GROWTH_MAX)
			throw new Error(`the heap grew by ${growth} bytes (seed ${seed})`);
		mutants += life.count;
		taken += life.taken;
	}
	return `${mutants} mutants in ${lives} ${lives === 1 ? "life" : "lives"}, ${taken} messages of them taken, nothing thrown, nothing grown`;
}
