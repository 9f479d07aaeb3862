import type { FileStore } from "../../../firmware/ports/file-store.js";

/** Files in memory. `failAt`: the n-th change from now on fails, and every one after it: the power is gone. */
export class MemoryStore implements FileStore {
	readonly files = new Map<string, Uint8Array>();
	changes = 0;
	failAt = Infinity;

	fileSize(path: string): number {
		return this.files.get(path)?.length ?? -1;
	}

	readFile(path: string): Uint8Array | undefined {
		return this.files.get(path);
	}

	writeFile(path: string, bytes: Uint8Array, append: boolean): void {
		this.#change();
		const old = append ? this.files.get(path) ?? new Uint8Array(0) : new Uint8Array(0), all = new Uint8Array(old.length + bytes.length);
		all.set(old);
		all.set(bytes, old.length);
		this.files.set(path, all);
	}

	renameFile(from: string, to: string): void {
		this.#change();
		const bytes = this.files.get(from);
		if (bytes === undefined)
			throw new Error(`cannot rename ${from}: No such file or directory`);
		this.files.delete(from);
		this.files.set(to, bytes);
	}

	deleteFile(path: string): void {
		this.#change();
		this.files.delete(path);
	}

	/** Name and text of each. */
	get texts(): Record<string, string> {
		return Object.fromEntries([...this.files].sort().map(([path, bytes]) => [path, String.fromCharCode(...bytes)]));
	}

	#change(): void {
		if (++this.changes >= this.failAt)
			throw new Error("cannot write: No space left on device");
	}
}

export const ascii = (text: string): Uint8Array => Uint8Array.from(text, character => character.charCodeAt(0));
