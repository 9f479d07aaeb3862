// `npm start`: a vehicle, a broker and the board on this machine, until Ctrl-C. Installs and builds what is missing.
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { Stop, run } from "./terminal.mjs";

const HELP = `npm start [-- options]
  --seconds N      stop N seconds after the board is up
  --capture FILE   the vehicle is a recording (pcap): its events are replayed and compared with what the broker delivers
  --json           print one JSON object as the last line
  --yes            install missing Debian packages without asking (as root)`;

await run(async () => {
	const options = parse();
	if (options.help)
		return console.log(HELP);
	const { prepare } = await import("./prepare.mjs");
	const engine = await prepare({ debian: ["engine", "broker"], yes: options.yes });
	const { runDemo } = await import("../build/scripts/demo/demo.js");
	try {
		process.exitCode = await runDemo({ engine, ...options });
	}
	finally {
		// Sockets of native libraries may outlive their close(), and timers an error; nothing is left to wait for.
		setTimeout(() => process.exit(), 500).unref();
	}
});

function parse() {
	try {
		const { values } = parseArgs({ options: {
			seconds: { type: "string" }, capture: { type: "string" },
			json: { type: "boolean", default: false }, yes: { type: "boolean", default: false }, help: { type: "boolean", default: false },
		} });
		const seconds = values.seconds === undefined ? undefined : Number(values.seconds);
		if (seconds !== undefined && !(seconds > 0))
			throw new Error(`--seconds ${values.seconds}: give a number of seconds above 0`);
		return { ...values, seconds, capture: values.capture && resolve(values.capture) };
	}
	catch (error) {
		throw new Stop(`${error.message}\n\n${HELP}`, 2);
	}
}
