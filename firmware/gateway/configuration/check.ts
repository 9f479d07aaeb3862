import type { JsonObject, JsonValue } from "./json.js";
import type { Key } from "./table.js";
import { readValue, Refusal, show } from "./values.js";

/** How many problems are collected before the checker gives up. */
export const PROBLEMS_MAX = 20;

/** One line each: `routes[2].qos: 3 is not a QoS; use 0 or 1`. */
export class Problems {
	readonly lines: string[] = [];

	get isFull(): boolean {
		return this.lines.length > PROBLEMS_MAX;
	}

	add(path: string, text: string): void {
		if (this.lines.length < PROBLEMS_MAX)
			this.lines.push(path === "" ? text : `${path}: ${text}`);
		else if (this.lines.length === PROBLEMS_MAX)
			this.lines.push("there are more problems; mend these first");
	}
}

/** Reads `value` by `keys`: defaults filled in, everything else refused. What comes back is complete only
 *  where no problem was added. The items of lists in `value` are used up. */
export function checkObject(keys: readonly Key[], value: JsonValue, path: string, problems: Problems): JsonObject {
	const result = {} as JsonObject;
	if (typeof value !== "object" || value === null || Array.isArray(value)) {
		problems.add(path, `${show(value)} is not an object; write { … }`);
		return result;
	}
	for (const name of Object.keys(value))
		if (!keys.some(key => key.key === name))
			problems.add(join(path, name), unknown(name, keys));
	for (const key of keys) {
		const member = checkMember(key, value[key.key], join(path, key.key), problems);
		if (member !== undefined)
			result[key.key] = member;
	}
	return result;
}

function checkMember(key: Key, value: JsonValue | undefined, path: string, problems: Problems): JsonValue | undefined {
	if (value === undefined) {
		if (key.required) {
			problems.add(path, `is missing; add "${key.key}": ${key.example}`);
			return undefined;
		}
		if (key.optional || (key.kind !== "object" && key.default === undefined))
			return undefined;
		value = key.kind === "object" ? {} : key.default!;
	}
	if (key.kind === "object")
		return checkObject(key.keys!, value, path, problems);
	if (key.kind === "list")
		return checkList(key, value, path, problems);
	try {
		return readValue(key, value) as JsonValue;
	}
	catch (error) {
		if (!(error instanceof Refusal))
			throw error;
		problems.add(path, error.message);
		return undefined;
	}
}

function checkList(key: Key, value: JsonValue, path: string, problems: Problems): JsonValue {
	if (!Array.isArray(value)) {
		problems.add(path, `${show(value)} is not a list; write [ … ]`);
		return [];
	}
	if (value.length < key.min! || value.length > key.max!)
		problems.add(path, `has ${value.length} items; use ${key.min} to ${key.max}`);
	// In place: of a long list there is no room for both on a board.
	for (let i = 0; i < value.length && i < key.max! && !problems.isFull; i++)
		value[i] = checkObject(key.keys!, value[i]!, `${path}[${i}]`, problems);
	return value;
}

function join(path: string, key: string): string {
	return path === "" ? key : `${path}.${key}`;
}

function unknown(name: string, keys: readonly Key[]): string {
	for (const key of keys)
		if (isNear(name, key.key))
			return `unknown key; did you mean "${key.key}"?`;
	return `unknown key; known here: ${keys.map(key => key.key).join(", ")}`;
}

/** Equal but for case, or one letter is other, missing, too many or swapped with its neighbour. */
function isNear(a: string, b: string): boolean {
	a = a.toLowerCase();
	b = b.toLowerCase();
	let start = 0;
	while (start < a.length && start < b.length && a.charAt(start) === b.charAt(start))
		start++;
	const tailA = a.slice(start), tailB = b.slice(start);
	return tailA.slice(1) === tailB.slice(1) || tailA.slice(1) === tailB || tailA === tailB.slice(1)
		|| tailA.slice(2) === tailB.slice(2) && tailA.charAt(0) === tailB.charAt(1) && tailA.charAt(1) === tailB.charAt(0);
}
