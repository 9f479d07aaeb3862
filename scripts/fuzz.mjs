// `npm run fuzz -- NAME --seconds N [--seed S]`: mutated input for as long as wanted; scripts/fuzz/NAME.ts says to whom. What
// fails prints its seed, and ends with status 1.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build, root } from "./build.mjs";
import { checkNode, installPackages } from "./setup.mjs";
import { Stop, run, step } from "./terminal.mjs";

const names = () => readdirSync(join(root, "scripts/fuzz")).filter(name => /^[a-z]+\.ts$/.test(name)).map(name => name.slice(0, -3));

const HELP = `npm run fuzz -- NAME [options]
  NAME         ${names().join(", ")}
  --seconds N  how long (default 60)
  --seed S     where the mutants begin, 0 to 4294967295 (default: another one each time)`;

await run(async () => {
	const { name, seconds, seed } = parse();
	checkNode();
	await installPackages();
	await step("TypeScript", async () => `${await build()} files transpiled`);
	const { fuzz } = await import(`../build/scripts/fuzz/${name}.js`);
	await step(`fuzz ${name}, seed ${seed}`, progress => fuzz({ seconds, seed, progress }));
});

function parse() {
	try {
		const { values, positionals } = parseArgs({ allowPositionals: true, options: {
			seconds: { type: "string", default: "60" }, seed: { type: "string", default: `${Date.now() >>> 0}` }, help: { type: "boolean", default: false },
		} });
		if (values.help)
			throw new Stop(HELP, 0);
		if (positionals.length !== 1 || !names().includes(positionals[0]))
			throw new Error(positionals.length === 0 ? "what is to be fuzzed?" : `there is nothing to fuzz called "${positionals.join(" ")}"`);
		const seconds = Number(values.seconds), seed = Number(values.seed);
		if (!(seconds > 0 && seconds <= 7 * 86_400))
			throw new Error(`--seconds ${values.seconds}: up to a week of seconds`);
		if (seed !== seed >>> 0 || values.seed === "")
			throw new Error(`--seed ${values.seed}: 0 to 4294967295`);
		return { name: positionals[0], seconds, seed };
	}
	catch (error) {
		throw error instanceof Stop ? error : new Stop(`${error.message}\n\n${HELP}`, 2);
	}
}
