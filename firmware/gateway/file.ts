/** Where files are read from. */
export interface Files {
	/** Bytes of the file; -1 where it cannot be read. */
	fileSize(path: string): number;
	/** The bytes of a file, or undefined where it cannot be read. */
	readFile(path: string): Uint8Array | undefined;
}

/** The file's bytes. Throws an Error in words where it cannot be read, or is longer than `most` bytes: memory is fixed,
 *  and nothing could be said any more once it ran out. `hint`: what to do about a long one. */
export function readFile(files: Files, path: string, most: number, hint: string): Uint8Array {
	const size = files.fileSize(path);
	if (size > most)
		throw new Error(`${path} has ${size} bytes, at most ${most} are read: ${hint}`);
	const bytes = size < 0 ? undefined : files.readFile(path);
	if (bytes === undefined)
		throw new Error(`cannot read ${path}`);
	return bytes;
}
