/** What the API costs on XS, two applications on sockets in memory that allocate nothing. Prints slots, chunk bytes and meter per
 *  round of each kind of work. Entry for XS. */
import { NO_DATAGRAM, type DatagramSocket, type DatagramSocketOptions } from "../../../firmware/ports/datagram-socket.js";
import { Application } from "../../../firmware/someip/api/application.js";
import { AddressTable } from "../../../firmware/wire/address-table.js";
import { Prng } from "../../support/prng.js";
import { measure, print } from "../../xs/support/measure.js";

const SERVER = 0x0a000001, CLIENT = 0x0a000002, GROUP = 0xe0f4e0f5;
/** Holds one datagram at a time for its reader. */
class Wire implements DatagramSocket {
	sourceAddress = 0;
	sourcePort = 0;
	readonly localPort: number;
	readonly ecnSupported = false;
	readonly ecn = 0;
	sendEcn = 0;
	dropped = 0;
	readonly address: number;
	readonly #home: number;
	readonly #bytes = new Uint8Array(1500);
	#length = NO_DATAGRAM;
	readonly #all: Wire[];
	readonly onReadable: () => void;

	constructor(all: Wire[], options: DatagramSocketOptions) {
		this.#all = all;
		this.address = options.address;
		this.#home = options.interface!;
		this.localPort = options.port || 50_000 + all.length;
		this.onReadable = options.onReadable;
		all.push(this);
	}

	receive(into: Uint8Array): number {
		const length = this.#length;
		for (let i = 0; i < length; i++)
			into[i] = this.#bytes[i]!;
		this.#length = NO_DATAGRAM;
		return length;
	}

	send(bytes: Uint8Array, offset: number, end: number, address: number, port: number): number {
		for (let i = 0; i < this.#all.length; i++) {
			const to = this.#all[i]!;
			if (to.address !== address || to.localPort !== port || to.#home === this.#home)
				continue;
			for (let k = offset; k < end; k++)
				to.#bytes[k - offset] = bytes[k]!;
			to.#length = end - offset;
			to.sourceAddress = this.#home;
			to.sourcePort = this.localPort;
			to.onReadable();
		}
		return end - offset;
	}

	close(): void { }
}

export default function (): void {
	let now = 0;
	const all: Wire[] = [], timers: { due: boolean, turn: () => void }[] = [], clock = { now: () => now };
	const make = (address: number): Application => new Application({
		addresses: new AddressTable(), clock, random: new Prng(address), datagramSocket: options => new Wire(all, options),
		timer: turn => {
			const timer = { due: false, turn };
			timers.push(timer);
			return { schedule: () => { timer.due = true; }, cancel: () => { timer.due = false; }, close: () => { timer.due = false; } };
		},
	}, { address, netmask: 0xffffff00, sdGroup: GROUP });
	const settle = (): void => {
		for (let round = 0; round < 4; round++)
			for (let i = 0; i < timers.length; i++)
				if (timers[i]!.due) {
					timers[i]!.due = false;
					timers[i]!.turn();
				}
	};
	const server = make(SERVER), client = make(CLIENT), payload = new Uint8Array(32);
	const service = server.offer({ serviceId: 0x1234, instanceId: 1, majorVersion: 1, port: 30509 });
	service.method(1, request => request.respond(request.payload, request.payloadOffset, request.payloadEnd));
	const event = service.event(0x8001, [service.eventgroup(1)]), proxy = client.request({ serviceId: 0x1234, instanceId: 1 });
	let events = 0, answers = 0;
	proxy.subscribe(1);
	proxy.onEvent(0x8001, () => { events++; });
	const onAnswer = (code: number): void => { answers += code === 0 ? 1 : 0; };
	server.start();
	client.start();
	for (; now < 2000; now += 5)
		settle();
	measure("event", () => {
		event.notify(payload, 0, 32);
		settle();
	}, 20);
	measure("call", () => {
		if (proxy.call(1, payload, 0, 32, 1000, onAnswer) < 0)
			throw new Error("not called");
		settle();
	}, 20);
	print(`events ${events}`);
	print(`answers ${answers}`);
}
