/** What payloads and E2E cost on XS in the arena. Prints one line per kind of work: slots, chunk bytes and meter per
 *  round; and what the largest value that `decode` makes takes. Entry for XS. */
import { PAYLOAD_DEPTH_MAX, PAYLOAD_STRING_MAX, PAYLOAD_VALUES_MAX } from "../../../../firmware/config.js";
import { Checker, Protector } from "../../../../firmware/someip/e2e/protection.js";
import { StateMachine } from "../../../../firmware/someip/e2e/state-machine.js";
import { decode } from "../../../../firmware/someip/payload/decode.js";
import { encode } from "../../../../firmware/someip/payload/encode.js";
import { tagOf, WIRE_32 } from "../../../../firmware/someip/payload/layout.js";
import { Reader } from "../../../../firmware/someip/payload/reader.js";
import { checkType, KIND_ARRAY, KIND_BIT_FIELD, KIND_STRING, KIND_STRUCT, KIND_UINT8, type Type, type Value } from "../../../../firmware/someip/payload/type.js";
import { BOM_NONE, BOM_REQUIRED, readText, TERMINATOR_LAST, UTF16LE, UTF8, writeText } from "../../../../firmware/someip/payload/text.js";
import { Writer } from "../../../../firmware/someip/payload/writer.js";
import { engine } from "../../../../hal/system/engine.js";
import { measure, print } from "../../../xs/support/measure.js";

const TEXT = "0123456789".repeat(10);

/** Every primitive once: 60 bytes. */
function writeAll(writer: Writer, bytes: Uint8Array, round: number): number {
	writer.begin(0, 16, bytes.length);
	const mark = writer.enter(32);
	writer.bool(true);
	writer.uint8(round & 0xff);
	writer.sint16(-2);
	writer.uint32(round);
	writer.float32(1.5);
	writer.align(8);
	writer.float64(2.5);
	writer.uint64(round * 0x100000000);
	writer.words64(1, round);
	writer.tag(tagOf(WIRE_32, 5));
	writer.sint32(-round);
	writer.leave(mark, 32);
	return writer.length;
}

function readAll(reader: Reader, length: number): number {
	reader.begin(0, 16, 16 + length);
	const outer = reader.enter(32);
	let sum = (reader.bool() ? 1 : 0) + reader.uint8() + reader.sint16() + reader.uint32() + reader.float32();
	reader.align(8);
	sum += reader.float64() + reader.uint64();
	reader.words64();
	sum += reader.low;
	const tag = reader.tag();
	reader.expect(tag, WIRE_32);
	sum += reader.sint32();
	reader.leave(outer);
	return reader.error < 0 ? reader.error : sum;
}

export default function (): void {
	const below = engine.stackPeakBytes();
	const bytes = new Uint8Array(2400), writer = new Writer({}), reader = new Reader({});
	writer.attach(bytes);
	reader.attach(bytes);
	let length = 0, sum = 0;
	measure("write", round => { length = writeAll(writer, bytes, round); });
	measure("read", () => { sum = readAll(reader, length); });
	print(`sum ${length} ${sum}`);
	let status = 0;
	for (const profile of ["P04", "P05", "P06", "P07"] as const) {
		const options = { profile, dataId: 1, maxDeltaCounter: 1 }, protector = new Protector(options), checker = new Checker(options);
		const machine = new StateMachine({ windowSizeValid: 10, minOkStateInit: 1, maxErrorStateInit: 0, minOkStateValid: 1, maxErrorStateValid: 0, minOkStateInvalid: 1, maxErrorStateInvalid: 0 });
		measure(profile, () => {
			protector.protect(bytes, 8, 16 + 20 + 32);
			status += machine.add(checker.check(bytes, 8, 16 + 20 + 32));
		});
		print(`state ${machine.state} ${checker.ok}`);
	}
	for (const [name, encoding] of [["utf8", UTF8], ["utf16", UTF16LE]] as const) {
		writer.begin(0, 0, bytes.length);
		writeText(writer, TEXT, encoding, BOM_REQUIRED, TERMINATOR_LAST);
		let right = 0;
		measure(name, () => {
			reader.begin(0, 0, writer.at);
			if (readText(reader, encoding, BOM_REQUIRED, TERMINATOR_LAST) === TEXT)
				right++;
		});
		print(`${name}-right ${right}`);
	}
	bytes.fill(0);
	bytes[0] = PAYLOAD_VALUES_MAX - 1 >> 8;
	bytes[1] = PAYLOAD_VALUES_MAX - 1 & 0xff;
	const flat = checkType({ kind: KIND_ARRAY, element: { kind: KIND_UINT8 }, lengthWidth: 16 });
	const used = engine.usedBytes(true);
	reader.begin(0, 0, PAYLOAD_VALUES_MAX + 1);
	const value = decode(flat, reader);
	print(`values ${engine.usedBytes(true) - used} ${reader.error} ${(value as readonly number[]).length}`);
	const flags = checkType({ kind: KIND_ARRAY, lengthWidth: 16, element: { kind: KIND_BIT_FIELD, base: { kind: KIND_UINT8 }, members: [{ name: "a", shift: 0, bits: 1 }, { name: "b", shift: 1, bits: 1 }] } });
	const before = engine.usedBytes(true);
	bytes[0] = 1;
	bytes[1] = 84;
	reader.begin(0, 0, 342);
	const list = decode(flags, reader);
	print(`flags ${engine.usedBytes(true) - before} ${(list as readonly number[]).length === 340 ? reader.error : 1}`);
	const tagged = new Writer({ tagged: true }), taggedReader = new Reader({ tagged: true });
	tagged.attach(bytes);
	taggedReader.attach(bytes);
	print(`deep ${deep(writer, reader, element => ({ kind: KIND_ARRAY, element, lengthWidth: 16 }), value => [value])}`);
	print(`deep-tagged ${deep(tagged, taggedReader, type => ({ kind: KIND_STRUCT, members: [{ name: "a", type, id: 1 }] }), a => ({ a }))}`);
	print(`stack ${(engine.stackPeakBytes() - below) / 16}`);
}

/** The longest text within as many levels as there may be: errors, and bytes read. */
function deep(writer: Writer, reader: Reader, wrap: (type: Type) => Type, wrapValue: (value: Value) => Value): string {
	let type: Type = { kind: KIND_STRING, bom: BOM_NONE, lengthWidth: 16 }, value: Value = "x".repeat(PAYLOAD_STRING_MAX - 1);
	for (let i = 1; i < PAYLOAD_DEPTH_MAX; i++) {
		type = wrap(type);
		value = wrapValue(value);
	}
	checkType(type);
	writer.begin(0, 0, writer.bytes.length);
	encode(type, value, writer);
	reader.begin(0, 0, writer.at);
	decode(type, reader);
	return `${writer.error} ${reader.error} ${reader.at === writer.at ? 0 : 1}`;
}
