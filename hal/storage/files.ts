import type { FileStore } from "../../firmware/ports/file-store.js";

/** Files of the system's (files.c): a PC's, or a board's data partition once it is mounted. */
class SystemFiles {
	size(path: string): number {
		return native("xs_file_size").call(this, path);
	}

	read(path: string): ArrayBuffer | undefined {
		return native("xs_file_read").call(this, path);
	}

	writeFile(path: string, bytes: Uint8Array, append: boolean): void {
		return native("xs_file_write").call(this, path, bytes, append);
	}

	renameFile(from: string, to: string): void {
		return native("xs_file_rename").call(this, from, to);
	}

	deleteFile(path: string): void {
		return native("xs_file_delete").call(this, path);
	}
}

const files = Object.freeze(new SystemFiles());

/** The bytes of a file, or undefined where it cannot be read. */
export function readFile(path: string): Uint8Array | undefined {
	const buffer = files.read(path);
	return buffer === undefined ? undefined : new Uint8Array(buffer);
}

/** Bytes of a file, -1 where it cannot be read. */
export function fileSize(path: string): number {
	return files.size(path);
}

/** Those files, to be written as well. */
export const fileStore: FileStore = Object.freeze({
	fileSize, readFile,
	writeFile: (path: string, bytes: Uint8Array, append: boolean): void => files.writeFile(path, bytes, append),
	renameFile: (from: string, to: string): void => files.renameFile(from, to),
	deleteFile: (path: string): void => files.deleteFile(path),
});
