import type { Console } from "../../firmware/ports/console.js";

/** The console (console.c): lines of up to 1024 characters, the rest of a longer one is dropped; what is not
 *  printable ASCII comes as "?". Input is read from the time on that `onLine` is set. There is one console. */
export class SystemConsole implements Console {
	#onLine: ((line: string) => void) | undefined;

	constructor() {
		this.#onLine = undefined;
	}

	get onLine(): ((line: string) => void) | undefined {
		return this.#onLine;
	}

	set onLine(onLine: ((line: string) => void) | undefined) {
		this.#onLine = onLine;
		if (onLine === undefined)
			this.stop();
		else
			this.listen(onLine);
	}

	print(line: string): void {
		return native("xs_console_print").call(this, line);
	}

	listen(onLine: (line: string) => void): void {
		return native("xs_console_listen").call(this, onLine);
	}

	stop(): void {
		return native("xs_console_stop").call(this);
	}
}
