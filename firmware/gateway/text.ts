/** How ids and addresses are written: in topics, in the log, in the configuration. */

/** Four lower-case hex digits. */
export function hex4(value: number): string {
	return (value + 0x10000).toString(16).slice(1);
}

/** "1234.0001": service and instance, or event. */
export function idPair(first: number, second: number): string {
	return `${hex4(first)}.${second === 0xffff ? "any" : hex4(second)}`;
}

/** Dotted text of a uint32 in host order. */
export function addressText(address: number): string {
	return `${address >>> 24}.${address >>> 16 & 255}.${address >>> 8 & 255}.${address & 255}`;
}

/** "10.0.0.1:30509". */
export function endpointText(address: number, port: number): string {
	return `${addressText(address)}:${port}`;
}

/** The uint32 of dotted text, or -1. Leading zeros are refused: some readers take them for octal. */
export function parseAddress(text: string): number {
	const parts = text.split(".");
	if (parts.length !== 4)
		return -1;
	let address = 0;
	for (let i = 0; i < 4; i++) {
		const value = parseDecimal(parts[i]!, 255);
		if (value < 0)
			return -1;
		address = address * 256 + value;
	}
	return address;
}

/** The value of plain decimal digits without leading zeros, or -1 where it is none or above `max`. */
export function parseDecimal(text: string, max: number): number {
	if (text.length === 0 || text.length > 10 || text.length > 1 && text.charCodeAt(0) === 0x30)
		return -1;
	let value = 0;
	for (let i = 0; i < text.length; i++) {
		const digit = text.charCodeAt(i) - 0x30;
		if (digit < 0 || digit > 9)
			return -1;
		value = value * 10 + digit;
	}
	return value <= max ? value : -1;
}

/** Whether `netmask` is ones, then zeros. */
export function isNetmask(netmask: number): boolean {
	const inverted = ~netmask >>> 0;
	return netmask !== 0 && (inverted & (inverted + 1)) === 0;
}

export function isMulticast(address: number): boolean {
	return address >>> 28 === 0xe;
}

/** Bytes of `text` in UTF-8. */
export function encodeText(text: string): Uint8Array {
	const bytes: number[] = [];
	for (const character of text) {
		const code = character.codePointAt(0)!;
		if (code < 0x80)
			bytes.push(code);
		else if (code < 0x800)
			bytes.push(0xc0 | code >> 6, 0x80 | code & 0x3f);
		else if (code < 0x10000)
			bytes.push(0xe0 | code >> 12, 0x80 | code >> 6 & 0x3f, 0x80 | code & 0x3f);
		else
			bytes.push(0xf0 | code >> 18, 0x80 | code >> 12 & 0x3f, 0x80 | code >> 6 & 0x3f, 0x80 | code & 0x3f);
	}
	return new Uint8Array(bytes);
}
