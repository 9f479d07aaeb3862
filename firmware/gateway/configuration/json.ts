/** JSON as a configuration file needs it (RFC 8259): errors with line and column in words, a key twice is
 *  refused. JSON.parse has other messages on every engine and drops the first of two equal keys silently. */

export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;
/** Without a prototype, so that a key `__proto__` is a key like any other. */
export interface JsonObject { [key: string]: JsonValue }

/** Deepest nesting that is read, one more than the configuration has: the engine's stack on a board is small. */
const DEPTH_MAX = 4;

/** `line` and `column` count from 1. */
export class JsonError extends Error {
	readonly line: number;
	readonly column: number;

	constructor(text: string, line: number, column: number) {
		super(`line ${line}, column ${column}: ${text}`);
		this.line = line;
		this.column = column;
	}
}

/** Parses UTF-8 text, with or without a byte order mark; throws JsonError. */
export function parseJson(bytes: Uint8Array): JsonValue {
	return new Parser(bytes).parse();
}

class Parser {
	#bytes: Uint8Array;
	#at = 0;
	#depth = 0;

	constructor(bytes: Uint8Array) {
		this.#bytes = bytes;
		if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf)
			this.#at = 3;
	}

	parse(): JsonValue {
		const value = this.#value();
		this.#space();
		if (this.#at < this.#bytes.length)
			this.#fail("text after the end of the configuration");
		return value;
	}

	#value(): JsonValue {
		const c = this.#space();
		if (c === 0x7b || c === 0x5b) {
			if (++this.#depth > DEPTH_MAX)
				this.#fail(`nested deeper than ${DEPTH_MAX}`);
			const value = c === 0x7b ? this.#object() : this.#list();
			this.#depth--;
			return value;
		}
		if (c === 0x22)
			return this.#string();
		if (c === 0x2d || isDigit(c))
			return this.#number();
		if (c === 0x74)
			return this.#word("true", true);
		if (c === 0x66)
			return this.#word("false", false);
		if (c === 0x6e)
			return this.#word("null", null);
		return this.#fail(this.#unexpected("a value"));
	}

	#object(): JsonObject {
		const object = Object.create(null) as JsonObject;
		this.#at++;
		let c = this.#space();
		if (c === 0x7d) {
			this.#at++;
			return object;
		}
		for (;;) {
			if (c !== 0x22)
				this.#fail(c === 0x7d ? "a comma before } is one too many" : this.#unexpected("a key in double quotes"));
			const keyAt = this.#at, key = this.#string();
			if (key in object)
				this.#fail(`the key "${key}" is there twice; remove one`, keyAt);
			if (this.#space() !== 0x3a)
				this.#fail(this.#unexpected(`: after "${key}"`));
			this.#at++;
			object[key] = this.#value();
			c = this.#space();
			if (c === 0x7d)
				break;
			if (c !== 0x2c)
				this.#fail(this.#unexpected(", or }"));
			this.#at++;
			c = this.#space();
		}
		this.#at++;
		return object;
	}

	#list(): JsonValue[] {
		const list: JsonValue[] = [];
		this.#at++;
		if (this.#space() === 0x5d) {
			this.#at++;
			return list;
		}
		for (;;) {
			list.push(this.#value());
			const c = this.#space();
			if (c === 0x5d)
				break;
			if (c !== 0x2c)
				this.#fail(this.#unexpected(", or ]"));
			this.#at++;
			if (this.#space() === 0x5d)
				this.#fail("a comma before ] is one too many");
		}
		this.#at++;
		return list;
	}

	#string(): string {
		const bytes = this.#bytes, start = this.#at++;
		let text = "";
		for (;;) {
			const c = this.#at < bytes.length ? bytes[this.#at]! : -1;
			if (c === 0x22) {
				this.#at++;
				return text;
			}
			if (c < 0x20)
				this.#fail("the text that begins here has no closing quote", start);
			if (c === 0x5c)
				text += this.#escape();
			else if (c < 0x80) {
				text += String.fromCharCode(c);
				this.#at++;
			}
			else
				text += String.fromCodePoint(this.#multibyte(c));
		}
	}

	#escape(): string {
		const c = this.#bytes[this.#at + 1];
		if (c === 0x75) {
			const unit = this.#hex4(this.#at + 2);
			this.#at += 6;
			// A surrogate pair is two escapes; half of one is no text.
			if (unit < 0xd800 || unit > 0xdfff)
				return String.fromCharCode(unit);
			if (unit < 0xdc00 && this.#bytes[this.#at] === 0x5c && this.#bytes[this.#at + 1] === 0x75) {
				const low = this.#hex4(this.#at + 2);
				this.#at += 6;
				if (low >= 0xdc00 && low <= 0xdfff)
					return String.fromCodePoint(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
			}
			return this.#fail("half of a surrogate pair", this.#at - 6);
		}
		const at = c === undefined ? -1 : "\"\\/bfnrt".indexOf(String.fromCharCode(c));
		if (at < 0)
			this.#fail("an unknown escape; write \\\\ for a backslash");
		this.#at += 2;
		return "\"\\/\b\f\n\r\t".charAt(at);
	}

	#hex4(at: number): number {
		let value = 0;
		for (let i = 0; i < 4; i++) {
			const c = this.#bytes[at + i] ?? 0;
			const digit = isDigit(c) ? c - 0x30 : c >= 0x61 && c <= 0x66 ? c - 0x57 : c >= 0x41 && c <= 0x46 ? c - 0x37 : -1;
			if (digit < 0)
				this.#fail("\\u wants four hex digits");
			value = value * 16 + digit;
		}
		return value;
	}

	#multibyte(lead: number): number {
		const count = lead >= 0xf0 && lead < 0xf5 ? 3 : lead >= 0xe0 ? 2 : 1;
		let code = lead & (0x3f >> count);
		for (let i = 1; i <= count; i++) {
			const c = this.#bytes[this.#at + i] ?? 0;
			if ((c & 0xc0) !== 0x80 || lead < 0xc2 || lead > 0xf4)
				this.#fail("not UTF-8; save the file as UTF-8");
			code = code << 6 | c & 0x3f;
		}
		if (code > 0x10ffff || code >= 0xd800 && code <= 0xdfff || code < (count === 3 ? 0x10000 : count === 2 ? 0x800 : 0x80))
			this.#fail("not UTF-8; save the file as UTF-8");
		this.#at += count + 1;
		return code;
	}

	#number(): number {
		const start = this.#at;
		let text = "";
		for (let c = this.#peek(); isDigit(c) || c === 0x2b || c === 0x2d || c === 0x2e || c === 0x45 || c === 0x65; c = this.#peek()) {
			text += String.fromCharCode(c);
			this.#at++;
		}
		if (this.#peek() === 0x78 || this.#peek() === 0x58)
			this.#fail("JSON has no hex numbers; write it as text: \"0x…\"", start);
		if (!isNumber(text))
			this.#fail(`${text} is not a number`, start);
		return Number(text);
	}

	#word<T extends JsonValue>(word: string, value: T): T {
		for (let i = 0; i < word.length; i++)
			if (this.#bytes[this.#at + i] !== word.charCodeAt(i))
				this.#fail(this.#unexpected("a value"));
		this.#at += word.length;
		return value;
	}

	/** Skips white space; returns the byte that follows, -1 at the end. */
	#space(): number {
		let c = this.#peek();
		while (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) {
			this.#at++;
			c = this.#peek();
		}
		return c;
	}

	#peek(): number {
		return this.#at < this.#bytes.length ? this.#bytes[this.#at]! : -1;
	}

	#unexpected(wanted: string): string {
		const c = this.#peek();
		if (c < 0)
			return `the file ends where ${wanted} should be`;
		if (c === 0x2f || c === 0x23)
			return "JSON has no comments; remove it";
		return `${c > 0x20 && c < 0x7f ? String.fromCharCode(c) : `byte 0x${c.toString(16)}`} where ${wanted} should be`;
	}

	#fail(text: string, at = this.#at): never {
		let line = 1, column = 1;
		for (let i = 0; i < at; i++) {
			const c = this.#bytes[i]!;
			if (c === 0x0a) {
				line++;
				column = 1;
			}
			else if ((c & 0xc0) !== 0x80)
				column++;
		}
		throw new JsonError(text, line, column);
	}
}

function isDigit(c: number): boolean {
	return c >= 0x30 && c <= 0x39;
}

/** RFC 8259 §6: no leading zero, digits on both sides of the point. */
function isNumber(text: string): boolean {
	return /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/.test(text) && Number.isFinite(Number(text));
}
