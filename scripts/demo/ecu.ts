/** An ECU on this machine: the sockets and the timer around the firmware's Provider and Server. */
import { CHANNEL_MULTICAST, CHANNEL_UNICAST } from "../../firmware/someip/sd/entry.js";
import { PROVIDER_NONE, Provider } from "../../firmware/someip/provider.js";
import { REQUEST_NONE, Server } from "../../firmware/someip/server.js";
import { NO_DATAGRAM, type DatagramSocket } from "../../firmware/ports/datagram-socket.js";
import type { Timer } from "../../firmware/ports/timer.js";
import { NO_TIMEOUT } from "../../firmware/wire/time.js";
import { clock } from "../../hal/node/clock.js";
import { datagramSocket } from "../../hal/node/datagram-socket.js";
import { random } from "../../hal/node/random.js";
import { timer } from "../../hal/node/timer.js";

const DATAGRAM_MAX = 65507;

export interface EcuOptions {
	/** Dotted IPv4 addresses: its own, that of the interface for multicast (default: its own), the network's mask. */
	address: string;
	interface?: string;
	netmask?: string;
	/** Of service discovery. */
	group: string;
	port: number;
	/** Sees every unicast SD datagram, before the Provider does. */
	onSd?: (datagram: Buffer) => void;
	/** The number of subscribers of an eventgroup (a handle) has changed. */
	onSubscribers?: (eventgroup: number, count: number) => void;
	/** The server has a request: to be answered, at once or later (then `drive`). */
	onRequest?: (server: Server) => void;
}

export class Ecu {
	readonly provider: Provider;
	readonly server = new Server();
	#options: EcuOptions;
	#address: number;
	#device: number;
	#group: number;
	#sockets = new Map<number, DatagramSocket>();
	#groupSocket: DatagramSocket | undefined = undefined;
	#timer: Timer;
	#in = new Uint8Array(DATAGRAM_MAX);
	#out = new Uint8Array(DATAGRAM_MAX);
	#isOpen = false;

	/** Add services to `provider`, their methods to `server`, then `start`. */
	constructor(options: EcuOptions) {
		this.#options = options;
		this.#address = addressOf(options.address);
		this.#device = addressOf(options.interface ?? options.address);
		this.#group = addressOf(options.group);
		this.provider = new Provider({
			localAddress: this.#address, netmask: addressOf(options.netmask ?? "255.255.255.0"), sdPort: options.port, sdGroup: this.#group,
			// Board and vehicle share the loopback interface; whoever subscribes here may.
			topologyCheck: false, random,
		});
		this.#timer = timer(() => {
			this.provider.onTimeout(clock.now());
			this.drive();
		});
	}

	/** Opens the sockets and begins to offer. `ports`: UDP ports of the services. Throws where one is taken. */
	start(ports: readonly number[]): void {
		this.#isOpen = true;
		try {
			this.#open(this.#options.port, CHANNEL_UNICAST);
			this.#groupSocket = datagramSocket({
				address: this.#group, port: this.#options.port, interface: this.#device,
				onReadable: () => this.#receive(this.#groupSocket!, CHANNEL_MULTICAST, this.#options.port),
			});
			for (const port of new Set(ports))
				this.#open(port, undefined);
		}
		catch (error) {
			this.#close();
			throw error;
		}
		this.provider.start(clock.now());
		this.drive();
	}

	/** Sends what is due and sets the timer; call it after commands to `provider` and `server`. */
	drive(): void {
		const { provider, server } = this, now = clock.now();
		for (let length = provider.pollTransmit(this.#out, now); length > 0; length = provider.pollTransmit(this.#out, now))
			this.#sockets.get(provider.sourcePort)!.send(this.#out, 0, length, provider.destinationAddress, provider.destinationPort);
		for (let length = server.pollTransmit(this.#out, now); length > 0; length = server.pollTransmit(this.#out, now))
			this.#sockets.get(server.sourcePort)!.send(this.#out, 0, length, server.destinationAddress, server.destinationPort);
		while (provider.pollEvent() !== PROVIDER_NONE)
			this.#options.onSubscribers?.(provider.changedEventgroup, provider.subscribersOf(provider.changedEventgroup));
		const delay = Math.min(provider.pollTimeout(now), server.pollTimeout(now));
		if (!this.#isOpen || delay === NO_TIMEOUT)
			this.#timer.cancel();
		else
			this.#timer.schedule(delay);
	}

	/** Sends a datagram as it is, from a service's port. */
	send(port: number, datagram: Uint8Array, address: string, destinationPort: number): void {
		this.#sockets.get(port)!.send(datagram, 0, datagram.length, addressOf(address), destinationPort);
	}

	/** Withdraws the services (StopOffer) and closes the sockets. Idempotent. */
	async stop(): Promise<void> {
		if (!this.#isOpen)
			return;
		this.provider.stop();
		this.drive();
		this.#isOpen = false;
		this.#timer.close();
		// The last datagrams are on their way into the socket.
		await new Promise(resolve => { setImmediate(resolve); });
		this.#close();
	}

	#open(port: number, channel: number | undefined): void {
		const socket: DatagramSocket = datagramSocket({
			address: this.#address, port, interface: this.#device, onReadable: () => this.#receive(socket, channel, port),
		});
		this.#sockets.set(port, socket);
	}

	#receive(socket: DatagramSocket, channel: number | undefined, port: number): void {
		for (let length = socket.receive(this.#in); length !== NO_DATAGRAM; length = socket.receive(this.#in)) {
			if (channel === undefined) {
				this.#serve(socket, length, port);
				continue;
			}
			if (channel === CHANNEL_UNICAST)
				this.#options.onSd?.(Buffer.from(this.#in.subarray(0, length)));
			this.provider.receiveSd(channel, this.#in, length, socket.sourceAddress, socket.sourcePort, clock.now());
		}
		this.drive();
	}

	#serve(socket: DatagramSocket, length: number, port: number): void {
		const { server } = this, now = clock.now();
		server.begin(this.#in, length, socket.sourceAddress, socket.sourcePort, port);
		while (server.next(now) !== REQUEST_NONE)
			this.#options.onRequest?.(server);
	}

	#close(): void {
		this.#isOpen = false;
		for (const socket of this.#sockets.values())
			socket.close();
		this.#groupSocket?.close();
	}
}

/** uint32 in host order of "127.0.0.3"; throws where it is no IPv4 address. */
export function addressOf(text: string): number {
	const parts = text.split(".");
	if (parts.length !== 4 || !parts.every(part => /^\d{1,3}$/.test(part) && Number(part) < 256))
		throw new Error(`"${text}" is not an IPv4 address`);
	return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** "127.0.0.3" for 0x7f000003. */
export function dottedOf(address: number): string {
	return [24, 16, 8, 0].map(shift => address >>> shift & 255).join(".");
}
