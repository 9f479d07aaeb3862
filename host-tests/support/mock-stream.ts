/** The stream socket ports without a network: hosts, listeners and connections in memory. Passes the same contract suite as
 *  the devices. Can delay, split, refuse, be silent and cut. */
import { IPV6_FIRST, type Addresses } from "../../firmware/ports/addresses.js";
import { STREAM_CLOSED, STREAM_CONNECTING, STREAM_END, STREAM_LOST, STREAM_OPEN, type StreamListener, type StreamListenerFactory, type StreamListenerOptions,
	type StreamSocket, type StreamSocketFactory, type StreamSocketOptions } from "../../firmware/ports/stream-socket.js";
import type { Scheduler } from "./fake-clock.js";
import { addressKey, addressOfKey, atOnce, IPV6_ANY, IPV6_LOOPBACK, isGroup, isOwn, keyText, type AddressKey } from "./mock-socket.js";

const EPHEMERAL_START = 49152;
const LOOPBACK = 0x7f000001;
/** When an attempt to connect that nobody answers is given up, ms. */
const CONNECT_TIMEOUT = 30_000;

/** What travels: bytes, FIN or RST. */
type Item = Uint8Array | "FIN" | "RST";

export class MockStreamNetwork {
	/** ms that everything takes, each way. */
	delay = 0;
	/** Longest piece that bytes arrive in, 0 = as they were sent; each piece is told by itself. */
	split = 0;
	/** Bytes that may be under way or unread, each direction. */
	capacity = 8192;
	/** Refuses new connections although somebody listens. */
	refuse = false;
	/** Nothing arrives any more. */
	silent = false;
	readonly scheduler: Scheduler;
	readonly #listeners: MockListener[] = [];
	readonly #streams: MockStream[] = [];
	#nextPort = EPHEMERAL_START;

	/** `scheduler`: a FakeClock; without one, everything happens in the next microtask. */
	constructor(scheduler: Scheduler = atOnce) {
		this.scheduler = scheduler;
	}

	/** The sockets of a machine with these addresses, IPv6 ones by their key; none given: one with all of 127.0.0.0/8 and ::1. */
	host(...addresses: AddressKey[]): { streamSocket: StreamSocketFactory, streamListener: StreamListenerFactory } {
		return {
			streamSocket: options => this.#connect(options, addresses),
			streamListener: options => this.#listen(options, addresses),
		};
	}

	/** Connections that are not closed, both ends counted. */
	get openStreams(): number {
		return this.#streams.length;
	}

	/** Resets every connection, as a router that forgot them does. */
	cut(): void {
		for (const stream of this.#streams.slice())
			stream.lose("reset by peer");
	}

	/** Called by the sockets. */
	forget(gone: MockStream | MockListener): void {
		const list: unknown[] = gone instanceof MockStream ? this.#streams : this.#listeners, index = list.indexOf(gone);
		if (index >= 0)
			list.splice(index, 1);
	}

	#listen(options: StreamListenerOptions, addresses: AddressKey[]): MockListener {
		const key = keyOf(options.address, options.addresses), any = typeof key === "number" ? 0 : IPV6_ANY;
		checkPort(options.port, 0);
		checkCallback(options.onChanged);
		const text = typeof key === "number" ? `${keyText(key)}:${options.port}` : `[${keyText(key)}]:${options.port}`;
		if (key !== any && !isOwn(key, addresses))
			throw new Error(`cannot bind ${text}: not an address of this machine`);
		if (options.port !== 0 && this.#listeners.some(other => other.port === options.port && other.addresses === addresses && (other.key === key || other.key === any)))
			throw new Error(`cannot bind ${text}: address already in use`);
		const listener = new MockListener(this, key, options.port || this.#nextPort++, addresses, options);
		this.#listeners.push(listener);
		return listener;
	}

	#connect(options: StreamSocketOptions, addresses: AddressKey[]): MockStream {
		const key = keyOf(options.address, options.addresses), device = keyOf(options.interface ?? 0, options.addresses);
		checkPort(options.port, 1);
		checkCallback(options.onChanged);
		if (key === 0 || key === IPV6_ANY || (typeof key === "number" ? isGroup(key) : key.startsWith("ff")))
			throw new RangeError("tcp: nobody can be there");
		if (device !== 0 && typeof device !== typeof key)
			throw new RangeError("tcp: interface of another address family");
		if (device !== 0 && !isOwn(device, addresses))
			throw new Error(`cannot connect from ${keyText(device)}: not an address of this machine`);
		const own = device !== 0 ? device : addresses.find(each => typeof each === typeof key) ?? (typeof key === "number" ? LOOPBACK : IPV6_LOOPBACK);
		const client = new MockStream(this, STREAM_CONNECTING, options.address, options.port, this.#nextPort++, options.onChanged);
		this.#streams.push(client);
		if (this.silent)
			this.scheduler.at(CONNECT_TIMEOUT, () => client.lose("timed out"));
		else
			this.scheduler.at(2 * this.delay, () => this.#arrive(client, key, own));
		return client;
	}

	#arrive(client: MockStream, to: AddressKey, from: AddressKey): void {
		if (client.state !== STREAM_CONNECTING)
			return;
		const listener = this.#listeners.find(each => each.port === client.peerPort && (each.key === to ||
			(each.key === (typeof to === "number" ? 0 : IPV6_ANY) && isOwn(to, each.addresses))));
		if (listener === undefined || listener.isFull || this.refuse) {
			client.lose("refused");
			return;
		}
		const server = new MockStream(this, STREAM_OPEN, addressOfKey(from, listener.table), client.localPort, listener.port, undefined);
		this.#streams.push(server);
		server.join(client);
		client.join(server);
		listener.add(server);
		client.open();
	}
}

class MockListener implements StreamListener {
	readonly key: AddressKey;
	readonly port: number;
	readonly addresses: AddressKey[];
	readonly table: Addresses | undefined;
	#network: MockStreamNetwork;
	#backlog: number;
	#onChanged: () => void;
	#waiting: MockStream[] = [];
	#closed = false;

	constructor(network: MockStreamNetwork, key: AddressKey, port: number, addresses: AddressKey[], options: StreamListenerOptions) {
		this.#network = network;
		this.key = key;
		this.port = port;
		this.addresses = addresses;
		this.table = options.addresses;
		this.#backlog = options.backlog ?? 4;
		this.#onChanged = options.onChanged;
	}

	get localPort(): number {
		return this.#closed ? 0 : this.port;
	}

	get isFull(): boolean {
		return this.#waiting.length >= this.#backlog;
	}

	add(stream: MockStream): void {
		this.#waiting.push(stream);
		this.#network.scheduler.at(0, () => {
			if (!this.#closed && this.#waiting.length > 0)
				this.#onChanged();
		});
	}

	accept(onChanged: () => void): StreamSocket | undefined {
		checkCallback(onChanged);
		const stream = this.#waiting.shift();
		stream?.accepted(onChanged);
		return stream;
	}

	close(): void {
		this.#closed = true;
		for (const stream of this.#waiting.splice(0))
			stream.abort();
		this.#network.forget(this);
	}
}

export class MockStream implements StreamSocket {
	state: number;
	fault = "";
	readonly peerAddress: number;
	readonly peerPort: number;
	readonly localPort: number;
	/** Bytes that this end has sent and the peer's application has not received. */
	outstanding = 0;
	#network: MockStreamNetwork;
	#peer: MockStream | undefined;
	#onChanged: (() => void) | undefined;
	/** On the way to the peer, in order. */
	#flight: Item[] = [];
	#chunks: Uint8Array[] = [];
	#cameEnd = false;
	#ended = false;
	#finished = false;
	#closed = false;
	#wantsData = true;
	#wantsRoom = false;
	#told = false;

	constructor(network: MockStreamNetwork, state: number, peerAddress: number, peerPort: number, localPort: number, onChanged: (() => void) | undefined) {
		this.#network = network;
		this.state = state;
		this.peerAddress = peerAddress;
		this.peerPort = peerPort;
		this.localPort = localPort;
		this.#onChanged = onChanged;
	}

	receive(into: Uint8Array, at: number, end: number): number {
		checkRange(into, at, end);
		if (this.#closed)
			return STREAM_LOST;
		const first = this.#chunks[0];
		if (first === undefined)
			return this.#atEnd();
		if (at === end)
			return 0;
		const length = Math.min(first.length, end - at);
		into.set(first.subarray(0, length), at);
		if (length === first.length)
			this.#chunks.shift();
		else
			this.#chunks[0] = first.subarray(length);
		this.#peer!.freed(length);
		this.#wantsData = true;
		if (this.#chunks.length > 0 || this.#cameEnd || this.fault !== "")
			this.#tellData();
		return length;
	}

	#atEnd(): number {
		if (this.#ended)
			return STREAM_END;
		if (this.fault !== "")
			return STREAM_LOST;
		this.#wantsData = true;
		if (!this.#cameEnd)
			return 0;
		this.#ended = true;
		if (this.#finished)
			this.#end("closed");
		return STREAM_END;
	}

	send(bytes: Uint8Array, offset: number, end: number): number {
		checkRange(bytes, offset, end);
		if (this.#finished || this.state === STREAM_CLOSED)
			return STREAM_LOST;
		if (this.state === STREAM_CONNECTING)
			return 0;
		const taken = Math.min(end - offset, Math.max(0, this.#network.capacity - this.outstanding));
		if (taken < end - offset)
			this.#wantsRoom = true;
		if (taken > 0) {
			this.outstanding += taken;
			this.#push(bytes.slice(offset, offset + taken));
		}
		return taken;
	}

	finish(): void {
		if (this.#finished || this.state === STREAM_CLOSED)
			return;
		this.#finished = true;
		if (this.state === STREAM_OPEN)
			this.#push("FIN");
		if (this.#ended)
			this.#end("closed");
	}

	close(): void {
		if (this.#closed)
			return;
		const isUnsent = this.#flight.length > 0 && !this.#finished;
		if (this.state === STREAM_OPEN) {
			if (isUnsent)
				this.#flight.length = 0;
			if (isUnsent || this.#chunks.length > 0)
				this.#push("RST");
			else if (!this.#finished)
				this.#push("FIN");
		}
		this.#closed = true;
		this.#end("closed");
		this.#network.forget(this);
	}

	/* Called by the network, the listener and the peer. */

	join(peer: MockStream): void {
		this.#peer = peer;
	}

	open(): void {
		this.state = STREAM_OPEN;
		if (this.#finished)
			this.#push("FIN");
		this.#tell();
	}

	accepted(onChanged: () => void): void {
		this.#onChanged = onChanged;
		if (this.#chunks.length > 0 || this.#cameEnd || this.fault !== "")
			this.#tell();
	}

	/** Closes with RST. */
	abort(): void {
		if (this.state === STREAM_OPEN)
			this.#push("RST");
		this.#closed = true;
		this.#end("closed");
		this.#network.forget(this);
	}

	/** The connection is gone. */
	lose(fault: string): void {
		if (this.state === STREAM_CLOSED)
			return;
		this.#end(fault);
		this.#tell();
	}

	/** The peer's application has received so many bytes. */
	freed(length: number): void {
		this.outstanding -= length;
		if (this.#wantsRoom) {
			this.#wantsRoom = false;
			this.#tell();
		}
	}

	take(item: Item): void {
		if (item === "RST")
			this.lose("reset by peer");
		else if (this.#closed) {
			// Nobody is there to read it.
			if (item !== "FIN")
				this.#push("RST");
		}
		else if (this.state !== STREAM_CLOSED) {
			if (item === "FIN")
				this.#cameEnd = true;
			else
				this.#chunks.push(item);
			this.#tellData();
		}
	}

	#push(item: Item): void {
		if (this.#network.silent)
			return;
		this.#flight.push(item);
		this.#network.scheduler.at(this.#network.delay, () => this.#arrive());
	}

	// Each piece and each item has a call of its own, so the order is kept.
	#arrive(): void {
		const item = this.#flight.shift(), { split, scheduler } = this.#network;
		if (item === undefined)
			return;
		if (typeof item === "string" || split === 0 || item.length <= split) {
			this.#peer!.take(item);
			return;
		}
		this.#flight.unshift(item.subarray(split));
		this.#peer!.take(item.subarray(0, split));
		scheduler.at(0, () => this.#arrive());
	}

	#end(fault: string): void {
		this.state = STREAM_CLOSED;
		this.fault = fault;
	}

	#tellData(): void {
		if (!this.#wantsData)
			return;
		this.#wantsData = false;
		this.#tell();
	}

	#tell(): void {
		if (this.#told)
			return;
		this.#told = true;
		this.#network.scheduler.at(0, () => {
			this.#told = false;
			if (!this.#closed)
				this.#onChanged?.();
		});
	}
}

function keyOf(address: number, addresses: Addresses | undefined): AddressKey {
	const key = addressKey(address, addresses);
	if (key === undefined || !(address >= IPV6_FIRST || (Number.isInteger(address) && address >= 0)))
		throw new RangeError(`tcp: address: ${address}, expected an IPv4 one or an IPv6 one that is in \`addresses\``);
	return key;
}

function checkPort(port: number, least: number): void {
	if (!(Number.isInteger(port) && port >= least && port <= 65535))
		throw new RangeError(`tcp: port: ${port}, expected an integer from ${least} to 65535`);
}

function checkCallback(onChanged: unknown): void {
	if (typeof onChanged !== "function")
		throw new TypeError("tcp: onChanged is no function");
}

function checkRange(bytes: Uint8Array, offset: number, end: number): void {
	if (!(Number.isInteger(offset) && Number.isInteger(end) && offset >= 0 && offset <= end && end <= bytes.length))
		throw new RangeError(`tcp: range ${offset} to ${end} of ${bytes.length} bytes`);
}
