// Private names of classes become ordinary ones that begin with "_", and esbuild moves what fields begin with into the constructor. A
// private name costs byte code in its class and in each method that uses it; a private method a slot in each instance as well; fields
// that are initialised in place a function and its frame on the stack. Nobody else uses them: TypeScript has seen to that before.
const DECLARATION = /^\t(?:static |readonly |async |get |set )*#(\w+)/gm;
const CLASS = /^(?:export )?class (\w+) extends (\w+)/gm;

/** For esbuild: fields are assigned in the constructor, and those without a value not at all. */
export const CLASS_FIELDS = Object.freeze({ compilerOptions: { useDefineForClassFields: false } });

/** The class that each class inherits from, by name. */
export function readBases(texts) {
	return new Map(texts.flatMap(text => [...text.matchAll(CLASS)].map(([, name, base]) => [name, base])));
}

/** The text of a module without private names. Those of a class that inherits begin with one "_" more than its base's. */
export function openPrivateNames(text, bases) {
	const derived = [...text.matchAll(CLASS)].map(([, name]) => depth(name, bases)), prefix = "_".repeat(1 + Math.max(0, ...derived));
	const all = [...text.matchAll(DECLARATION)].map(([, name]) => name);
	// What two classes of a module have, one of which inherits, stays private.
	const names = new Set(all.filter((name, i) => derived.length === 0 || all.indexOf(name) === i && all.lastIndexOf(name) === i));
	return text.replace(/#(\w+)\b/g, (use, name) => names.has(name) ? prefix + name : use);
}

const depth = (name, bases) => bases.has(name) ? 1 + depth(bases.get(name), bases) : 0;
