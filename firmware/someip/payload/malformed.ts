/** What is wrong with a payload that is read, or with a value that is written: negative codes. The first one stays in
 *  `error` of the reader or writer; whatever is read after it is zero or empty, and nothing more is written. */

/** Ends within a value. */
export const MALFORMED_TRUNCATED = -1;
/** A length field reaches beyond what it stands in; or a length to write does not fit into its field. */
export const MALFORMED_LENGTH = -2;
/** Nested deeper than PAYLOAD_DEPTH_MAX. */
export const MALFORMED_DEPTH = -3;
/** More values, elements or bytes of text than config.ts or the type allow. */
export const MALFORMED_LIMIT = -4;
/** The byte order mark is missing or of another encoding. */
export const MALFORMED_BOM = -5;
export const MALFORMED_TERMINATOR = -6;
/** Not UTF-8, half of a surrogate pair, or U+0000 within a text to write. */
export const MALFORMED_TEXT = -7;
/** An empty union that must not be; or, to write, a type that the union does not have. */
export const MALFORMED_UNION_TYPE = -8;
/** The wire type of a tagged member contradicts its type. */
export const MALFORMED_WIRE_TYPE = -9;
/** A tagged member came twice. */
export const MALFORMED_DUPLICATE = -10;
/** A tagged member that is not optional did not come. */
export const MALFORMED_MISSING = -11;
/** A value to write that is of another type or out of range. */
export const MALFORMED_VALUE = -12;
/** No room to write. */
export const MALFORMED_SPACE = -13;

/** Names for a log, index = -code. */
export const MALFORMED_NAMES: readonly string[] = Object.freeze([
	"", "truncated", "length", "depth", "limit", "byte order mark", "terminator", "text", "union type", "wire type",
	"duplicate member", "missing member", "value", "space",
]);
