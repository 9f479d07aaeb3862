/** What makes a response well-formed (RFC 9114 §4.1.2, §4.2, §4.3.2). Fields are name and value in turn. */

/** The fields are not those of a response. */
export const MALFORMED = -1;

/** RFC 9114 §4.2: fields of a connection, which HTTP/3 does not have. */
const OF_CONNECTION: readonly string[] = Object.freeze(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]);

/** The status of a response's head, 100 to 599, or MALFORMED. */
export function readStatus(fields: readonly string[]): number {
	// Pseudo-header fields come first, and :status is the only one.
	if (fields[0] !== ":status" || !areRegular(fields, 2))
		return MALFORMED;
	const text = fields[1]!;
	if (text.length !== 3 || !isDigits(text))
		return MALFORMED;
	const status = Number(text);
	// RFC 9114 §4.5: "HTTP/3 does not support [...] the 101 (Switching Protocols) informational status code."
	return status < 100 || status > 599 || status === 101 ? MALFORMED : status;
}

/** Whether the fields may be a trailer section. */
export function areTrailers(fields: readonly string[]): boolean {
	return areRegular(fields, 0);
}

/** The body's length as announced; -1: not announced; -2: more than once in different ways, or not a number. */
export function readContentLength(fields: readonly string[]): number {
	let length = -1;
	for (let i = 0; i < fields.length; i += 2) {
		if (fields[i] !== "content-length")
			continue;
		const text = fields[i + 1]!, value = text.length === 0 || text.length > 15 || !isDigits(text) ? -2 : Number(text);
		if (value < 0 || length >= 0 && value !== length)
			return -2;
		length = value;
	}
	return length;
}

/** Values of several fields of a name joined as RFC 9110 §5.3 says; undefined: there is none. */
export function findField(fields: readonly string[], name: string): string | undefined {
	let found: string | undefined;
	for (let i = 0; i < fields.length; i += 2)
		if (fields[i] === name)
			found = found === undefined ? fields[i + 1]! : `${found}, ${fields[i + 1]!}`;
	return found;
}

function areRegular(fields: readonly string[], from: number): boolean {
	for (let i = from; i < fields.length; i += 2) {
		const name = fields[i]!;
		if (!isToken(name) || !isValue(fields[i + 1]!) || OF_CONNECTION.includes(name))
			return false;
	}
	return true;
}

/** Whether `name` is a field name as HTTP/3 has them: a token (RFC 9110 §5.6.2) without capital letters. */
export function isToken(name: string): boolean {
	for (let i = 0; i < name.length; i++) {
		const letter = name[i]!, isAlphanumeric = letter >= "a" && letter <= "z" || letter >= "0" && letter <= "9";
		if (!isAlphanumeric && !"!#$%&'*+-.^_`|~".includes(letter))
			return false;
	}
	return name.length > 0;
}

/** Whether `value` may stand in a field (RFC 9110 §5.5): no control characters but tabs, no space around it. */
export function isValue(value: string): boolean {
	for (let i = 0; i < value.length; i++) {
		const code = value.charCodeAt(i);
		if (code < 0x20 && code !== 9 || code === 0x7f)
			return false;
	}
	return value === value.trim();
}

function isDigits(text: string): boolean {
	for (let i = 0; i < text.length; i++)
		if (text[i]! < "0" || text[i]! > "9")
			return false;
	return true;
}
