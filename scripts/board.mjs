// `npm run board -- --config gateway.json [--arena KiB] [--keylog FILE] [--trace FILE]`: the board alone, against any vehicle network
// and any broker; or an example of the SOME/IP API: `npm run board -- --example NAME`; or one request over HTTP/3: `npm run board --
// --get URL --ca FILE`. Its serial log is the output, its console the input.
import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { out } from "./build.mjs";
import { prepare } from "./prepare.mjs";
import { Stop, run } from "./terminal.mjs";

const HELP = `npm run board -- --config gateway.json [options]
  --config FILE   the gateway's configuration
  --data FOLDER   in its place, a board's data partition: gateway.json and what it names; without one it waits for
                  provisioning on the console, as a board does
  --arena KiB     memory for chunks and slots (default 154 in the 32-bit build, 308 in the 64-bit build;
                  with --trace 186 and 372)
  --bits 32       run the 32-bit engine, as on the chip
  --keylog FILE   append the TLS secrets for Wireshark
  --storage FOLDER  keep TLS sessions from one start to the next
  --example NAME  an example in place of the gateway; without NAME: their list. The network: this machine alone, or --config,
                  or --address A, --netmask M, --sd-group G, --sd-port P, --topology-check on|off
  --get URL       one request over HTTP/3 in place of the gateway, with --ca FILE: certificates that the server's chain may
                  end in; --post FILE sends that file as its body
  --wall-clock S  run as if it were S seconds since 1970, or "unset": to try certificates
  --trace FILE    write what the vehicle's sockets receive and send, for Wireshark (pcapng; needs no setting there)
  --trace-limit N at most so many MiB of it (default 256)
  --yes           install missing Debian packages without asking (as root)`;

/** The firmware's status for: start again, as a chip does after a reset. */
const EXIT_RESTART = 85;
/** Of the 32-bit build, and for a trace's buffers (hal/trace/pcapng.ts) beside it; twice as much in the 64-bit build. */
const ARENA_KIB = 154, TRACE_KIB = 32;
const FILES = ["config", "data", "keylog", "storage", "trace", "ca", "post"];
const TEXTS = ["example", "address", "netmask", "sd-group", "sd-port", "topology-check", "trace-limit", "get", "wall-clock"];

await run(async () => {
	const values = parse();
	if (values.help || values.config === undefined && values.data === undefined && values.example === undefined && values.get === undefined)
		throw new Stop(HELP, values.help ? 0 : 2);
	const bits = Number(values.bits);
	const engine = await prepare({ debian: bits === 32 ? ["engine", "engine32"] : ["engine"], bits, yes: values.yes });
	const args = ["--root", out, "--entry", `firmware/${values.get !== undefined ? "main-get" : values.example !== undefined ? "main-example" : "main"}.js`,
		...arenaOf(values), "--", ...optionsOf(values)];
	let board;
	// The board ends by itself on these, cleanly; a terminal sends them to both.
	for (const signal of ["SIGINT", "SIGTERM"])
		process.on(signal, () => { if (!process.stdin.isTTY || signal === "SIGTERM") board.kill(signal); });
	do {
		board = spawn(engine, args, { stdio: "inherit" });
		process.exitCode = await new Promise(resolve => board.on("close", (status, signal) => resolve(status ?? (signal ? 1 : 0))));
	} while (process.exitCode === EXIT_RESTART);
});

/** A chip writes no trace: what that needs comes on top of what a chip has. */
function arenaOf({ arena, bits, trace }) {
	const kib = arena ?? (trace === undefined ? undefined : `${(ARENA_KIB + TRACE_KIB) * Number(bits) / 32}`);
	return kib === undefined ? [] : ["--arena", kib];
}

/** What the firmware is told: files by their whole path. */
function optionsOf(values) {
	return [...FILES, ...TEXTS].filter(name => values[name]).flatMap(name => [`--${name}`, FILES.includes(name) ? resolve(values[name]) : values[name]]);
}

function parse() {
	try {
		// The list of examples is asked for with the option alone.
		const args = process.argv.slice(2), at = args.indexOf("--example");
		if (at >= 0 && (at + 1 === args.length || args[at + 1].startsWith("--")))
			args.splice(at + 1, 0, "");
		const { values } = parseArgs({ args, options: {
			...Object.fromEntries([...FILES, ...TEXTS].map(name => [name, { type: "string" }])),
			arena: { type: "string" }, bits: { type: "string", default: "64" }, yes: { type: "boolean", default: false }, help: { type: "boolean", default: false },
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
