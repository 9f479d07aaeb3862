import { appendFileSync } from "node:fs";
import type { KeyLog } from "../../firmware/ports/key-log.js";

/** Appends to a file in the format of SSLKEYLOGFILE. */
export class NodeKeyLog implements KeyLog {
	#path: string;

	/** Throws where the file cannot be written. */
	constructor(path: string) {
		this.#path = path;
		appendFileSync(path, "", { mode: 0o600 });
	}

	write(label: string, clientRandom: Uint8Array, secret: Uint8Array): void {
		const hex = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
		appendFileSync(this.#path, `${label} ${hex(clientRandom)} ${hex(secret)}\n`, { mode: 0o600 });
	}
}
