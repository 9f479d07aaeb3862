/** Writes DER for tests, and on request breaks it: every function returns the bytes of one element. */

export function element(tag: number, ...parts: Uint8Array[]): Uint8Array {
	const content = concat(...parts);
	const length = content.length;
	const header = length < 0x80 ? [tag, length]
		: length < 0x100 ? [tag, 0x81, length]
		: length < 0x10000 ? [tag, 0x82, length >> 8, length & 0xff]
		: [tag, 0x83, length >> 16, length >> 8 & 0xff, length & 0xff];
	return concat(new Uint8Array(header), content);
}

export const sequence = (...parts: Uint8Array[]): Uint8Array => element(0x30, ...parts);
export const set = (...parts: Uint8Array[]): Uint8Array => element(0x31, ...parts);
export const octets = (...parts: Uint8Array[]): Uint8Array => element(0x04, ...parts);
export const bits = (bytes: Uint8Array, unused = 0): Uint8Array => element(0x03, new Uint8Array([unused]), bytes);
export const boolean = (value: boolean): Uint8Array => element(0x01, new Uint8Array([value ? 0xff : 0]));
export const nothing = (): Uint8Array => element(0x05);
export const utf8 = (value: string): Uint8Array => element(0x0c, text(value));

/** A non-negative INTEGER. */
export function integer(value: number | bigint): Uint8Array {
	let hex = value.toString(16);
	if (hex.length % 2)
		hex = "0" + hex;
	if (parseInt(hex.slice(0, 2), 16) & 0x80)
		hex = "00" + hex;
	return element(0x02, bytesOfHex(hex));
}

/** An OBJECT IDENTIFIER from its dotted form. */
export function oid(dotted: string): Uint8Array {
	const arcs = dotted.split(".").map(Number);
	const bytes: number[] = [];
	for (const arc of [40 * arcs[0]! + arcs[1]!, ...arcs.slice(2)]) {
		const groups = [arc % 128];
		for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128))
			groups.unshift(rest % 128 | 0x80);
		bytes.push(...groups);
	}
	return element(0x06, new Uint8Array(bytes));
}

export function text(value: string): Uint8Array {
	const bytes = new Uint8Array(value.length);
	for (let i = 0; i < value.length; i++)
		bytes[i] = value.charCodeAt(i);
	return bytes;
}

export function concat(...parts: Uint8Array[]): Uint8Array {
	const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
	let at = 0;
	for (const part of parts) {
		bytes.set(part, at);
		at += part.length;
	}
	return bytes;
}

export function bytesOfHex(hex: string): Uint8Array {
	const bytes = new Uint8Array(hex.length / 2);
	for (let i = 0; i < bytes.length; i++)
		bytes[i] = parseInt(hex.slice(2 * i, 2 * i + 2), 16);
	return bytes;
}
