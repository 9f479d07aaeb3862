/** Base64 (RFC 4648 §4); white space is passed over. For set-up. */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The bytes of the text in bytes[from, to), or undefined where it is no base64 or empty. */
export function decodeBase64(bytes: Uint8Array, from: number, to: number): Uint8Array | undefined {
	const into = new Uint8Array((to - from) * 3 >> 2);
	let length = 0, bits = 0, value = 0, padding = 0;
	for (let at = from; at < to; at++) {
		const c = bytes[at]!;
		if (c === 0x0a || c === 0x0d || c === 0x20 || c === 0x09)
			continue;
		if (c === 0x3d) {
			padding++;
			continue;
		}
		const digit = ALPHABET.indexOf(String.fromCharCode(c));
		if (digit < 0 || padding > 0)
			return undefined;
		value = (value << 6 | digit) & 0xffff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			into[length++] = value >> bits & 0xff;
		}
	}
	if (length === 0 || padding > 2 || bits === 6 || bits > 0 && (value & (1 << bits) - 1) !== 0)
		return undefined;
	return into.slice(0, length);
}
