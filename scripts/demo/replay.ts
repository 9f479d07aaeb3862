/** A recorded vehicle: offers what the recorded servers offered, acknowledges subscriptions as they did, and plays the
 *  recorded events with their timing, byte for byte, over UDP.
 *  `node build/scripts/demo/replay.js --capture FILE.pcap --address 127.0.0.3 [--go]` */
import { pathToFileURL } from "node:url";
import { setTimeout as delay } from "node:timers/promises";
import { readCapture, type RecordedDatagram, type RecordedServer, type Recording } from "./capture.js";
import { Ecu, addressOf, dottedOf } from "./ecu.js";
import { parseNetwork, run, tell, type NetworkOptions, type Program } from "./ecu-program.js";
import { play } from "./player.js";
import { SUBSCRIBE, readMessages, readSd, type Endpoint } from "./someip-reader.js";
import type { VehicleStatistics } from "./vehicle-messages.js";
import { id } from "./vehicle-services.js";

const HELP = `replay.js --capture FILE.pcap [options]: plays a recording of a vehicle
  --address A    own IPv4 address (127.0.0.3); further recorded servers take the addresses after it
  --interface A  address of the interface for multicast (the own address)
  --netmask M    (255.255.255.0)
  --group G      multicast group of service discovery (the recorded one)
  --port N       UDP port of service discovery (the recorded one)
  --go           play as soon as all eventgroups are subscribed, without being told to`;

/** ms between the last subscription and the first event: who subscribed joins the multicast group meanwhile. */
const SETTLE = 1000;

interface Item extends RecordedDatagram {
	server: Server;
}

/** One of the recorded servers. */
class Server {
	readonly ecu: Ecu;
	readonly address: string;
	#ports: number[] = [];
	#portOf = new Map<string, number>();
	/** Where the subscriber of each eventgroup gets its events. */
	#subscribers = new Map<string, Endpoint>();
	#handles = new Map<string, number>();

	constructor(recorded: RecordedServer, network: NetworkOptions & { group: string, port: number }, index: number, onChanged: (text: string) => void) {
		this.address = dottedOf(addressOf(network.address) + index);
		this.ecu = new Ecu({
			...network, address: this.address, onSd: datagram => this.#learn(datagram),
			onSubscribers: (eventgroup, count) => {
				const name = [...this.#handles].find(([, handle]) => handle === eventgroup)![0];
				onChanged(`${name}: ${count === 0 ? "no subscriber" : "subscribed"}`);
			},
		});
		const { provider } = this.ecu;
		for (const { service, instance, major, minor, ttl, port, eventgroups } of recorded.services) {
			const handle = provider.offer(service, instance, major, minor, port, ttl);
			this.#ports.push(port);
			this.#portOf.set(`${service} ${instance}`, port);
			for (const { eventgroup, multicast } of eventgroups) {
				this.#handles.set(nameOf({ service, instance, eventgroup }), multicast === undefined ? provider.eventgroup(handle, eventgroup)
					: provider.eventgroup(handle, eventgroup, addressOf(multicast.address), multicast.port));
			}
		}
	}

	start(): void {
		this.ecu.start(this.#ports);
	}

	isSubscribed(group: Group): boolean {
		const handle = this.#handles.get(nameOf(group));
		return handle !== undefined && this.ecu.provider.subscribersOf(handle) > 0;
	}

	/** False where nobody is subscribed to it now. */
	send(datagram: RecordedDatagram): boolean {
		const target = datagram.multicast ?? this.#subscribers.get(nameOf(datagram));
		if (target === undefined || !this.isSubscribed(datagram))
			return false;
		this.ecu.send(this.#portOf.get(`${datagram.service} ${datagram.instance}`)!, datagram.bytes, target.address, target.port);
		return true;
	}

	// The Provider takes or refuses subscriptions; where the events are wanted is read here as well, as they are not its own.
	#learn(datagram: Buffer): void {
		for (const message of readMessages(datagram) ?? []) {
			for (const entry of readSd(message) ?? []) {
				if (entry.type === SUBSCRIBE && entry.ttl > 0 && entry.udp !== undefined)
					this.#subscribers.set(nameOf(entry), entry.udp);
			}
		}
	}
}

interface Group {
	service: number;
	instance: number;
	eventgroup: number;
}

const nameOf = ({ service, instance, eventgroup }: Group) => `${id(service)}.${id(instance)} eventgroup ${id(eventgroup)}`;

export class Replay implements Program {
	readonly statistics: VehicleStatistics = { sent: 0, datagrams: 0, subscribed: 0, eventgroups: 0 };
	#services: string[];
	#servers: Server[];
	#items: Item[];
	/** The eventgroups that events were recorded of. */
	#groups: { server: Server, group: Group }[] = [];
	#mayGo = false;
	#playing = false;
	#stopped = false;

	constructor(recording: Recording, network: NetworkOptions) {
		this.#services = recording.servers.flatMap(({ services }) => services.map(({ service, instance }) => `${id(service)}.${id(instance)}`));
		const own = { group: recording.sdGroup, port: recording.sdPort, ...network };
		this.#servers = recording.servers.map((server, index) => new Server(server, own, index, text => this.#onChanged(text)));
		this.#items = recording.servers.flatMap(({ datagrams }, index) => datagrams.map(datagram => ({ ...datagram, server: this.#servers[index]! })));
		this.#items.sort((a, b) => a.time - b.time);
		for (const item of this.#items) {
			if (!this.#groups.some(({ server, group }) => server === item.server && nameOf(group) === nameOf(item)))
				this.#groups.push({ server: item.server, group: item });
		}
		this.statistics.eventgroups = this.#groups.length;
	}

	start(): void {
		for (const server of this.#servers)
			server.start();
		tell({ type: "ready", services: this.#services });
	}

	go(): void {
		this.#mayGo = true;
		void this.#play();
	}

	pause(): void {
		this.#stopped = true;
	}

	async stop(): Promise<void> {
		this.#stopped = true;
		await Promise.all(this.#servers.map(({ ecu }) => ecu.stop()));
	}

	#onChanged(text: string): void {
		this.statistics.subscribed = this.#groups.filter(({ server, group }) => server.isSubscribed(group)).length;
		tell({ type: "log", text });
		tell({ type: "statistics", statistics: this.statistics });
		void this.#play();
	}

	async #play(): Promise<void> {
		const { statistics } = this;
		if (!this.#mayGo || this.#playing || this.#stopped || statistics.subscribed < statistics.eventgroups)
			return;
		this.#playing = true;
		await delay(SETTLE);
		let unheard = 0;
		const finished = await play(this.#items, item => {
			if (item.server.send(item)) {
				statistics.datagrams++;
				statistics.sent += item.completes;
			}
			else
				unheard++;
		}, () => this.#stopped);
		if (unheard > 0)
			tell({ type: "log", text: `${unheard} datagrams were not sent: the subscription had ended` });
		if (finished)
			tell({ type: "played", statistics });
	}
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
	await run(async () => {
		const { network, values } = parseNetwork(HELP, { capture: { type: "string" }, go: { type: "boolean" } });
		if (typeof values.capture !== "string")
			throw new Error(HELP);
		const recording = await readCapture(values.capture);
		// A parent has read the recording itself.
		for (const note of process.send === undefined ? recording.notes : [])
			console.log(note);
		const replay = new Replay(recording, network);
		if (values.go)
			replay.go();
		return replay;
	});
}
