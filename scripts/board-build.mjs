// `npm run build -- --board NAME [--encrypted-nvs]`: the board's firmware through the Moddable SDK, as far as what is installed goes.
// Without ESP-IDF: byte code, links between modules and the preloaded machine are checked; then it says what is missing.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readPartitions } from "./board-check.mjs";
import { fileBytes, report } from "./board-report.mjs";
import { build, out, root } from "./build.mjs";
import { BURNS, boardAsBuilt } from "./encrypted-nvs.mjs";
import { boards, checkManifests } from "./manifests.mjs";
import { Stop, run, step } from "./terminal.mjs";

const ENCRYPTED = "--encrypted-nvs";
const SDK = "https://github.com/Moddable-OpenSource/moddable";
const IDF = "ESP-IDF v6.0 (https://docs.espressif.com/projects/esp-idf/en/v6.0/esp32/get-started/)";
/** The folder of a board's configuration that mcconfig writes, and that of its images. */
const work = (board, kind, name) => join(out, "sdk", kind, "esp32", board, "release", name);

export async function buildBoard([chosen, ...options]) {
	if (!boards().includes(chosen))
		throw new Stop(`${chosen === undefined ? "--board wants a name" : `There is no board "${chosen}"`}. Boards: ${boards().join(", ")}`, 2);
	const other = options.find(option => option !== ENCRYPTED);
	if (other !== undefined)
		throw new Stop(`"${other}" is no option of a board; there is ${ENCRYPTED}.`, 2);
	const board = boardAsBuilt(chosen, options.includes(ENCRYPTED));
	const manifest = JSON.parse(readFileSync(join(board.folder, "manifest.json"), "utf8"));
	const { NAME } = manifest.build, folder = work(board.name, "tmp", NAME);
	await step("TypeScript", async () => `${await build(["firmware", "hal"])} files transpiled`);
	await step("manifests", async () => checkList());
	const environment = sdk();
	await step("mcconfig: manifests, sdkconfig, partitions", async () => mcconfig(board, [], environment));
	await step("byte code and preload (xsl)", async () => link(folder, environment));
	const idf = idfVersion();
	if (idf !== undefined) {
		console.log(`ESP-IDF ${idf}, in ${process.env.IDF_PATH}`);
		await image(board, manifest, environment);
	}
	console.log(`\n${report(folder, manifest.creation).join("\n")}\n`);
	if (idf === undefined)
		throw new Stop(`Checked up to the C compiler. For an image: install ${IDF}, run its install.sh for the chip (${manifest.build.ESP32_SUBCLASS}), then in this shell\n  . $IDF_PATH/export.sh`);
	console.log(`${board.way === undefined ? "" : `${BURNS[board.way]}\n`}Next: npm run flash -- --board ${[chosen, ...options].join(" ")} --port PORT`);
}

/** The version; undefined where there is none. */
function idfVersion() {
	const path = process.env.IDF_PATH;
	if (!path)
		return undefined;
	if (!existsSync(join(path, "tools/idf.py")))
		throw new Stop(`IDF_PATH is ${path}, where there is no tools/idf.py. Set it to the folder of ${IDF}.`);
	if (spawnSync("idf.py", ["--version"], { stdio: "ignore" }).error)
		throw new Stop(`idf.py is not on the PATH. In this shell:\n  . ${path}/export.sh`);
	const version = join(path, "tools/cmake/version.cmake");
	const numbers = existsSync(version) ? [...readFileSync(version, "utf8").matchAll(/set\(IDF_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)\)/g)].map(([, number]) => number) : [];
	if (numbers.length > 0 && (numbers[0] !== "6" || numbers[1] !== "0"))
		throw new Stop(`ESP-IDF in ${path} is ${numbers.join(".")}; the SDK asks for ${IDF}.`);
	return numbers.join(".") || "(its version is not to be found)";
}

/** mcconfig's own build. Its makefile goes on where ESP-IDF's build fails: what counts is the image. */
async function image(board, manifest, environment) {
	const { NAME, ESP32_SUBCLASS } = manifest.build, path = join(work(board.name, "bin", NAME), "xs_esp32.bin");
	rmSync(path, { force: true });
	writeComponents(manifest, join(work(board.name, "tmp", NAME), `xsProj-${ESP32_SUBCLASS}`, "main"));
	await step("image", async () => mcconfig(board, ["-m", "-t", "build"], environment, "inherit"));
	const bytes = fileBytes(path);
	if (bytes < 0)
		throw new Stop(`There is no image: ESP-IDF's build stopped above.`);
	const slot = readPartitions(readFileSync(join(board.folder, "partitions.csv"), "utf8")).find(({ subtype }) => subtype === "ota_0").size;
	if (bytes > slot)
		throw new Stop(`The image has ${bytes} bytes, ${bytes - slot} more than its slot.`);
	console.log(`image: ${bytes} of ${slot} bytes of its slot (${path})`);
}

// The SDK's makefile would add them with idf.py, while another idf.py configures the same folder: the two spoil each other's files. What
// is listed already it leaves alone.
function writeComponents(manifest, folder) {
	const named = manifest.platforms?.esp32?.dependency?.filter(({ name }) => name !== undefined) ?? [];
	if (named.length === 0)
		return;
	mkdirSync(folder, { recursive: true });
	writeFileSync(join(folder, "idf_component.yml"), `dependencies:\n${named.map(({ namespace = "espressif", name, version = "*" }) => `  ${namespace}/${name}: "${version}"\n`).join("")}`);
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
	if (moddable && !existsSync(join(moddable, "examples/manifest_base.json")))
		throw new Stop(`MODDABLE is ${moddable}, which is no Moddable SDK. Set it to the folder of ${SDK} (release 8.2.3).`);
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
	const { status, stdout, stderr, error } = spawnSync("mcconfig", [...options, "-o", output, "-p", `esp32:${board.folder}`, join(root, "manifests/manifest.json")],
		{ cwd: join(root, "manifests"), env: environment, encoding: "utf8", stdio });
	if (error || status !== 0)
		throw new Stop(stdio === "inherit" && !error ? "mcconfig's build stopped; what it said stands above." : `mcconfig failed: ${error?.message ?? ""}\n${stdout ?? ""}${stderr ?? ""}`);
	if (/^#.*(error|warning)/im.test(stdout ?? ""))
		throw new Stop(`mcconfig is not content:\n${stdout}`);
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
	return `${(text.match(/: not frozen$/gm) ?? []).length} preloaded objects are not frozen`;
}

/** `args`: the command line behind --board. */
export const main = args => run(() => buildBoard(args));
