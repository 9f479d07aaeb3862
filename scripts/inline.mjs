// Numbers that a module exports by name are written into the modules that use them, and their declarations left out:
// an imported name costs byte code in the module, in each class and in each function between it and its use; a number
// two bytes. esbuild does this only where it bundles.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const DECLARATION = /^(export )?const (\w+)(?:: number)? = ([\w\s.+\-*/|&<>()]+);[ \t]*(?:\/\/.*)?$/gm;
const IMPORT = /^import (?!type )\{([^}]*)\}\s+from "(\.[^"]*)";$/gm;
const NAMESPACE = /^import \* as (\w+) from "(\.[^"]*)";$/gm;
// Also of a list that was empty before: such an import or export has no use.
const NOTHING = /^(import|export) \{ {2}\}[^;]*;$/;
const EXPORT = /^export \{([^}]*)\}(?: from "(\.[^"]*)")?;$/gm;

const names = list => list.split(",").map(name => name.trim()).filter(name => name !== "");
const resolve = (source, specifier) => join(dirname(source), specifier).replace(/\.js$/, ".ts");

/** Reads TypeScript files; returns by path their text, the numbers that other modules may import from them (`own`), those that
 *  their text may use by name (`known`), and whether somebody uses the module as an object, so that it must keep them. */
export function readConstants(sources) {
	const files = new Map(sources.map(source => [source, { text: readFileSync(source, "utf8"), own: new Map(), known: new Map(), isObject: false }]));
	for (let grown = true; grown;) {
		grown = false;
		for (const [source, file] of files)
			grown = collect(source, file, files) || grown;
	}
	for (const [source, { text }] of files)
		for (const [all, space, specifier] of text.matchAll(NAMESPACE))
			if (new RegExp(`\\b${space}\\[|= ${space};|[(,] ?${space}[),]`).test(text.replace(all, "")))
				files.get(resolve(source, specifier)).isObject = true;
	return files;
}

function collect(source, { text, own, known }, files) {
	const before = own.size + known.size;
	for (const [, list, specifier] of text.matchAll(IMPORT)) {
		const from = files.get(resolve(source, specifier));
		for (const name of names(list)) {
			const [theirs, ours = theirs] = name.split(" as ");
			if (from?.own.has(theirs))
				known.set(ours, from.own.get(theirs));
		}
	}
	for (const [, , name, expression] of text.matchAll(DECLARATION)) {
		const value = known.has(name) ? undefined : evaluate(expression, known);
		if (value !== undefined) {
			own.set(name, value);
			known.set(name, value);
		}
	}
	for (const [, list, specifier] of text.matchAll(EXPORT)) {
		const from = specifier === undefined ? known : files.get(resolve(source, specifier))?.own;
		for (const name of names(list))
			if (from?.has(name))
				own.set(name, from.get(name));
	}
	return own.size + known.size > before;
}

// A number, or undefined where the expression needs more than numbers that are known.
function evaluate(expression, known) {
	let isKnown = true;
	const text = expression.replace(/\b[A-Za-z_]\w*\b/g, name => known.has(name) ? `(${known.get(name)})` : (isKnown = false, name));
	if (!isKnown || !/\d/.test(text))
		return undefined;
	const value = new Function(`return ${text};`)();
	return typeof value === "number" ? value : undefined;
}

/** The text of a file without the imports and declarations of numbers (lines stay where they are), and esbuild's `define` for their uses. */
export function inline(source, files) {
	const { own, known, isObject } = files.get(source);
	const isGone = name => known.has(name) && !(isObject && own.has(name));
	let { text } = files.get(source);
	for (const [all, space, specifier] of [...text.matchAll(NAMESPACE)]) {
		const from = files.get(resolve(source, specifier))?.own ?? new Map();
		text = text.replace(new RegExp(`\\b${space}\\.(\\w+)\\b`, "g"), (use, name) => from.has(name) ? `(${from.get(name)})` : use);
		if (!new RegExp(`\\b${space}\\b`).test(text.replace(all, "")))
			text = text.replace(all, "");
	}
	text = text.replace(IMPORT, (all, list) => all.replace(`{${list}}`, without(list, name => isGone(name.split(" as ").at(-1)))).replace(NOTHING, ""));
	text = text.replace(EXPORT, (all, list) => all.replace(`{${list}}`, without(list, name => own.has(name) && !isObject)).replace(NOTHING, ""));
	text = text.replace(DECLARATION, (all, exported, name) => isGone(name) ? "" : all);
	return { text, define: Object.fromEntries([...known].filter(([name]) => isGone(name)).map(([name, value]) => [name, String(value)])) };
}

const without = (list, isOut) => `{ ${names(list).filter(name => !isOut(name)).join(", ")} }`;
