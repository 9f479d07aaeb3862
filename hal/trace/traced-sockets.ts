/** Sockets that tell a trace what they carry. Where nothing is traced there are none of these. */
import type { DatagramSocket, DatagramSocketFactory, DatagramSocketOptions } from "../../firmware/ports/datagram-socket.js";
import type { StreamListener, StreamListenerFactory, StreamSocket, StreamSocketFactory } from "../../firmware/ports/stream-socket.js";
import type { Pcapng } from "./pcapng.js";
import { TracedMessages } from "./traced-messages.js";

class TracedDatagramSocket implements DatagramSocket {
	#socket: DatagramSocket;
	#trace: Pcapng;
	/** What it is bound to, and where what it sends comes from. */
	#bound: number;
	#source: number;

	constructor(socket: DatagramSocket, options: DatagramSocketOptions, trace: Pcapng) {
		this.#socket = socket;
		this.#trace = trace;
		this.#bound = options.address;
		this.#source = options.interface ?? options.address;
	}

	get sourceAddress(): number {
		return this.#socket.sourceAddress;
	}

	get sourcePort(): number {
		return this.#socket.sourcePort;
	}

	get localPort(): number {
		return this.#socket.localPort;
	}

	get dropped(): number {
		return this.#socket.dropped;
	}

	get ecnSupported(): boolean {
		return this.#socket.ecnSupported;
	}

	get ecn(): number {
		return this.#socket.ecn;
	}

	get sendEcn(): number {
		return this.#socket.sendEcn;
	}

	set sendEcn(value: number) {
		this.#socket.sendEcn = value;
	}

	receive(into: Uint8Array): number {
		const socket = this.#socket, length = socket.receive(into);
		// What was sent to a group comes back on some stacks: it is in the trace already.
		if (length >= 0 && (this.#bound === this.#source || socket.sourceAddress !== this.#source))
			this.#trace.add(false, false, socket.sourceAddress, socket.sourcePort, this.#bound, socket.localPort, into, 0, length);
		return length;
	}

	send(bytes: Uint8Array, offset: number, end: number, address: number, port: number): number {
		const sent = this.#socket.send(bytes, offset, end, address, port);
		if (sent >= 0)
			this.#trace.add(true, false, this.#source, this.#socket.localPort, address, port, bytes, offset, end);
		return sent;
	}

	close(): void {
		this.#socket.close();
	}
}

class TracedStreamSocket implements StreamSocket {
	#socket: StreamSocket;
	#received: TracedMessages;
	#sent: TracedMessages;

	/** `local`: the address of this end. */
	constructor(socket: StreamSocket, local: number, trace: Pcapng) {
		this.#socket = socket;
		this.#received = new TracedMessages(trace, false, socket, local);
		this.#sent = new TracedMessages(trace, true, socket, local);
	}

	get state(): number {
		return this.#socket.state;
	}

	get peerAddress(): number {
		return this.#socket.peerAddress;
	}

	get peerPort(): number {
		return this.#socket.peerPort;
	}

	get localPort(): number {
		return this.#socket.localPort;
	}

	get fault(): string {
		return this.#socket.fault;
	}

	receive(into: Uint8Array, at: number, end: number): number {
		const length = this.#socket.receive(into, at, end);
		if (length > 0)
			this.#received.take(into, at, at + length);
		return length;
	}

	send(bytes: Uint8Array, offset: number, end: number): number {
		const length = this.#socket.send(bytes, offset, end);
		if (length > 0)
			this.#sent.take(bytes, offset, offset + length);
		return length;
	}

	finish(): void {
		this.#socket.finish();
	}

	close(): void {
		this.#socket.close();
		this.#received.close();
		this.#sent.close();
	}
}

export function tracedDatagrams(factory: DatagramSocketFactory, trace: Pcapng): DatagramSocketFactory {
	return options => new TracedDatagramSocket(factory(options), options, trace);
}

export function tracedStreams(factory: StreamSocketFactory, trace: Pcapng): StreamSocketFactory {
	return options => new TracedStreamSocket(factory(options), options.interface ?? 0, trace);
}

export function tracedListener(factory: StreamListenerFactory, trace: Pcapng): StreamListenerFactory {
	return options => {
		const listener: StreamListener = factory(options);
		return {
			get localPort() {
				return listener.localPort;
			},
			accept(onChanged) {
				const socket = listener.accept(onChanged);
				return socket === undefined ? undefined : new TracedStreamSocket(socket, options.address, trace);
			},
			close: () => listener.close(),
		};
	};
}
