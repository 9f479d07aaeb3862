import type { Console } from "../ports/console.js";
import { LEVEL_INFO, type Log } from "../ports/log.js";
import type { Updater } from "../update/updater.js";
import { decodeBase64 } from "../wire/base64.js";

/** The console's `update`: takes an update file line by line; each line is answered, with `refused: …` where it is wrong. */
export class UpdateConsole {
	#updater: Updater;
	#console: Console;
	#log: Log;

	constructor(updater: Updater, console: Console, log: Log) {
		this.#updater = updater;
		this.#console = console;
		this.#log = log;
	}

	/** `words`: the line behind "update". */
	take(words: readonly string[]): void {
		const updater = this.#updater;
		try {
			switch (words[0]) {
				case undefined:
					this.#answer(`version ${updater.version}${updater.isPending ? ", on trial" : ""}${updater.length === 0 ? "" : `; ${updater.received} of ${updater.length} bytes came`}`);
					return;
				case "begin":
					updater.begin();
					this.#answer("ready");
					return;
				case "data":
					this.#data(words[1] ?? "");
					return;
				case "end": {
					const version = updater.end();
					this.#answer(`version ${version} is in place; restart starts it`);
					this.#log.write(LEVEL_INFO, "update", `version ${version} came; the next start is of it`);
					return;
				}
				case "cancel":
					updater.cancel();
					this.#answer("cancelled");
					return;
				default:
					this.#answer("update, update begin, update data BASE64, update end, or update cancel");
			}
		}
		catch (error) {
			updater.cancel();
			this.#answer(`refused: ${(error as Error).message}`);
		}
	}

	#data(text: string): void {
		const digits = new Uint8Array(text.length);
		for (let i = 0; i < text.length; i++)
			digits[i] = text.charCodeAt(i);
		const bytes = decodeBase64(digits, 0, digits.length);
		if (bytes === undefined)
			throw new Error("a line is no base64");
		this.#updater.write(bytes, 0, bytes.length);
		this.#answer(`${this.#updater.received}`);
	}

	#answer(text: string): void {
		this.#console.print(`update: ${text}`);
	}
}
