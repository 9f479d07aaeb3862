import { LEVEL_INFO, type Log } from "../../firmware/ports/log.js";
import { clock } from "./clock.js";

const LETTERS = "EWID";

const CONTROL = /[\x00-\x1f\x7f-\x9f]/g;

/** Writes `I (12345) module: text` to standard output; control characters in the text become "?". */
export class NodeLog implements Log {
	level: number;

	constructor(level = LEVEL_INFO) {
		this.level = level;
	}

	write(level: number, module: string, text: string): void {
		if (level <= this.level)
			process.stdout.write(`${LETTERS[level]} (${clock.now() >>> 0}) ${module}: ${text.replace(CONTROL, "?")}\n`);
	}
}

export const log: Log = new NodeLog();
