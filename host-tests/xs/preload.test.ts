import { before, describe, deepEqual, equal, it, ok } from "#test";
import { build, run } from "./support/run.js";

describe("xs/preload", () => {
	let program = "";
	before(async function (this: any) {
		program = await build(this, { bits: 64 });
	} as () => Promise<void>);

	it("refuses every write to what was preloaded, with a TypeError", () => {
		const { status, lines } = run(program, "freeze");
		equal(status, 0);
		const attempts = lines.filter(line => !line.startsWith("global") && !line.startsWith("kept"));
		equal(attempts.length, 23);
		deepEqual(attempts.filter(line => !line.endsWith(": TypeError")), []);
	});

	it("keeps what was preloaded as it was, and leaves the global object open", () => {
		const { lines } = run(program, "freeze");
		equal(lines.at(-2), "global: 1");
		equal(lines.at(-1), 'kept: {"name":"table2","big":"1180591620717411303424"} 1,two2 zero:7:0 key1,value1 1,2,3');
	});

	it("freezes nothing in a growing heap", () => {
		const { lines } = run(program, "freeze", [], ["--grow"]);
		for (const name of ["property", "push", "variable", "private", "map", "typedArray", "builtIn"])
			ok(lines.includes(`${name}: taken`), `${name} was refused`);
	});

	it("ends the program with status 110 where the engine itself would write to flash", () => {
		const { status, errors } = run(program, "end", ["flash"]);
		equal(status, 110);
		equal(errors, "zonal-xs: write to preloaded memory, which is read-only\n");
	});

	it("says which module was not preloaded, or is missing", () => {
		const { status, errors } = run(program, "missing");
		equal(status, 105);
		ok(errors.includes("no module host-tests/xs/fixtures/missing.js in build"), errors);
	});

	it("gives the byte code's size per module", () => {
		const { status, lines } = run(program, "end", [], ["--sizes"]);
		equal(status, 0);
		const sizes = JSON.parse(lines.join("\n"));
		ok(sizes["host-tests/xs/fixtures/end.js"] > 500, lines.join());
		ok(sizes["hal/system/timer.js"] > 100, lines.join());
	});
});
