/** PEM files (RFC 7468): certificates as text. */

const BEGIN = "-----BEGIN CERTIFICATE-----";
const END = "-----END CERTIFICATE-----";
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The DER bytes of every certificate in the file, in its order; other blocks and text are passed over.
 *  Throws an Error that says what is wrong with the file. */
export function readCertificates(file: Uint8Array): Uint8Array[] {
	const certificates: Uint8Array[] = [];
	for (let at = find(file, BEGIN, 0); at >= 0;) {
		const from = at + BEGIN.length, to = find(file, END, from);
		if (to < 0)
			throw new Error(`has a certificate without "${END}"`);
		certificates.push(decodeBase64(file, from, to));
		at = find(file, BEGIN, to);
	}
	if (certificates.length === 0)
		throw new Error(`holds no certificate; a PEM file has lines "${BEGIN}"`);
	return certificates;
}

function find(bytes: Uint8Array, text: string, from: number): number {
	const first = text.charCodeAt(0);
	for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1)) {
		let i = 1;
		while (i < text.length && bytes[at + i] === text.charCodeAt(i))
			i++;
		if (i === text.length)
			return at;
	}
	return -1;
}

function decodeBase64(bytes: Uint8Array, from: number, to: number): Uint8Array {
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
			throw new Error("has a certificate that is not base64");
		value = (value << 6 | digit) & 0xffff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			into[length++] = value >> bits & 0xff;
		}
	}
	if (length === 0 || padding > 2 || bits === 6 || bits > 0 && (value & (1 << bits) - 1) !== 0)
		throw new Error("has a certificate that is not base64");
	return into.slice(0, length);
}
