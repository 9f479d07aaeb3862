import { after, beforeEach, describe, ENGINE, equal, hex, it, throws } from "#test";
import { storage } from "#hal";
import { STORAGE_ENTRIES_MAX, STORAGE_VALUE_MAX } from "../../hal/storage/limits.js";

const FOLDER = `build/storage-${ENGINE}`;

function read(key: string): string | undefined {
	const value = storage(FOLDER).read(key);
	return value === undefined ? undefined : hex(value);
}

function clear(): void {
	const store = storage(FOLDER);
	for (const key of ["a", "b", "Key_15-letters0"])
		store.delete(key);
	for (let i = 0; i < STORAGE_ENTRIES_MAX; i++)
		store.delete(`entry${i}`);
}

describe("storage", () => {
	beforeEach(clear);
	after(clear);

	it("keeps a value for the next start", () => {
		equal(storage(FOLDER).write("a", new Uint8Array([1, 0, 255])), true);
		equal(read("a"), "0100ff");
	});

	it("has nothing under a key that was never written, or was deleted", () => {
		const store = storage(FOLDER);
		equal(store.read("a"), undefined);
		store.write("a", new Uint8Array(3));
		store.delete("a");
		store.delete("a");
		equal(store.read("a"), undefined);
	});

	it("replaces a value, by a shorter one too", () => {
		const store = storage(FOLDER);
		store.write("a", new Uint8Array(100));
		store.write("a", new Uint8Array([7]));
		equal(read("a"), "07");
		store.write("a", new Uint8Array(0));
		equal(read("a"), "");
	});

	it("takes views, and gives copies", () => {
		const bytes = new Uint8Array([1, 2, 3, 4]);
		const store = storage(FOLDER);
		store.write("a", bytes.subarray(1, 3));
		const value = store.read("a")!;
		equal(hex(value), "0203");
		value[0] = 9;
		equal(read("a"), "0203");
	});

	it("keeps keys apart", () => {
		const store = storage(FOLDER);
		store.write("a", new Uint8Array([1]));
		store.write("b", new Uint8Array([2]));
		store.write("Key_15-letters0", new Uint8Array([3]));
		equal(read("a"), "01");
		equal(read("b"), "02");
		equal(read("Key_15-letters0"), "03");
	});

	it("refuses a value that is too long and keeps the old one", () => {
		const store = storage(FOLDER);
		store.write("a", new Uint8Array([1]));
		equal(store.write("a", new Uint8Array(STORAGE_VALUE_MAX + 1)), false);
		equal(read("a"), "01");
		equal(store.write("a", new Uint8Array(STORAGE_VALUE_MAX)), true);
		equal(store.read("a")!.length, STORAGE_VALUE_MAX);
	});

	it("refuses a key too many; those that are there can be written on", () => {
		const store = storage(FOLDER);
		for (let i = 0; i < STORAGE_ENTRIES_MAX; i++)
			equal(store.write(`entry${i}`, new Uint8Array([i])), true);
		equal(store.write("a", new Uint8Array(1)), false);
		equal(store.write("entry5", new Uint8Array([55])), true);
		equal(read("entry5"), "37");
		store.delete("entry5");
		equal(store.write("a", new Uint8Array(1)), true);
	});

	it("refuses keys that NVS or a file system would not take", () => {
		const store = storage(FOLDER);
		for (const key of ["", "sixteen-letters0", "../a", ".", "a/b", "a~", "ä", "a b", "a\0"]) {
			throws(() => store.read(key), "key");
			throws(() => store.write(key, new Uint8Array(1)), "key");
			throws(() => store.delete(key), "key");
		}
	});
});
