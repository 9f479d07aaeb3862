// A serial port on Linux and macOS: opened by Node, set up by stty. No package needed.
import { spawnSync } from "node:child_process";
import { EventEmitter } from "node:events";
import { closeSync, constants, openSync, readdirSync } from "node:fs";
import { ReadStream, WriteStream, isatty } from "node:tty";
import { Stop } from "./terminal.mjs";

const { O_RDWR, O_NOCTTY, O_NONBLOCK } = constants;
const LIKELY = /^(?:ttyUSB|ttyACM|cu\.usb|cu\.SLAB|cu\.wch)/;

/** Serial ports that look like a board's. */
export const likelyPorts = () => readdirSync("/dev").filter(name => LIKELY.test(name)).map(name => `/dev/${name}`);

/** What to say where there is no --port. */
export function missingPort() {
	const ports = likelyPorts();
	return `--port is missing. ${ports.length > 0 ? `Here: ${ports.join(", ")}` : "No board's serial port is to be seen; is the cable a data cable?"}`;
}

/** The rate, or a Stop with status 2. */
export function checkBaud(text) {
	const baud = Number(text);
	if (!Number.isInteger(baud) || baud < 300 || baud > 4000000)
		throw new Stop(`--baud ${text}: a rate from 300 to 4000000`, 2);
	return baud;
}

/** Events: "data" (Buffer), "gone". Throws in words where the port cannot be opened; `error.code` as Node has it. */
export class Serial extends EventEmitter {
	#input;
	#output;
	#closed = false;

	constructor(path, baud) {
		super();
		const input = open(path);
		let output;
		try {
			if (!isatty(input))
				throw Object.assign(new Error(`${path} is no serial port`), { code: "ENOTTY" });
			setUp(path, input, baud);
			output = open(path);
		}
		catch (error) {
			closeSync(input);
			throw error;
		}
		this.#input = new ReadStream(input);
		this.#output = new WriteStream(output);
		this.#input.on("data", bytes => this.emit("data", bytes));
		for (const stream of [this.#input, this.#output])
			for (const event of ["error", "end", "close"])
				stream.on(event, () => this.#end());
	}

	write(text) {
		if (!this.#closed)
			this.#output.write(text);
	}

	close() {
		this.#closed = true;
		this.#input.destroy();
		this.#output.destroy();
	}

	#end() {
		if (this.#closed)
			return;
		this.close();
		this.emit("gone");
	}
}

function open(path) {
	try {
		return openSync(path, O_RDWR | O_NOCTTY | O_NONBLOCK);
	}
	catch (error) {
		const hint = { ENOENT: `there is no ${path}; ${missingPort().replace("--port is missing. ", "")}`, EACCES: `${path} may not be opened: on Debian, usermod -aG dialout $USER, and log in anew`, EBUSY: `${path} is in use by another program` }[error.code];
		throw Object.assign(new Error(hint ?? `cannot open ${path}: ${error.message}`), { code: error.code });
	}
}

// Raw, eight bits; and without a hang-up as it is closed, which would reset the board.
function setUp(path, input, baud) {
	const { status, stderr, error } = spawnSync("stty", [`${baud}`, "raw", "-echo", "cs8", "-cstopb", "-parenb", "clocal", "-hupcl"], { stdio: [input, "pipe", "pipe"], encoding: "utf8" });
	if (error || status !== 0)
		throw new Error(`stty cannot set ${path} to ${baud} baud: ${error?.message ?? stderr.trim()}`);
}
