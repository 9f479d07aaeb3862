/** All files or none: their names are written down before the first is renamed, so that a start after a crash goes on. */
import type { FileStore } from "../ports/file-store.js";
import { FRESH } from "./file-receiver.js";

const PENDING = "takeover";
const PENDING_MAX = 512;

/** Puts folder + name + FRESH in place of folder + name, for all names. */
export function takeOver(store: FileStore, folder: string, names: readonly string[]): void {
	const list = names.join("\n"), bytes = new Uint8Array(list.length);
	for (let i = 0; i < list.length; i++)
		bytes[i] = list.charCodeAt(i);
	// Whole under its name, or not there.
	store.writeFile(folder + PENDING + FRESH, bytes, false);
	store.renameFile(folder + PENDING + FRESH, folder + PENDING);
	finishTakeover(store, folder);
}

/** At start: ends what a crash interrupted. Returns the number of files that changed. */
export function finishTakeover(store: FileStore, folder: string): number {
	const size = store.fileSize(folder + PENDING);
	const bytes = size < 0 || size > PENDING_MAX ? undefined : store.readFile(folder + PENDING);
	if (bytes === undefined)
		return 0;
	let list = "", count = 0;
	for (const byte of bytes)
		list += String.fromCharCode(byte);
	for (const name of list.split("\n"))
		if (store.fileSize(folder + name + FRESH) >= 0) {
			store.renameFile(folder + name + FRESH, folder + name);
			count++;
		}
	store.deleteFile(folder + PENDING);
	return count;
}
