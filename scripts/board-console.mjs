// A board's serial console for a program: questions and answers.
import { plain } from "./monitor-view.mjs";
import { Serial } from "./serial.mjs";
import { Stop } from "./terminal.mjs";

const ANSWER_TIME = 5000;

/** Nobody answered in time. */
export class Silence extends Stop {}

/** Asks, and waits for the line that answers; the log's lines in between are none of ours. */
export class BoardConsole {
	#serial;
	#text = "";
	#onLine = () => undefined;
	#onGone = () => undefined;

	constructor({ port, baud }) {
		try {
			this.#serial = new Serial(port, baud);
		}
		catch (error) {
			throw new Stop(error.message, 2);
		}
		this.#serial.on("data", bytes => {
			this.#text += bytes.toString("latin1");
			const lines = this.#text.split(/\r?\n/);
			this.#text = lines.pop().slice(-4096);
			for (const line of lines)
				this.#onLine(plain(line));
		});
		this.#serial.on("gone", () => this.#onGone());
	}

	write(text) {
		this.#serial.write(`${text}\n`);
	}

	/** Sends a line; resolves to the line that `answer` matches. A Stop in words where the board refuses, or says nothing. */
	ask(text, answer) {
		const refused = [];
		return new Promise((resolve, reject) => {
			const end = (settle, value) => {
				clearTimeout(timer);
				this.#onLine = () => undefined;
				settle(value);
			};
			const timer = setTimeout(() => end(reject, new Silence("The board does not answer. Is it on, is this its port, and does no other program read it? See npm run monitor.")), ANSWER_TIME);
			this.#onGone = () => end(reject, new Stop("The port went away."));
			this.#onLine = line => {
				if (answer.test(line))
					end(resolve, line);
				else if (line.startsWith("refused: "))
					refused.push(line.slice("refused: ".length));
				else if (line === "refused")
					end(reject, new Stop(`The board refused, and goes on with what it has:\n  ${refused.join("\n  ")}`));
				else if (line.startsWith("unknown command "))
					end(reject, new Stop(`The board's firmware cannot be provisioned: ${line}`));
			};
			this.write(text);
		});
	}

	close() {
		this.#serial.close();
	}
}
