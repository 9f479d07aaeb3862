/** Keeps a board that crashes again and again reachable: after BOOTS_MAX starts that ended within BOOT_TIME the next one is
 *  for the console and the link alone. */
import { BOOT_TIME, BOOTS_MAX } from "../config.js";
import type { Storage } from "../ports/storage.js";
import type { Timer, TimerFactory } from "../ports/timer.js";

const KEY = "boots";

export class BootGuard {
	/** Starts before this one that came to no good. */
	readonly failures: number;
	#storage: Storage;
	#timer: Timer;

	/** Counts this start. A store that does not take it leaves the board without this safeguard. */
	constructor(storage: Storage, timer: TimerFactory) {
		this.#storage = storage;
		this.#timer = timer(() => this.clear());
		let failures = 0;
		try {
			const value = storage.read(KEY);
			failures = value === undefined || value.length !== 1 ? 0 : value[0]!;
			if (failures < BOOTS_MAX && storage.write(KEY, new Uint8Array([failures + 1])))
				this.#timer.schedule(BOOT_TIME);
		}
		catch {
			// A broken store must not be what keeps the board from starting.
		}
		this.failures = failures;
	}

	get isSafe(): boolean {
		return this.failures >= BOOTS_MAX;
	}

	/** This start came to something, or it ends as it was asked to. */
	clear(): void {
		this.#timer.cancel();
		try {
			this.#storage.delete(KEY);
		}
		catch {
			// As above.
		}
	}
}
