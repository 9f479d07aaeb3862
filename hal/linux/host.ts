/** What the PC's host program gives beside the ports: files, and the terminal's interrupt (host-natives.c). */

/** The bytes of a file, or undefined where it cannot be read. */
export function readFile(path: string): Uint8Array | undefined {
	const buffer = native("xs_file_read").call(undefined, path);
	return buffer === undefined ? undefined : new Uint8Array(buffer);
}

/** Bytes of a file, -1 where it cannot be read. */
export function fileSize(path: string): number {
	return native("xs_file_size").call(undefined, path);
}

/** Calls back at the first SIGINT or SIGTERM; the second ends the program. */
export function onInterrupt(callback: () => void): void {
	return native("xs_on_interrupt").call(undefined, callback);
}
