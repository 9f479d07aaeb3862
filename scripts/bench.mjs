// `npm run bench -- NAME [--json] [--seconds N]`: measures one part on this machine, now; scripts/bench/NAME.ts says what.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./build.mjs";
import { prepare } from "./prepare.mjs";
import { installDebian } from "./setup.mjs";
import { Stop, run } from "./terminal.mjs";

// The other files in the folder are theirs.
const names = () => readdirSync(join(root, "scripts/bench")).filter(name => readFileSync(join(root, "scripts/bench", name), "utf8").includes("export async function bench(")).map(name => name.slice(0, -3));

const HELP = `npm run bench -- NAME [options]
  NAME         ${names().join(", ")}
  --seconds N  how long each figure is measured (default 3)
  --json       the last line is one JSON object
  --yes        install missing Debian packages without asking (as root)`;

await run(async () => {
	const { name, json, seconds, yes } = parse();
	const engine = await prepare({ debian: ["engine", "engine32", "bench", ...name === "quic" ? ["broker"] : []], bits: 32, yes });
	if (name === "quic")
		await installDebian(["peers"], { yes, optional: true });
	const { bench } = await import(`../build/scripts/bench/${name}.js`);
	const result = await bench({ engine, seconds });
	if (json)
		console.log(JSON.stringify(result));
});

function parse() {
	try {
		const { values, positionals } = parseArgs({ allowPositionals: true, options: {
			json: { type: "boolean", default: false }, seconds: { type: "string", default: "3" }, yes: { type: "boolean", default: false }, help: { type: "boolean", default: false },
		} });
		if (values.help)
			throw new Stop(HELP, 0);
		if (positionals.length !== 1 || !names().includes(positionals[0]))
			throw new Error(positionals.length === 0 ? "what is to be measured?" : `there is no bench "${positionals.join(" ")}"`);
		const seconds = Number(values.seconds);
		if (!(seconds >= 0.1 && seconds <= 600))
			throw new Error(`--seconds ${values.seconds}: 0.1 to 600`);
		return { name: positionals[0], json: values.json, seconds, yes: values.yes };
	}
	catch (error) {
		throw error instanceof Stop ? error : new Stop(`${error.message}\n\n${HELP}`, 2);
	}
}
