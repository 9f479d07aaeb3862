/** What an event costs on the 32-bit engine, and what the firmware takes of the flash. Figures: npm run footprint. */
import { before, describe, equal, it, ok } from "#test";
import { measureSizes, type Sizes } from "../../scripts/footprint/sizes.js";
import { measureStages, type StageCost } from "../../scripts/footprint/stages.js";
import { build } from "./support/run.js";

/** Computation of one round, in the engine's units: a fifth above what was measured. */
const METER_MAX: readonly [stage: string, meter: number][] = [
	["someip: one event of a datagram", 1200],
	["gateway: look-up of one of 64 routes", 450],
	["mqtt: PUBLISH of 32 bytes at QoS 0, by alias", 2700],
	["mqtt: PUBLISH of 32 bytes at QoS 1, by alias", 6000],
	["mqtt: PUBACK", 1350],
	["quic: a packet with 40 bytes of a stream sent", 7000],
	["quic: a packet with an ACK received", 5500],
	["quic: a packet with 40 bytes of a stream received, read and acknowledged", 7700],
	["quic: a timeout", 850],
	["net: a datagram there and back", 375],
	["net: 48 bytes of a stream there and back", 275],
];
/** Bytes: these only ever fall, but for something new (resumption, OCSP, records, migration, the last time). */
const BYTE_CODE_QUIC_TLS_MAX = 121 * 1024;
const BYTE_CODE_MAX = 352 * 1024;
/** Raised for TCP, IPv6, the console's line and the trace's file. */
const NATIVES_MAX = 72 * 1024;

describe("budget", function (this: any) {
	this.timeout(600000);
	let stages: StageCost[] = [], sizes: Sizes;
	before(async function (this: any) {
		const engine = await build(this, { bits: 32 });
		stages = await measureStages(engine);
		sizes = await measureSizes(engine);
	} as () => Promise<void>);

	it("no stage of an event's way allocates anything", () => {
		ok(stages.length > 12, `${stages.length} stages`);
		for (const { stage, slots, chunkBytes } of stages) {
			equal(slots, 0, `slots of ${stage}`);
			equal(chunkBytes, 0, `bytes of chunks of ${stage}`);
		}
	});

	it("the stages' computation stays within its budget", () => {
		for (const [stage, most] of METER_MAX) {
			const found = stages.find(cost => cost.stage === stage);
			ok(found !== undefined && found.meter <= most, `${stage}: ${found?.meter} of ${most}`);
		}
	});

	it("byte code and natives stay within theirs", () => {
		const { total, rooms } = sizes.byteCodeBytes, both = rooms["firmware/quic"]! + rooms["firmware/tls"]!;
		ok(both <= BYTE_CODE_QUIC_TLS_MAX, `QUIC and TLS: ${both} bytes`);
		ok(total <= BYTE_CODE_MAX, `all: ${total} bytes`);
		ok(sizes.nativeTextBytes <= NATIVES_MAX, `natives: ${sizes.nativeTextBytes} bytes`);
	});
} as () => void);
