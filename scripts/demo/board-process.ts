/** The board as a process: the XS engine with the firmware, its serial log on stdout, its console on stdin. */
import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";

/** What the console's `status` answers; see firmware/gateway/console.ts. */
export interface BoardStatus {
	engine: { name: string; version: string; bits: number };
	memory: { arenaBytes: number; usedBytes: number; peakBytes: number; libraryHeapBytes: number };
	link: string;
	state: string;
	someip: { received: number; dropped: number; services: number; subscriptions: number };
	quic: {
		established: boolean; version: string; cipher: string; handshakeDatagrams: number; handshakeBytes: number;
		rttMs: number; packetsSent: number; packetsLost: number;
	};
	mqtt: { connected: boolean; published: number; acknowledged: number; queued: number; overflowed: number; reconnects: number };
	lastError: string;
}

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
	onLine: (line: string) => void;
}

const STATUS = "status ";

export class BoardProcess {
	#child: ChildProcess;
	#waiting: ((status: BoardStatus) => void)[] = [];
	/** Resolves with the exit status, or -1 where a signal ended it. */
	readonly ended: Promise<number>;
	exitStatus: number | undefined;

	constructor(options: BoardOptions) {
		this.#child = spawn(options.engine, [
			"--root", options.root, "--entry", "firmware/main.js", ...options.arena ? ["--arena", `${options.arena}`] : [],
			"--", "--config", options.config, ...options.keylog ? ["--keylog", options.keylog] : [], ...options.args ?? [],
		// A terminal's Ctrl-C reaches the whole group; the parent decides the order of the end.
		], { stdio: ["pipe", "pipe", "pipe"], detached: true });
		createInterface({ input: this.#child.stdout! }).on("line", line => {
			if (line.startsWith(STATUS))
				this.#waiting.shift()?.(JSON.parse(line.slice(STATUS.length)));
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

	/** Asks the console; undefined where the board ended or gave no answer within two seconds. */
	status(): Promise<BoardStatus | undefined> {
		if (this.exitStatus !== undefined)
			return Promise.resolve(undefined);
		return new Promise(resolve => {
			const answered = (status: BoardStatus) => {
				clearTimeout(timer);
				resolve(status);
			};
			const timer = setTimeout(() => {
				// Or the next answer would go to nobody.
				this.#waiting.splice(this.#waiting.indexOf(answered), 1);
				resolve(undefined);
			}, 2000);
			this.#waiting.push(answered);
			this.type("status");
		});
	}

	/** Nobody types any more. */
	hangUp(): void {
		this.#child.stdin!.end();
	}

	/** Ends the board cleanly, by force after five seconds. Returns its exit status. */
	async quit(): Promise<number> {
		if (this.exitStatus !== undefined)
			return this.exitStatus;
		this.type("quit");
		const timer = setTimeout(() => this.#child.kill("SIGKILL"), 5000);
		const status = await this.ended;
		clearTimeout(timer);
		return status;
	}

	kill(signal: NodeJS.Signals = "SIGKILL"): void {
		this.#child.kill(signal);
	}
}
