// How a board's output is shown: its log in colour and filtered, everything else as it comes.

export const LEVELS = ["error", "warn", "info", "debug"];
const LETTERS = "EWID";
const COLORS = ["\x1b[31m", "\x1b[33m", "\x1b[32m", "\x1b[90m"];
const RESET = "\x1b[0m";
const LOG = /^([EWID]) \((\d+)\) [\w-]+: /;
const LINE_MAX = 4096;
/** ms in which a board shows what was typed. */
const ECHO_TIME = 2000;

/** A line as it stands on a terminal: the board's line editor writes it anew at each key, and clears the rest. */
export const plain = line => line.replace(/\x1b\[[0-9;]*[A-Za-z]/g, "").replace(/\r+$/, "").replace(/^.*\r/s, "");

/** Makes shown lines of received bytes. `level`: index into LEVELS, `filter`: what a line of the log must contain. */
export class MonitorView {
	#options;
	#decoder = new TextDecoder();
	#text = "";
	/** A line was shown before its end came. */
	#isTorn = false;
	/** Lines that were typed: whoever typed them sees them already. */
	#echoes = [];

	constructor({ level = 3, filter = "", color = false, timestamps = false, now = () => new Date() } = {}) {
		this.#options = { level, filter, color, timestamps, now };
	}

	/** Returns the lines to show. */
	take(bytes) {
		this.#text += this.#decoder.decode(bytes, { stream: true });
		const lines = this.#text.split(/\r?\n/);
		this.#text = lines.pop();
		if (this.#text.length > LINE_MAX) {
			lines.push(this.#text);
			this.#text = "";
		}
		// Its end alone is no line.
		if (this.#isTorn && lines.length > 0) {
			this.#isTorn = false;
			if (lines[0] === "")
				lines.shift();
		}
		return lines.flatMap(line => this.#show(line));
	}

	/** What came of a line that does not end, as a boot loader leaves one; none where nothing waits. */
	flush() {
		const line = this.#text;
		this.#text = "";
		this.#isTorn ||= line !== "";
		return line === "" ? [] : this.#show(line);
	}

	/** `line` goes to the board, which may show it. */
	sent(line) {
		this.#echoes.push({ line, until: Date.now() + ECHO_TIME });
	}

	#isEcho(line) {
		this.#echoes = this.#echoes.filter(({ until }) => until > Date.now());
		const at = this.#echoes.findIndex(echo => echo.line === line);
		if (at >= 0)
			this.#echoes.splice(at, 1);
		return at >= 0;
	}

	#show(received) {
		const line = plain(received);
		if (this.#isEcho(line) || line === "" && received !== "")
			return [];
		const { level, filter, color, timestamps, now } = this.#options;
		// A line must not control the terminal.
		const text = line.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "?");
		const match = LOG.exec(text);
		const importance = match === null ? -1 : LETTERS.indexOf(match[1]);
		if (importance > level || match !== null && !text.includes(filter))
			return [];
		const time = timestamps ? `${clockText(now())} ` : "";
		return [color && importance >= 0 ? `${time}${COLORS[importance]}${text}${RESET}` : time + text];
	}
}

const clockText = date => `${[date.getHours(), date.getMinutes(), date.getSeconds()].map(part => String(part).padStart(2, "0")).join(":")}.${String(date.getMilliseconds()).padStart(3, "0")}`;
