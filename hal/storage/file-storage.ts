import type { Storage } from "../../firmware/ports/storage.js";
import { STORAGE_ENTRIES_MAX, STORAGE_VALUE_MAX, checkKey } from "./limits.js";

/** A folder with one file per key (file-storage.c). A value is written beside the old one and renamed over it: after
 *  a crash there is the old value or the new one. */
export class FileStorage implements Storage {
	#folder: string;

	constructor(folder: string) {
		this.#folder = folder;
		this.open(folder);
	}

	read(key: string): Uint8Array | undefined {
		checkKey(key);
		const buffer = this.readFile(this.#folder, key, STORAGE_VALUE_MAX);
		return buffer === undefined ? undefined : new Uint8Array(buffer);
	}

	write(key: string, value: Uint8Array): boolean {
		checkKey(key);
		return value.length <= STORAGE_VALUE_MAX && this.writeFile(this.#folder, key, value, STORAGE_ENTRIES_MAX);
	}

	delete(key: string): void {
		checkKey(key);
		this.deleteFile(this.#folder, key);
	}

	open(folder: string): void {
		return native("xs_file_storage_open").call(this, folder);
	}

	readFile(folder: string, key: string, most: number): ArrayBuffer | undefined {
		return native("xs_file_storage_read").call(this, folder, key, most);
	}

	writeFile(folder: string, key: string, value: Uint8Array, entries: number): boolean {
		return native("xs_file_storage_write").call(this, folder, key, value, entries);
	}

	deleteFile(folder: string, key: string): void {
		return native("xs_file_storage_delete").call(this, folder, key);
	}
}
