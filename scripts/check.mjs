// `npm run check`: imports, manifests and types, without an engine; works wherever Node does.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "./build.mjs";
import { checkConformance } from "./generate/conformance.mjs";
import { checkImports } from "./imports.mjs";
import { checkManifests } from "./manifests.mjs";
import { checkNode, installPackages } from "./setup.mjs";
import { run } from "./terminal.mjs";

export const PROJECTS = ["firmware/tsconfig.json", "hal/tsconfig.json", "tsconfig.json"];

/** Returns the compiler's lines about one of PROJECTS; none where its types are right. */
export function checkTypes(project) {
	const { status, stdout, stderr } = spawnSync("node", [join("node_modules", "typescript", "bin", "tsc"), "-p", project], { cwd: root, encoding: "utf8" });
	return status === 0 ? [] : `${stdout}${stderr}`.trim().split("\n").slice(0, 40);
}

if (process.argv[1].endsWith("check.mjs"))
	await run(async () => {
		checkNode();
		await installPackages();
		const lines = [...checkImports(), ...checkManifests().lines, ...checkConformance(), ...PROJECTS.flatMap(checkTypes)];
		console.log(lines.length ? lines.join("\n") : "imports point down, manifests are complete, types are right");
		process.exitCode = lines.length ? 1 : 0;
	});
