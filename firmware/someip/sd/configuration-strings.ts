/** The strings of configuration options: "key=value", "key=" or "key", as in DNS TXT records (feat_req_someipsd_149). On the
 *  wire each has its length before it. */
import { decodeUtf8, isUtf8 } from "../../wire/utf8.js";

const EQUALS = 0x3d;

/** The strings as they are sent, with the 0 behind the last. Throws a RangeError where one cannot be sent.
 *  feat_req_someipsd_150, feat_req_someipsd_151, feat_req_someipsd_158, feat_req_someipsd_162. */
export function encodeConfiguration(strings: readonly string[]): Uint8Array {
	const length = strings.reduce((sum, text) => sum + 1 + text.length, 1), bytes = new Uint8Array(length);
	let at = 0;
	for (const text of strings) {
		if (text.length === 0 || text.length > 255 || text.charCodeAt(0) === EQUALS || !isPrintable(text))
			throw new RangeError(`configuration string "${text}": 1 to 255 printable ASCII characters, a key first`);
		bytes[at++] = text.length;
		for (let i = 0; i < text.length; i++)
			bytes[at++] = text.charCodeAt(i);
	}
	return bytes;
}

/** The value of the first string with this key in bytes[at, end), the chain without its 0; "" for one without a value
 *  (feat_req_someipsd_160, feat_req_someipsd_217), undefined where the key is not there. */
export function configurationValue(bytes: Uint8Array, at: number, end: number, key: string): string | undefined {
	while (at < end) {
		const length = bytes[at]!, next = at + 1 + length;
		let i = 0;
		while (i < key.length && i < length && bytes[at + 1 + i] === key.charCodeAt(i))
			i++;
		if (i === key.length && (i === length || bytes[at + 1 + i] === EQUALS))
			return i === length || !isUtf8(bytes, at + 2 + i, next) ? "" : decodeUtf8(bytes, at + 2 + i, next);
		at = next;
	}
	return undefined;
}

/** Bytes of the chain of length-prefixed strings at bytes[at], without the 0 that ends it within `end`; -1: it is none.
 *  feat_req_someipsd_150, feat_req_someipsd_151, feat_req_someipsd_161. */
export function configurationLength(bytes: Uint8Array, at: number, end: number): number {
	for (let next = at; next < end;) {
		const length = bytes[next]!;
		if (length === 0)
			return next - at;
		if (length > end - next - 1 || bytes[next + 1] === EQUALS)
			return -1;
		next += 1 + length;
	}
	return -1;
}

function isPrintable(text: string): boolean {
	for (let i = 0; i < text.length; i++)
		if (text.charCodeAt(i) < 0x20 || text.charCodeAt(i) > 0x7e)
			return false;
	return true;
}
