/** What `pollTimeout` answers where a core waits for nothing: longer than any delay in ms. */
export const NO_TIMEOUT = 0x7fffffff;

/** 2026-01-01T00:00:00Z, in seconds since 1970: a clock that is behind the program's own age was never set. */
export const EARLIEST_TIME = 1767225600;
