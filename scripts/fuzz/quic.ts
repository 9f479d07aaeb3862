/** `npm run fuzz -- quic`: client connections against a server that holds the keys and keeps to no rule, life after life, each with a
 *  seed of its own. */
import { QuicFuzz } from "../../host-tests/fuzz/quic.js";
import { liveBytes } from "../../host-tests/support/hal-node.js";
import type { FuzzOptions } from "./someip.js";

/** Datagrams of one life; and within it, until everything has been seen once. */
const LIFE = 500_000, WARM_UP = 20_000;
/** Between two looks at the clock. */
const PART = 5_000;
const GROWTH_MAX = 4 * 1024 * 1024;

/** Throws with the seed where something is wrong; returns what was done, in words. */
export async function fuzz({ seconds, seed, progress }: FuzzOptions): Promise<string> {
	const end = Date.now() + seconds * 1000, codes = new Set<number>();
	let datagrams = 0, connections = 0;
	for (; Date.now() < end; seed = (seed + 1) >>> 0) {
		const life = new QuicFuzz(seed);
		life.run(WARM_UP);
		const before = liveBytes();
		while (life.count < LIFE && Date.now() < end) {
			life.run(PART);
			progress(`${datagrams + life.count} datagrams, ${Math.ceil((end - Date.now()) / 1000)} s left`);
			// So that a signal is heard.
			await new Promise(resolve => setImmediate(resolve));
		}
		life.probe();
		const growth = liveBytes() - before;
		if (growth > GROWTH_MAX)
			throw new Error(`the heap grew by ${growth} bytes (seed ${seed})`);
		datagrams += life.count;
		connections += life.connections;
		for (const code of life.codes.keys())
			codes.add(code);
	}
	return `${datagrams} datagrams to ${connections} connections, which ended with ${codes.size} different error codes; nothing thrown, nothing grown`;
}
