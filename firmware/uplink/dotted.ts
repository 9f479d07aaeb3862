/** IPv4 addresses as text. */

/** "10.0.0.2" of a uint32 in host order. */
export function dotted(address: number): string {
	return (address >>> 24) + "." + (address >>> 16 & 255) + "." + (address >>> 8 & 255) + "." + (address & 255);
}

/** The uint32 of dotted decimal text without leading zeros, or -1: then it is a name. */
export function parseDotted(text: string): number {
	const parts = text.split(".");
	if (parts.length !== 4)
		return -1;
	let address = 0;
	for (let i = 0; i < 4; i++) {
		const value = Number(parts[i]);
		if (String(value) !== parts[i] || !Number.isInteger(value) || value < 0 || value > 255)
			return -1;
		address = address * 256 + value;
	}
	return address;
}
