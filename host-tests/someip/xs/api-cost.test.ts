import { before, describe, equal, it, ok } from "#test";
import { build, run } from "../../xs/support/run.js";

/** Both ends together, the test's sockets included: the engine's meter. */
const METER_EVENT = 25_000, METER_CALL = 33_000;

describe("someip API: cost", () => {
	let figures: Map<string, number[]>;
	before(async function (this: unknown) {
		const { status, lines, errors } = run(await build(this, { bits: 32 }), "host-tests/someip/xs/api-cost.js");
		equal(status, 0, errors);
		figures = new Map(lines.map(line => [line.split(" ")[0]!, line.split(" ").slice(1).map(Number)]));
	});

	it("events and calls on payload bytes allocate nothing", () => {
		for (const name of ["event", "call"]) {
			equal(figures.get(name)![0], 0, `${name}: slots`);
			equal(figures.get(name)![1], 0, `${name}: chunk bytes`);
		}
		equal(figures.get("events")![0], 1020);
		equal(figures.get("answers")![0], 1020);
	});

	it("their computation stays within its budget", () => {
		ok(figures.get("event")![2]! <= METER_EVENT, `${figures.get("event")}`);
		ok(figures.get("call")![2]! <= METER_CALL, `${figures.get("call")}`);
	});
});
