/** Monotonic time. */
export interface Clock {
	/** int32 milliseconds since an arbitrary start; wraps. Compare as `(a - b) | 0`. */
	now(): number;
}
