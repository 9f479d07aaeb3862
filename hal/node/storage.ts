import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, readdirSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Storage } from "../../firmware/ports/storage.js";
import { STORAGE_ENTRIES_MAX, STORAGE_VALUE_MAX, checkKey } from "../storage/limits.js";

/** A folder with one file per key. A value is written beside the old one and renamed over it: after a crash
 *  there is the old value or the new one. */
export class NodeStorage implements Storage {
	#folder: string;

	constructor(folder: string) {
		mkdirSync(folder, { recursive: true, mode: 0o700 });
		this.#folder = folder;
	}

	read(key: string): Uint8Array | undefined {
		const path = this.#path(key);
		return existsSync(path) ? new Uint8Array(readFileSync(path)) : undefined;
	}

	write(key: string, value: Uint8Array): boolean {
		const path = this.#path(key);
		if (value.length > STORAGE_VALUE_MAX || !existsSync(path) && this.#count() >= STORAGE_ENTRIES_MAX)
			return false;
		const file = openSync(path + "~", "w", 0o600);
		try {
			for (let at = 0; at < value.length;)
				at += writeSync(file, value, at);
			fsyncSync(file);
		}
		finally {
			closeSync(file);
		}
		renameSync(path + "~", path);
		return true;
	}

	delete(key: string): void {
		rmSync(this.#path(key), { force: true });
	}

	#count(): number {
		return readdirSync(this.#folder).filter(name => !name.endsWith("~")).length;
	}

	#path(key: string): string {
		checkKey(key);
		return join(this.#folder, key);
	}
}
