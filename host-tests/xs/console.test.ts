import { spawn } from "node:child_process";
import { after, before, describe, deepEqual, equal, it, ok } from "#test";
import { build } from "./support/run.js";

const TIME = /^([EWID]) \(\d+\) /;

/** Starts a program and talks with it: a line in, a line out. */
class Dialogue {
	#child;
	#lines: string[] = [];
	#wake = () => { /* nobody waits */ };
	readonly ended: Promise<number | null>;

	constructor(command: string, args: string[]) {
		this.#child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
		let rest = "";
		this.#child.stdout.setEncoding("utf8").on("data", chunk => {
			const lines = (rest + chunk).split("\n");
			rest = lines.pop()!;
			this.#lines.push(...lines);
			this.#wake();
		});
		this.ended = new Promise(resolve => this.#child.on("close", resolve));
	}

	type(text: string): void {
		this.#child.stdin.write(text);
	}

	async line(): Promise<string> {
		while (this.#lines.length === 0)
			await new Promise<void>(resolve => { this.#wake = resolve; });
		return this.#lines.shift()!;
	}

	kill(): void {
		this.#child.kill("SIGKILL");
	}
}

function contract(name: string, bits: number, make: () => Dialogue): void {
	describe(`ports: console, log and system ${name}`, () => {
		let program: Dialogue;
		before(() => { program = make(); });
		after(() => program.kill());

		it("log: level, time and module before the text, one line whatever the text holds, nothing above the level", async () => {
			const lines: string[] = [];
			for (let line = await program.line(); line !== "ready"; line = await program.line())
				lines.push(line);
			ok(lines.every(line => TIME.test(line)), lines.join("\n"));
			deepEqual(lines.map(line => line.replace(TIME, "$1 ")), [
				"E test: an error", "W test: a warning", "I test: a line?that would be two ?[31mand red", "D test: shown now",
			]);
		});
		it("console: whole lines without their end, however they come", async () => {
			program.type("one\r\ntw");
			equal(await program.line(), "3: one");
			program.type("o\n\nthree\n");
			deepEqual([await program.line(), await program.line(), await program.line()], ["3: two", "0: ", "5: three"]);
		});
		it("console: keeps 1024 characters of a longer line, and goes on with the next", async () => {
			program.type(`${"x".repeat(5000)}\nnext\n`);
			deepEqual([await program.line(), await program.line()], [`1024: ${"x".repeat(20)}`, "4: next"]);
		});
		it("system: tells its engine and memory", async () => {
			program.type("memory\n");
			equal(await program.line(), `true true ${bits} true true`);
		});
		it("system: exit ends the program with the status", async () => {
			program.type("end 7\n");
			equal(await program.ended, 7);
		});
	});
}

contract("on Node", 64, () => new Dialogue(process.execPath, ["build/host-tests/support/console-program-node.js"]));

describe("ports: natives", () => {
	let engine = "";
	before(async function (this: any) {
		engine = await build(this, { bits: 64 });
	} as () => Promise<void>);
	contract("on XS, in the arena", 64, () => new Dialogue(engine, ["--root", "build", "--entry", "host-tests/support/console-program-xs.js"]));
});
