// `npm run board -- --config gateway.json [--arena KiB] [--keylog FILE] [--trace FILE]`: the board alone, against any vehicle network
// and any broker. Its serial log is the output, its console the input.
import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { out } from "./build.mjs";
import { prepare } from "./prepare.mjs";
import { Stop, run } from "./terminal.mjs";

const HELP = `npm run board -- --config gateway.json [options]
  --config FILE   the gateway's configuration
  --arena KiB     memory for chunks and slots (default 154 in the 32-bit build, 308 in the 64-bit build)
  --bits 32       run the 32-bit engine, as on the chip
  --keylog FILE   append the TLS secrets for Wireshark
  --trace FILE    write what the vehicle's sockets receive and send, for Wireshark (pcapng; needs no setting there)
  --trace-limit N at most so many MiB of it (default 256)
  --yes           install missing Debian packages without asking (as root)`;

await run(async () => {
	const values = parse();
	if (values.help || values.config === undefined)
		throw new Stop(HELP, values.help ? 0 : 2);
	const bits = Number(values.bits);
	const engine = await prepare({ debian: bits === 32 ? ["engine", "engine32"] : ["engine"], bits, yes: values.yes });
	const args = ["--root", out, "--entry", "firmware/main.js", ...values.arena ? ["--arena", values.arena] : [],
		"--", "--config", resolve(values.config), ...values.keylog ? ["--keylog", resolve(values.keylog)] : [],
		...values.trace ? ["--trace", resolve(values.trace)] : [], ...values["trace-limit"] ? ["--trace-limit", values["trace-limit"]] : []];
	const board = spawn(engine, args, { stdio: "inherit" });
	// The board ends by itself on these, cleanly; a terminal sends them to both.
	for (const signal of ["SIGINT", "SIGTERM"])
		process.on(signal, () => { if (!process.stdin.isTTY || signal === "SIGTERM") board.kill(signal); });
	process.exitCode = await new Promise(resolve => board.on("close", (status, signal) => resolve(status ?? (signal ? 1 : 0))));
});

function parse() {
	try {
		const { values } = parseArgs({ options: {
			config: { type: "string" }, arena: { type: "string" }, bits: { type: "string", default: "64" },
			keylog: { type: "string" }, trace: { type: "string" }, "trace-limit": { type: "string" }, yes: { type: "boolean", default: false }, help: { type: "boolean", default: false },
		} });
		if (values.bits !== "64" && values.bits !== "32")
			throw new Error(`--bits ${values.bits}: 64 or 32`);
		if (values.arena !== undefined && !(Number(values.arena) >= 16))
			throw new Error(`--arena ${values.arena}: give KiB, at least 16`);
		return values;
	}
	catch (error) {
		throw new Stop(`${error.message}\n\n${HELP}`, 2);
	}
}
