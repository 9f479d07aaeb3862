// Private methods become ordinary ones whose names begin with "_": the engine puts each private method into each instance,
// which costs a slot there, and byte code. Nobody else calls them: TypeScript has seen to that before.
const METHOD = /^ {2}#(\w+)\([^;]*\) \{$/gm;
// A class that inherits from one of ours could hide its method.
const DERIVED = /^(?:export )?class \w+ extends (?!Error\b)/m;

/** Takes code as esbuild writes it. */
export function openPrivateMethods(code) {
	if (DERIVED.test(code))
		return code;
	// What is also the name of a field or of something else stays private.
	const names = [...code.matchAll(METHOD)].map(([, name]) => name).filter(name => !new RegExp(`#${name}\\b(?!\\()|[^.\\s]#${name}\\b`).test(code));
	return names.length === 0 ? code : code.replace(new RegExp(`#(${names.join("|")})(?=\\()`, "g"), "_$1");
}
