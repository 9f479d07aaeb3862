import { DerReader, malformed, TAG_GENERALIZED_TIME, TAG_UTC_TIME } from "./der.js";

/** Reads a Time (RFC 5280 §4.1.2.5): UTCTime through 2049, GeneralizedTime after, both with seconds and in UTC.
 *  Returns seconds since 1970 (negative before). */
export function readTime(reader: DerReader): number {
	return read(reader, 2050);
}

/** Reads a GeneralizedTime of the same form, of any year (RFC 6960 §4.2.2.1). */
export function readGeneralizedTime(reader: DerReader): number {
	return read(reader, 0);
}

/** `first`: the first year that GeneralizedTime is for; 0: there is no UTCTime. */
function read(reader: DerReader, first: number): number {
	reader.read();
	let year: number, at: number;
	if (reader.tag === TAG_UTC_TIME && reader.length === 13 && first > 0) {
		year = digits(reader, 0, 2);
		year += year < 50 ? 2000 : 1900;
		at = 2;
	}
	else if (reader.tag === TAG_GENERALIZED_TIME && reader.length === 15) {
		year = digits(reader, 0, 4);
		at = 4;
		if (year < first)
			throw malformed("a time before 2050 in the form for later ones");
	}
	else
		throw malformed("a time that is neither UTCTime nor GeneralizedTime with seconds");
	const month = digits(reader, at, 2), day = digits(reader, at + 2, 2);
	const hour = digits(reader, at + 4, 2), minute = digits(reader, at + 6, 2), second = digits(reader, at + 8, 2);
	if (reader.bytes[reader.contentEnd - 1] !== 0x5a)
		throw malformed("a time that is not in UTC");
	const milliseconds = Date.UTC(year, month - 1, day, hour, minute, second);
	// Date.UTC carries over what is out of range: the month changes where the day does not exist.
	const date = new Date(milliseconds);
	if (month < 1 || month > 12 || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59)
		throw malformed("a time that does not exist");
	return milliseconds / 1000;
}

/** "2024-01-02" of seconds since 1970. */
export function dateText(seconds: number): string {
	return new Date(seconds * 1000).toISOString().slice(0, 10);
}

function digits(reader: DerReader, at: number, count: number): number {
	let value = 0;
	for (let i = reader.contentAt + at; i < reader.contentAt + at + count; i++) {
		const digit = reader.bytes[i]! - 0x30;
		if (digit < 0 || digit > 9)
			throw malformed("a time that is not made of digits");
		value = 10 * value + digit;
	}
	return value;
}
