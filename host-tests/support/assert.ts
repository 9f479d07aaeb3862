/** Assertions for both engines. Each throws an Error whose message shows what came and what was wanted. */

export function ok(value: unknown, message = "not true"): void {
	if (!value)
		throw new Error(message);
}

export function equal(actual: unknown, expected: unknown, message = ""): void {
	if (!Object.is(actual, expected))
		throw new Error(`${message ? message + ": " : ""}${show(actual)}, expected ${show(expected)}`);
}

/** Compares primitives, arrays, plain objects and Uint8Arrays by content. */
export function deepEqual(actual: unknown, expected: unknown, message = ""): void {
	const path = difference(actual, expected, "");
	if (path !== undefined)
		throw new Error(`${message ? message + ": " : ""}differs at ${path || "the top"}: ${show(actual)}, expected ${show(expected)}`);
}

/** Returns the error that `body` threw; where `match` is given its message must contain it. */
export function throws(body: () => unknown, match?: string): Error {
	try {
		body();
	}
	catch (error) {
		if (match !== undefined && !(error as Error).message.includes(match))
			throw new Error(`threw "${(error as Error).message}", expected "${match}"`);
		return error as Error;
	}
	throw new Error(`did not throw${match === undefined ? "" : ` "${match}"`}`);
}

/** Lower-case hex text of the bytes. */
export function hex(bytes: Uint8Array, offset = 0, end = bytes.length): string {
	let text = "";
	for (let i = offset; i < end; i++)
		text += (bytes[i]! < 16 ? "0" : "") + bytes[i]!.toString(16);
	return text;
}

/** Bytes of hex text; white space is passed over. */
export function unhex(text: string): Uint8Array {
	const digits = text.split(/\s+/).join("");
	const bytes = new Uint8Array(digits.length >> 1);
	for (let i = 0; i < bytes.length; i++)
		bytes[i] = parseInt(digits.slice(i * 2, i * 2 + 2), 16);
	return bytes;
}

function difference(a: any, b: any, path: string): string | undefined {
	if (Object.is(a, b))
		return undefined;
	if (typeof a !== "object" || typeof b !== "object" || a === null || b === null)
		return path;
	if (a instanceof Uint8Array !== b instanceof Uint8Array || Array.isArray(a) !== Array.isArray(b))
		return path;
	const keys = Object.keys(a);
	if (keys.length !== Object.keys(b).length)
		return `${path}.length`;
	for (const key of keys) {
		const found = difference(a[key], b[key], `${path}.${key}`);
		if (found !== undefined)
			return found;
	}
	return undefined;
}

function show(value: unknown): string {
	if (value instanceof Uint8Array)
		return `<${hex(value)}>`;
	const text = typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
	return text.length > 400 ? text.slice(0, 400) + "…" : text;
}
