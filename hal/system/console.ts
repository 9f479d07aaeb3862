import type { Console } from "../../firmware/ports/console.js";

/** The console (console.c): lines of up to 1024 characters, the rest of a longer one is dropped; what is not
 *  printable ASCII comes as "?". On a terminal a line can be edited (line-editor.h). Input is read from the time on that
 *  `onLine` is set. There is one console. */
export class SystemConsole implements Console {
	#onLine: ((line: string) => void) | undefined;
	#echo: boolean;

	constructor() {
		this.#onLine = undefined;
		this.#echo = true;
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

	get echo(): boolean {
		return this.#echo;
	}

	set echo(echo: boolean) {
		this.#echo = echo;
		this.setEcho(echo);
	}

	print(line: string): void {
		return native("xs_console_print").call(this, line);
	}

	listen(onLine: (line: string) => void): void {
		return native("xs_console_listen").call(this, onLine);
	}

	setEcho(echo: boolean): void {
		return native("xs_console_echo").call(this, echo);
	}

	stop(): void {
		return native("xs_console_stop").call(this);
	}
}
