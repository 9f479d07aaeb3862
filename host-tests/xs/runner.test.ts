import { before, describe, equal, it, ok } from "#test";
import { build, run } from "./support/run.js";

describe("xs/runner", () => {
	let program = "";
	before(async function (this: any) {
		program = await build(this, { bits: 64 });
	} as () => Promise<void>);

	const specs = (...names: string[]) => run(program, "host-tests/support/run-xs.js", names.map(name => `host-tests/xs/fixtures/${name}.js`), ["--grow"]);

	it("runs hooks and tests in mocha's order", () => {
		const { status, lines } = specs("spec-hooks");
		equal(status, 0, lines.join("\n"));
		equal(lines.slice(0, -2).join(" "), "before outer:each one after-each before-inner outer:each inner:each two after-inner-each after-each after-inner skipped after"
			.replace("skipped", "       host-tests/xs/fixtures/spec-hooks.js › outer › three (skipped: for a reason)"));
		equal(lines.at(-1), "2 passed, 0 failed, 1 skipped");
	});

	it("counts failures of tests, hooks, files and promises, says where, and goes on", () => {
		const { status, lines } = specs("spec-fails", "spec-missing", "spec-hooks");
		const text = lines.join("\n");
		equal(status, 1);
		ok(text.includes("FAILED host-tests/xs/fixtures/spec-fails.js › fails › with an error\n       Error: 1, expected 2\n"), text);
		ok(text.includes("› with a rejection\n       Error: rejected"), text);
		ok(text.includes("› hook › never runs: beforeEach hook\n       Error: hook"), text);
		ok(text.includes("spec-missing.js loads\n       ReferenceError: "), text);
		equal(lines.at(-1), "3 passed, 4 failed, 1 skipped");
	});

	it("names the test during which the engine gave up", () => {
		const { status, errors } = specs("spec-aborts");
		equal(status, 102);
		ok(errors.endsWith("zonal-xs: during host-tests/xs/fixtures/spec-aborts.js › aborts › here\n"), errors);
	});
});
