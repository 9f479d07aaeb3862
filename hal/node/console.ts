import type { Readable } from "node:stream";
import type { Console } from "../../firmware/ports/console.js";

/** Characters of a line that are kept; what comes beyond them up to its end is dropped. */
const LINE_MAX = 1024;

/** The console on standard input and output. Input is read from the time on that `onLine` is set. */
export class NodeConsole implements Console {
	#input: Readable;
	#line = "";
	#onLine: ((line: string) => void) | undefined;

	constructor(input: Readable = process.stdin) {
		this.#input = input;
		input.setEncoding("utf8");
	}

	get onLine(): ((line: string) => void) | undefined {
		return this.#onLine;
	}

	set onLine(onLine: ((line: string) => void) | undefined) {
		if (this.#onLine === undefined && onLine !== undefined)
			this.#input.on("data", this.#onData);
		else if (this.#onLine !== undefined && onLine === undefined)
			this.#input.off("data", this.#onData).pause();
		this.#onLine = onLine;
	}

	print(line: string): void {
		process.stdout.write(line + "\n");
	}

	#onData = (chunk: string): void => {
		for (const character of chunk) {
			if (character === "\n") {
				const line = this.#line;
				this.#line = "";
				this.#onLine?.(line);
			}
			else if (character !== "\r" && this.#line.length < LINE_MAX)
				this.#line += character;
		}
	};
}
