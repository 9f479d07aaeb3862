/** The board as a process: the XS engine with the firmware, its serial log on stdout, its console on stdin. */
import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { boundProgram } from "./bound-program.js";

/** What the console's `status` answers; see firmware/gateway/console.ts. */
export interface BoardStatus {
	engine: { name: string; version: string; bits: number };
	memory: { arenaBytes: number; usedBytes: number; peakBytes: number; libraryHeapBytes: number };
	link: string;
	state: string;
	someip: { received: number; dropped: number; services: number; subscriptions: number };
	calls: { requested: number; answered: number; failed: number };
	quic: {
		established: boolean; version: string; cipher: string; handshakeDatagrams: number; handshakeBytes: number;
		rttMs: number; packetsSent: number; packetsLost: number;
	};
	mqtt: { connected: boolean; published: number; acknowledged: number; queued: number; overflowed: number; reconnects: number };
	lastError: string;
}

/** What the console's `cost` answers: counters since the start, modulo 2^32, and memory. */
export interface BoardCost {
	slots: number;
	chunkBytes: number;
	meter: number;
	collections: number;
	slotBytes: number;
	liveBytes: number;
	peakLiveBytes: number;
	stackBytes: number;
	stackPeakBytes: number;
}

/** ms that an answer and an end may take. */
const ANSWER_LIMIT = 10_000;
const QUIT_LIMIT = 15_000;

export interface BoardOptions {
	/** Path of the XS engine, and the folder of transpiled modules. */
	engine: string;
	root: string;
	config: string;
	/** KiB; the build's default where absent. */
	arena?: number;
	keylog?: string;
	/** Further options of the firmware; see firmware/gateway/start.ts. */
	args?: string[];
	/** Further options of the engine; see hal/linux/main.c. */
	engineOptions?: string[];
	onLine: (line: string) => void;
}

export class BoardProcess {
	#child: ChildProcess;
	/** Who waits for an answer of the console, in the order of asking. */
	#waiting: { command: string; answer: (value: any) => void }[] = [];
	/** Resolves with the exit status, or -1 where a signal ended it. */
	readonly ended: Promise<number>;
	exitStatus: number | undefined;

	constructor(options: BoardOptions) {
		this.#child = spawn(...boundProgram(options.engine, [
			"--root", options.root, "--entry", "firmware/main.js", ...options.arena ? ["--arena", `${options.arena}`] : [],
			...options.engineOptions ?? [],
			"--", "--config", options.config, ...options.keylog ? ["--keylog", options.keylog] : [], ...options.args ?? [],
		// A terminal's Ctrl-C reaches the whole group; the parent decides the order of the end.
		]), { stdio: ["pipe", "pipe", "pipe"], detached: true });
		createInterface({ input: this.#child.stdout! }).on("line", line => {
			const [first] = this.#waiting;
			if (first !== undefined && line.startsWith(`${first.command} {`)) {
				this.#waiting.shift();
				first.answer(JSON.parse(line.slice(first.command.length)));
			}
			else
				options.onLine(line);
		});
		createInterface({ input: this.#child.stderr! }).on("line", options.onLine);
		this.#child.stdin!.on("error", () => { /* the board has ended: `ended` tells */ });
		this.ended = new Promise(resolve => this.#child.on("close", status => {
			this.exitStatus = status ?? -1;
			resolve(this.exitStatus);
		}));
	}

	get pid(): number {
		return this.#child.pid!;
	}

	/** Types one line on the console. */
	type(line: string): void {
		this.#child.stdin!.write(`${line}\n`);
	}

	/** Asks the console; undefined where the board ended or gave no answer within ten seconds. */
	status(): Promise<BoardStatus | undefined> {
		return this.#ask("status");
	}

	cost(): Promise<BoardCost | undefined> {
		return this.#ask("cost");
	}

	#ask(command: string): Promise<any> {
		if (this.exitStatus !== undefined)
			return Promise.resolve(undefined);
		return new Promise(resolve => {
			const waiter = { command, answer: (value: any) => {
				clearTimeout(timer);
				resolve(value);
			} };
			const timer = setTimeout(() => {
				// Or the next answer would go to nobody.
				this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
				resolve(undefined);
			}, ANSWER_LIMIT);
			this.#waiting.push(waiter);
			this.type(command);
		});
	}

	/** Nobody types any more. */
	hangUp(): void {
		this.#child.stdin!.end();
	}

	/** The engine prints the memory's figures on standard error (where it was started with --report). */
	report(): void {
		this.#child.kill("SIGUSR1");
	}

	/** Ends the board cleanly, by force where that takes too long. Returns its exit status. */
	async quit(): Promise<number> {
		if (this.exitStatus !== undefined)
			return this.exitStatus;
		this.type("quit");
		const timer = setTimeout(() => this.#child.kill("SIGKILL"), QUIT_LIMIT);
		const status = await this.ended;
		clearTimeout(timer);
		return status;
	}

	kill(signal: NodeJS.Signals = "SIGKILL"): void {
		this.#child.kill(signal);
	}
}
