/** `npm run footprint`: memory, code and computation of the firmware on the 32-bit engine, measured now. */
import { measureEvents } from "./events.js";
import { measureSizes } from "./sizes.js";
import { measureStages } from "./stages.js";
import { printFootprint } from "./table.js";

/** What remains to be allocated for each event, by the place that allocates it. */
export interface Allocation {
	place: string;
	slotsPerEvent: number;
	chunkBytesPerEvent: number;
	why: string;
}

export type Footprint = Awaited<ReturnType<typeof measureFootprint>>;

/** Returns the exit status. `json`: the last line is one JSON object. */
export async function footprint(engine: string, json: boolean): Promise<number> {
	const result = await measureFootprint(engine);
	printFootprint(result);
	if (json)
		console.log(JSON.stringify(result));
	return 0;
}

async function measureFootprint(engine: string) {
	const sizes = await measureSizes(engine), stages = await measureStages(engine), events = await measureEvents(engine);
	const { status, memory, report } = events;
	const allocations: Allocation[] = stages.filter(({ slots, chunkBytes }) => slots > 0 || chunkBytes > 0).map(({ stage, slots, chunkBytes }) =>
		({ place: stage, slotsPerEvent: slots, chunkBytesPerEvent: chunkBytes, why: "measured alone in host-tests/xs/stages.ts" }));
	return {
		engine: status.engine,
		arenaBytes: status.memory.arenaBytes, peakBytes: status.memory.peakBytes,
		liveBytes: memory.liveBytes, peakLiveBytes: memory.peakLiveBytes, stackBytes: memory.stackBytes, stackPeakBytes: memory.stackPeakBytes,
		libraryHeapBytes: status.memory.libraryHeapBytes, tableBytes: report.tableBytes,
		events: events.events,
		slotsPerEvent: events.slotsPerEvent, chunkBytesPerEvent: events.chunkBytesPerEvent,
		meterPerEvent: events.meterPerEvent, meterPerEventQos0: events.meterPerEventQos0, meterPerEventQos1: events.meterPerEventQos1,
		idlePerSecond: { slots: events.idleSlots, chunkBytes: events.idleChunkBytes, meter: events.idleMeter },
		allocations, stages,
		byteCodeBytes: sizes.byteCodeBytes,
		nativeTextBytes: sizes.nativeTextBytes, nativeText: sizes.nativeText, engineTextBytes: sizes.engineTextBytes, hostTextBytes: sizes.hostTextBytes,
		preloaded: report.preloaded,
		owners: { chunkBytes: report.chunkBytes, slotBytes: report.slotBytes, buffers: Object.fromEntries(report.buffers), slots: Object.fromEntries(report.slots) },
	};
}
