/** The demo's vehicle: an ECU that offers the services of vehicle-services.ts and sends their events.
 *  `node build/scripts/demo/vehicle.js --address 127.0.0.3 --group 224.244.224.245 --port 30490` */
import { performance } from "node:perf_hooks";
import { pathToFileURL } from "node:url";
import type { Server } from "../../firmware/someip/server.js";
import { Ecu } from "./ecu.js";
import { SD_GROUP, SD_PORT, parseNetwork, run, tell, type NetworkOptions, type Program } from "./ecu-program.js";
import type { VehicleStatistics } from "./vehicle-messages.js";
import { VEHICLE_SERVICES, id, type VehicleEvent, type VehicleMethod } from "./vehicle-services.js";

export { VEHICLE_SERVICES, vehicleRoutes, type Route } from "./vehicle-services.js";

const HELP = `vehicle.js [options]: offers the demo's services until it is stopped
  --address A    own IPv4 address (127.0.0.3)
  --interface A  address of the interface for multicast (the own address)
  --netmask M    (255.255.255.0)
  --group G      multicast group of service discovery (224.244.224.245)
  --port N       UDP port of service discovery (30490)`;

/** An event that is this late is skipped, not caught up on: in periods. */
const LATE_MAX = 10;

interface Sender {
	source: VehicleEvent;
	/** Handles of the Provider. */
	event: number;
	eventgroup: number;
	payload: Buffer;
	/** How many were sent, and when the next is due, ms. */
	count: number;
	due: number;
}

export class Vehicle implements Program {
	readonly statistics: VehicleStatistics = { sent: 0, datagrams: 0, subscribed: 0, eventgroups: 0 };
	#ecu: Ecu;
	#senders: Sender[] = [];
	#names: string[] = [];
	/** By the Server's handle. */
	#methods: VehicleMethod[] = [];
	#timer: NodeJS.Timeout | undefined = undefined;

	constructor(network: NetworkOptions) {
		this.#ecu = new Ecu({
			group: SD_GROUP, port: SD_PORT, ...network, onRequest: server => this.#answer(server),
			onSubscribers: (eventgroup, count) => this.#onSubscribers(eventgroup, count),
		});
		const { provider, server } = this.#ecu;
		for (const { service, instance, major, minor, port, name, eventgroups, methods = [] } of VEHICLE_SERVICES) {
			const handle = provider.offer(service, instance, major, minor, port), served = server.service(service, major, port);
			for (const method of methods)
				this.#methods[server.addMethod(served, method.method)] = method;
			for (const { eventgroup, events } of eventgroups) {
				const group = provider.eventgroup(handle, eventgroup);
				this.#names[group] = `${name} ${id(eventgroup)}`;
				for (const source of events) {
					const event = source.isField ? provider.field(source.event, [group]) : provider.event(source.event, [group]);
					this.#senders.push({ source, event, eventgroup: group, payload: Buffer.alloc(source.length), count: 0, due: 0 });
				}
			}
		}
		this.statistics.eventgroups = this.#names.length;
	}

	start(): void {
		this.#ecu.start(VEHICLE_SERVICES.map(({ port }) => port));
		const now = performance.now();
		for (const sender of this.#senders)
			sender.due = now;
		this.#send();
		tell({ type: "ready", services: VEHICLE_SERVICES.map(({ service, instance, name }) => `${id(service)}.${id(instance)} ${name}`) });
	}

	pause(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
	}

	/** It sends from the start. */
	go(): void {
		if (this.#timer === undefined)
			this.#send();
	}

	async stop(): Promise<void> {
		this.pause();
		await this.#ecu.stop();
	}

	#send(): void {
		const { provider } = this.#ecu, now = performance.now();
		let next = Infinity;
		for (const sender of this.#senders) {
			const { source, payload, event, eventgroup } = sender;
			for (; sender.due <= now; sender.due += source.period) {
				if (now - sender.due > LATE_MAX * source.period)
					sender.due = now;
				source.write(payload, sender.count++);
				if (provider.notify(event, payload, 0, payload.length) === 1 && provider.subscribersOf(eventgroup) > 0)
					this.statistics.sent++;
				this.#ecu.drive();
			}
			next = Math.min(next, sender.due);
		}
		this.statistics.datagrams = provider.statistics.sent;
		this.#timer = setTimeout(() => this.#send(), Math.max(0, next - performance.now()));
	}

	#answer(server: Server): void {
		const method = this.#methods[server.method]!, answer = method.call(server.payload.slice(server.payloadOffset, server.payloadEnd));
		if (typeof answer === "number")
			server.refuse(server.request, answer);
		else
			server.respond(server.request, answer, 0, answer.length);
		tell({ type: "log", text: `${method.name}: ${typeof answer === "number" ? `refused with return code ${answer}` : Buffer.from(answer).toString("hex")}` });
	}

	#onSubscribers(eventgroup: number, count: number): void {
		const { provider } = this.#ecu;
		this.statistics.subscribed = this.#names.filter((_, handle) => provider.subscribersOf(handle) > 0).length;
		tell({ type: "log", text: `${this.#names[eventgroup]}: ${count === 0 ? "no subscriber" : count === 1 ? "subscribed" : `${count} subscribers`}` });
		tell({ type: "statistics", statistics: this.statistics });
	}
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
	await run(() => new Vehicle(parseNetwork(HELP).network));
