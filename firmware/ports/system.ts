/** What the engine counts, for measurements. `slots`, `chunkBytes` and `meter` (byte codes and weighted built-ins) are
 *  what was used since the start, modulo 2^32: the difference of two readings is exact. */
export interface EngineCost {
	readonly slots: number;
	readonly chunkBytes: number;
	readonly meter: number;
	readonly collections: number;
	readonly slotBytes: number;
	/** Chunks and slots: now, without garbage; and the most that ever survived a collection. */
	readonly liveBytes: number;
	readonly peakLiveBytes: number;
	readonly stackBytes: number;
	readonly stackPeakBytes: number;
}

/** The machine under the firmware. */
export interface System {
	/** "xs 13.3.0 64-bit", "ESP32", …: name, version and width of the JavaScript engine. */
	readonly engineName: string;
	readonly engineVersion: string;
	readonly engineBits: number;
	/** "power on", "crash", …: why the machine started. Absent where it is not known. */
	readonly startReason?: string;
	/** Bytes: of the arena (chunks, slots, stack), used now, most ever used; and the crypto library's heap. 0 where unknown. */
	readonly arenaBytes: number;
	usedBytes(): number;
	peakBytes(): number;
	libraryHeapBytes(): number;
	/** Collects garbage, then tells; absent where nobody counts. */
	cost?(): EngineCost;
	/** Ends the program (PC) or restarts (board). */
	exit(status: number): void;
}
