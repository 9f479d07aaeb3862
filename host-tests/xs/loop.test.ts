import { before, describe, deepEqual, equal, it, ok } from "#test";
import { build, run, start } from "./support/run.js";

describe("xs/loop", () => {
	let program = "";
	before(async function (this: any) {
		program = await build(this, { bits: 64 });
	} as () => Promise<void>);

	it("runs promise jobs before timers, and timers by time, then in the order they were set", () => {
		const { status, lines } = run(program, "loop", ["order"]);
		equal(status, 0);
		// Where the machine stood still, what is set to now comes after what has been due for long.
		const now = lines.indexOf("0 ms from a timer");
		ok(now > 4, lines.join("\n"));
		lines.splice(now, 1);
		deepEqual(lines, ["end of default", "promise", "5 ms", "5 ms' promise", "5 ms, second", "10 ms", "20 ms"]);
	});

	it("asks once more before it ends for want of work", () =>
		deepEqual(run(program, "loop", ["idle"]).lines, ["ready", "idle", "after idle"]));

	const signalled = (entry: string, signals: NodeJS.Signals[]) => new Promise<{ status: number | null; text: string }>((resolve, reject) => {
		const child = start(program, "loop", [entry]);
		let text = "";
		child.stdout!.on("data", data => {
			text += data;
			if (text.endsWith("ready\n") || (text.endsWith("interrupted\n") && signals.length > 0))
				child.kill(signals.shift());
		});
		child.on("error", reject);
		child.on("close", status => resolve({ status, text }));
	});

	it("gives the first SIGINT or SIGTERM to the program, which then ends by itself", async () => {
		deepEqual(await signalled("interrupt", ["SIGINT"]), { status: 0, text: "ready\ninterrupted\n" });
		deepEqual(await signalled("interrupt", ["SIGTERM"]), { status: 0, text: "ready\ninterrupted\n" });
	});

	it("ends at once at the second one", async () =>
		deepEqual(await signalled("deaf", ["SIGINT", "SIGINT"]), { status: 130, text: "ready\ninterrupted\n" }));
});
