/** UTF-8 as MQTT wants it (MQTT 5.0 §1.5.4): well formed, no surrogates, no U+0000. */

/** Bytes of `text`; throws a RangeError where it holds U+0000 or half of a surrogate pair. */
export function encodeUtf8(text: string): Uint8Array {
	const bytes: number[] = [];
	for (let i = 0; i < text.length; i++) {
		const code = text.codePointAt(i)!;
		if (code === 0 || (code >= 0xd800 && code <= 0xdfff))
			throw new RangeError(`"${text}" cannot be sent: MQTT allows neither U+0000 nor half of a surrogate pair`);
		if (code < 0x80)
			bytes.push(code);
		else if (code < 0x800)
			bytes.push(0xc0 | code >> 6, 0x80 | code & 0x3f);
		else if (code < 0x10000)
			bytes.push(0xe0 | code >> 12, 0x80 | code >> 6 & 0x3f, 0x80 | code & 0x3f);
		else {
			bytes.push(0xf0 | code >> 18, 0x80 | code >> 12 & 0x3f, 0x80 | code >> 6 & 0x3f, 0x80 | code & 0x3f);
			i++;
		}
	}
	return new Uint8Array(bytes);
}

/** Whether bytes[at, end) is well formed. "If the Server or Client receives a Control Packet containing UTF-8
 *  Encoded String that is ill-formed … it is a Malformed Packet" (MQTT 5.0 §1.5.4). */
export function isUtf8(bytes: Uint8Array, at: number, end: number): boolean {
	while (at < end) {
		const lead = bytes[at++]!;
		if (lead < 0x80) {
			if (lead === 0)
				return false;
			continue;
		}
		// Smallest and largest second byte rule out overlong forms, surrogates and what lies above U+10FFFF.
		let more = 1, low = 0x80, high = 0xbf;
		if (lead < 0xc2 || lead > 0xf4)
			return false;
		if (lead >= 0xf0) {
			more = 3;
			if (lead === 0xf0)
				low = 0x90;
			else if (lead === 0xf4)
				high = 0x8f;
		}
		else if (lead >= 0xe0) {
			more = 2;
			if (lead === 0xe0)
				low = 0xa0;
			else if (lead === 0xed)
				high = 0x9f;
		}
		if (end - at < more || bytes[at]! < low || bytes[at]! > high)
			return false;
		for (at++, more--; more > 0; more--, at++)
			if ((bytes[at]! & 0xc0) !== 0x80)
				return false;
	}
	return true;
}

/** Text of bytes[at, end), which `isUtf8` has accepted. */
export function decodeUtf8(bytes: Uint8Array, at: number, end: number): string {
	let text = "";
	while (at < end) {
		const lead = bytes[at++]!;
		if (lead < 0x80)
			text += String.fromCharCode(lead);
		else if (lead < 0xe0)
			text += String.fromCharCode((lead & 0x1f) << 6 | bytes[at++]! & 0x3f);
		else if (lead < 0xf0) {
			text += String.fromCharCode((lead & 0x0f) << 12 | (bytes[at]! & 0x3f) << 6 | bytes[at + 1]! & 0x3f);
			at += 2;
		}
		else {
			text += String.fromCodePoint((lead & 0x07) << 18 | (bytes[at]! & 0x3f) << 12 | (bytes[at + 1]! & 0x3f) << 6 | bytes[at + 2]! & 0x3f);
			at += 3;
		}
	}
	return text;
}
