/** Wall time (SNTP on a board, the operating system on a PC). */
export interface Calendar {
	/** False until somebody set the clock; certificates cannot be judged before that. */
	readonly isSet: boolean;
	/** Whole seconds since 1970-01-01T00:00:00Z. */
	seconds(): number;
	/** What SNTP has found; absent where nobody may set it. */
	set?(seconds: number, milliseconds: number): void;
}
