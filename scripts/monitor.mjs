// `npm run monitor -- --port P`: a board's serial log and console. Lines that are typed go to the board.
import { clearLine, createInterface, cursorTo } from "node:readline";
import { parseArgs } from "node:util";
import { LEVELS, MonitorView } from "./monitor-view.mjs";
import { Serial, checkBaud, missingPort } from "./serial.mjs";
import { Stop, run } from "./terminal.mjs";

const HELP = `npm run monitor -- --port P [options]
  --port P        the board's serial port, as /dev/ttyUSB0
  --baud N        its rate (default 115200)
  --level LEVEL   show the log's lines of this importance and above: ${LEVELS.join(", ")} (default debug: all that comes)
  --filter TEXT   of the log, show lines that contain the text; what is no log is always shown
  --timestamps    begin lines with the time of this machine
  --no-color      no colours; they are used where a terminal shows them
  --color         colours in any case
What is typed goes to the board line by line (try help). Ctrl-C leaves.`;
const RECONNECT = 500;
/** ms after which a line that does not end is shown as far as it came. */
const FLUSH = 400;

await run(async () => {
	const options = parse();
	const view = new MonitorView(options);
	const terminal = process.stdin.isTTY && process.stdout.isTTY;
	let reader;
	const show = lines => {
		if (lines.length === 0)
			return;
		if (terminal) {
			clearLine(process.stdout, 0);
			cursorTo(process.stdout, 0);
		}
		process.stdout.write(`${lines.join("\n")}\n`);
		if (terminal)
			reader?.prompt(true);
	};
	let port = first(options, view, show), isSaid = false;
	reader = createInterface({ input: process.stdin, output: terminal ? process.stdout : undefined, prompt: "", terminal });
	reader.on("line", line => {
		if (port === undefined)
			show(["-- not connected; the line was not sent"]);
		else {
			view.sent(line);
			port.write(`${line}\n`);
		}
	});
	await new Promise(resolve => {
		let isLeaving = false;
		const leave = () => {
			if (isLeaving)
				return;
			isLeaving = true;
			clearInterval(polling);
			reader.close();
			port?.close();
			resolve();
		};
		const watch = () => port?.once("gone", () => {
			show([...view.flush(), `-- ${options.port} went away; waiting for it`]);
			port = undefined;
		});
		const polling = setInterval(() => {
			if (port !== undefined)
				return;
			try {
				port = connect(options, view, show);
				isSaid = false;
				show([`-- ${options.port} is back`]);
				watch();
			}
			catch (error) {
				if (!isSaid && error.code !== "ENOENT" && error.code !== "EIO") {
					isSaid = true;
					show([`-- ${error.message}`]);
				}
			}
		}, RECONNECT);
		watch();
		// Of a terminal the reader takes Ctrl-C.
		reader.on("SIGINT", leave);
		if (terminal)
			reader.on("close", leave);
		process.on("SIGINT", leave);
		process.on("SIGTERM", leave);
	});
	process.exitCode = 0;
});

/** A wrong name is said at once; a port that goes away later is waited for. */
function first(options, view, show) {
	try {
		return connect(options, view, show);
	}
	catch (error) {
		throw new Stop(error.message, 2);
	}
}

function connect({ port: path, baud }, view, show) {
	const port = new Serial(path, baud);
	let timer;
	port.on("data", bytes => {
		clearTimeout(timer);
		show(view.take(bytes));
		timer = setTimeout(() => show(view.flush()), FLUSH);
	});
	return port;
}

function parse() {
	let values;
	try {
		({ values } = parseArgs({ options: {
			port: { type: "string" }, baud: { type: "string", default: "115200" }, level: { type: "string", default: "debug" }, filter: { type: "string", default: "" },
			timestamps: { type: "boolean", default: false }, "no-color": { type: "boolean", default: false }, color: { type: "boolean", default: false }, help: { type: "boolean", default: false },
		} }));
	}
	catch (error) {
		throw new Stop(`${error.message}\n\n${HELP}`, 2);
	}
	if (values.help)
		throw new Stop(HELP, 0);
	if (values.port === undefined)
		throw new Stop(`${missingPort()}\n\n${HELP}`, 2);
	const level = LEVELS.indexOf(values.level);
	if (level < 0)
		throw new Stop(`--level ${values.level}: ${LEVELS.join(", ")}`, 2);
	const color = !values["no-color"] && (values.color || process.stdout.isTTY === true && !process.env.NO_COLOR);
	return { port: values.port, baud: checkBaud(values.baud), level, filter: values.filter, color, timestamps: values.timestamps };
}
