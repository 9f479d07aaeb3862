// `npm run footprint [-- --json]`: what the firmware costs on the 32-bit engine, measured now.
import { parseArgs } from "node:util";
import { prepare } from "./prepare.mjs";
import { run } from "./terminal.mjs";

await run(async () => {
	const { values } = parseArgs({ options: { json: { type: "boolean", default: false }, yes: { type: "boolean", default: false } } });
	const engine = await prepare({ debian: ["engine", "engine32", "broker"], bits: 32, yes: values.yes });
	const { footprint } = await import("../build/scripts/footprint/footprint.js");
	process.exitCode = await footprint(engine, values.json);
	setTimeout(() => process.exit(), 500).unref();
});
