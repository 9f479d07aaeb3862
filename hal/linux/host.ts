/** What the PC's host program gives beside the ports: the terminal's interrupt (host-natives.c). */

/** Calls back at the first SIGINT or SIGTERM; the second ends the program. */
export function onInterrupt(callback: () => void): void {
	return native("xs_on_interrupt").call(undefined, callback);
}
