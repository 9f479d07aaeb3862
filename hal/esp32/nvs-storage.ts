import type { Storage } from "../../firmware/ports/storage.js";
import { STORAGE_VALUE_MAX, checkKey } from "../storage/limits.js";

/** The board's NVS partition (nvs-storage.c). There is one; how many values it takes depends on their lengths. */
export class NvsStorage implements Storage {
	/** The partition was of no use and was erased: what was kept is gone. */
	readonly isFresh: boolean;

	constructor() {
		this.isFresh = this.open();
	}

	read(key: string): Uint8Array | undefined {
		checkKey(key);
		const buffer = this.readBlob(key, STORAGE_VALUE_MAX);
		return buffer === undefined ? undefined : new Uint8Array(buffer);
	}

	write(key: string, value: Uint8Array): boolean {
		checkKey(key);
		return value.length <= STORAGE_VALUE_MAX && this.writeBlob(key, value);
	}

	delete(key: string): void {
		checkKey(key);
		this.deleteBlob(key);
	}

	open(): boolean {
		return native("xs_nvs_open").call(this);
	}

	readBlob(key: string, most: number): ArrayBuffer | undefined {
		return native("xs_nvs_read").call(this, key, most);
	}

	writeBlob(key: string, value: Uint8Array): boolean {
		return native("xs_nvs_write").call(this, key, value);
	}

	deleteBlob(key: string): void {
		return native("xs_nvs_delete").call(this, key);
	}
}
