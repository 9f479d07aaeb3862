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
