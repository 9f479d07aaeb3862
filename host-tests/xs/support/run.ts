/** Runs the XS host program for its specs. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
// @ts-expect-error: a plain script without types
import { buildEngine } from "../../../../scripts/xs.mjs";

export interface Variant {
	bits: 64 | 32;
	sanitize?: boolean;
}

export interface Outcome {
	status: number | null;
	lines: string[];
	errors: string;
}

/** Compiles what is missing; the first time takes a minute. */
export async function build(variant: Variant): Promise<string> {
	return await buildEngine(variant);
}

/** `entry`: a fixture's name. */
export function run(program: string, entry: string, args: string[] = [], options: string[] = []): Outcome {
	const { status, stdout, stderr, error } = spawnSync(program, parameters(entry, args, options), { encoding: "utf8", timeout: 120000 });
	if (error)
		throw error;
	return { status, lines: stdout.split("\n").slice(0, -1), errors: stderr };
}

export function start(program: string, entry: string, args: string[] = [], options: string[] = []): ChildProcess {
	return spawn(program, parameters(entry, args, options), { stdio: ["ignore", "pipe", "pipe"] });
}

const parameters = (entry: string, args: string[], options: string[]) =>
	[...options, "--root", "build", "--entry", entry.includes("/") ? entry : `host-tests/xs/fixtures/${entry}.js`, "--", ...args];
