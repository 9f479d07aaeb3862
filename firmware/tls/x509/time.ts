import { type DerReader, malformed, TAG_GENERALIZED_TIME, TAG_UTC_TIME } from "./der.js";
import { asciiText } from "./general-name.js";

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
	let text = asciiText(reader.bytes, reader.contentAt, reader.contentEnd);
	if (reader.tag === TAG_UTC_TIME && text.length === 13 && first > 0)
		text = (text < "5" ? "20" : "19") + text;
	else if (reader.tag !== TAG_GENERALIZED_TIME || text.length !== 15)
		throw malformed("a time of the wrong form");
	else if (text < "" + first)
		throw malformed("a GeneralizedTime before 2050");
	const part = (at: number): string => text.slice(at, at + 2);
	const iso = `${text.slice(0, 4)}-${part(4)}-${part(6)}T${part(8)}:${part(10)}:${part(12)}.000${text.slice(14)}`, milliseconds = Date.parse(iso);
	// What is no time, or is not written so, does not come back.
	if (Number.isNaN(milliseconds) || new Date(milliseconds).toISOString() !== iso)
		throw malformed("a time that does not exist");
	return milliseconds / 1000;
}

/** "2024-01-02" of seconds since 1970. */
export function dateText(seconds: number): string {
	return new Date(seconds * 1000).toISOString().slice(0, 10);
}
