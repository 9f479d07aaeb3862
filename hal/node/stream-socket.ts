import { connect, createServer, Socket, type Server } from "node:net";
import * as net from "node:net";
import { getSystemErrorName } from "node:util";
import { STREAM_CONNECTING, STREAM_OPEN, type StreamListener, type StreamListenerFactory, type StreamListenerOptions,
	type StreamSocket, type StreamSocketFactory, type StreamSocketOptions } from "../../firmware/ports/stream-socket.js";
import { AddressText } from "./address-text.js";
import { BufferedStream, checkCallback, checkPort } from "./buffered-stream.js";

/** Bytes that wait for `receive`, about: then the peer has to wait; and those that `send` takes ahead of the kernel. */
const RECEIVE_MAX = 65536;
const SEND_MAX = 65536;

const FAULTS: Record<string, string> = {
	ECONNREFUSED: "refused",
	ECONNRESET: "reset by peer",
	ECONNABORTED: "reset by peer",
	EPIPE: "reset by peer",
	ETIMEDOUT: "timed out",
	ENETUNREACH: "unreachable",
	EHOSTUNREACH: "unreachable",
	ENETDOWN: "unreachable",
	EINVAL: "unreachable",
	EADDRINUSE: "address already in use",
	EADDRNOTAVAIL: "not an address of this machine",
	EACCES: "permission denied",
};

/** node:net behind the port: its pushed data wait in a bounded buffer. What differs from the natives: where a write finds the
 *  connection lost, what the kernel had not given yet is lost too. */
class NodeStreamSocket extends BufferedStream {
	#socket: Socket;

	constructor(socket: Socket, state: number, peerAddress: number, peerPort: number, onChanged: () => void) {
		super(state, peerAddress, peerPort, onChanged);
		this.#socket = socket;
		socket.on("connect", () => this.opened());
		socket.on("data", bytes => this.#take(bytes));
		socket.on("end", () => this.endCame());
		socket.on("error", (error: NodeJS.ErrnoException) => this.lose(FAULTS[error.code!] ?? error.message));
		// Reset by ourselves, or closed by both sides: nothing that the peer did.
		socket.on("close", () => {
			if (!this.cameEnd)
				this.lose("reset by peer");
		});
		socket.resume();
	}

	get localPort(): number {
		return this.#socket.localPort ?? 0;
	}

	close(): void {
		if (this.closed)
			return;
		this.closed = true;
		this.end("closed");
		if (this.finished)
			this.#socket.destroySoon();
		else if (this.#socket.connecting || (this.#socket.writableLength === 0 && this.waiting === 0))
			this.#socket.destroy();
		else
			this.#socket.resetAndDestroy();
	}

	protected get room(): number {
		return SEND_MAX - this.#socket.writableLength;
	}

	protected push(bytes: Uint8Array): void {
		this.#socket.write(Buffer.from(bytes), () => {
			if (this.#socket.writableLength < SEND_MAX)
				this.roomCame();
		});
	}

	protected pushEnd(): void {
		this.#socket.end();
	}

	protected received(): void {
		if (this.waiting < RECEIVE_MAX / 2)
			this.#socket.resume();
	}

	protected later(work: () => void): void {
		setImmediate(work);
	}

	#take(bytes: Buffer): void {
		if (this.closed)
			return;
		this.came(bytes);
		if (this.waiting >= RECEIVE_MAX)
			this.#socket.pause();
	}
}

class NodeStreamListener implements StreamListener {
	readonly localPort: number;
	#server: Server;
	#waiting: Socket[] = [];
	#text: AddressText;

	constructor(options: StreamListenerOptions) {
		const { address, port, backlog = 4, onChanged } = options;
		const text = this.#text = new AddressText(address, options.addresses, "tcp");
		text.zoneOf(address);
		const handle = bound(text.find(address), port, text.isIpv6);
		if (typeof handle === "string")
			throw new Error(`cannot bind ${text.endpoint(address, port)}: ${FAULTS[handle] ?? handle}`);
		this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, socket => {
			if (this.#waiting.length >= backlog) {
				socket.resetAndDestroy();
				return;
			}
			socket.on("error", () => {});
			this.#waiting.push(socket);
			setImmediate(onChanged);
		});
		this.#server.on("error", () => {});
		this.#server.listen(handle, backlog);
		this.localPort = (this.#server.address() as { port: number }).port;
	}

	accept(onChanged: () => void): StreamSocket | undefined {
		const socket = this.#waiting.shift();
		if (socket === undefined)
			return undefined;
		return new NodeStreamSocket(socket, STREAM_OPEN, this.#text.parse(socket.remoteAddress ?? "0.0.0.0"), socket.remotePort ?? 0, onChanged);
	}

	close(): void {
		for (const socket of this.#waiting.splice(0))
			socket.resetAndDestroy();
		this.#server.close();
	}
}

/** A handle that is bound already, or an error's name: `listen` with a host looks it up first, and fails later. */
function bound(text: string, port: number, isIpv6: boolean): object | string {
	const UV_TCP_IPV6ONLY = 1;
	checkPort(port, 0);
	const handle = (net as any)._createServerHandle(text, port, isIpv6 ? 6 : 4, undefined, isIpv6 ? UV_TCP_IPV6ONLY : 0);
	const error = typeof handle === "number" ? handle : handle.getsockname({}) as number;
	if (error === 0)
		return handle as object;
	if (typeof handle !== "number")
		handle.close();
	const name = getSystemErrorName(error);
	// A link-local address without a zone: of none of our interfaces.
	return name === "EINVAL" ? "EADDRNOTAVAIL" : name;
}

function dial(options: StreamSocketOptions): StreamSocket {
	const { address, port, onChanged } = options;
	const text = new AddressText(address, options.addresses, "tcp"), device = options.interface ?? 0;
	if (device !== 0)
		text.zoneOf(device);
	checkPort(port, 1);
	checkCallback(onChanged);
	if (address === 0 || text.of(address) === "::" || text.isGroup(address))
		throw new RangeError("tcp: nobody can be there");
	if (device !== 0 && text.find(device) === "")
		throw new RangeError("tcp: interface of another address family");
	if (device !== 0) {
		const trial = bound(text.find(device), 0, text.isIpv6);
		if (typeof trial === "string")
			throw new Error(`cannot connect from ${text.of(device)}: ${FAULTS[trial] ?? trial}`);
		(trial as { close(): void }).close();
	}
	const socket = connect({ host: text.find(address), port, allowHalfOpen: true, noDelay: true, ...device !== 0 ? { localAddress: text.find(device) } : {} });
	return new NodeStreamSocket(socket, STREAM_CONNECTING, address, port, onChanged);
}

export const streamSocket: StreamSocketFactory = dial;
export const streamListener: StreamListenerFactory = options => {
	checkCallback(options.onChanged);
	return new NodeStreamListener(options);
};
