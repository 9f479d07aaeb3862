import { before, deepEqual, describe, equal, it, ok } from "#test";
import { build, run } from "../../../xs/support/run.js";

/** The engine's meter for 60 bytes in twelve primitives, and for 60 bytes protected and checked. */
const METER_CODEC = 2000, METER_E2E = 15_000;
/** Bytes on the 32-bit engine of the largest array of numbers that the decoder makes; of bit fields it may be twice that. */
const VALUES_BYTES = 18_000;
/** Chunk bytes for reading a text of 100 characters; slots of stack for the deepest type, of 512. */
const TEXT_BYTES = 3000, STACK_SLOTS = 280;

describe("payload and e2e: cost", () => {
	let figures: Map<string, number[]>;
	before(async function (this: unknown) {
		const { status, lines, errors } = run(await build(this, { bits: 32 }), "host-tests/someip/payload/xs/cost.js");
		equal(status, 0, errors);
		figures = new Map(lines.map(line => [line.split(" ")[0]!, line.split(" ").slice(1).map(Number)]));
	});

	it("primitives and protection allocate nothing and stay within their budget", () => {
		for (const name of ["write", "read", "P04", "P05", "P06", "P07"]) {
			deepEqual(figures.get(name)!.slice(0, 2), [0, 0], `${name}: slots and chunk bytes`);
			ok(figures.get(name)![2]! <= (name.startsWith("P") ? METER_E2E : METER_CODEC), `${name}: ${figures.get(name)}`);
		}
		ok(figures.get("sum")![0]! > 0 && figures.get("sum")![1]! > 0, `${figures.get("sum")}`);
		deepEqual(figures.get("state"), [2, 1010]);
	});

	it("a text allocates a few times its length, not its square", () => {
		for (const name of ["utf8", "utf16"]) {
			ok(figures.get(name)![1]! <= TEXT_BYTES, `${name}: ${figures.get(name)}`);
			equal(figures.get(`${name}-right`)![0], 1010);
		}
	});

	it("the largest value fits into the arena, the deepest type onto the stack", () => {
		deepEqual(figures.get("values")!.slice(1), [0, 1023]);
		ok(figures.get("values")![0]! <= VALUES_BYTES, `${figures.get("values")}`);
		deepEqual(figures.get("flags")!.slice(1), [0]);
		ok(figures.get("flags")![0]! <= VALUES_BYTES * 2, `${figures.get("flags")}`);
		for (const name of ["deep", "deep-tagged"])
			deepEqual(figures.get(name), [0, 0, 0], name);
		ok(figures.get("stack")![0]! <= STACK_SLOTS, `${figures.get("stack")}`);
	});
});
