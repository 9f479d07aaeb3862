import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { SEND_FAILED, NO_DATAGRAM, type DatagramSocket, type DatagramSocketFactory, type DatagramSocketOptions }
	from "../../firmware/ports/datagram-socket.js";
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
	dropped: number;
	refused: number;
	#queue: { bytes: Buffer, from: RemoteInfo }[];
	#announced: boolean;
	#closed: boolean;
	#onReadable: () => void;
	#socket: Socket;

	constructor(options: DatagramSocketOptions) {
		const isGroup = (options.address >>> 28) === 14;
		const device = options.interface ?? (isGroup ? 0 : options.address);
		this.sourceAddress = 0;
		this.sourcePort = 0;
		this.dropped = 0;
		this.refused = 0;
		this.#queue = [];
		this.#announced = false;
		this.#closed = false;
		this.#onReadable = options.onReadable;
		this.#socket = createSocket({ type: "udp4", reuseAddr: isGroup, lookup });
		this.#socket.on("message", (bytes, from) => this.#take(bytes, from));
		try {
			this.#bind(options.address, options.port);
			if (isGroup)
				this.#join(options.address, options.port, device);
			if (device !== 0)
				this.#socket.setMulticastInterface(textOf(device));
			this.#socket.setMulticastTTL(options.ttl ?? 1);
			this.#socket.setMulticastLoopback(true);
		}
		catch (error) {
			this.close();
			throw error;
		}
		this.localPort = this.#socket.address().port;
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
			this.sourceAddress = addressOf(datagram.from.address);
			this.sourcePort = datagram.from.port;
			return datagram.bytes.length;
		}
	}

	send(bytes: Uint8Array, offset: number, end: number, address: number, port: number): number {
		checkRange("udp", bytes, offset, end);
		if (this.#closed || end - offset > DATAGRAM_MAX || !(port > 0 && port < 65536))
			return SEND_FAILED;
		// A copy: where the kernel is busy, libuv keeps the buffer until it is not.
		this.#socket.send(Buffer.from(bytes.subarray(offset, end)), port, textOf(address), error => {
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
		this.#socket.bind({ address: textOf(address), port, exclusive: true });
		if (failure !== undefined)
			throw new Error(`cannot bind ${textOf(address)}:${port}: ${REASONS[failure.code!] ?? failure.message}`);
		// Later errors (ICMP) must not end the process.
		this.#socket.off("error", onError);
		this.#socket.on("error", () => { this.refused++; });
	}

	#join(group: number, port: number, device: number): void {
		try {
			this.#socket.addMembership(textOf(group), textOf(device));
		}
		catch (error) {
			const { code, message } = error as NodeJS.ErrnoException;
			throw new Error(`cannot join ${textOf(group)}:${port} on ${textOf(device)}: ${REASONS[code!] ?? message}`);
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
	ENODEV: "not an address of this machine",
	EACCES: "permission denied",
};

function lookup(name: string, _options: unknown, callback: (error: null, address: string, family: number) => void): void {
	callback(null, name, 4);
}

function textOf(address: number): string {
	return `${address >>> 24}.${address >>> 16 & 255}.${address >>> 8 & 255}.${address & 255}`;
}

function addressOf(text: string): number {
	let address = 0;
	for (const part of text.split("."))
		address = address * 256 + Number(part);
	return address;
}

export const datagramSocket: DatagramSocketFactory = options => new NodeDatagramSocket(options);
