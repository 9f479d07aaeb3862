import { before, describe, equal, it, ok } from "#test";
import { build, run } from "./support/run.js";

describe("xs/ends", () => {
	let program = "";
	before(async function (this: any) {
		program = await build(this, { bits: 64 });
	} as () => Promise<void>);

	const ends = (ending: string, status: number, message: RegExp, options: string[] = []) => {
		const outcome = run(program, "end", [ending], options);
		equal(outcome.status, status, ending);
		ok(message.test(outcome.errors), outcome.errors);
		ok(!outcome.lines.includes("caught"), "JavaScript caught it");
	};

	it("ends with 101 and the heap's figures when slots run out", () =>
		ends("slots", 101, /^zonal-xs: out of memory: chunks \d+ of \d+ bytes, slots \d+ of \d+ bytes \(\d+ of \d+ slots\), stack \d+ of \d+ bytes, arena 65536 \+ 16384 bytes\n {2}bytes of buffers:\n {2}bytes of slots: Object 6\d{4}, /, ["--arena", "64"]));

	it("ends with 101 when chunks run out", () => ends("chunks", 101, /out of memory: chunks/, ["--arena", "64"]));

	it("ends with 101 when either part of a divided arena is used up, whatever is free in the other", () => {
		const parts = ["--arena", "256", "--slots", "6144"];
		ends("slots", 101, /out of memory: chunks \d{1,5} of \d{1,5} bytes, slots 196\d{3} of 196\d{3} bytes/, parts);
		ends("chunks", 101, /out of memory: chunks [56]\d{4} of 6\d{4} bytes, slots \d{1,6} of \d{1,6} bytes/, parts);
	});

	it("ends with 101 when one string is too long", () => ends("string", 101, /out of memory: chunks/, ["--arena", "64"]));

	it("ends with 102 and the calls that fill it when the stack overflows", () => ends("stack", 102, /^zonal-xs: stack overflow: .*stack \d+ of 16384 bytes, .*\n( {4}at recurse \(\d+ slots\)\n)+/));

	it("ends with 105 and the stack of an uncaught exception", () => ends("throw", 105, /^zonal-xs: uncaught exception: Refused: by the fixture\n at /));

	it("ends with 105 when a timer's callback throws", () => ends("timer", 105, /^zonal-xs: uncaught exception: Refused: in a timer\n/));

	it("ends with 107 when computation goes beyond its limit", () => ends("loop", 107, /too much computation: 100\d\d\d/, ["--limit", "100000"]));

	it("ends with 108 when nobody handles a rejection", () => {
		ends("reject", 108, /^zonal-xs: unhandled rejection: Refused: by a promise\n/);
		ends("async", 108, /^zonal-xs: unhandled rejection: Refused: in an async function\n/);
	});

	it("ends with 111 when the watchdog is not fed in time", () => {
		ends("stuck", 111, /^zonal-xs: the loop stands still: ended by the watchdog\n$/);
		equal(run(program, "end", ["fed"]).lines.join(), "fed");
	});

	it("goes on where a rejection is handled", () => {
		const { status, lines } = run(program, "end", ["handled"]);
		equal(status, 0);
		equal(lines.join(), "handled");
	});

	it("names the C function that the build does not know", () => ends("unknown", 105, /ReferenceError: no C function xs_no_such_function/));

	it("gives the status that the program chose", () => equal(run(program, "end", ["exit"]).status, 42));

	it("ends with 0 when nothing is left to wait for", () => equal(run(program, "end", ["nothing"]).status, 0));

	it("ends with 2 and its usage where an option is wrong", () => {
		const { status, errors } = run(program, "end", [], ["--arena", "many"]);
		equal(status, 2);
		ok(errors.startsWith("zonal-xs: number expected after --arena\nusage: "), errors);
		ok(run(program, "end", [], ["--arena", "64", "--slots", "2048"]).errors.startsWith("zonal-xs: the arena has no room for so many slots\nusage: "));
	});
});
