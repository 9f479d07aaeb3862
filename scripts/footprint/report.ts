/** Who holds the board's heap: what the engine prints where it was started with --report (hal/linux/census.c). */
import { setTimeout as delay } from "node:timers/promises";
import type { Rig } from "./rig.js";

const WAIT_MAX = 20_000;

export interface Report {
	/** Bytes after a collection. */
	chunkBytes: number;
	slotBytes: number;
	/** Of the engine's name tables, which lie outside of the arena. */
	tableBytes: number;
	/** What was imported before the arena existed: flash on a board. */
	preloaded: { slotBytes: number, chunkBytes: number, codeBytes: number };
	/** Bytes of buffers by the class and field that hold them, of slots by class; the largest first. */
	buffers: [owner: string, bytes: number][];
	slots: [owner: string, bytes: number][];
}

export async function readReport(rig: Rig): Promise<Report> {
	const from = rig.log.length;
	rig.board.report();
	for (let waited = 0; waited < WAIT_MAX; waited += 20) {
		await delay(20);
		const lines = rig.log.slice(from), slots = lines.find(line => line.startsWith("  bytes of slots:"));
		if (slots === undefined)
			continue;
		const figures = lines.find(line => line.startsWith("zonal-xs: {"))!, buffers = lines.find(line => line.startsWith("  bytes of buffers:"))!;
		return { ...JSON.parse(figures.slice("zonal-xs: ".length)), buffers: owners(buffers), slots: owners(slots) };
	}
	throw new Error("the engine does not print who holds its heap");
}

function owners(line: string): [string, number][] {
	return [...line.slice(line.indexOf(":") + 1).matchAll(/ ?(\S[^,]*) (\d+)(?:,|$)/g)].map(([, owner, bytes]) => [owner!, Number(bytes)]);
}
