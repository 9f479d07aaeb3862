import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { SEND_FAILED, NO_DATAGRAM, type DatagramSocket, type DatagramSocketFactory, type DatagramSocketOptions }
	from "../../firmware/ports/datagram-socket.js";
import { AddressText } from "./address-text.js";
import { checkRange } from "./range.js";

/** Datagrams that wait for `receive`; more are dropped and counted. */
const QUEUE_MAX = 256;
const DATAGRAM_MAX = 65507;

/** node:dgram behind the port. Its `bind` and `send` are asynchronous only where names are looked up: with a
 *  `lookup` of our own they act at once. What differs from the natives: a datagram that the kernel refuses after
 *  `send` took it is counted in `refused` instead of being answered with SEND_FAILED. */
class NodeDatagramSocket implements DatagramSocket {
	sourceAddress: number;
	sourcePort: number;
	readonly localPort: number;
	/** node:dgram has no way to the ECN field. */
	readonly ecnSupported: boolean;
	readonly ecn: number;
	dropped: number;
	refused: number;
	#queue: { bytes: Buffer, from: RemoteInfo }[];
	#announced: boolean;
	#closed: boolean;
	#onReadable: () => void;
	#socket: Socket;
	#text: AddressText;

	constructor(options: DatagramSocketOptions) {
		const text = new AddressText(options.address, options.addresses, "udp");
		const isGroup = text.isGroup(options.address);
		const device = options.interface ?? (isGroup ? 0 : options.address);
		const zone = text.isIpv6 ? text.zoneOf(device) : "";
		this.sourceAddress = 0;
		this.sourcePort = 0;
		this.ecnSupported = false;
		this.ecn = 0;
		this.dropped = 0;
		this.refused = 0;
		this.#queue = [];
		this.#announced = false;
		this.#closed = false;
		this.#onReadable = options.onReadable;
		this.#text = text;
		this.#socket = text.isIpv6 ? createSocket({ type: "udp6", ipv6Only: true, reuseAddr: isGroup, lookup: lookup6 })
			: createSocket({ type: "udp4", reuseAddr: isGroup, lookup });
		this.#socket.on("message", (bytes, from) => this.#take(bytes, from));
		try {
			if (text.isIpv6 && isGroup && device !== 0 && zone === "")
				throw new Error(`cannot join ${text.endpoint(options.address, options.port)} on ${text.of(device)}: ${REASONS["ENODEV"]}`);
			this.#bind(options.address, options.port);
			if (isGroup)
				this.#join(options.address, options.port, device, zone);
			if (zone !== "")
				this.#socket.setMulticastInterface("::" + zone);
			else if (device !== 0 && !text.isIpv6)
				this.#socket.setMulticastInterface(text.of(device));
			this.#socket.setMulticastTTL(options.ttl ?? 1);
			this.#socket.setMulticastLoopback(true);
		}
		catch (error) {
			this.close();
			throw error;
		}
		this.localPort = this.#socket.address().port;
	}

	get sendEcn(): number {
		return 0;
	}

	set sendEcn(value: number) {
		if (value !== 0 && value !== 2)
			throw new RangeError(`udp: sendEcn: ${value}, expected 0 or 2`);
	}

	receive(into: Uint8Array): number {
		for (;;) {
			const datagram = this.#queue.shift();
			if (datagram === undefined)
				return NO_DATAGRAM;
			if (datagram.bytes.length > into.length) {
				this.dropped++;
				continue;
			}
			into.set(datagram.bytes);
			this.sourceAddress = this.#text.parse(datagram.from.address);
			this.sourcePort = datagram.from.port;
			return datagram.bytes.length;
		}
	}

	send(bytes: Uint8Array, offset: number, end: number, address: number, port: number): number {
		checkRange("udp", bytes, offset, end);
		const to = this.#text.find(address);
		if (this.#closed || end - offset > DATAGRAM_MAX || !(port > 0 && port < 65536) || to === "")
			return SEND_FAILED;
		// A copy: where the kernel is busy, libuv keeps the buffer until it is not.
		this.#socket.send(Buffer.from(bytes.subarray(offset, end)), port, to, error => {
			if (error)
				this.refused++;
		});
		return end - offset;
	}

	close(): void {
		if (this.#closed)
			return;
		this.#closed = true;
		this.#queue.length = 0;
		this.#socket.close();
	}

	#bind(address: number, port: number): void {
		let failure: NodeJS.ErrnoException | undefined;
		const onError = (error: NodeJS.ErrnoException): void => { failure = error; };
		this.#socket.on("error", onError);
		this.#socket.bind({ address: this.#text.find(address), port, exclusive: true });
		if (failure !== undefined)
			throw new Error(`cannot bind ${this.#text.endpoint(address, port)}: ${REASONS[failure.code!] ?? failure.message}`);
		// Later errors (ICMP) must not end the process.
		this.#socket.off("error", onError);
		this.#socket.on("error", () => { this.refused++; });
	}

	#join(group: number, port: number, device: number, zone: string): void {
		const text = this.#text;
		try {
			this.#socket.addMembership(text.of(group), text.isIpv6 ? "::" + zone : text.of(device));
		}
		catch (error) {
			const { code, message } = error as NodeJS.ErrnoException;
			throw new Error(`cannot join ${text.endpoint(group, port)} on ${text.of(device)}: ${REASONS[code!] ?? message}`);
		}
	}

	#take(bytes: Buffer, from: RemoteInfo): void {
		if (this.#closed)
			return;
		if (this.#queue.length >= QUEUE_MAX) {
			this.dropped++;
			return;
		}
		this.#queue.push({ bytes, from });
		if (!this.#announced) {
			this.#announced = true;
			queueMicrotask(() => {
				this.#announced = false;
				if (!this.#closed && this.#queue.length > 0)
					this.#onReadable();
			});
		}
	}
}

const REASONS: Record<string, string> = {
	EADDRINUSE: "address already in use",
	EADDRNOTAVAIL: "not an address of this machine",
	EINVAL: "not an address of this machine",
	ENODEV: "not an address of this machine",
	EACCES: "permission denied",
};

type Lookup = (name: string, options: unknown, callback: (error: null, address: string, family: number) => void) => void;

const lookup: Lookup = (name, _options, callback) => callback(null, name, 4);
const lookup6: Lookup = (name, _options, callback) => callback(null, name, 6);

export const datagramSocket: DatagramSocketFactory = options => new NodeDatagramSocket(options);
