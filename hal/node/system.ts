import type { System } from "../../firmware/ports/system.js";

/** The process that Node runs in: its heap grows, so there is no arena. */
class NodeSystem implements System {
	readonly engineName = "v8";
	readonly engineVersion: string = process.versions.v8;
	readonly engineBits = process.arch.includes("64") ? 64 : 32;
	readonly arenaBytes = 0;
	#peak = 0;

	usedBytes(): number {
		const used = process.memoryUsage().heapUsed;
		if (this.#peak < used)
			this.#peak = used;
		return used;
	}

	/** The most that a call of `usedBytes` or of this saw. */
	peakBytes(): number {
		this.usedBytes();
		return this.#peak;
	}

	libraryHeapBytes(): number {
		return 0;
	}

	exit(status: number): void {
		process.exit(status);
	}
}

export const system: System = new NodeSystem();
