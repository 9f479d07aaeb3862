/** The machine under the firmware. */
export interface System {
	/** "xs 13.3.0 64-bit", "ESP32", …: name, version and width of the JavaScript engine. */
	readonly engineName: string;
	readonly engineVersion: string;
	readonly engineBits: number;
	/** Bytes: of the arena (chunks, slots, stack), used now, most ever used; and the crypto library's heap. 0 where unknown. */
	readonly arenaBytes: number;
	usedBytes(): number;
	peakBytes(): number;
	libraryHeapBytes(): number;
	/** Ends the program (PC) or restarts (board). */
	exit(status: number): void;
}
