/** A folder's files, that can be written: a board's data partition. What writes throws an Error in words. */
export interface FileStore {
	/** Bytes of the file; -1 where it cannot be read. */
	fileSize(path: string): number;
	/** The bytes of a file, or undefined where it cannot be read. */
	readFile(path: string): Uint8Array | undefined;
	/** Writes the file anew, or at its end; what it wrote stays after a crash. */
	writeFile(path: string, bytes: Uint8Array, append: boolean): void;
	/** In place of a file that has the name. */
	renameFile(from: string, to: string): void;
	/** No error where there is none. */
	deleteFile(path: string): void;
}
