/** What work costs on XS: for entries for XS. */
import { engine } from "../../../hal/system/engine.js";

const ROUNDS = 1000;

export const print = (line: string): void => native("xs_print").call(undefined, line);

/** Does the work `before` times, then a thousand times; prints its name, and slots, chunk bytes and meter per round. */
export function measure(name: string, work: (round: number) => void, before = 10): void {
	for (let i = 0; i < before; i++)
		work(i);
	const slots = engine.slotsAllocated(), chunks = engine.chunkBytesAllocated(), meter = engine.meter();
	for (let i = before; i < before + ROUNDS; i++)
		work(i);
	const metered = engine.meter() - meter, chunked = engine.chunkBytesAllocated() - chunks, slotted = engine.slotsAllocated() - slots;
	print(`${name} ${slotted / ROUNDS} ${chunked / ROUNDS} ${Math.round(metered / ROUNDS)}`);
}
