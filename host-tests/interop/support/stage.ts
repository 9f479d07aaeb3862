/** Broker, vehicle and the board on the XS engine for one test, on loopback addresses of their own. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { after, before, it, ok, skip } from "#test";
import { BoardProcess, type BoardOptions, type BoardStatus } from "../../../scripts/demo/board-process.js";
import { startBroker, type Broker, type BrokerOptions } from "../../../scripts/demo/broker.js";
import { ensureCertificates, type CertificateFiles } from "../../../scripts/demo/certificates.js";
import { countDelivered, type Subscriber, type SubscriberOptions } from "../../../scripts/demo/subscriber.js";
import { VehicleProcess } from "../../../scripts/demo/vehicle-process.js";
import { vehicleRoutes } from "../../../scripts/demo/vehicle-services.js";
import { PATIENCE, until } from "../../support/patience.js";
import { build } from "../../xs/support/run.js";
import { ownNetwork } from "./network.js";

export const VIN = "ZNLTST00000000001";
export const BROKER_ADDRESS = "127.0.0.1";
export const SD_PORT = 30490;

/** The file that the board reads, for a test to change. */
export type GatewayFile = Record<string, any>;

export interface BoardChanges {
	/** Changes the configuration before it is written. */
	change?: (file: GatewayFile) => void;
	/** What is written in its place. */
	text?: string;
	/** UDP port of the broker; default: that of the stage's broker. */
	brokerPort?: number;
	arena?: number;
	keylog?: string;
	args?: string[];
}

export interface Delivered {
	topic: string;
	payload: Buffer;
	retained: boolean;
}

// Every mosquitto ends with this process.
process.setMaxListeners(100);

let engine = "", certificates: Promise<CertificateFiles> | undefined;
const folder = mkdtempSync(join(tmpdir(), "zonal-stage-"));
process.on("exit", () => { rmSync(folder, { recursive: true, force: true }); });

/** Declares what every suite with the board needs first. Returns false, with a skipped test, where it cannot run here. */
export function needBoard(): boolean {
	if (!existsSync("/usr/sbin/mosquitto")) {
		skip("everything", "mosquitto is not installed");
		return false;
	}
	before(async function (this: any) {
		engine = await build(this, { bits: 64 });
		await goodCertificates();
	} as () => Promise<void>);
	return true;
}

type Tests = Record<string, () => Promise<void>>;

/** Tests of suites that take long because they wait, by suite. */
const early: (() => Promise<void>)[] = [];

/** Tests that mostly wait begin together; each is judged by itself. All of them are begun, whichever are asked for.
 *  `isLong`: they begin with the first such suite, and wait while other suites run. */
export function together(tests: Tests, isLong = false): void {
	const running = new Map<string, Promise<void>>();
	const begin = async () => {
		for (const [name, body] of Object.entries(tests)) {
			const result = body();
			result.catch(() => { /* thrown where it is awaited */ });
			running.set(name, result);
			// One handshake after the other: they share two cores.
			await delay(150);
		}
	};
	if (isLong)
		early.push(begin);
	before(async () => {
		for (const begin of isLong ? early.splice(0) : [])
			await begin();
		if (!isLong)
			await begin();
	});
	for (const name of Object.keys(tests)) {
		it(name, async function (this: any) {
			this.timeout(300_000);
			await running.get(name);
		} as () => Promise<void>);
	}
	after(async () => { await Promise.allSettled(running.values()); });
}

/** A CA and a server certificate for localhost and 127.0.0.1. */
export function goodCertificates(): Promise<CertificateFiles> {
	return certificates ??= ensureCertificates(join(folder, "good"), { dns: ["localhost"], ip: [BROKER_ADDRESS] });
}

/** Writes a file into the folder of this run and returns its path. */
export function write(name: string, text: string): string {
	const path = join(folder, name);
	writeFileSync(path, text);
	return path;
}

export class Stage {
	readonly part: number;
	/** 127.x.y.1 and .2, with a group that nobody else listens to. */
	readonly boardAddress: string;
	readonly vehicleAddress: string;
	readonly group: string;
	/** What the board wrote, without answers to `status`; what the broker and the vehicle said. */
	readonly lines: string[] = [];
	readonly brokerLines: string[] = [];
	readonly vehicleLines: string[] = [];
	/** What the subscriber of the broker received. */
	readonly delivered: Delivered[] = [];
	broker: Broker | undefined;
	vehicle: VehicleProcess | undefined;
	board: BoardProcess | undefined;
	#subscriber: Subscriber | undefined;
	#also: (() => void | Promise<void>)[] = [];

	private constructor(network: string) {
		this.part = Number(network.split(".")[1]);
		this.boardAddress = `127.${network}.1`;
		this.vehicleAddress = `127.${network}.2`;
		this.group = `239.${network}.1`;
	}

	/** Runs `body` on a stage and clears it away, whatever happens. Where it fails, the message has the board's log. */
	static async run(body: (stage: Stage) => Promise<void>): Promise<void> {
		const stage = new Stage(await ownNetwork());
		try {
			await body(stage);
		}
		catch (error) {
			(error as Error).message += `\n${stage.lines.slice(-25).map(line => `    | ${line}`).join("\n")}`;
			throw error;
		}
		finally {
			await stage.clear();
		}
	}

	/** Also ends at `clear`. */
	also(end: () => void | Promise<void>): void {
		this.#also.push(end);
	}

	async startBroker(options: Partial<BrokerOptions> = {}): Promise<Broker> {
		const log = (line: string) => { this.brokerLines.push(line); };
		return this.broker = await startBroker({ certificates: await goodCertificates(), host: BROKER_ADDRESS, log, ...options });
	}

	async subscribe(options: SubscriberOptions = {}): Promise<void> {
		const take = (topic: string, payload: Buffer, retained: boolean) => { this.delivered.push({ topic, payload, retained }); };
		this.#subscriber = await countDelivered(this.broker!.mqttPort, "#", take, options);
	}

	async startVehicle(): Promise<VehicleProcess> {
		return this.vehicle = await VehicleProcess.start({
			address: this.vehicleAddress, group: this.group, port: SD_PORT, onLine: line => { this.vehicleLines.push(line); },
		});
	}

	async startBoard(changes: BoardChanges = {}): Promise<BoardProcess> {
		const file: GatewayFile = {
			name: `board-${this.part}`, vin: VIN,
			network: {
				address: this.boardAddress, netmask: "255.255.255.0",
				sd: { group: this.group, port: SD_PORT, topologyCheck: false },
			},
			broker: { url: `mqtt-quic://${BROKER_ADDRESS}:${changes.brokerPort ?? this.broker?.port ?? 1}`, ca: (await goodCertificates()).ca },
			routes: vehicleRoutes(),
		};
		changes.change?.(file);
		return this.startBoardWith(write(`gateway-${this.part}.json`, changes.text ?? JSON.stringify(file)), changes);
	}

	/** `config`: path of a file that may not be one. */
	startBoardWith(config: string, { arena, keylog, args }: BoardChanges = {}): BoardProcess {
		const options: BoardOptions = { engine, root: resolve("build"), config, onLine: line => { this.lines.push(line); } };
		if (arena !== undefined)
			options.arena = arena;
		if (keylog !== undefined)
			options.keylog = keylog;
		if (args !== undefined)
			options.args = args;
		return this.board = new BoardProcess(options);
	}

	/** Broker with a subscriber, the demo's vehicle, and the board up and subscribed. */
	async startAll(changes: BoardChanges = {}): Promise<void> {
		await this.startBroker();
		await this.subscribe();
		await this.startVehicle();
		await this.startBoard(changes);
		await this.untilRunning();
	}

	/** Until the broker has said CONNACK and every eventgroup is subscribed. */
	async untilRunning(limit = PATIENCE): Promise<void> {
		await this.status("up", ({ mqtt }) => mqtt.connected, limit);
		if (this.vehicle !== undefined)
			await this.until("every eventgroup subscribed", () => this.vehicle!.isSubscribed, limit);
	}

	/** Waits for a condition; `what` tells what was missed. */
	until(what: string, done: () => boolean, limit = PATIENCE): Promise<void> {
		return until(what, done, limit);
	}

	/** Waits for a line of the board that was written after the first `from`, and returns it. */
	async line(pattern: RegExp, from = 0, limit = PATIENCE): Promise<string> {
		const find = () => this.lines.find((line, i) => i >= from && pattern.test(line));
		await this.until(`a line like ${pattern}`, () => find() !== undefined || this.board?.exitStatus !== undefined, limit);
		const line = find();
		ok(line !== undefined, `the board ended with status ${this.board?.exitStatus} before a line like ${pattern}`);
		return line!;
	}

	/** Waits until the board's status is as wanted, and returns it. */
	async status(what: string, done: (status: BoardStatus) => boolean = () => true, limit = PATIENCE): Promise<BoardStatus> {
		let status: BoardStatus | undefined;
		await until(() => `${what}; the status is ${JSON.stringify(status)}`, async () => {
			status = await this.board!.status();
			ok(status !== undefined || this.board!.exitStatus === undefined, `the board ended with status ${this.board!.exitStatus} before: ${what}`);
			return status !== undefined && done(status);
		}, limit, 30);
		return status!;
	}

	/** Events that were delivered, by the topic's last part ("8001"). */
	events(event: string): Delivered[] {
		return this.delivered.filter(({ topic }) => topic.endsWith(`/event/${event}`));
	}

	/** Resolves when an event arrives at the broker that was not there before. */
	async untilMore(limit = PATIENCE): Promise<void> {
		const before = this.delivered.length;
		await this.until("another event delivered", () => this.delivered.slice(before).some(({ topic, retained }) => topic.includes("/event/") && !retained), limit);
	}

	/** Asks the board to end, which it must with status 0 and within its own limit. */
	async quit(): Promise<void> {
		const status = await this.board!.quit();
		ok(status === 0, `the board ended with status ${status} after quit`);
		ok(/board: stopped$/.test(this.lines.at(-1) ?? ""), `its last line is ${this.lines.at(-1)}`);
	}

	async clear(): Promise<void> {
		if (this.board !== undefined && this.board.exitStatus === undefined)
			this.board.kill();
		for (const end of this.#also)
			await end();
		await Promise.allSettled([this.board?.ended, this.vehicle?.stop(), this.#subscriber?.stop()]);
		await this.broker?.stop();
	}
}
