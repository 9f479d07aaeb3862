import { STREAM_CLOSED, STREAM_LOST, type StreamSocket, type StreamSocketFactory } from "../ports/stream-socket.js";

/** A place for one TCP connection, with the shape of SocketSlot. */
export class StreamSlot {
	/** The socket may have bytes, or has ended. */
	pending = false;
	readonly failures = 0;
	#socket: StreamSocket | undefined = undefined;
	#factory: StreamSocketFactory;
	#onChanged: () => void;
	/** Bytes of what is offered that the socket has taken. */
	#taken = 0;

	/** `wake` is called whenever `pending` became true, or there is room again. */
	constructor(factory: StreamSocketFactory, wake: () => void) {
		this.#factory = factory;
		this.#onChanged = () => {
			this.pending = true;
			return wake();
		};
	}

	/** Why the connection ended, in words. */
	get fault(): string {
		const fault = this.#socket?.fault ?? "";
		return fault === "" ? "the TCP connection ended" : "TCP: " + fault;
	}

	/** Throws where no socket can be had. */
	open(address: number, port: number): void {
		this.close();
		this.#socket = this.#factory({ address, port, onChanged: this.#onChanged });
	}

	/** Bytes that were read into into[0, limit), 0 = none now; negative: the connection has ended. */
	receive(into: Uint8Array, limit: number): number {
		const socket = this.#socket;
		if (socket === undefined) {
			this.pending = false;
			return 0;
		}
		const length = socket.state === STREAM_CLOSED ? STREAM_LOST : socket.receive(into, 0, limit);
		if (length <= 0)
			this.pending = false;
		return length;
	}

	/** Sends bytes[0, length); returns false where the rest should be offered again, the same bytes. */
	send(bytes: Uint8Array, length: number): boolean {
		const socket = this.#socket;
		if (socket === undefined)
			return true;
		const count = socket.send(bytes, this.#taken, length);
		this.#taken += count > 0 ? count : 0;
		if (count >= 0 && this.#taken < length)
			return false;
		this.#taken = 0;
		return true;
	}

	/** Nothing more is sent; what was, arrives. Idempotent. */
	finish(): void {
		this.#socket?.finish();
	}

	close(): void {
		this.#socket?.close();
		this.#socket = undefined;
		this.#taken = 0;
		this.pending = false;
	}
}
