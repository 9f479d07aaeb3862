/** What payloads and E2E cost on XS in the arena. Prints one line per kind of work: slots, chunk bytes and meter per
 *  round; and what the largest value that `decode` makes takes. Entry for XS. */
import { PAYLOAD_DEPTH_MAX, PAYLOAD_VALUES_MAX } from "../../../../firmware/config.js";
import { Checker, Protector } from "../../../../firmware/someip/e2e/protection.js";
import { StateMachine } from "../../../../firmware/someip/e2e/state-machine.js";
import { decode } from "../../../../firmware/someip/payload/decode.js";
import { tagOf, WIRE_32 } from "../../../../firmware/someip/payload/layout.js";
import { Reader } from "../../../../firmware/someip/payload/reader.js";
import { checkType, KIND_ARRAY, KIND_BIT_FIELD, KIND_UINT8, type Type } from "../../../../firmware/someip/payload/type.js";
import { Writer } from "../../../../firmware/someip/payload/writer.js";
import { engine } from "../../../../hal/system/engine.js";

const print = (line: string): void => native("xs_print").call(undefined, line);

const ROUNDS = 1000;

function measure(name: string, work: (round: number) => void): void {
	for (let i = 0; i < 10; i++)
		work(i);
	const slots = engine.slotsAllocated(), chunks = engine.chunkBytesAllocated(), meter = engine.meter();
	for (let i = 10; i < 10 + ROUNDS; i++)
		work(i);
	const metered = engine.meter() - meter, chunked = engine.chunkBytesAllocated() - chunks, slotted = engine.slotsAllocated() - slots;
	print(`${name} ${slotted / ROUNDS} ${chunked / ROUNDS} ${Math.round(metered / ROUNDS)}`);
}

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
	let deep: Type = { kind: KIND_UINT8 };
	for (let i = 0; i < PAYLOAD_DEPTH_MAX; i++) {
		deep = { kind: KIND_ARRAY, element: deep, lengthWidth: 8 };
		bytes[i] = PAYLOAD_DEPTH_MAX - i;
	}
	reader.begin(0, 0, PAYLOAD_DEPTH_MAX + 1);
	decode(checkType(deep), reader);
	print(`depth ${reader.error}`);
}
