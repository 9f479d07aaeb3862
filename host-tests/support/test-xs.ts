/** The spec runner's names on XS: mocha's, with mocha's order of hooks (test-node.ts has them on Node). */
import { timer } from "../../hal/system/timer.js";

export { deepEqual, equal, hex, ok, throws, unhex } from "./assert.js";

type Body = () => void | Promise<void>;

/** A test that takes longer fails; ms. XS runs byte code some 50 times slower than Node's compiler, and the machine may be slow. */
const TEST_TIME_MAX = 300_000;

class Test {
	constructor(readonly name: string, readonly body: Body | undefined) {
	}
}

class Suite {
	readonly before: Body[] = [];
	readonly after: Body[] = [];
	readonly beforeEach: Body[] = [];
	readonly afterEach: Body[] = [];
	/** In the order they were declared. */
	readonly members: (Test | Suite)[] = [];

	constructor(readonly name: string, readonly parent: Suite | undefined) {
	}
}

/** What ran so far, in all files. */
export const results = { passed: 0, failed: 0, skipped: 0 };

let current = new Suite("", undefined);

export function describe(name: string, body: () => void): void {
	const outer = current;
	current = new Suite(name, outer);
	outer.members.push(current);
	try {
		body();
	}
	finally {
		current = outer;
	}
}

/** `body` may return a promise. */
export const it = (name: string, body: Body): void => { current.members.push(new Test(name, body)); };
export const before = (body: Body): void => { current.before.push(body); };
export const after = (body: Body): void => { current.after.push(body); };
export const beforeEach = (body: Body): void => { current.beforeEach.push(body); };
export const afterEach = (body: Body): void => { current.afterEach.push(body); };

/** Declares a test that cannot run here: reported as skipped, with the reason. */
export function skip(name: string, reason: string): void {
	current.members.push(new Test(`${name} (skipped: ${reason})`, undefined));
}

/** The text of a file (path from the project's folder), or undefined where there is none. */
export function readText(path: string): string | undefined {
	const bytes = native("xs_file_read").call(undefined, path);
	return bytes === undefined ? undefined : native("xs_text").call(undefined, bytes);
}

/** The bytes of a file (path from the project's folder), or undefined where there is none. */
export function readBytes(path: string): Uint8Array | undefined {
	const bytes = native("xs_file_read").call(undefined, path);
	return bytes === undefined ? undefined : new Uint8Array(bytes);
}

export const print: (line: string) => void = line => native("xs_print").call(undefined, line);
export const ENGINE: "node" | "xs" = "xs";

/** Runs what a file declared since the last call, and prints a line per suite of its top level. */
export async function runFile(path: string, load: () => Promise<unknown>): Promise<void> {
	current = new Suite("", undefined);
	const root = current;
	const started = { ...results };
	await attempt(path, `${path} loads`, load);
	await runSuite(root, path);
	const passed = results.passed - started.passed, failed = results.failed - started.failed, skipped = results.skipped - started.skipped;
	print(`${failed === 0 ? "ok    " : "FAILED"} ${path}: ${passed} passed${failed ? `, ${failed} failed` : ""}${skipped ? `, ${skipped} skipped` : ""}`);
}

async function runSuite(suite: Suite, title: string): Promise<void> {
	if (suite.members.length === 0)
		return;
	let ready = true;
	for (const hook of suite.before)
		ready = ready && await attempt(title, "before hook", hook);
	for (const member of ready ? suite.members : []) {
		const name = `${title} › ${member.name}`;
		if (member instanceof Suite)
			await runSuite(member, name);
		else if (member.body === undefined) {
			results.skipped++;
			print(`       ${name}`);
		}
		else if (!await runTest(suite, member, name))
			break;
	}
	for (const hook of suite.after)
		await attempt(title, "after hook", hook);
}

/** Returns false where a hook failed: as in mocha, the suite's other tests do not run then. */
async function runTest(suite: Suite, test: Test, title: string): Promise<boolean> {
	const lineage: Suite[] = [];
	for (let at: Suite | undefined = suite; at !== undefined; at = at.parent)
		lineage.push(at);
	let ready = true;
	for (let i = lineage.length - 1; i >= 0; i--)
		for (const hook of lineage[i]!.beforeEach)
			ready = ready && await attempt(title, "beforeEach hook", hook);
	if (ready && await attempt(title, "", test.body!))
		results.passed++;
	for (const at of lineage)
		for (const hook of at.afterEach)
			ready = await attempt(title, "afterEach hook", hook) && ready;
	return ready;
}

/** Runs `body`; counts and prints its failure. */
async function attempt(title: string, what: string, body: () => unknown): Promise<boolean> {
	const name = what === "" ? title : `${title}: ${what}`;
	native("xs_note").call(undefined, name);
	try {
		const outcome = body();
		if (outcome instanceof Promise)
			await settle(outcome);
		return true;
	}
	catch (error) {
		results.failed++;
		print(`FAILED ${name}`);
		print(describeError(error));
		return false;
	}
	finally {
		native("xs_note").call(undefined, "");
	}
}

/** The promise, unless it takes too long or nothing is left that could settle it. */
function settle(promise: Promise<unknown>): Promise<unknown> {
	return new Promise((resolve, reject) => {
		const watchdog = timer(() => reject(new Error(`takes longer than ${TEST_TIME_MAX} ms`)));
		const end = (done: () => void) => { watchdog.close(); done(); };
		watchdog.schedule(TEST_TIME_MAX);
		promise.then(value => end(() => resolve(value)), error => end(() => reject(error)));
	});
}

function describeError(error: unknown): string {
	const text = error instanceof Error ? error.stack ?? `${error.name}: ${error.message}` : String(error);
	return `       ${text.split("\n").join("\n       ")}`;
}
