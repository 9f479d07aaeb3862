import { LEVEL_INFO, type Log } from "../../firmware/ports/log.js";

/** Writes `I (12345) module: text` to the console (console.c); control characters in the text become "?". */
export class SystemLog implements Log {
	level: number;

	constructor(level = LEVEL_INFO) {
		this.level = level;
	}

	write(level: number, module: string, text: string): void {
		if (level <= this.level)
			this.writeLine(level, module, text);
	}

	writeLine(level: number, module: string, text: string): void {
		return native("xs_log_write").call(this, level, module, text);
	}
}
