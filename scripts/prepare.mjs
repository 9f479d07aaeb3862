// From a fresh clone to a built board: the steps that start, test, board and footprint share.
import { build } from "./build.mjs";
import { checkNode, checkPlatform, installDebian, installPackages } from "./setup.mjs";
import { step } from "./terminal.mjs";

/** Installs and builds what is missing; returns the path of the XS engine with the natives. */
export async function prepare({ debian, bits = 64, yes = false }) {
	checkNode();
	checkPlatform();
	await installPackages();
	await installDebian(debian, { yes });
	await step("TypeScript", async () => `${await build()} files transpiled`);
	const { buildEngine } = await import("./xs.mjs");
	let path;
	await step(`XS engine, ${bits}-bit`, async progress => {
		path = await buildEngine({ bits, progress: (done, count, name) => progress(`${done}/${count} ${name}`) });
	});
	return path;
}
