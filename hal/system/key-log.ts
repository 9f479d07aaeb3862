import type { KeyLog } from "../../firmware/ports/key-log.js";

/** Appends to a file in the format of SSLKEYLOGFILE (key-log.c). PC only: no manifest of a board lists it. */
export class FileKeyLog implements KeyLog {
	#path: string;

	/** Throws in words where the file cannot be written. */
	constructor(path: string) {
		this.#path = path;
		this.open(path);
	}

	write(label: string, clientRandom: Uint8Array, secret: Uint8Array): void {
		this.append(this.#path, label, clientRandom, secret);
	}

	open(path: string): void {
		return native("xs_key_log_open").call(this, path);
	}

	append(path: string, label: string, clientRandom: Uint8Array, secret: Uint8Array): void {
		return native("xs_key_log_append").call(this, path, label, clientRandom, secret);
	}
}
