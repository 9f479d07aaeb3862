/** The console on a terminal: the line editor, through a pseudo-terminal that `script` of util-linux makes. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { after, before, deepEqual, describe, equal, it, ok } from "#test";
import { until } from "../support/patience.js";
import { build } from "./support/run.js";
import { Screen } from "./support/screen.js";

const UP = "\x1b[A", DOWN = "\x1b[B", RIGHT = "\x1b[C", LEFT = "\x1b[D", HOME = "\x1b[H", END = "\x1b[F", DELETE = "\x1b[3~";
const CTRL_C = "\x03";

/** What is typed, and the line that comes of it. */
const LINES: readonly (readonly [fact: string, typed: string, line: string])[] = [
	["backspace and rubout take the character before the cursor", "abx\x08c\x7fd\r", "abd"],
	["neither does anything at the start of the line", "\x08\x7fa\r", "a"],
	["the cursor goes left and right, and text is put in where it is", `ac${LEFT}b${RIGHT}d\r`, "abcd"],
	["it stops at both ends", `a${RIGHT}${RIGHT}b${LEFT.repeat(9)}c\r`, "cab"],
	["Ctrl-B and Ctrl-F are left and right", "ac\x02b\x06d\r", "abcd"],
	["Home and End, as most terminals send them", `b${HOME}a${END}c\r`, "abc"],
	["as others do", "b\x1b[1~a\x1b[4~c\x1b[7~0\x1b[8~d\r", "0abcd"],
	["in application mode", "b\x1bOHa\x1bOFc\r", "abc"],
	["Ctrl-A and Ctrl-E", "b\x01a\x05c\r", "abc"],
	["Delete and Ctrl-D take the character under the cursor", `abcd${HOME}${DELETE}\x04\r`, "cd"],
	["Ctrl-D on an empty line is nothing", "\x04a\r", "a"],
	["Ctrl-U takes what is before the cursor", `abcd${LEFT}\x15\r`, "d"],
	["Ctrl-K takes what is after it", `abcd${LEFT}${LEFT}\x0b\r`, "ab"],
	["Ctrl-W takes the word before it, with its spaces", "one two  \x17three\r", "one three"],
	["and only the part before the cursor", `one two${LEFT}\x17\r`, "one o"],
	["a key held with another one moves as well", `ab${"\x1b[1;5D"}c\r`, "acb"],
	["a sequence that is not known is nothing", "a\x1b[12;3Rb\x1b[Zc\x1bx\x1b[200~d\r", "abcd"],
	["an end of line ends a sequence too", "a\x1b[\r", "a"],
	["other control characters are nothing, other alphabets are question marks", "a\x07\x0c\x1dé\r", "a??"],
	["a line feed ends a line", "a\n", "a"],
	["after a carriage return it belongs to that", "\x15b\r\nc\r", "b"],
	["", "", "c"],
	["an empty line is one, too", "\r", ""],
];

describe("console on a terminal", () => {
	let program: ChildProcess, screen: Screen, arrived = "";
	const type = (text: string) => program.stdin!.write(text);
	/** Waits for the program's answer to a line. */
	const answer = async (): Promise<string> => {
		let found: RegExpExecArray | null = null;
		await until(() => `an answer in ${JSON.stringify(arrived)}`, () => (found = /(?:^|[\r\nK])(\d+: [^\r\n]*)\r?\n/.exec(arrived)) !== null, undefined, 5);
		arrived = arrived.slice(found!.index + found![0].length);
		return found![1]!;
	};
	/** Until the row is that, and the cursor where it is to be. */
	const settled = (text: string, column?: number): Promise<void> =>
		until(() => `"${text}" in the row "${screen.row}", column ${screen.column}`, () => screen.row === text && (column === undefined || screen.column === column), undefined, 5);

	before(async function (this: any) {
		if (spawnSync("script", ["--version"]).status !== 0) {
			console.log("    skipped: no program called script (Debian: bsdutils)");
			this.skip();
		}
		const engine = await build(this, { bits: 64 });
		program = spawn("script", ["-qfec", `${engine} --root build --entry host-tests/support/console-program-xs.js`, "/dev/null"], { stdio: ["pipe", "pipe", "inherit"] });
		screen = new Screen();
		program.stdout!.setEncoding("latin1").on("data", (chunk: string) => {
			arrived += chunk;
			screen.write(chunk);
		});
		await until(() => `"ready" in ${arrived}`, () => arrived.includes("ready"));
		arrived = "";
	} as () => Promise<void>);
	after(() => {
		program?.kill("SIGKILL");
	});

	it("edits lines", async () => {
		for (const [fact, typed, line] of LINES) {
			type(typed);
			equal(await answer(), `${line.length}: ${line}`, fact);
		}
	});

	it("takes what it takes byte by byte, in whatever pieces it comes", async () => {
		for (const piece of ["a", "c", "\x1b", "[", "D", "b", "\x1b[", "F", "d", "\r"]) {
			type(piece);
			await new Promise(resolve => setTimeout(resolve, 2));
		}
		equal(await answer(), "4: abcd");
	});

	it("shows the line as it is edited, and the cursor in its place", async () => {
		type(`hello worle${LEFT}`);
		await settled("hello worle", 10);
		type(DELETE + "d");
		await settled("hello world");
		type(HOME);
		await settled("hello world");
		type("\x0b");
		await settled("");
		type("\r");
		equal(await answer(), "0: ");
	});

	it("keeps 1024 characters, and shows those around the cursor", async () => {
		type("x".repeat(2000) + "y");
		await settled("x".repeat(77), 77);
		type(HOME);
		await settled("x".repeat(78), 0);
		type("\r");
		equal(await answer(), `1024: ${"x".repeat(20)}`);
	});

	it("calls back the last lines, and what was being typed before them", async () => {
		for (const line of ["one", "two", "two", " secret", "three", "four", "five"]) {
			type(`${line}\r`);
			await answer();
		}
		type(`draft${UP}`);
		await settled("five");
		for (const line of ["four", "three", "two", "two"]) {
			type(UP);
			await settled(line);
		}
		for (const line of ["three", "four", "five", "draft", "draft"]) {
			type(DOWN);
			await settled(line);
		}
		type(`${UP}${UP}s\r`);
		equal(await answer(), "5: fours");
		type("\x10\r");
		equal(await answer(), "5: fours");
	});

	it("does not keep a line that is longer than what it keeps", async () => {
		type(`${"l".repeat(128)}\r`);
		await answer();
		type(`${"m".repeat(127)}\r`);
		await answer();
		type(UP);
		await settled("m".repeat(77));
		type(UP + UP);
		await settled("five");
		type("\x15\r");
		await answer();
	});

	it("shows what is typed below what is printed meanwhile", async () => {
		type("later\rhalf a line");
		await settled("half a line");
		await answer();
		await settled("half a line", 11);
		equal(screen.rows.at(-2)!.startsWith("5: later"), true);
		type("\x15\r");
		await answer();
	});

	it("shows and keeps nothing while it is silent", async () => {
		type("silent\rkey material\r");
		equal(await answer(), "6: silent");
		equal(await answer(), "12: key material");
		type("loud\r");
		equal(await answer(), "4: loud");
		type(UP);
		await settled("silent");
		ok(screen.rows.every(row => row !== "key material"), screen.rows.join("\n"));
		type("\x15\r");
		await answer();
	});

	it("leaves Ctrl-C to the system", async () => {
		const ended = new Promise(resolve => program.on("close", resolve));
		type(`${CTRL_C}${CTRL_C}`);
		deepEqual(await ended, 130);
	});
});
