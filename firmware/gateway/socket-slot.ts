import type { Addresses } from "../ports/addresses.js";
import { NO_DATAGRAM, SEND_BUSY, type DatagramSocket, type DatagramSocketFactory } from "../ports/datagram-socket.js";

/** A place for one socket. The handler is made once; sockets come and go. Remembers that there is
 *  something to read until the socket says that there is not. */
export class SocketSlot {
	/** The socket may have a datagram. */
	pending = false;
	#socket: DatagramSocket | undefined = undefined;
	#factory: DatagramSocketFactory;
	#addresses: Addresses | undefined;
	#onReadable: () => void;
	#droppedBefore = 0;
	#sendEcn = 0;
	/** Datagrams that the stack refused to send. */
	failures = 0;

	/** `wake` is called whenever `pending` became true; `addresses`: where one may be IPv6. */
	constructor(factory: DatagramSocketFactory, wake: () => void, addresses?: Addresses) {
		this.#factory = factory;
		this.#addresses = addresses;
		this.#onReadable = () => {
			this.pending = true;
			// In place of this call, not within it: a board's stack is small.
			return wake();
		};
	}

	get isOpen(): boolean {
		return this.#socket !== undefined;
	}

	get localPort(): number {
		return this.#socket === undefined ? 0 : this.#socket.localPort;
	}

	/** Of the datagram that was received last. */
	get sourceAddress(): number {
		return this.#socket!.sourceAddress;
	}

	get sourcePort(): number {
		return this.#socket!.sourcePort;
	}

	get ecnSupported(): boolean {
		return this.#socket !== undefined && this.#socket.ecnSupported;
	}

	/** ECN field of that datagram. */
	get ecn(): number {
		return this.#socket!.ecn;
	}

	/** Datagrams lost below `receive`, by this socket and by those before it. */
	get dropped(): number {
		return this.#droppedBefore + (this.#socket === undefined ? 0 : this.#socket.dropped);
	}

	/** `address` may be a group, then `local` is the interface's; `ecn`: the ECN field is to be told. Throws
	 *  where the socket cannot be had. */
	open(address: number, port: number, local: number, ecn = false): void {
		this.close();
		this.#sendEcn = 0;
		const options = { address, port, interface: local, ecn, onReadable: this.#onReadable };
		this.#socket = this.#factory(this.#addresses === undefined ? options : { ...options, addresses: this.#addresses });
	}

	/** Length of the next datagram in `into`, or NO_DATAGRAM. */
	receive(into: Uint8Array): number {
		if (this.#socket === undefined) {
			this.pending = false;
			return NO_DATAGRAM;
		}
		const length = this.#socket.receive(into);
		if (length === NO_DATAGRAM)
			this.pending = false;
		return length;
	}

	/** Sends bytes[0, length); returns false only where the queue is full and the datagram should be offered again. */
	send(bytes: Uint8Array, length: number, address: number, port: number, ecn = 0): boolean {
		if (this.#socket === undefined)
			return true;
		if (ecn !== this.#sendEcn)
			this.#socket.sendEcn = this.#sendEcn = ecn;
		const sent = this.#socket.send(bytes, 0, length, address, port);
		if (sent === SEND_BUSY)
			return false;
		if (sent < 0)
			this.failures++;
		return true;
	}

	close(): void {
		if (this.#socket === undefined)
			return;
		this.#droppedBefore += this.#socket.dropped;
		this.#socket.close();
		this.#socket = undefined;
		this.pending = false;
	}
}
