/** How ids are written: in topics, in the log, in the configuration. */

/** Four lower-case hex digits. */
export function hex4(value: number): string {
	return (value + 0x10000).toString(16).slice(1);
}

/** "1234.0001": service and instance, or event. */
export function idPair(first: number, second: number): string {
	return `${hex4(first)}.${second === 0xffff ? "any" : hex4(second)}`;
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
