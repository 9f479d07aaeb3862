import { connect, createServer, Socket, type Server } from "node:net";
import * as net from "node:net";
import { getSystemErrorName } from "node:util";
import { STREAM_CLOSED, STREAM_CONNECTING, STREAM_END, STREAM_LOST, STREAM_OPEN, type StreamListener, type StreamListenerFactory, type StreamListenerOptions,
	type StreamSocket, type StreamSocketFactory, type StreamSocketOptions } from "../../firmware/ports/stream-socket.js";
import { AddressText } from "./address-text.js";
import { checkRange } from "./range.js";

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
class NodeStreamSocket implements StreamSocket {
	state: number;
	fault: string;
	readonly peerAddress: number;
	readonly peerPort: number;
	#socket: Socket;
	#onChanged: () => void;
	#chunks: Buffer[] = [];
	#waiting = 0;
	#cameEnd = false;
	#ended = false;
	#finished = false;
	#closed = false;
	#wantsData = true;
	#wantsRoom = false;
	#told = false;

	constructor(socket: Socket, state: number, peerAddress: number, peerPort: number, onChanged: () => void) {
		this.state = state;
		this.fault = "";
		this.peerAddress = peerAddress;
		this.peerPort = peerPort;
		this.#socket = socket;
		this.#onChanged = onChanged;
		socket.on("connect", () => this.#opened());
		socket.on("data", bytes => this.#take(bytes));
		socket.on("end", () => {
			this.#cameEnd = true;
			this.#tellData();
		});
		socket.on("error", (error: NodeJS.ErrnoException) => this.#lose(FAULTS[error.code!] ?? error.message));
		// Reset by ourselves, or closed by both sides: nothing that the peer did.
		socket.on("close", () => {
			if (!this.#cameEnd)
				this.#lose("reset by peer");
		});
		socket.resume();
	}

	get localPort(): number {
		return this.#socket.localPort ?? 0;
	}

	receive(into: Uint8Array, at: number, end: number): number {
		checkRange("tcp", into, at, end);
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
		this.#waiting -= length;
		if (this.#waiting < RECEIVE_MAX / 2)
			this.#socket.resume();
		this.#wantsData = true;
		if (this.#waiting > 0 || this.#cameEnd || this.fault !== "")
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
		checkRange("tcp", bytes, offset, end);
		if (this.#finished || this.state === STREAM_CLOSED)
			return STREAM_LOST;
		if (this.state === STREAM_CONNECTING)
			return 0;
		const taken = Math.min(end - offset, Math.max(0, SEND_MAX - this.#socket.writableLength));
		if (taken < end - offset)
			this.#wantsRoom = true;
		if (taken > 0)
			this.#socket.write(Buffer.from(bytes.subarray(offset, offset + taken)), () => {
				if (this.#wantsRoom && this.#socket.writableLength < SEND_MAX) {
					this.#wantsRoom = false;
					this.#tell();
				}
			});
		return taken;
	}

	finish(): void {
		if (this.#finished || this.state === STREAM_CLOSED)
			return;
		this.#finished = true;
		if (this.state === STREAM_OPEN)
			this.#socket.end();
		if (this.#ended)
			this.#end("closed");
	}

	close(): void {
		if (this.#closed)
			return;
		this.#closed = true;
		this.#end("closed");
		if (this.#finished)
			this.#socket.destroySoon();
		else if (this.#socket.connecting || (this.#socket.writableLength === 0 && this.#waiting === 0))
			this.#socket.destroy();
		else
			this.#socket.resetAndDestroy();
	}

	#opened(): void {
		if (this.#closed)
			return;
		this.state = STREAM_OPEN;
		if (this.#finished)
			this.#socket.end();
		this.#tell();
	}

	#take(bytes: Buffer): void {
		if (this.#closed)
			return;
		this.#chunks.push(bytes);
		this.#waiting += bytes.length;
		if (this.#waiting >= RECEIVE_MAX)
			this.#socket.pause();
		this.#tellData();
	}

	#lose(fault: string): void {
		if (this.#closed || this.state === STREAM_CLOSED)
			return;
		this.#end(fault);
		this.#tell();
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
		setImmediate(() => {
			this.#told = false;
			if (!this.#closed)
				this.#onChanged();
		});
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
	if (!(Number.isInteger(port) && port >= 0 && port <= 65535))
		throw new RangeError(`tcp: port: ${port}, expected an integer from 0 to 65535`);
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
	if (!(Number.isInteger(port) && port > 0 && port <= 65535))
		throw new RangeError(`tcp: port: ${port}, expected an integer from 1 to 65535`);
	if (typeof onChanged !== "function")
		throw new TypeError("tcp: onChanged is no function");
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
	if (typeof options.onChanged !== "function")
		throw new TypeError("tcp: onChanged is no function");
	return new NodeStreamListener(options);
};
