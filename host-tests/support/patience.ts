/** How tests wait (Node only). What is waited for comes soon or never; a limit is for the second case, and must hold on a machine
 *  that is five times slower or stands still for seconds. So limits are wide, and counted in turns of this process's own loop. */
import { setTimeout as delay } from "node:timers/promises";

/** ms: what anything may take. */
export const PATIENCE = 30_000;

/** Resolves when `done` does; an Error with `what` after `limit` ms of turns. `step`: ms between two looks. */
export async function until(what: string | (() => string), done: () => boolean | Promise<boolean>, limit = PATIENCE, step = 10): Promise<void> {
	for (let left = limit; !await done(); left -= step) {
		if (left <= 0)
			throw new Error(`not within ${limit} ms: ${typeof what === "string" ? what : what()}`);
		await delay(step);
	}
}

/** Conditions that are looked at after each input. */
export class Waiting {
	#checks = new Set<() => void>();

	/** Call it after any input. */
	check(): void {
		for (const check of [...this.#checks])
			check();
	}

	/** Resolves when `done` does; an Error with `what` after `limit` ms. */
	until(what: () => string, done: () => boolean, limit = PATIENCE): Promise<void> {
		return new Promise((resolve, reject) => {
			let timer: NodeJS.Timeout | undefined = undefined, left = 2;
			const end = (settle: () => void) => {
				clearTimeout(timer);
				this.#checks.delete(check);
				settle();
			};
			const check = () => {
				if (done())
					end(resolve);
			};
			// In two parts: where the process stood still, what had come meanwhile is read before the second one is over.
			const part = () => {
				if (left-- === 0)
					end(() => reject(new Error(`no ${what()} within ${limit} ms`)));
				else
					timer = setTimeout(part, limit / 2);
			};
			this.#checks.add(check);
			part();
			check();
		});
	}
}

const TURN = 10;

/** Runs `work`; resolves with the ms that it took, less those for which this process stood still or waited for its turn. */
export async function timed(work: () => unknown): Promise<number> {
	const from = performance.now();
	let last = from, lost = 0;
	const look = () => {
		const now = performance.now();
		lost += Math.max(0, now - last - 2 * TURN);
		last = now;
	};
	const timer = setInterval(look, TURN);
	try {
		await work();
	}
	finally {
		clearInterval(timer);
	}
	look();
	return performance.now() - from - lost;
}

/** A test of what happens where nobody is late, as the datagrams of a handshake without a repeated one: where it fails although
 *  this process was kept from its turn meanwhile, it is run again. */
export async function undisturbed(test: () => Promise<void>): Promise<void> {
	for (let left = 4; ; left--) {
		let error: unknown;
		const from = performance.now(), took = await timed(() => test().catch(reason => { error = reason ?? new Error("failed"); }));
		if (error === undefined)
			return;
		if (left === 0 || performance.now() - from - took < 50)
			throw error;
	}
}
