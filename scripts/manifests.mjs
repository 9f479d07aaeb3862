// Checks manifests/ against the sources, without the SDK: files exist, every module that the board imports is listed,
// preloaded and fit for it; then each board (board-check.mjs). Every check takes the project's folder, for the specs.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { boardFolders, checkBoard, checkCommon } from "./board-check.mjs";
import { root as project } from "./build.mjs";
import { checkEncrypted } from "./encrypted-nvs.mjs";
import { preloadFaults } from "./preload-rules.mjs";

const ENTRY = "firmware/main-esp32";
// Types are erased; what is left of an import is what the engine loads.
const IMPORT = /^\s*(?:import|export)\b(?!\s+type\b)[^"';]*?\bfrom\s*"(\.[^"]+)"|^\s*import\s*"(\.[^"]+)"/gm;
const KEYS = ["include", "modules", "preload", "strip", "creation", "platforms", "build", "defines", "config", "resources"];

/** The boards' names. */
export const boards = (root = project) => boardFolders(join(root, "manifests/boards")).map(folder => basename(folder));

const slashes = path => path.split("\\").join("/");
const listOf = value => Array.isArray(value) ? value : value === undefined ? [] : [value];

/** Every module that `entry` imports, with itself, as `firmware/wire/time`. */
function reachable(root, entry, lines) {
	const seen = new Set(), left = [entry];
	for (let module = left.pop(); module !== undefined; module = left.pop()) {
		if (seen.has(module))
			continue;
		seen.add(module);
		if (!existsSync(join(root, `${module}.ts`))) {
			lines.push(`${module}.ts is imported, but does not exist`);
			continue;
		}
		left.push(...importsOf(root, module));
	}
	return seen;
}

const importsOf = (root, module) => [...readFileSync(join(root, `${module}.ts`), "utf8").matchAll(IMPORT)]
	.map(([, from, bare]) => slashes(relative(root, resolve(root, dirname(module), from ?? bare))).replace(/\.js$/, ""));

function readManifests(root, lines) {
	const merged = { modules: new Map(), excluded: new Set(), preload: [], natives: [] };
	const read = path => {
		const manifest = parse(path, lines);
		for (const include of listOf(manifest.include).filter(name => name.startsWith(".")))
			read(resolve(dirname(path), include));
		for (const [name, sources] of Object.entries(manifest.modules ?? {}))
			for (const source of listOf(sources))
				take(root, merged, lines, name, source, slashes(relative(root, resolve(dirname(path), source))), basename(path));
		merged.preload.push(...manifest.preload ?? []);
	};
	read(join(root, "manifests/manifest.json"));
	return merged;
}

/** Paths of the C files that the manifests list, from the project's folder. */
export const listedNatives = (root = project) => readManifests(root, []).natives;

function parse(path, lines) {
	const name = basename(path);
	if (!existsSync(path))
		lines.push(`${name} is included, but does not exist`);
	else
		try {
			const manifest = JSON.parse(readFileSync(path, "utf8"));
			lines.push(...Object.keys(manifest).filter(key => !KEYS.includes(key)).map(key => `${name}: "${key}" is no key of a manifest; known: ${KEYS.join(", ")}`));
			return manifest;
		}
		catch (error) {
			lines.push(`${name} is no JSON: ${error.message}`);
		}
	return {};
}

// `path` is build/… for modules, whose sources are TypeScript, and a native's own path otherwise.
function take(root, merged, lines, name, source, path, manifest) {
	const module = path.replace(/^build\//, "");
	if (!path.startsWith("build/")) {
		merged.natives.push(path);
		if (!existsSync(join(root, path)))
			lines.push(`${manifest}: there is no ${path}`);
	}
	else if (source.endsWith("*") && !existsSync(join(root, dirname(module))))
		lines.push(`${manifest}: there is no folder ${dirname(module)}`);
	else if (source.endsWith("*"))
		for (const file of readdirSync(join(root, dirname(module))).filter(file => file.endsWith(".ts") && !file.endsWith(".d.ts")))
			merged.modules.set(`${dirname(name)}/${file.slice(0, -3)}`, `${dirname(module)}/${file.slice(0, -3)}`);
	else if (!existsSync(join(root, `${module}.ts`)))
		lines.push(`${manifest}: there is no ${module}.ts`);
	else if (name === "~")
		merged.excluded.add(module);
	else
		merged.modules.set(name, module);
}

/** Returns a line for each mistake; `superfluous`: modules that are listed and that nothing imports. */
export function checkManifests(root = project) {
	const lines = [], merged = readManifests(root, lines), needed = reachable(root, ENTRY, lines);
	for (const module of needed) {
		if (merged.excluded.has(module))
			lines.push(`manifests: ${module} is left out ("~"), but imported`);
		else if (merged.modules.get(module) !== module)
			lines.push(`manifests: ${module} is imported, but not listed under its own path`);
		else if (!merged.preload.some(pattern => pattern === module || pattern === `${dirname(module)}/*`))
			lines.push(`manifests: ${module} is not preloaded`);
		lines.push(...checkSource(root, module));
	}
	const folders = boardFolders(join(root, "manifests/boards"));
	lines.push(...doubleNatives(merged.natives), ...folders.flatMap(checkBoard), ...folders.flatMap(folder => checkEncrypted(folder, root)));
	// Only where all are there.
	if (folders.every(folder => existsSync(join(folder, "sdkconfig/sdkconfig.defaults"))))
		lines.push(...checkCommon(folders));
	const superfluous = [...merged.modules.keys()].filter(module => !needed.has(module) && !merged.excluded.has(module));
	// A pattern took it in, and the SDK's linker would look for what it imports.
	for (const module of superfluous)
		for (const imported of importsOf(root, module).filter(imported => merged.modules.get(imported) !== imported || merged.excluded.has(imported)))
			lines.push(`manifests: ${module} is listed, and imports ${imported}, which is not; nothing on a board imports it: leave it out ("~")`);
	return { lines, superfluous };
}

const known = new Map();

/** What preloadFaults says of the source as it goes to the board. */
function preloadFaultsOf(text) {
	if (!known.has(text)) {
		// Loaded here because the checks may run before anything is installed.
		const { code } = createRequire(import.meta.url)("esbuild").transformSync(text, { loader: "ts", format: "esm", target: "es2022" });
		known.set(text, preloadFaults(code));
	}
	return known.get(text);
}

function checkSource(root, module) {
	if (!existsSync(join(root, `${module}.ts`)))
		return [];
	const text = readFileSync(join(root, `${module}.ts`), "utf8");
	return [...preloadFaultsOf(text).map(fault => ` ${fault}`), ...module.startsWith("hal/") ? looseNatives(text) : []].map(fault => `${module}.ts:${fault}`);
}

// The SDK makes objects by the file's name alone, beside its own (timer.c is one of those).
function doubleNatives(natives) {
	const names = natives.map(path => basename(path)).filter(name => name.endsWith(".c"));
	return [...names, "timer.c"].filter((name, i, all) => all.indexOf(name) !== i).map(name => `manifests: two natives are called ${name}`);
}

// The SDK resolves native() where its call, with `this` and the function's own parameters, is the function's only
// statement (after super() in a constructor). Any other form works on a PC, and on a board not.
function looseNatives(source) {
	const text = source.split("\n").map(line => line.trim());
	return text.flatMap((line, i) => {
		if (!line.includes("native(\""))
			return [];
		const call = /^(?:return )?native\("xs_\w+"\)\.call\(this((?:, \w+)*)\);$/.exec(line);
		const head = text[i - 1] === "super();" ? text[i - 2] : text[i - 1];
		const parameters = [...head.replace(/\([^()]*\) =>/g, "").matchAll(/(\w+)\??: /g)].map(([, name]) => `, ${name}`).join("");
		return call && call[1] === parameters && text[i + 1] === "}" ? [] : [`${i + 1}: the SDK cannot resolve this native()`];
	});
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const { lines, superfluous } = checkManifests();
	console.log(lines.length ? lines.join("\n") : "manifests: all that is imported is listed and preloaded");
	if (superfluous.length > 0)
		console.log(`listed, but not imported: ${superfluous.join(", ")}`);
	process.exitCode = lines.length ? 1 : 0;
}
