/** The six bytes of "02:5a:4e:00:00:01". Throws where the text is none, or not the address of one station. */
export function parseMacAddress(text: string): Uint8Array {
	const parts = text.split(":"), bytes = new Uint8Array(6);
	let sum = 0;
	for (let i = 0; i < 6; i++) {
		const part = parts[i] ?? "";
		const value = part.length === 2 ? hexDigit(part.charCodeAt(0)) * 16 + hexDigit(part.charCodeAt(1)) : -1;
		if (!(value >= 0) || parts.length !== 6)
			throw new Error(`MAC address "${text}": six pairs of hex digits with colons, as 02:5a:4e:00:00:01`);
		bytes[i] = value;
		sum += value;
	}
	if ((bytes[0]! & 1) !== 0 || sum === 0)
		throw new Error(`MAC address "${text}" is a group's, not a station's`);
	return bytes;
}

/** The address that a file holds as text, or no bytes: without a file the chip's own is meant. Throws where the text is none. */
export function macAddressOf(file: Uint8Array | undefined): Uint8Array {
	let text = "";
	for (const byte of file ?? [])
		text += String.fromCharCode(byte);
	return file === undefined ? new Uint8Array(0) : parseMacAddress(text.trim());
}

export function macAddressText(bytes: Uint8Array): string {
	let text = "";
	for (let i = 0; i < 6; i++)
		text += (i === 0 ? "" : ":") + (bytes[i]! + 256).toString(16).slice(1);
	return text;
}

function hexDigit(code: number): number {
	if (code >= 48 && code <= 57)
		return code - 48;
	const lower = code | 32;
	return lower >= 97 && lower <= 102 ? lower - 87 : NaN;
}
