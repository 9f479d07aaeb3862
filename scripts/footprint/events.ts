/** Events through the real loop to the real broker: what each costs, and what memory the board has taken by then. */
import { setTimeout as delay } from "node:timers/promises";
import type { BoardCost, BoardStatus } from "../demo/board-process.js";
import { ensureCertificates } from "../demo/certificates.js";
import { readReport, type Report } from "./report.js";
import { Rig } from "./rig.js";

const EVENTS = 10_000;
const WARM_UP = 500;
/** Events per second, and bytes of each. */
const RATE = 1000;
const LENGTH = 32;
/** How long the board is watched without events, ms: discovery and timers go on. */
const IDLE = 4000;

export interface EventsCost {
	events: number;
	status: BoardStatus;
	memory: BoardCost;
	/** Without what the board does anyway, at QoS 0 and at QoS 1, and of both in turn. */
	slotsPerEvent: number;
	chunkBytesPerEvent: number;
	meterPerEvent: number;
	meterPerEventQos0: number;
	meterPerEventQos1: number;
	/** Of a second without events. */
	idleSlots: number;
	idleChunkBytes: number;
	idleMeter: number;
	report: Report;
}

type Work = Pick<BoardCost, "slots" | "chunkBytes" | "meter">;

export async function measureEvents(engine: string): Promise<EventsCost> {
	const files = await ensureCertificates(".zonal/certificates", { dns: ["localhost"], ip: ["127.0.0.1"] });
	const rig = await Rig.start({ engine, engineOptions: ["--report"], ca: files.ca, certificates: files });
	try {
		await rig.up();
		await rig.stream(WARM_UP, RATE, LENGTH);
		const cost = async (): Promise<BoardCost> => {
			const answer = await rig.board.cost();
			if (answer === undefined)
				throw new Error(`the board does not answer:\n${rig.log.slice(-20).join("\n")}`);
			return answer;
		};
		// Asking costs by itself, always the same.
		const first = await cost(), asking = between(first, await cost());
		const over = async (work: () => Promise<unknown>): Promise<Work & { seconds: number }> => {
			const from = performance.now(), before = await cost();
			await work();
			const used = between(before, await cost());
			return { slots: used.slots - asking.slots, chunkBytes: used.chunkBytes - asking.chunkBytes, meter: used.meter - asking.meter, seconds: (performance.now() - from) / 1000 };
		};
		const idle = await over(() => delay(IDLE));
		const perEvent = (used: Work & { seconds: number }, count: number, key: keyof Work) =>
			round((used[key] - idle[key] / idle.seconds * used.seconds) / count, key === "meter" ? 0 : 3);
		const both = await over(() => rig.stream(EVENTS, RATE, LENGTH));
		const memory = await cost(), status = await rig.until("up", ({ mqtt }) => mqtt.connected && mqtt.queued === 0);
		const zero = await over(() => rig.stream(EVENTS / 10, RATE, LENGTH, [0, 2]));
		const one = await over(() => rig.stream(EVENTS / 10, RATE, LENGTH, [1, 3]));
		return {
			events: EVENTS, status, memory,
			slotsPerEvent: perEvent(both, EVENTS, "slots"), chunkBytesPerEvent: perEvent(both, EVENTS, "chunkBytes"), meterPerEvent: perEvent(both, EVENTS, "meter"),
			meterPerEventQos0: perEvent(zero, EVENTS / 10, "meter"), meterPerEventQos1: perEvent(one, EVENTS / 10, "meter"),
			idleSlots: round(idle.slots / idle.seconds, 1), idleChunkBytes: round(idle.chunkBytes / idle.seconds, 1), idleMeter: round(idle.meter / idle.seconds, 0),
			report: await readReport(rig),
		};
	}
	finally {
		await rig.stop();
	}
}

// Counters are modulo 2^32.
function between(a: Work, b: Work): Work {
	return { slots: (b.slots - a.slots) >>> 0, chunkBytes: (b.chunkBytes - a.chunkBytes) >>> 0, meter: (b.meter - a.meter) >>> 0 };
}

function round(value: number, digits: number): number {
	// + 0: no negative zero.
	return Math.round(value * 10 ** digits) / 10 ** digits + 0;
}
