/** A pseudo-terminal in place of a board's serial port (pty.c). */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { PATIENCE, until } from "../../support/patience.js";

const SOURCE = "host-tests/interop/support/pty.c";
const PROGRAM = resolve("build/host-tests/pty");

/** Whether the program is there, or can be made. */
export function havePty(): boolean {
	if (existsSync(PROGRAM) && statSync(PROGRAM).mtimeMs > statSync(SOURCE).mtimeMs)
		return true;
	const { status, stderr, error } = spawnSync("gcc", ["-Wall", "-Wextra", "-Werror", "-o", PROGRAM, SOURCE], { encoding: "utf8" });
	if (error !== undefined)
		return false;
	if (status !== 0)
		throw new Error(stderr);
	return true;
}

/** What a process said, and a wait for it. */
export class Talk {
	text = "";
	readonly child: ChildProcess;

	constructor(command: string, args: string[], env: NodeJS.ProcessEnv = process.env) {
		this.child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], env });
		for (const stream of [this.child.stdout!, this.child.stderr!])
			stream.setEncoding("utf8").on("data", (text: string) => { this.text += text; });
		this.child.stdin!.on("error", () => undefined);
	}

	write(text: string): void {
		this.child.stdin!.write(text);
	}

	/** Until the text, from a position on, holds it; an Error with all that was said where it does not. `line`: typed again and
	 *  again until then. */
	until(what: RegExp, line?: string, from = 0): Promise<void> {
		return until(() => `a line like ${what} in:\n${this.text}`, () => {
			const isThere = what.test(this.text.slice(from));
			if (!isThere && line !== undefined)
				this.write(`${line}\n`);
			return isThere;
		}, PATIENCE, line === undefined ? 10 : 300);
	}

	/** Its status; where it does not end it is killed, and that is -2. */
	async end(): Promise<number> {
		const { child } = this;
		await until("the end of the program", () => child.exitCode !== null || child.signalCode !== null).catch(() => child.kill("SIGKILL"));
		return child.exitCode ?? -2;
	}
}

/** The other end of the port: joined to `talk`, or to a program that runs behind it. */
export class Pty {
	readonly path: string;
	talk: Talk;
	#folder: string;
	#program: string[];

	constructor(...program: string[]) {
		this.#folder = mkdtempSync(join(tmpdir(), "zonal-pty-"));
		this.path = join(this.#folder, "port");
		this.#program = program;
		this.talk = this.#start();
	}

	/** The device goes away. */
	async unplug(): Promise<void> {
		this.talk.child.stdin!.end();
		this.talk.child.kill();
		await this.talk.end();
		rmSync(this.path, { force: true });
	}

	plug(): void {
		this.talk = this.#start();
	}

	async ready(): Promise<this> {
		await until(() => `a pseudo-terminal: ${this.talk.text}`, () => existsSync(this.path));
		return this;
	}

	async close(): Promise<void> {
		await this.unplug();
		rmSync(this.#folder, { recursive: true, force: true });
	}

	#start(): Talk {
		return new Talk(PROGRAM, [this.path, ...this.#program]);
	}
}
