/** `npm run monitor` through a pseudo-terminal, and what it makes of a board's output. */
import { after, deepEqual, describe, equal, it, ok, skip } from "#test";
import { until } from "../support/patience.js";
import { Pty, Talk, havePty } from "./support/pty.js";
// @ts-expect-error: a plain script without types
import { MonitorView } from "../../../scripts/monitor-view.mjs";

const bytes = (text: string) => Buffer.from(text, "utf8");
const LOG = "E (1) board: broken\nW (2) sd: odd\nI (3) sd: offered\nD (4) quic: detail\n";

describe("monitor: view", () => {
	it("shows the log from a level on, and everything that is no log", () => {
		deepEqual(new MonitorView({ level: 1 }).take(bytes(`${LOG}status {}\n`)), ["E (1) board: broken", "W (2) sd: odd", "status {}"]);
		deepEqual(new MonitorView().take(bytes(LOG)).length, 4);
	});

	it("filters the log by a text, not the console's answers", () => {
		deepEqual(new MonitorView({ filter: "sd:" }).take(bytes(`${LOG}link up\n`)), ["W (2) sd: odd", "I (3) sd: offered", "link up"]);
	});

	it("colours a line by its level", () => {
		deepEqual(new MonitorView({ color: true }).take(bytes("E (1) a: b\nx\n")), ["\x1b[31mE (1) a: b\x1b[0m", "x"]);
	});

	it("begins lines with the time where it is asked to", () => {
		const now = () => new Date(2026, 0, 2, 3, 4, 5, 6);
		deepEqual(new MonitorView({ timestamps: true, now }).take(bytes("x\n")), ["03:04:05.006 x"]);
	});

	it("joins what comes in pieces, characters of several bytes too", () => {
		const view = new MonitorView(), text = bytes("I (1) a: 21 °C\r\n");
		deepEqual([...text].flatMap(byte => view.take(Uint8Array.of(byte))), ["I (1) a: 21 °C"]);
	});

	it("shows a line without its end once, and not its end alone", () => {
		const view = new MonitorView();
		deepEqual(view.take(bytes("boot:")), []);
		deepEqual(view.flush(), ["boot:"]);
		deepEqual(view.flush(), []);
		deepEqual(view.take(bytes("\nnext\n")), ["next"]);
	});

	it("shows an edited line as it stands at last, and not what was just typed here", () => {
		const view = new MonitorView();
		view.sent("status");
		deepEqual(view.take(bytes("\rst\x1b[K\rstatus\x1b[K\nstatus {}\n\x1b[K\rlinks\x1b[K\rlink\x1b[K\nstatus\n")), ["status {}", "link", "status"]);
	});

	it("lets no byte control the terminal, whatever the rate was", () => {
		const all = Uint8Array.from({ length: 256 }, (_, i) => i);
		const view = new MonitorView();
		const shown = [...view.take(all), ...view.take(all), ...view.flush()].join("\n");
		ok(!/[\x00-\x08\x0b-\x1f\x7f-\x9f]/.test(shown), JSON.stringify(shown));
	});

	it("cuts a line that does not end", () => {
		const view = new MonitorView();
		equal(view.take(new Uint8Array(5000).fill(0x61)).join("").length, 5000);
		deepEqual(view.flush(), []);
	});
});

describe("monitor: pseudo-terminal", () => {
	if (!havePty())
		return skip("everything", "there is no gcc");
	const open: { close(): Promise<unknown> }[] = [];
	after(async () => {
		await Promise.all(open.map(thing => thing.close()));
	});

	async function monitor(...args: string[]): Promise<{ pty: Pty, shown: Talk }> {
		const pty = await new Pty().ready();
		const shown = new Talk(process.execPath, ["scripts/monitor.mjs", "--port", pty.path, ...args]);
		open.push(pty, { close: async () => shown.child.kill() });
		// It is there once what comes is shown.
		await until("the monitor", () => {
			pty.talk.write("ready\n");
			return shown.text.includes("ready");
		}, undefined, 100);
		return { pty, shown };
	}

	it("shows what comes, and sends what is typed", async () => {
		const { pty, shown } = await monitor("--level", "warn");
		pty.talk.write(LOG);
		await shown.until(/W \(2\) sd: odd/);
		ok(!shown.text.includes("I (3)"), shown.text);
		ok(!shown.text.includes("\x1b"), "no colours for a pipe");
		shown.write("status\nlog debug\n");
		await pty.talk.until(/^status\nlog debug\n$/);
	});

	it("passes every byte of the board's text, and changes none of the line's", async () => {
		const { pty, shown } = await monitor("--color");
		pty.talk.write("D (9) uplink: größer\r\n");
		await shown.until(/\x1b\[90mD \(9\) uplink: größer\x1b\[0m\n/);
	});

	it("waits for a device that went away, and goes on when it is back", async () => {
		const { pty, shown } = await monitor();
		await pty.unplug();
		await shown.until(/went away; waiting for it/);
		shown.write("lost\n");
		await shown.until(/not connected; the line was not sent/);
		pty.plug();
		await shown.until(/is back/);
		pty.talk.write("I (1) board: again\n");
		await shown.until(/I \(1\) board: again/);
		shown.write("help\n");
		await pty.talk.until(/^help\n$/);
	});

	it("leaves on Ctrl-C with status 0", async () => {
		const { shown } = await monitor();
		shown.child.kill("SIGINT");
		equal(await shown.end(), 0);
	});

	it("says what is wrong with its options, and ends with 2", async () => {
		for (const [args, line] of [
			[[], /--port is missing/], [["--port", "/dev/nowhere"], /there is no \/dev\/nowhere/], [["--port", "/dev/null"], /\/dev\/null is no serial port/],
			[["--port", "x", "--baud", "fast"], /--baud fast/], [["--port", "x", "--level", "loud"], /--level loud: error, warn, info, debug/], [["--colour"], /'--colour'/],
		] as const) {
			const shown = new Talk(process.execPath, ["scripts/monitor.mjs", ...args]);
			equal(await shown.end(), 2, shown.text);
			ok(line.test(shown.text), shown.text);
			ok(!/^ +at /m.test(shown.text), shown.text);
		}
	});
});
