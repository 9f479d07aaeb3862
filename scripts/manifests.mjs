// Checks manifests/ against the sources, without the SDK: files exist, every module that the board imports is listed
// and preloaded, boards have two slots for updates that fit their flash.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./build.mjs";

const MANIFESTS = join(root, "manifests");
const BOARDS = join(MANIFESTS, "boards");
const ENTRY = "firmware/main-esp32";
// Types are erased; what is left of an import is what the engine loads.
const IMPORT = /^\s*(?:import|export)\b(?!\s+type\b)[^"';]*?\bfrom\s*"(\.[^"]+)"|^\s*import\s*"(\.[^"]+)"/gm;
const SLOT_ALIGNMENT = 0x10000;
const FLASH = 4 * 1024 * 1024;

/** The boards' names. */
export const boards = () => readdirSync(BOARDS).filter(name => existsSync(join(BOARDS, name, "manifest.json"))).sort();

const slashes = path => path.split("\\").join("/");
const listOf = value => Array.isArray(value) ? value : value === undefined ? [] : [value];

/** Every module that `entry` imports, with itself, as `firmware/wire/time`. */
function reachable(entry) {
	const seen = new Set(), left = [entry];
	for (let module = left.pop(); module !== undefined; module = left.pop()) {
		if (seen.has(module))
			continue;
		seen.add(module);
		const text = readFileSync(join(root, `${module}.ts`), "utf8");
		for (const [, from, bare] of text.matchAll(IMPORT))
			left.push(slashes(relative(root, resolve(root, dirname(module), from ?? bare))).replace(/\.js$/, ""));
	}
	return seen;
}

function readManifests(lines) {
	const merged = { modules: new Map(), excluded: new Set(), preload: [], natives: [] };
	const read = path => {
		const manifest = JSON.parse(readFileSync(path, "utf8"));
		for (const include of listOf(manifest.include).filter(name => name.startsWith(".")))
			read(resolve(dirname(path), include));
		for (const [name, sources] of Object.entries(manifest.modules ?? {}))
			for (const source of listOf(sources))
				take(merged, lines, name, source, slashes(relative(root, resolve(dirname(path), source))), basename(path));
		merged.preload.push(...manifest.preload ?? []);
	};
	read(join(MANIFESTS, "manifest.json"));
	return merged;
}

// `path` is build/… for modules, whose sources are TypeScript, and a native's own path otherwise.
function take(merged, lines, name, source, path, manifest) {
	const module = path.replace(/^build\//, "");
	if (!path.startsWith("build/")) {
		merged.natives.push(path);
		if (!existsSync(join(root, path)))
			lines.push(`${manifest}: there is no ${path}`);
	}
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
export function checkManifests() {
	const lines = [], merged = readManifests(lines), needed = reachable(ENTRY);
	for (const module of needed) {
		if (merged.excluded.has(module))
			lines.push(`manifests: ${module} is left out ("~"), but imported`);
		else if (merged.modules.get(module) !== module)
			lines.push(`manifests: ${module} is imported, but not listed under its own path`);
		else if (!merged.preload.some(pattern => pattern === module || pattern === `${dirname(module)}/*`))
			lines.push(`manifests: ${module} is not preloaded`);
	}
	for (const module of needed)
		if (module.startsWith("hal/"))
			lines.push(...looseNatives(module));
	lines.push(...doubleNatives(merged.natives), ...boards().flatMap(checkBoard));
	const superfluous = [...merged.modules.keys()].filter(module => !needed.has(module) && !merged.excluded.has(module));
	return { lines, superfluous };
}

// The SDK makes objects by the file's name alone, beside its own (timer.c is one of those).
function doubleNatives(natives) {
	const names = natives.map(path => basename(path)).filter(name => name.endsWith(".c"));
	return [...names, "timer.c"].filter((name, i, all) => all.indexOf(name) !== i).map(name => `manifests: two natives are called ${name}`);
}

// The SDK resolves native() where its call, with `this` and the function's own parameters, is the function's only
// statement (after super() in a constructor). Any other form works on a PC, and on a board not.
function looseNatives(module) {
	const text = readFileSync(join(root, `${module}.ts`), "utf8").split("\n").map(line => line.trim());
	return text.flatMap((line, i) => {
		if (!line.includes("native(\""))
			return [];
		const call = /^(?:return )?native\("xs_\w+"\)\.call\(this((?:, \w+)*)\);$/.exec(line);
		const head = text[i - 1] === "super();" ? text[i - 2] : text[i - 1];
		const parameters = [...head.replace(/\([^()]*\) =>/g, "").matchAll(/(\w+)\??: /g)].map(([, name]) => `, ${name}`).join("");
		return call && call[1] === parameters && text[i + 1] === "}" ? [] : [`${module}.ts:${i + 1}: the SDK cannot resolve this native()`];
	});
}

function checkBoard(board) {
	const missing = ["partitions.csv", "sdkconfig/sdkconfig.defaults"].filter(name => !existsSync(join(BOARDS, board, name)));
	if (missing.length > 0)
		return missing.map(name => `boards/${board}: ${name} is missing`);
	const rows = readFileSync(join(BOARDS, board, "partitions.csv"), "utf8").split("\n").filter(line => line && !line.startsWith("#"))
		.map(line => line.split(",").map(field => field.trim())).map(([name, type, subtype, offset, size]) => ({ name, type, subtype, offset: Number(offset), size: Number(size) }));
	const lines = [];
	let end = 0;
	for (const { name, type, offset, size } of rows) {
		if (!(offset >= end) || !(offset + size <= FLASH))
			lines.push(`boards/${board}: partition ${name} overlaps another or ends beyond ${FLASH} bytes`);
		if (type === "app" && offset % SLOT_ALIGNMENT !== 0)
			lines.push(`boards/${board}: partition ${name} does not begin at a multiple of ${SLOT_ALIGNMENT}`);
		end = offset + size;
	}
	const slots = rows.filter(({ subtype }) => subtype.startsWith("ota_"));
	if (slots.length !== 2 || slots[0].size !== slots[1].size || !rows.some(({ subtype }) => subtype === "ota"))
		lines.push(`boards/${board}: two slots of one size and otadata expected`);
	return lines;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const { lines, superfluous } = checkManifests();
	console.log(lines.length ? lines.join("\n") : "manifests: all that is imported is listed and preloaded");
	if (superfluous.length > 0)
		console.log(`listed, but not imported: ${superfluous.join(", ")}`);
	process.exitCode = lines.length ? 1 : 0;
}
