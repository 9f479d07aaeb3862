/** The DatagramSocket port without a network: hosts, addresses, groups and ports in memory. Passes the same
 *  contract suite as the devices. Multicast comes back to the sender's own machine, as on Linux. */
import { NO_DATAGRAM, SEND_BUSY, SEND_FAILED } from "../../firmware/ports/datagram-socket.js";
import type { DatagramSocket, DatagramSocketFactory, DatagramSocketOptions } from "../../firmware/ports/datagram-socket.js";
import type { Scheduler } from "./fake-clock.js";
import { FaultyLink } from "./faulty-link.js";
import type { LinkOptions } from "./faulty-link.js";

const QUEUE_LIMIT = 64;
const DATAGRAM_LIMIT = 65507;
const EPHEMERAL_START = 49152;
const LOOPBACK = 0x7f000001;

/** True for 224.0.0.0/4. */
export function isGroup(address: number): boolean {
	return address >>> 28 === 0xe;
}

/** "10.77.0.1" for 0x0a4d0001. */
export function dotted(address: number): string {
	return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** 0x0a4d0001 for "10.77.0.1". */
export function address(text: string): number {
	const parts = text.split(".").map(Number);
	if (parts.length !== 4 || parts.some(part => !(part >= 0 && part <= 255)))
		throw new RangeError(`"${text}" is not an IPv4 address`);
	return parts.reduce((sum, part) => sum * 256 + part, 0);
}

/** Delivers in microtasks: for specs that wait for `onReadable` with promises, without a clock. */
const atOnce: Scheduler = {
	at(_delay, action) {
		Promise.resolve().then(action);
	},
};

export class MockNetwork {
	/** Every datagram passes here; `link.set({ loss: 0.3 })`, `link.blackhole = true`. */
	readonly link: FaultyLink;
	readonly #scheduler: Scheduler;
	readonly #sockets: MockSocket[] = [];
	#nextPort = EPHEMERAL_START;

	/** `scheduler`: a FakeClock; without one, datagrams arrive in the next microtask. */
	constructor(scheduler: Scheduler = atOnce, options: LinkOptions = {}) {
		this.#scheduler = scheduler;
		this.link = new FaultyLink(scheduler, options);
	}

	/** The sockets of a machine with these addresses; none given: one with all of 127.0.0.0/8. */
	host(...addresses: number[]): DatagramSocketFactory {
		return options => this.#open(options, addresses);
	}

	/** Sockets that are open now. */
	get openSockets(): number {
		return this.#sockets.length;
	}

	#open(options: DatagramSocketOptions, addresses: number[]): MockSocket {
		const local = isGroup(options.address) ? options.interface ?? 0 : options.address;
		const own = local === 0 || (addresses.length === 0 ? local >>> 24 === 127 : addresses.includes(local));
		if (!own)
			throw new Error(isGroup(options.address) ? `cannot join ${dotted(options.address)}:${options.port} on ${dotted(local)}: not an address of this machine`
				: `cannot bind ${dotted(local)}:${options.port}: not an address of this machine`);
		if (options.port !== 0 && !isGroup(options.address) && this.#find(options.address, options.port, addresses) !== undefined)
			throw new Error(`cannot bind ${dotted(options.address)}:${options.port}: address already in use`);
		const port = options.port || this.#ephemeral(options.address, addresses);
		const source = local || options.interface || addresses[0] || LOOPBACK;
		const socket = new MockSocket(this, this.#scheduler, options, addresses, source, port);
		this.#sockets.push(socket);
		return socket;
	}

	#ephemeral(address: number, addresses: number[]): number {
		while (this.#find(address, this.#nextPort, addresses) !== undefined)
			this.#nextPort++;
		return this.#nextPort++;
	}

	#find(address: number, port: number, addresses: number[]): MockSocket | undefined {
		return this.#sockets.find(socket => socket.localPort === port && socket.addresses === addresses &&
			!isGroup(socket.address) && (socket.address === address || socket.address === 0 || address === 0));
	}

	/** Called by sockets. */
	carry(from: MockSocket, bytes: Uint8Array, offset: number, end: number, to: number, port: number): void {
		const source = from.source, sourcePort = from.localPort;
		this.link.send(bytes, offset, end, datagram => {
			for (const socket of this.#sockets.slice())
				if (socket.localPort === port && socket.hears(to))
					socket.deliver(datagram, source, sourcePort);
		});
	}

	/** Called by sockets. */
	forget(socket: MockSocket): void {
		const index = this.#sockets.indexOf(socket);
		if (index >= 0)
			this.#sockets.splice(index, 1);
	}
}

export class MockSocket implements DatagramSocket {
	sourceAddress = 0;
	sourcePort = 0;
	dropped = 0;
	/** The next n calls of `send` answer SEND_BUSY. */
	busy = 0;
	readonly localPort: number;
	readonly address: number;
	readonly addresses: number[];
	/** The address that peers see. */
	readonly source: number;
	#network: MockNetwork;
	#scheduler: Scheduler;
	#onReadable: () => void;
	#queue: { datagram: Uint8Array, source: number, port: number }[] = [];
	#told = false;
	#closed = false;

	constructor(network: MockNetwork, scheduler: Scheduler, options: DatagramSocketOptions, addresses: number[], source: number, port: number) {
		this.#network = network;
		this.#scheduler = scheduler;
		this.#onReadable = options.onReadable;
		this.address = options.address;
		this.addresses = addresses;
		this.source = source;
		this.localPort = port;
	}

	/** Whether a datagram to this address is for this socket. */
	hears(to: number): boolean {
		if (this.address !== 0 || isGroup(to))
			return this.address === to;
		return this.addresses.length === 0 ? to >>> 24 === 127 : this.addresses.includes(to);
	}

	deliver(datagram: Uint8Array, source: number, port: number): void {
		if (this.#closed)
			return;
		if (this.#queue.length >= QUEUE_LIMIT) {
			this.dropped++;
			return;
		}
		this.#queue.push({ datagram, source, port });
		this.#tell();
	}

	// Coalesced, as the select task of a board does it: one call for what came since the last.
	#tell(): void {
		if (this.#told)
			return;
		this.#told = true;
		this.#scheduler.at(0, () => {
			this.#told = false;
			if (!this.#closed && this.#queue.length > 0)
				this.#onReadable();
		});
	}

	receive(into: Uint8Array): number {
		for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
			if (next.datagram.length > into.length) {
				this.dropped++;
				continue;
			}
			into.set(next.datagram);
			this.sourceAddress = next.source;
			this.sourcePort = next.port;
			return next.datagram.length;
		}
		return NO_DATAGRAM;
	}

	send(bytes: Uint8Array, offset: number, end: number, address: number, port: number): number {
		if (!(Number.isInteger(offset) && Number.isInteger(end) && offset >= 0 && offset <= end && end <= bytes.length))
			throw new RangeError(`udp: ${offset} to ${end} is not within ${bytes.length} bytes`);
		if (this.#closed || end - offset > DATAGRAM_LIMIT || !(port > 0 && port < 65536))
			return SEND_FAILED;
		if (this.busy > 0) {
			this.busy--;
			return SEND_BUSY;
		}
		this.#network.carry(this, bytes, offset, end, address, port);
		return end - offset;
	}

	close(): void {
		this.#closed = true;
		this.#queue.length = 0;
		this.#network.forget(this);
	}
}
