/** Runs the XS host program for its specs. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
// @ts-expect-error: a plain script without types
import { buildEngine, MissingError } from "../../../../scripts/xs.mjs";

export interface Variant {
	bits: 64 | 32;
	sanitize?: boolean;
}

export interface Outcome {
	status: number | null;
	lines: string[];
	errors: string;
}

/** Compiles what is missing; the first time takes a minute. Skips the suite, whose `before` calls it, where this machine
 *  cannot make the variant. */
export async function build(context: any, variant: Variant): Promise<string> {
	context.timeout(600000);
	try {
		return await buildEngine(variant);
	}
	catch (error) {
		if (!(error instanceof MissingError))
			throw error;
		console.log(`    skipped: ${(error as Error).message}`);
		return context.skip();
	}
}

/** `entry`: a fixture's name. */
export function run(program: string, entry: string, args: string[] = [], options: string[] = []): Outcome {
	const { status, stdout, stderr, error } = spawnSync(program, parameters(entry, args, options), { encoding: "utf8", timeout: 400000 });
	if (error)
		throw error;
	return { status, lines: stdout.split("\n").slice(0, -1), errors: stderr };
}

export function start(program: string, entry: string, args: string[] = [], options: string[] = []): ChildProcess {
	return spawn(program, parameters(entry, args, options), { stdio: ["ignore", "pipe", "pipe"] });
}

const parameters = (entry: string, args: string[], options: string[]) =>
	[...options, "--root", "build", "--entry", entry.includes("/") ? entry : `host-tests/xs/fixtures/${entry}.js`, "--", ...args];
