/** Times of the Ethernet link in ms, and how many polls make sure of what they saw. */

/** Between two polls of the status: a lost link is known after DOWN_POLLS of them. */
export const POLL_INTERVAL = 100;
/** Polls with a carrier, without a loss between them, until the link counts as up. */
export const UP_POLLS = 2;
/** Polls without a carrier until the link counts as down; a shorter loss is counted as a flap. */
export const DOWN_POLLS = 2;
/** How long the link is "starting" before it is "down": autonegotiation with parallel detection takes 2 to 3.5 s. */
export const START_TIME = 4000;
/** Between two looks at a reset that is under way. */
export const RESET_POLL = 10;
/** Until a PHY that failed is looked for again. */
export const RETRY_DELAY = 1000;
/** Between two readings of the error counters, which are small and stick when full. */
export const COUNTER_INTERVAL = 1000;
/** Between two looks at a cable test, and the longest it may take. */
export const CABLE_TEST_POLL = 10;
export const CABLE_TEST_TIME = 2000;
