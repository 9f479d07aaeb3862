/** Both ways through the table-driven codec. */
import { hex, unhex } from "#test";
import { decode } from "../../../../firmware/someip/payload/decode.js";
import { encode } from "../../../../firmware/someip/payload/encode.js";
import { type Layout, NETWORK_ORDER } from "../../../../firmware/someip/payload/layout.js";
import { Reader } from "../../../../firmware/someip/payload/reader.js";
import { checkType, type Type, type Value } from "../../../../firmware/someip/payload/type.js";
import { Writer } from "../../../../firmware/someip/payload/writer.js";

/** The value, or the MALFORMED_* code. */
export function read(type: Type, bytes: Uint8Array | string, layout: Layout = NETWORK_ORDER, message = 0): Value {
	const reader = new Reader(layout), all = typeof bytes === "string" ? unhex(bytes) : bytes;
	reader.attach(all);
	reader.begin(message, 0, all.length);
	const value = decode(checkType(type), reader);
	return reader.error === 0 ? value : reader.error;
}

/** Hex text, or the MALFORMED_* code. */
export function write(type: Type, value: Value, layout: Layout = NETWORK_ORDER, room = 4096): string | number {
	const writer = new Writer(layout), bytes = new Uint8Array(room);
	writer.attach(bytes);
	writer.begin(0, 0, room);
	const length = encode(type, value, writer);
	return length < 0 ? length : hex(bytes, 0, length);
}
