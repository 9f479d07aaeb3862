/** Processes of a measurement, all on one core: what they do for each other costs the same whoever is measured. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";

/** The last core that this process may use: the first one has most of the interrupts. */
export const CORE = lastCore();

function lastCore(): number {
	const { stdout, status } = spawnSync("taskset", ["-cp", `${process.pid}`], { encoding: "utf8" });
	const list = /: (\S+)$/m.exec(stdout ?? "")?.[1] ?? `0-${cpus().length - 1}`;
	if (status !== 0)
		throw new Error("taskset is missing (Debian's util-linux): the measurement pins its processes to one core");
	return Number(list.split(/[,-]/).at(-1));
}

/** A module in a process of its own that answers messages one by one. */
export class Pinned {
	#child: ChildProcess;
	#answer: ((value: any) => void) | undefined;
	#fail: ((error: Error) => void) | undefined;

	/** `module`: relative to the build of scripts/bench. */
	constructor(module: string, args: string[] = []) {
		const path = fileURLToPath(new URL(module, import.meta.url));
		this.#child = spawn("taskset", ["-c", `${CORE}`, process.execPath, "--expose-gc", path, ...args], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
		this.#child.on("message", value => this.#answer?.(value));
		this.#child.on("close", status => this.#fail?.(new Error(`${module} ended with status ${status}`)));
	}

	ask<T>(message: object): Promise<T> {
		return new Promise((resolve, reject) => {
			this.#answer = resolve;
			this.#fail = reject;
			this.#child.send(message);
		});
	}

	stop(): void {
		this.#fail = undefined;
		this.#child.kill();
	}
}

/** Answers the parent's messages with what `handle` returns. */
export function serve(handle: (message: any) => unknown): void {
	process.on("message", async message => { process.send!(await handle(message) ?? null); });
	process.on("disconnect", () => process.exit());
}

export function median(values: number[]): number {
	const sorted = values.slice().sort((a, b) => a - b);
	return sorted[sorted.length >> 1]!;
}
