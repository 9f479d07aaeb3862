// Transpiles TypeScript file by file to build/, keeping the tree: the same output runs on Node, on XS on
// the PC and goes through the SDK. `node scripts/build.mjs [folder…]` limits it to some folders; `--board NAME` goes
// on with the SDK (board-build.mjs).
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, dirname, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { CLASS_FIELDS, openPrivateNames, readBases } from "./class-fields.mjs";
import { inline, readConstants } from "./inline.mjs";

const HELP = `npm run build [-- FOLDER…]             transpiles to build/: all, or some folders
npm run build -- --board NAME …       goes on with the Moddable SDK, as far as what is installed goes; [--encrypted-nvs]`;

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const out = join(root, "build");
// Another number where the same source gives other code: all is transpiled again.
const FORM = 3;
const FOLDERS = ["firmware", "hal", "host-tests", "scripts"];

function* sources(folder) {
	for (const entry of readdirSync(folder, { withFileTypes: true })) {
		const path = join(folder, entry.name);
		if (entry.isDirectory())
			yield* sources(path);
		else if (path.endsWith(".ts") && !path.endsWith(".d.ts"))
			yield path;
	}
}

const target = source => join(out, relative(root, source)).replace(/\.ts$/, ".js");
const modified = path => existsSync(path) ? statSync(path).mtimeMs : 0;

/** Returns how many files were transpiled; throws with esbuild's messages where one does not parse. */
export async function build(folders = FOLDERS) {
	const under = folder => existsSync(join(root, folder)) ? [...sources(join(root, folder))] : [];
	const all = folders.flatMap(under), texts = readConstants([...new Set([...FOLDERS.flatMap(under), ...all])]);
	const definesFile = join(out, "defines.json"), before = existsSync(definesFile) ? JSON.parse(readFileSync(definesFile, "utf8")) : {};
	const key = source => relative(root, source), defines = {};
	for (const source of all)
		defines[key(source)] = JSON.stringify([FORM, ...texts.get(source).known, texts.get(source).isObject]);
	const stale = all.filter(source => modified(target(source)) <= modified(source) || before[key(source)] !== defines[key(source)]);
	if (stale.length > 0) {
		const { transform } = await import("esbuild");
		const bases = readBases([...texts.values()].map(({ text }) => text));
		await Promise.all(stale.map(source => transpile(source, inline(source, texts), bases, transform)));
		writeFileSync(definesFile, JSON.stringify({ ...before, ...defines }));
	}
	removeOrphans(all, folders);
	return stale.length;
}

async function transpile(source, { text, define }, bases, transform) {
	const isFlashed = /^(firmware|hal)\//.test(relative(root, source));
	const { code } = await transform(isFlashed ? openPrivateNames(text, bases) : text, {
		define, tsconfigRaw: isFlashed ? CLASS_FIELDS : {}, loader: "ts", format: "esm", target: "es2022", platform: "neutral",
		supported: { "class-static-field": false }, sourcefile: relative(root, source), logLevel: "warning",
	});
	mkdirSync(dirname(target(source)), { recursive: true });
	writeFileSync(target(source), code);
}

// A module whose source is gone must not go on passing its tests.
function removeOrphans(all, folders) {
	const known = new Set(all.map(target));
	const walk = folder => {
		for (const entry of readdirSync(folder, { withFileTypes: true })) {
			const path = join(folder, entry.name);
			if (entry.isDirectory())
				walk(path);
			else if (path.endsWith(".js") && !known.has(path))
				rmSync(path);
		}
	};
	for (const folder of folders)
		if (existsSync(join(out, folder)))
			walk(join(out, folder));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const folders = process.argv.slice(2);
	if (folders[0] === "--help")
		console.log(HELP);
	else if (folders[0] === "--board")
		// Not awaited: that module imports this one, which must have ended first.
		void import("./board-build.mjs").then(({ main }) => main(folders.slice(1)));
	else {
		const count = await build(folders.length ? folders : FOLDERS);
		console.log(`build: ${count} file${count === 1 ? "" : "s"} transpiled`);
	}
}
