import { before, describe, equal, it, ok } from "#test";
import { MQTT_PACKET_MAX, OUTBOX_BYTES } from "../../firmware/config.js";
import { build, run } from "../xs/support/run.js";

describe("mqtt on XS", function (this: any) {
	let program = "";
	before(async function (this: any) { program = await build(this, { bits: 64 }); } as () => Promise<void>);

	it("allocates nothing per PUBLISH, PUBACK and message, and fits the arena", () => {
		const outcome = run(program, "host-tests/mqtt/fixtures/allocation.js");
		equal(outcome.status, 0, outcome.errors);
		const figures = new Map(outcome.lines.map(line => [line.split(" ")[0]!, line.split(" ").slice(1).map(Number)] as const));
		// What asking the engine for its figures costs by itself.
		const [, own] = figures.get("nothing")!;
		for (const name of ["publish0", "publish1", "receive"]) {
			const [slots, chunks] = figures.get(name)!;
			equal(slots, 0, name);
			ok(chunks! <= own!, `${name}: ${chunks} bytes of chunks`);
		}
		equal(figures.get("counts")!.join(), "2040,1020,0");
		// The outbox, the reader's buffer, the test's ring, and not much more.
		ok(figures.get("session")![0]! < OUTBOX_BYTES + MQTT_PACKET_MAX + 8192 + 20 * 1024, outcome.lines[0]);
	});
});
