// `npm run build -- --board NAME`: the board's firmware through the Moddable SDK, as far as what is installed goes.
// Without ESP-IDF: byte code, links between modules and the preloaded machine are checked; then it says what is missing.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build, out, root } from "./build.mjs";
import { boards, checkManifests } from "./manifests.mjs";
import { Stop, run, step } from "./terminal.mjs";

const SDK = "https://github.com/Moddable-OpenSource/moddable";
const IDF = "ESP-IDF v6.0 (https://docs.espressif.com/projects/esp-idf/en/v6.0/esp32/get-started/)";
const SLOT_BYTES = 16;
// One pointer for each preloaded object that code could still change.
const ALIAS_BYTES = 4;

export async function buildBoard(board) {
	if (!boards().includes(board))
		throw new Stop(`There is no board "${board}". Boards: ${boards().join(", ")}`, 2);
	await step("TypeScript", async () => `${await build(["firmware", "hal"])} files transpiled`);
	await step("manifests", async () => checkList());
	const environment = sdk();
	const folder = await step("mcconfig", async () => generate(board, environment));
	await step("byte code and preload (xsl)", async () => link(folder, environment));
	if (!process.env.IDF_PATH)
		throw new Stop(`Checked up to the C compiler. For an image: install ${IDF}, then set IDF_PATH.`);
	await step("image", async () => mcconfig(board, ["-m", "-t", "build"], environment, "inherit"));
}

function checkList() {
	const { lines, superfluous } = checkManifests();
	if (lines.length > 0)
		throw new Stop(lines.join("\n"));
	return superfluous.length > 0 ? `listed, but not imported: ${superfluous.join(", ")}` : "complete";
}

/** The environment of the SDK's programs. */
function sdk() {
	const moddable = process.env.MODDABLE;
	if (!moddable)
		throw new Stop(`MODDABLE is not set. Clone ${SDK} (release 8.2.3) and set MODDABLE to its folder.`);
	const system = process.platform === "darwin" ? "mac" : "lin";
	const programs = ["release", "debug"].map(kind => join(moddable, "build/bin", system, kind)).find(path => existsSync(join(path, "mcconfig")));
	if (!programs)
		throw new Stop(`The SDK's tools are not built: there is no mcconfig in ${moddable}/build/bin/${system}. On Debian: apt-get install libglib2.0-dev, then\n`
			+ "  cd $MODDABLE && for part in xsc xsid xsl; do make GOAL=release -f xs/makefiles/lin/$part.mk; done; cd build/makefiles/lin && make GOAL=release -f tools.mk");
	return { ...process.env, PATH: `${programs}:${process.env.PATH}` };
}

// From manifests/: a package.json in the working folder changes how the SDK reads a project.
function mcconfig(board, options, environment, stdio = "pipe") {
	const output = join(out, "sdk");
	mkdirSync(output, { recursive: true });
	const { status, stdout, stderr, error } = spawnSync("mcconfig", [...options, "-o", output, "-p", `esp32:${join(root, "manifests/boards", board)}`, join(root, "manifests/manifest.json")],
		{ cwd: join(root, "manifests"), env: environment, encoding: "utf8", stdio });
	if (error || status !== 0)
		throw new Stop(`mcconfig failed: ${error?.message ?? ""}\n${stdout ?? ""}${stderr ?? ""}`);
	if (/^#.*(error|warning)/im.test(stdout ?? ""))
		throw new Stop(`mcconfig is not content:\n${stdout}`);
}

/** Merges manifests, sdkconfig and partitions into a makefile; returns its folder. */
function generate(board, environment) {
	mcconfig(board, [], environment);
	const { NAME } = JSON.parse(readFileSync(join(root, "manifests/boards", board, "manifest.json"), "utf8")).build;
	return join(out, "sdk/tmp/esp32", board, "release", NAME);
}

/** Makes the preloaded machine, mc.xs.c, which needs nothing of ESP-IDF but that make is told of it. */
function link(folder, environment) {
	const target = join(folder, "mc.xs.c");
	const makefile = join(folder, "makefile");
	const subclass = /^ESP32_SUBCLASS = (.*)$/m.exec(readFileSync(makefile, "utf8"))?.[1] ?? "esp32";
	rmSync(target, { force: true });
	const { status, stdout, stderr } = spawnSync("make", ["-f", makefile, "-o", join(folder, `xsProj-${subclass}`, "build/config/sdkconfig.h"),
		`IDF_PATH=${process.env.IDF_PATH ?? "none"}`, "IDF_VERSION=v6.0", target], { cwd: folder, env: environment, encoding: "utf8" });
	const text = `${stdout}${stderr}`;
	if (status !== 0)
		throw new Stop(`the firmware does not link:\n${text.split("\n").filter(line => !/^# xs(c|id) /.test(line)).slice(-30).join("\n")}`);
	const slow = text.match(/^.*cannot optimize native.*$/gm);
	if (slow)
		throw new Stop(`natives that the SDK cannot resolve at build time:\n${slow.join("\n")}`);
	return `${sizes(target)}; ${(text.match(/: not frozen$/gm) ?? []).length} preloaded objects are not frozen`;
}

// What xsl wrote as C: byte code as string literals (or arrays, where a module is not preloaded), and slots.
function sizes(path) {
	const text = readFileSync(path, "utf8");
	let code = 0;
	for (const [, bytes] of text.matchAll(/^static const txU1 gxCode\d+\[(\d+)\];/gm))
		code += Number(bytes);
	for (const [, literal] of text.matchAll(/\.code = \{ \(txByte\*\)"((?:[^"\\]|\\.)*)"/g))
		code += literal.replace(/\\(?:x[0-9a-f]{2}|[0-7]{1,3}|.)/g, "-").length;
	const slots = Number(/^#define mxHeapCount (\d+)/m.exec(text)[1]);
	const aliases = Number(/^#define mxAliasCount (\d+)/m.exec(text)[1]);
	return `flash: ${code} bytes of byte code, ${slots} slots (${slots * SLOT_BYTES} bytes); RAM beside the arena: ${aliases} aliases (${aliases * ALIAS_BYTES} bytes)`;
}

/** `args`: the command line behind --board. */
export const main = args => run(() => buildBoard(args[0]));
