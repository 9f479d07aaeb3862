/** The parent's side of `vehicle.js` and `replay.js`. */
import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { NetworkOptions } from "./ecu-program.js";
import type { FromVehicle, ToVehicle, VehicleStatistics } from "./vehicle-messages.js";

const STOP_LIMIT = 10_000;

export interface VehicleProcessOptions extends Partial<NetworkOptions> {
	/** A pcap file to play instead of being the demo's vehicle. */
	capture?: string;
	onLine?: (line: string) => void;
}

export class VehicleProcess {
	statistics: VehicleStatistics = { sent: 0, datagrams: 0, subscribed: 0, eventgroups: 0 };
	/** "0x1101.0x0001 Powertrain", … */
	services: string[] = [];
	/** Resolves when a recording has been played; rejects where the process ended before. */
	readonly played: Promise<void>;
	/** Resolves with the exit status, -1 where a signal ended it. */
	readonly ended: Promise<number>;
	#child: ChildProcess;
	#waiting = new Set<() => void>();
	#isReady = false;
	#isOver = false;
	#hasPlayed = false;
	#errors: string[] = [];
	#onExit = () => { this.#child.kill("SIGKILL"); };

	private constructor(options: VehicleProcessOptions) {
		const { capture, onLine = () => {}, ...network } = options;
		const file = fileURLToPath(new URL(capture === undefined ? "vehicle.js" : "replay.js", import.meta.url));
		const flags = Object.entries({ capture, ...network }).flatMap(([name, value]) => value === undefined ? [] : [`--${name}`, `${value}`]);
		this.#child = fork(file, flags, {
			stdio: ["ignore", "pipe", "pipe", "ipc"],
			// A terminal's Ctrl-C reaches the whole group; the parent decides the order of the end.
			detached: true,
		});
		process.on("exit", this.#onExit);
		this.#child.stderr!.setEncoding("utf8").on("data", (text: string) => {
			this.#errors.push(text);
			for (const line of text.trimEnd().split("\n"))
				onLine(line);
		});
		this.#child.stdout!.resume();
		this.#child.on("message", (message: FromVehicle) => {
			if (message.type === "log")
				onLine(message.text);
			else if (message.type === "ready") {
				this.#isReady = true;
				this.services = message.services;
			}
			else {
				this.statistics = message.statistics;
				this.#hasPlayed ||= message.type === "played";
			}
			this.#wake();
		});
		this.ended = new Promise(resolve => {
			const over = (status: number) => {
				process.off("exit", this.#onExit);
				this.#isOver = true;
				this.#wake();
				resolve(status);
			};
			this.#child.on("close", status => over(status ?? -1));
			this.#child.on("error", error => {
				this.#errors.push(error.message);
				over(-1);
			});
		});
		this.played = this.until(() => this.#hasPlayed);
		this.played.catch(() => { /* whoever waits for it is told */ });
	}

	/** Resolves when it offers its services; rejects with what it said where it could not start. */
	static async start(options: VehicleProcessOptions = {}): Promise<VehicleProcess> {
		const vehicle = new VehicleProcess(options);
		await vehicle.until(() => vehicle.#isReady);
		return vehicle;
	}

	/** True while every eventgroup has a subscriber. */
	get isSubscribed(): boolean {
		return this.statistics.eventgroups > 0 && this.statistics.subscribed >= this.statistics.eventgroups;
	}

	/** Resolves when `done` answers true after a message; rejects where the process ended before. */
	async until(done: () => boolean): Promise<void> {
		while (!done()) {
			if (this.#isOver)
				throw new Error(this.#errors.join("").trim() || "the vehicle has ended");
			await new Promise<void>(resolve => { this.#waiting.add(resolve); });
		}
	}

	/** A recording: play, as soon as all eventgroups are subscribed. The vehicle: go on after `pause`. */
	go(): void {
		this.#tell({ type: "go" });
	}

	/** Sends no more events, and goes on offering. */
	pause(): void {
		this.#tell({ type: "pause" });
	}

	/** StopOffer and end, by force after ten seconds. Idempotent; returns the exit status. */
	async stop(): Promise<number> {
		this.#tell({ type: "stop" });
		const timer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_LIMIT);
		const status = await this.ended;
		clearTimeout(timer);
		return status;
	}

	/** Is gone at once, without StopOffer: as in a power cut. */
	async kill(): Promise<void> {
		this.#child.kill("SIGKILL");
		await this.ended;
	}

	#tell(message: ToVehicle): void {
		if (this.#child.connected)
			this.#child.send(message);
	}

	#wake(): void {
		for (const resolve of this.#waiting)
			resolve();
		this.#waiting.clear();
	}
}
