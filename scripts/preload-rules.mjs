// What the SDK's linker cannot put into flash, found in a module as esbuild transpiled it: a RegExp at module scope, and
// module state that changes. Inside a function both are fine: they are made when it runs.

// After one of these a slash begins a RegExp; after anything else that ends a value it divides.
const BEFORE_REGEXP = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|do|else|void|delete|throw|new))\s*$/;
const MUTABLE = /\bnew\s+((?:Weak)?(?:Map|Set)|\w*Array|ArrayBuffer|DataView|Date|Promise|Proxy|RegExp)\b/;
// A brace after one of these begins code that runs later.
const BEFORE_BODY = /(?:\)|=>)\s*$/;

/** The module's text with comments, strings and the bodies of functions emptied; a RegExp reads /…/. */
function atModuleScope(text) {
	let out = "", at = 0;
	// Of each open brace, whether it is a function's body or inside of one; "`" for the ${ of a template.
	const open = [];
	const inside = () => open.some(kind => kind === "body");
	const write = piece => {
		if (!inside())
			out += piece;
	};
	let last = "";
	const template = () => {
		for (; at < text.length && text[at] !== "`"; at++)
			if (text[at] === "\\")
				at++;
			else if (text[at] === "$" && text[at + 1] === "{") {
				open.push("`");
				at += 2;
				last = "(";
				return;
			}
		at++;
		write("\"\"");
		last = "\"";
	};
	while (at < text.length) {
		const one = text[at], two = text.slice(at, at + 2);
		if (two === "//")
			at = end(text, "\n", at);
		else if (two === "/*")
			at = end(text, "*/", at + 2) + 2;
		else if (one === "\"" || one === "'") {
			for (at++; at < text.length && text[at] !== one; at++)
				if (text[at] === "\\")
					at++;
			at++;
			write("\"\"");
			last += "\"";
		}
		else if (one === "`") {
			at++;
			template();
		}
		else if (one === "}" && open.at(-1) === "`") {
			open.pop();
			at++;
			template();
		}
		else if (one === "/" && BEFORE_REGEXP.test(last)) {
			let inClass = false;
			for (at++; at < text.length && (inClass || text[at] !== "/"); at++)
				if (text[at] === "\\")
					at++;
				else if (text[at] === "[")
					inClass = true;
				else if (text[at] === "]")
					inClass = false;
			at++;
			write("/…/");
			last = "\"";
		}
		else {
			if (one === "}")
				open.pop();
			write(one);
			last = (last + one).slice(-12);
			if (one === "{")
				open.push(BEFORE_BODY.test(last.slice(0, -1)) ? "body" : "other");
			at++;
		}
	}
	return out;
}

const end = (text, what, from) => {
	const at = text.indexOf(what, from);
	return at < 0 ? text.length : at;
};

/** Returns what is wrong, with the line, for each thing that cannot be preloaded. `javascript`: as esbuild writes it. */
export function preloadFaults(javascript) {
	const faults = [];
	let inClass = false;
	for (const line of atModuleScope(javascript).split("\n")) {
		inClass = /^(?:export )?(?:default )?(?:(?:const|let|var) \w+ = )?class\b.*\{$/.test(line) || inClass && !line.startsWith("}");
		// A field of an object: made by the constructor.
		if (inClass && !/^\s+static\b|^\S/.test(line))
			continue;
		const mutable = MUTABLE.exec(line.replace(/=>.*/, ""));
		const fault = line.includes("/…/") || mutable?.[1] === "RegExp" ? "a RegExp cannot be preloaded; make it in the function that needs it"
			: /^(?:export )?(?:let|var)\b/.test(line) ? "module state in flash cannot change; keep it in an object that main makes"
			: mutable ? `a ${mutable[1]} at module scope cannot be preloaded, or could never change`
			: /^\s+static\s+(?!async\b|get\b|set\b)[\w#$]+\s*(?:=|;)/.test(line) ? "a static field in flash cannot change; use a const of the module"
			: "";
		if (fault !== "")
			faults.push(`"${line.trim().slice(0, 60)}": ${fault}`);
	}
	return faults;
}
