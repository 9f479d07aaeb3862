/** What `pollTimeout` answers where a core waits for nothing: longer than any delay in ms. */
export const NO_TIMEOUT = 0x7fffffff;
