import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** What one round of a stage takes: see host-tests/xs/stages.ts. */
export interface StageCost {
	stage: string;
	slots: number;
	chunkBytes: number;
	meter: number;
}

export async function measureStages(engine: string): Promise<StageCost[]> {
	const { stdout } = await promisify(execFile)(engine, ["--grow", "--root", "build", "--entry", "host-tests/xs/stages.js"]);
	return stdout.trim().split("\n").map(line => {
		const [, stage, slots, chunkBytes, meter] = /^(.*) (\S+) (\S+) (\S+)$/.exec(line)!;
		return { stage: stage!, slots: Number(slots), chunkBytes: Number(chunkBytes), meter: Number(meter) };
	});
}
