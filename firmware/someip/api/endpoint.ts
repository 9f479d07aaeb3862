/** One UDP socket of an Application: opened at its start, it remembers that there is something to read. */
import type { Addresses } from "../../ports/addresses.js";
import { NO_DATAGRAM, SEND_BUSY, type DatagramSocket, type DatagramSocketFactory } from "../../ports/datagram-socket.js";

export class Endpoint {
	/** The socket may have a datagram. */
	pending = false;
	readonly address: number;
	readonly port: number;
	/** Datagrams that the stack refused to send. */
	failures = 0;
	#socket: DatagramSocket | undefined = undefined;
	#onReadable: () => void;

	/** `port` 0: any. `wake` is called whenever `pending` became true. */
	constructor(address: number, port: number, wake: () => void) {
		this.address = address;
		this.port = port;
		this.#onReadable = () => {
			this.pending = true;
			return wake();
		};
	}

	get localPort(): number {
		return this.#socket === undefined ? this.port : this.#socket.localPort;
	}

	/** Of the datagram that was received last. */
	get sourceAddress(): number {
		return this.#socket!.sourceAddress;
	}

	get sourcePort(): number {
		return this.#socket!.sourcePort;
	}

	/** `local`: the interface's address. Throws in words where the socket cannot be had. */
	open(factory: DatagramSocketFactory, local: number, addresses: Addresses): void {
		if (this.#socket === undefined)
			this.#socket = factory({ address: this.address, port: this.port, interface: local, addresses, onReadable: this.#onReadable });
	}

	/** Length of the next datagram in `into`, or NO_DATAGRAM. */
	receive(into: Uint8Array): number {
		const length = this.#socket === undefined ? NO_DATAGRAM : this.#socket.receive(into);
		if (length === NO_DATAGRAM)
			this.pending = false;
		return length;
	}

	/** False only where the queue below is full and the datagram should be offered again. */
	send(bytes: Uint8Array, length: number, address: number, port: number): boolean {
		if (this.#socket === undefined)
			return true;
		const sent = this.#socket.send(bytes, 0, length, address, port);
		if (sent < 0 && sent !== SEND_BUSY)
			this.failures++;
		return sent !== SEND_BUSY;
	}

	close(): void {
		this.#socket?.close();
		this.#socket = undefined;
		this.pending = false;
	}
}
