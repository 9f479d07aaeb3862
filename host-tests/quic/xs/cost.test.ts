import { before, describe, equal, it, ok } from "#test";
import { build, run } from "../../xs/support/run.js";

/** The engine's meter for a packet of 64 bytes of stream data sent, its acknowledgment taken, one of 64 bytes received. */
const METER_SEND = 9000, METER_ACKNOWLEDGMENT = 5400, METER_RECEIVE = 8400;
/** Bytes on the 32-bit engine: an established connection with one stream and all buffers, and that stream's share. */
const CONNECTION_BYTES = 24_000, STREAM_BYTES = 13_500;

describe("quic: cost", () => {
	let figures: Map<string, number[]>;
	before(async function (this: unknown) {
		const { status, lines, errors } = run(await build(this, { bits: 32 }), "host-tests/quic/xs/cost.js", [], ["--grow"]);
		equal(status, 0, errors);
		figures = new Map(lines.map(line => [line.split(" ")[0]!, line.split(" ").slice(1).map(Number)]));
	});

	it("packets and timers allocate nothing in steady state", () => {
		for (const name of ["send", "acknowledgment", "receive", "timeout"]) {
			equal(figures.get(name)![0], 0, `${name}: slots`);
			equal(figures.get(name)![1], 0, `${name}: chunk bytes`);
		}
		equal(figures.get("total")!.join(), "51200,51200,0");
	});

	it("a packet's computation stays within its budget", () => {
		ok(figures.get("send")![2]! <= METER_SEND, `${figures.get("send")}`);
		ok(figures.get("acknowledgment")![2]! <= METER_ACKNOWLEDGMENT, `${figures.get("acknowledgment")}`);
		ok(figures.get("receive")![2]! <= METER_RECEIVE, `${figures.get("receive")}`);
	});

	it("a connection's memory stays within its budget", () => {
		ok(figures.get("connection")![0]! <= CONNECTION_BYTES, `${figures.get("connection")}`);
		ok(figures.get("stream")![0]! <= STREAM_BYTES, `${figures.get("stream")}`);
	});
});
