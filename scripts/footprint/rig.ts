/** The board in its arena with all that it needs around it: a vehicle in this process, a broker, a subscriber. For
 *  measurements, which say what is sent and when. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { BoardProcess, type BoardStatus } from "../demo/board-process.js";
import { startBroker, type Broker, type BrokerOptions } from "../demo/broker.js";
import { Ecu } from "../demo/ecu.js";
import { countDelivered, type Subscriber } from "../demo/subscriber.js";
import { id } from "../demo/vehicle-services.js";

const VIN = "ZNLDEM00000000001";
const FIRST_SERVICE = 0x1101;
const FIRST_EVENT = 0x8001;
const FIRST_PORT = 30501;
/** ms that anything may take that is waited for. */
const WAIT_MAX = 60_000;
/** Events that are sent at once where the machine was late: what a socket of the board holds. */
const BURST_MAX = 20;
let rigs = 0;

export interface RigOptions {
	/** Path of the XS engine. */
	engine: string;
	engineOptions?: string[];
	/** PEM files: what the board trusts; the broker's chain and key. */
	ca: string;
	certificates: { chain: string, key: string };
	/** The host of the broker's URL; default 127.0.0.1. */
	host?: string;
	/** Services of the vehicle, and events of each; even events go at QoS 0, odd ones at QoS 1. */
	services?: number;
	events?: number;
	/** Methods of the configuration; nobody calls them. */
	methods?: number;
	/** Further options of the firmware, of the terminator; and of `broker` in the configuration. */
	args?: string[];
	terminator?: Partial<BrokerOptions>;
	broker?: object;
	/** Sees every line of the board's log. */
	onLine?: (line: string) => void;
}

export class Rig {
	readonly broker: Broker;
	readonly log: string[] = [];
	board: BoardProcess;
	/** Event messages that the subscriber got. */
	delivered = 0;
	#options: RigOptions;
	#folder: string;
	#ecu: Ecu;
	#handles: number[][] = [];
	#subscriber: Subscriber | undefined;

	private constructor(options: RigOptions, broker: Broker) {
		const { services = 4, events = 4, methods = 0 } = options, part = 1 + (process.pid + 7 * rigs++) % 250;
		this.#options = options;
		this.broker = broker;
		this.#folder = mkdtempSync(join(tmpdir(), "zonal-rig-"));
		const network = { address: `127.78.${part}.1`, sd: { group: `239.78.${part}.1`, port: 30490, topologyCheck: false } };
		this.#ecu = new Ecu({ address: `127.78.${part}.2`, group: network.sd.group, port: network.sd.port });
		const routes: object[] = [];
		for (let service = 0; service < services; service++) {
			const handle = this.#ecu.provider.offer(FIRST_SERVICE + service, 1, 1, 0, FIRST_PORT + service), group = this.#ecu.provider.eventgroup(handle, 1);
			this.#handles.push([]);
			for (let event = 0; event < events; event++) {
				this.#handles[service]!.push(this.#ecu.provider.event(FIRST_EVENT + event, [group]));
				routes.push({ service: id(FIRST_SERVICE + service), instance: id(1), eventgroup: id(1), event: id(FIRST_EVENT + event), qos: event & 1 });
			}
		}
		mkdirSync(this.#folder, { recursive: true });
		writeFileSync(join(this.#folder, "gateway.json"), JSON.stringify({
			name: "zonal-rig", vin: VIN, network, routes,
			methods: Array.from({ length: methods }, (_, i) => ({ service: id(FIRST_SERVICE + i % services), instance: id(1), method: id(1 + i) })),
			broker: { url: `mqtt-quic://${options.host ?? "127.0.0.1"}:${broker.port}`, ca: resolve(options.ca), ...options.broker },
		}));
		this.#ecu.start(this.#handles.map((_, service) => FIRST_PORT + service));
		this.board = this.#startBoard();
	}

	/** Starts everything; the board is not waited for. */
	static async start(options: RigOptions): Promise<Rig> {
		const broker = await startBroker({ certificates: options.certificates, host: "127.0.0.1", ...options.terminator });
		const rig = new Rig(options, broker);
		rig.#subscriber = await countDelivered(broker.mqttPort, `vehicle/${VIN}/someip/#`, topic => {
			if (topic.includes("/event/"))
				rig.delivered++;
		});
		return rig;
	}

	/** Until CONNACK and the vehicle's acknowledgments; throws with the board's log where that does not come. */
	async up(): Promise<BoardStatus> {
		return this.until("up", status => status.mqtt.connected && status.mqtt.queued === 0 && status.someip.subscriptions === this.#handles.length);
	}

	async until(what: string, holds: (status: BoardStatus) => boolean): Promise<BoardStatus> {
		for (const from = Date.now(); Date.now() - from < WAIT_MAX; await delay(50)) {
			const status = await this.board.status();
			if (status !== undefined && holds(status))
				return status;
			if (this.board.exitStatus !== undefined)
				break;
		}
		throw new Error(`the board is not ${what}${this.board.exitStatus === undefined ? "" : `, it ended with status ${this.board.exitStatus}`}:\n${this.log.slice(-20).join("\n")}`);
	}

	/** Sends one event. */
	send(service: number, event: number, payload: Uint8Array): void {
		this.#ecu.provider.notify(this.#handles[service]![event]!, payload, 0, payload.length);
		this.#ecu.drive();
	}

	/** Sends `count` events of `length` bytes at `rate` per second, over all services and `events` in turn, and waits until
	 *  the subscriber has them all. `events`: of each service; default all. */
	async stream(count: number, rate: number, length: number, events = this.#handles[0]!.map((_, event) => event)): Promise<void> {
		const payload = new Uint8Array(length), from = performance.now(), before = this.delivered;
		for (let sent = 0; sent < count;) {
			for (const due = Math.min(count, sent + BURST_MAX, Math.ceil((performance.now() - from) * rate / 1000)); sent < due; sent++) {
				payload[0] = sent;
				payload[1] = sent >> 8;
				const services = this.#handles.length;
				this.send(sent % services, events[Math.floor(sent / services) % events.length]!, payload);
			}
			await delay(1);
		}
		for (const since = Date.now(); this.delivered - before < count && Date.now() - since < WAIT_MAX;)
			await delay(5);
		if (this.delivered - before !== count)
			throw new Error(`${this.delivered - before} of ${count} events were delivered:\n${this.log.slice(-20).join("\n")}`);
	}

	async stop(): Promise<void> {
		await this.board.quit();
		await this.#ecu.stop();
		await this.#subscriber?.stop();
		await this.broker.stop();
		rmSync(this.#folder, { recursive: true, force: true });
	}

	#startBoard(): BoardProcess {
		const { engine, engineOptions, args, onLine } = this.#options;
		return new BoardProcess({
			engine, root: resolve("build"), config: join(this.#folder, "gateway.json"),
			...engineOptions === undefined ? {} : { engineOptions }, ...args === undefined ? {} : { args },
			onLine: line => {
				this.log.push(line);
				onLine?.(line);
			},
		});
	}
}
