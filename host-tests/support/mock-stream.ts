/** The stream socket ports without a network: hosts, listeners and connections in memory. Passes the same contract suite as
 *  the devices. Can delay, split, refuse, be silent and cut. */
import { IPV6_FIRST, type Addresses } from "../../firmware/ports/addresses.js";
import { STREAM_CLOSED, STREAM_CONNECTING, STREAM_OPEN, type StreamListener, type StreamListenerFactory, type StreamListenerOptions,
	type StreamSocket, type StreamSocketFactory, type StreamSocketOptions } from "../../firmware/ports/stream-socket.js";
import { BufferedStream, checkCallback, checkPort } from "../../hal/node/buffered-stream.js";
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
		client.opened();
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

export class MockStream extends BufferedStream {
	readonly localPort: number;
	/** Bytes that this end has sent and the peer's application has not received. */
	outstanding = 0;
	#network: MockStreamNetwork;
	#peer: MockStream | undefined;
	/** On the way to the peer, in order. */
	#flight: Item[] = [];

	constructor(network: MockStreamNetwork, state: number, peerAddress: number, peerPort: number, localPort: number, onChanged: (() => void) | undefined) {
		super(state, peerAddress, peerPort, onChanged);
		this.#network = network;
		this.localPort = localPort;
	}

	close(): void {
		if (this.closed)
			return;
		const isUnsent = this.#flight.length > 0 && !this.finished;
		if (this.state === STREAM_OPEN) {
			if (isUnsent)
				this.#flight.length = 0;
			if (isUnsent || this.waiting > 0)
				this.#put("RST");
			else if (!this.finished)
				this.pushEnd();
		}
		this.#gone();
	}

	/* Called by the network, the listener and the peer. */

	join(peer: MockStream): void {
		this.#peer = peer;
	}

	accepted(onChanged: () => void): void {
		this.onChanged = onChanged;
		if (this.hasNews)
			this.tell();
	}

	/** Closes with RST. */
	abort(): void {
		if (this.state === STREAM_OPEN)
			this.#put("RST");
		this.#gone();
	}

	/** The peer's application has received so many bytes. */
	freed(length: number): void {
		this.outstanding -= length;
		this.roomCame();
	}

	take(item: Item): void {
		if (item === "RST")
			this.lose("reset by peer");
		else if (this.closed) {
			// Nobody is there to read it.
			if (item !== "FIN")
				this.#put("RST");
		}
		else if (this.state !== STREAM_CLOSED) {
			if (item === "FIN")
				this.endCame();
			else
				this.came(item);
		}
	}

	protected get room(): number {
		return this.#network.capacity - this.outstanding;
	}

	protected push(bytes: Uint8Array): void {
		this.outstanding += bytes.length;
		this.#put(bytes.slice());
	}

	protected pushEnd(): void {
		this.#put("FIN");
	}

	protected received(length: number): void {
		this.#peer!.freed(length);
	}

	protected later(work: () => void): void {
		this.#network.scheduler.at(0, work);
	}

	#put(item: Item): void {
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

	#gone(): void {
		this.closed = true;
		this.end("closed");
		this.#network.forget(this);
	}
}

function keyOf(address: number, addresses: Addresses | undefined): AddressKey {
	const key = addressKey(address, addresses);
	if (key === undefined || !(address >= IPV6_FIRST || (Number.isInteger(address) && address >= 0)))
		throw new RangeError(`tcp: address: ${address}, expected an IPv4 one or an IPv6 one that is in \`addresses\``);
	return key;
}
