/** `npm start`: a vehicle, a broker and the board on loopback, watched until the end, then summed up. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { BoardProcess, type BoardStatus } from "./board-process.js";
import { startBroker, type Broker } from "./broker.js";
import { ensureCertificates } from "./certificates.js";
import { Delivery } from "./delivery.js";
import { Screen, statusLine } from "./status-line.js";
import { jsonOf, succeeded, summaryOf, type Outcome } from "./summary.js";
import { startReplay, startVehicle, type VehicleSide } from "./vehicle-side.js";

export interface DemoOptions {
	/** Path of the XS engine. */
	engine: string;
	/** Stops so long after the board is up; undefined: at Ctrl-C, or when a recording has been played. */
	seconds: number | undefined;
	/** A pcap file to replay instead of the demo's vehicle. */
	capture: string | undefined;
	json: boolean;
}

const VIN = "ZNLDEM00000000001";
const BROKER_ADDRESS = "127.0.0.1";
/** The board must be up after this time, ms: the handshake takes a few, a busy machine many. */
const UP_TIME_MAX = 60_000;
/** How long what was published may take to reach the subscriber once the vehicle is silent. */
const SETTLE_TIME_MAX = 30_000;

/** Returns the exit status: 0 only if events were delivered (and, of a recording, all of them, byte for byte). */
export async function runDemo(options: DemoOptions): Promise<number> {
	const screen = new Screen();
	const interrupted = new Promise<void>(resolve => {
		for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
			process.once(signal, () => {
				resolve();
				// A second one does not wait; what we started ends with us.
				process.once(signal, () => process.exit(130));
			});
	});
	const run = new Run(options, screen);
	try {
		const outcome = await run.main(interrupted);
		screen.end();
		for (const line of summaryOf(outcome))
			console.log(line);
		await run.close();
		if (options.json)
			console.log(JSON.stringify(jsonOf(outcome)));
		return succeeded(outcome) ? 0 : 1;
	}
	finally {
		screen.end();
		await run.close();
	}
}

class Run {
	#options: DemoOptions;
	#screen: Screen;
	#folder = resolve(".zonal");
	#broker: Broker | undefined;
	#delivery: Delivery | undefined;
	#vehicle: VehicleSide | undefined;
	#board: BoardProcess | undefined;
	#runFolder = join(this.#folder, `run-${process.pid}`);

	constructor(options: DemoOptions, screen: Screen) {
		this.#options = options;
		this.#screen = screen;
	}

	async main(interrupted: Promise<void>): Promise<Outcome> {
		const { capture } = this.#options;
		const say = (name: string, text: string) => this.#screen.line(`${name.padEnd(9)}${text}`);
		const certificates = await ensureCertificates(join(this.#folder, "certificates"), { dns: ["localhost"], ip: [BROKER_ADDRESS] });
		say("ca", `certificates of our own CA: ${relative(process.cwd(), certificates.ca)}`);
		this.#broker = await startBroker({ certificates, host: BROKER_ADDRESS });
		say("broker", `mosquitto behind QUIC on ${BROKER_ADDRESS}:${this.#broker.port}, ALPN mqtt`);
		this.#delivery = await Delivery.start(this.#broker.mqttPort, VIN, capture !== undefined);
		this.#vehicle = capture === undefined ? await startVehicle(say) : await startReplay(capture, VIN, say);
		say("board", "the topology check is off: all three share the loopback interface");
		this.#board = new BoardProcess({
			engine: this.#options.engine, root: resolve("build"), config: this.#writeConfiguration(certificates.ca),
			onLine: line => say("board", line),
		});
		const board = this.#board;
		const gone = board.ended.then(() => { throw new Error(`the board ended with status ${board.exitStatus}; its log above says why`); });
		gone.catch(() => { /* raced below */ });
		const stop = Promise.race([interrupted.then(() => "interrupted" as const), gone]);
		const up = await Promise.race([this.#untilUp(), stop]);
		if (up !== "interrupted") {
			await this.#watch(Promise.race([this.#end(), stop]));
		}
		return await this.#finish();
	}

	/** Stops what still runs; also after an error. */
	async close(): Promise<void> {
		this.#board?.kill();
		await this.#vehicle?.process.stop();
		await this.#delivery?.stop();
		await this.#broker?.stop();
		rmSync(this.#runFolder, { recursive: true, force: true });
	}

	#writeConfiguration(ca: string): string {
		const { routes, network } = this.#vehicle!;
		const file = join(this.#runFolder, "gateway.json");
		mkdirSync(this.#runFolder, { recursive: true });
		writeFileSync(file, `${JSON.stringify({
			name: "zonal-demo", vin: VIN, network,
			broker: { url: `mqtt-quic://${BROKER_ADDRESS}:${this.#broker!.port}`, ca: resolve(ca) },
			routes,
		}, undefined, "\t")}\n`);
		return file;
	}

	async #untilUp(): Promise<void> {
		const from = Date.now(), board = this.#board!;
		// What the board's end means the caller finds out; a loop that went on would keep the program alive.
		while (board.exitStatus === undefined) {
			const status = await board.status();
			if (status?.mqtt.connected)
				return;
			if (Date.now() - from > UP_TIME_MAX)
				throw new Error(`the board is not up after ${UP_TIME_MAX / 1000} s; its log above says why`);
			await delay(100);
		}
	}

	/** Shows the status line until `end` settles. */
	async #watch(end: Promise<unknown>): Promise<void> {
		let running = true, before: BoardStatus | undefined, at = Date.now();
		const over = end.finally(() => { running = false; });
		over.catch(() => { /* thrown by the await below */ });
		while (running) {
			const status = await this.#board!.status();
			if (status === undefined)
				break;
			const elapsed = (Date.now() - at) / 1000;
			at = Date.now();
			this.#screen.status(statusLine(status, before === undefined || elapsed === 0 ? 0 : (status.someip.received - before.someip.received) / elapsed));
			before = status;
			await Promise.race([over, delay(1000)]);
		}
		await over;
	}

	/** Settles when the time is up or a recording has been played and delivered; else never. */
	#end(): Promise<unknown> {
		const { capture, seconds } = this.#options;
		const ends: Promise<unknown>[] = [];
		if (seconds !== undefined)
			ends.push(delay(seconds * 1000));
		if (capture !== undefined)
			ends.push(this.#played());
		return ends.length > 0 ? Promise.race(ends) : new Promise(() => { /* until Ctrl-C */ });
	}

	async #played(): Promise<void> {
		const { process: vehicle, recorded } = this.#vehicle!;
		vehicle.go();
		await vehicle.played;
		await this.#settled(recorded!.length);
	}

	async #settled(count: number): Promise<void> {
		for (const from = Date.now(); this.#delivery!.events < count && Date.now() - from < SETTLE_TIME_MAX;)
			await delay(50);
	}

	/** Stops in order (vehicle, board, broker), so that nothing is on its way when the counting ends. */
	async #finish(): Promise<Outcome> {
		const board = this.#board!, recorded = this.#vehicle!.recorded;
		this.#vehicle!.process.pause();
		let status = await board.status();
		for (const from = Date.now(); status !== undefined && Date.now() - from < SETTLE_TIME_MAX
			&& status.mqtt.connected && status.mqtt.queued > 0; status = await board.status())
			await delay(50);
		const exitStatus = await board.quit();
		await delay(100);
		return {
			board: status, exitStatus, delivered: this.#delivery!.events,
			comparison: recorded === undefined ? undefined : this.#delivery!.compare(recorded),
		};
	}
}
