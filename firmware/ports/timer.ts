/** One timer that is set again and again: the loop needs no second one. */
export interface Timer {
	/** Calls `onTimeout` once, `delay` ms (≥ 0) from now; replaces what was scheduled before. */
	schedule(delay: number): void;
	cancel(): void;
	close(): void;
}

export type TimerFactory = (onTimeout: () => void) => Timer;
