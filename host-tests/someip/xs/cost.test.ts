import { before, describe, equal, it, ok } from "#test";
import { build, run } from "../../xs/support/run.js";

/** Of a 32-byte event, and of one of 5 012 bytes in four segments: the engine's meter, the test's own share included. */
const METER_EVENT = 1200, METER_SEGMENTED = 33_000;
/** Bytes on the 32-bit engine: a service known on both sides, the receiver with its pool of 32 KiB, a client with its queue, long events among short ones. */
const SERVICE_BYTES = 3072, RECEIVER_BYTES = 40_000, CLIENT_BYTES = 7500, MIXED_BYTES = 6000;

describe("someip: cost", () => {
	let figures: Map<string, number[]>;
	before(async function (this: unknown) {
		const { status, lines, errors } = run(await build(this, { bits: 32 }), "host-tests/someip/xs/cost.js");
		equal(status, 0, errors);
		figures = new Map(lines.map(line => [line.split(" ")[0]!, line.split(" ").slice(1).map(Number)]));
	});

	it("events, segments, discovery and method calls allocate nothing in steady state", () => {
		for (const name of ["event", "segmented", "discovery", "call"]) {
			equal(figures.get(name)![0], 0, `${name}: slots`);
			equal(figures.get(name)![1], 0, `${name}: chunk bytes`);
		}
		equal(figures.get("events")![0], 2020);
		equal(figures.get("subscriptions")![0], 8);
		equal(figures.get("answered")![0], 1010);
	});

	it("an event's computation stays within its budget", () => {
		ok(figures.get("event")![2]! <= METER_EVENT, `${figures.get("event")}`);
		ok(figures.get("segmented")![2]! <= METER_SEGMENTED, `${figures.get("segmented")}`);
	});

	it("a service's memory stays within its budget", () => {
		ok(figures.get("service")![0]! <= SERVICE_BYTES, `${figures.get("service")}`);
		ok(figures.get("receiver")![0]! <= RECEIVER_BYTES, `${figures.get("receiver")}`);
		ok(figures.get("client")![0]! <= CLIENT_BYTES, `${figures.get("client")}`);
		ok(figures.get("mixed")![0]! <= MIXED_BYTES, `${figures.get("mixed")}`);
	});
});
