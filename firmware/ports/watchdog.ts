/** Restarts the board (ends the program on a PC) where it is not fed in time. */
export interface Watchdog {
	feed(): void;
}
