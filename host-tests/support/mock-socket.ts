/** The DatagramSocket port without a network: hosts, addresses, groups and ports in memory. Passes the same
 *  contract suite as the devices. Multicast comes back to the sender's own machine, as on Linux. */
import { IPV6_FIRST, type Addresses } from "../../firmware/ports/addresses.js";
import { NO_DATAGRAM, SEND_BUSY, SEND_FAILED } from "../../firmware/ports/datagram-socket.js";
import type { DatagramSocket, DatagramSocketFactory, DatagramSocketOptions } from "../../firmware/ports/datagram-socket.js";
import { checkRange } from "../../hal/node/range.js";
import type { Scheduler } from "./fake-clock.js";
import { ipv6Text } from "../../firmware/wire/ipv6-address.js";
import { hex, unhex } from "./assert.js";
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

/** What tells addresses apart between machines, each of which has Numbers of its own for IPv6: the Number of an IPv4 address,
 *  hex digits of an IPv6 one; undefined where the table does not know it. */
export type AddressKey = number | string;
export function addressKey(address: number, addresses: Addresses | undefined): AddressKey | undefined {
	if (address < IPV6_FIRST)
		return address;
	const bytes = new Uint8Array(16);
	return addresses?.write(address, bytes, 0) === true ? hex(bytes) : undefined;
}

export function addressOfKey(key: AddressKey, addresses: Addresses | undefined): number {
	return typeof key === "number" ? key : addresses!.intern(unhex(key), 0);
}

/** Text of a key for messages. */
export function keyText(key: AddressKey): string {
	return typeof key === "number" ? dotted(key) : ipv6Text(unhex(key), 0);
}

function endpoint(key: AddressKey, port: number): string {
	return typeof key === "number" ? `${dotted(key)}:${port}` : `[${keyText(key)}]:${port}`;
}

export const IPV6_ANY = "00000000000000000000000000000000", IPV6_LOOPBACK = "00000000000000000000000000000001";

/** Whether the key is a group of its family. */
function isGroupKey(key: AddressKey): boolean {
	return typeof key === "number" ? isGroup(key) : key.startsWith("ff");
}

/** Whether a machine with these addresses has this one; with none: the loopback addresses. */
export function isOwn(key: AddressKey, addresses: readonly AddressKey[]): boolean {
	return addresses.length > 0 ? addresses.includes(key) : typeof key === "number" ? key >>> 24 === 127 : key === IPV6_LOOPBACK;
}

/** Delivers in microtasks: for specs that wait for `onReadable` with promises, without a clock. */
export const atOnce: Scheduler = {
	at(_delay, action) {
		Promise.resolve().then(action);
	},
};

export class MockNetwork {
	/** Every datagram passes here; `link.set({ loss: 0.3 })`, `link.blackhole = true`. */
	readonly link: FaultyLink;
	/** Marks datagrams of ECN-capable senders with CE (RFC 3168 §5). */
	congested = false;
	readonly #scheduler: Scheduler;
	readonly #sockets: MockSocket[] = [];
	#nextPort = EPHEMERAL_START;

	/** `scheduler`: a FakeClock; without one, datagrams arrive in the next microtask. */
	constructor(scheduler: Scheduler = atOnce, options: LinkOptions = {}) {
		this.#scheduler = scheduler;
		this.link = new FaultyLink(scheduler, options);
	}

	/** The sockets of a machine with these addresses, IPv6 ones by their key; none given: one with all of 127.0.0.0/8 and ::1. */
	host(...addresses: AddressKey[]): DatagramSocketFactory {
		return options => this.#open(options, addresses);
	}

	/** Sockets that are open now. */
	get openSockets(): number {
		return this.#sockets.length;
	}

	#open(options: DatagramSocketOptions, addresses: AddressKey[]): MockSocket {
		const key = addressKey(options.address, options.addresses), port = options.port;
		const device = addressKey(options.interface ?? 0, options.addresses);
		if (key === undefined || device === undefined)
			throw new RangeError(`udp: address: ${options.address}, expected an IPv4 one or an IPv6 one that is in \`addresses\``);
		const any = typeof key === "number" ? 0 : IPV6_ANY, group = isGroupKey(key);
		const local = group ? device === 0 ? any : device : key;
		if (local !== any && !isOwn(local, addresses))
			throw new Error(group ? `cannot join ${endpoint(key, port)} on ${keyText(local)}: not an address of this machine`
				: `cannot bind ${endpoint(local, port)}: not an address of this machine`);
		if (port !== 0 && !group && this.#find(key, any, port, addresses) !== undefined)
			throw new Error(`cannot bind ${endpoint(key, port)}: address already in use`);
		const own = addresses.find(each => typeof each === typeof key);
		const source = local !== any ? local : device !== 0 ? device : own ?? (any === 0 ? LOOPBACK : IPV6_LOOPBACK);
		const socket = new MockSocket(this, this.#scheduler, options, addresses, key, source, port || this.#ephemeral(key, any, addresses));
		this.#sockets.push(socket);
		return socket;
	}

	#ephemeral(key: AddressKey, any: AddressKey, addresses: AddressKey[]): number {
		while (this.#find(key, any, this.#nextPort, addresses) !== undefined)
			this.#nextPort++;
		return this.#nextPort++;
	}

	#find(key: AddressKey, any: AddressKey, port: number, addresses: AddressKey[]): MockSocket | undefined {
		return this.#sockets.find(socket => socket.localPort === port && socket.addresses === addresses && typeof socket.key === typeof key &&
			!isGroupKey(socket.key) && (socket.key === key || socket.key === any || key === any));
	}

	/** Called by sockets. */
	carry(from: MockSocket, bytes: Uint8Array, offset: number, end: number, to: AddressKey, port: number, ecn: number): void {
		const source = from.source, sourcePort = from.localPort;
		this.link.send(bytes, offset, end, datagram => {
			for (const socket of this.#sockets.slice())
				if (socket.localPort === port && socket.hears(to))
					socket.deliver(datagram, source, sourcePort, this.congested && ecn !== 0 ? 3 : ecn);
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
	ecn = 0;
	readonly ecnSupported: boolean;
	readonly localPort: number;
	readonly address: number;
	readonly key: AddressKey;
	readonly addresses: AddressKey[];
	/** The address that peers see. */
	readonly source: AddressKey;
	#sendEcn = 0;
	#network: MockNetwork;
	#scheduler: Scheduler;
	#onReadable: () => void;
	#table: Addresses | undefined;
	#queue: { datagram: Uint8Array, source: AddressKey, port: number, ecn: number }[] = [];
	#told = false;
	#closed = false;

	constructor(network: MockNetwork, scheduler: Scheduler, options: DatagramSocketOptions, addresses: AddressKey[], key: AddressKey, source: AddressKey, port: number) {
		this.#network = network;
		this.#scheduler = scheduler;
		this.#onReadable = options.onReadable;
		this.#table = options.addresses;
		this.ecnSupported = options.ecn === true;
		this.address = options.address;
		this.key = key;
		this.addresses = addresses;
		this.source = source;
		this.localPort = port;
	}

	get sendEcn(): number {
		return this.#sendEcn;
	}

	set sendEcn(value: number) {
		if (value !== 0 && value !== 2)
			throw new RangeError(`udp: sendEcn: ${value}, expected 0 or 2`);
		if (this.ecnSupported)
			this.#sendEcn = value;
	}

	get isClosed(): boolean {
		return this.#closed;
	}

	/** Whether a datagram to this address is for this socket. */
	hears(to: AddressKey): boolean {
		if (typeof to !== typeof this.key)
			return false;
		if ((this.key !== 0 && this.key !== IPV6_ANY) || isGroupKey(to))
			return this.key === to;
		return isOwn(to, this.addresses);
	}

	deliver(datagram: Uint8Array, source: AddressKey, port: number, ecn: number): void {
		if (this.#closed)
			return;
		if (this.#queue.length >= QUEUE_LIMIT) {
			this.dropped++;
			return;
		}
		this.#queue.push({ datagram, source, port, ecn });
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
			this.sourceAddress = addressOfKey(next.source, this.#table);
			this.sourcePort = next.port;
			this.ecn = this.ecnSupported ? next.ecn : 0;
			return next.datagram.length;
		}
		return NO_DATAGRAM;
	}

	send(bytes: Uint8Array, offset: number, end: number, address: number, port: number): number {
		checkRange("udp", bytes, offset, end);
		const to = addressKey(address, this.#table);
		if (this.#closed || end - offset > DATAGRAM_LIMIT || !(port > 0 && port < 65536) || typeof to !== typeof this.key)
			return SEND_FAILED;
		if (this.busy > 0) {
			this.busy--;
			return SEND_BUSY;
		}
		this.#network.carry(this, bytes, offset, end, to!, port, this.#sendEcn);
		return end - offset;
	}

	close(): void {
		this.#closed = true;
		this.#queue.length = 0;
		this.#network.forget(this);
	}
}
