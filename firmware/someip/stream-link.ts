/** One TCP socket and the connection that it serves: reads messages, writes what waits. */
import { STREAM_MESSAGES_PER_TURN, TCP_STALL_TIME } from "../config.js";
import { STREAM_CLOSED, STREAM_CONNECTING, type StreamSocket } from "../ports/stream-socket.js";
import { CONNECTION_OPEN, type Connection } from "./connection.js";
import { STREAM_BROKEN } from "./stream-framing.js";

/** What `read` returns beside lengths: nothing more this turn. */
const LINK_EMPTY = 0;
/** The connection is gone, or cannot be read any further. */
export const LINK_LOST = -1;

export class StreamLink {
	connection: Connection | undefined = undefined;
	/** Its life when the socket was made: of another one the socket is not any more. */
	life = 0;
	/** The socket may have something to say. */
	pending = false;
	/** When the attempt began, or the last bytes went out, int32 ms. */
	since = 0;
	/** Reads of this turn. */
	#count = 0;
	#socket: StreamSocket | undefined = undefined;
	#isBusy = false;
	readonly onChanged: () => void;

	/** `wake` is called whenever `pending` became true. */
	constructor(wake: () => void) {
		this.onChanged = () => {
			this.pending = true;
			return wake();
		};
	}

	get isOpen(): boolean {
		return this.#socket !== undefined;
	}

	get isConnecting(): boolean {
		return this.#socket !== undefined && this.#socket.state === STREAM_CONNECTING;
	}

	get isClosed(): boolean {
		return this.#socket === undefined || this.#socket.state === STREAM_CLOSED;
	}

	get localPort(): number {
		return this.#socket === undefined ? 0 : this.#socket.localPort;
	}

	open(connection: Connection, socket: StreamSocket, now: number): void {
		this.connection = connection;
		this.life = connection.life;
		this.since = now;
		this.pending = true;
		this.#isBusy = false;
		this.#socket = socket;
	}

	close(): void {
		this.#socket?.close();
		this.#socket = undefined;
		this.connection = undefined;
		this.pending = false;
	}

	/** Begins a turn's reading. */
	begin(): void {
		this.#count = 0;
	}

	/** The length of the next message, in `connection.input`; LINK_EMPTY or LINK_LOST. */
	read(now: number): number {
		const socket = this.#socket!, connection = this.connection!, input = connection.input;
		for (;;) {
			const length = input.next();
			if (length === STREAM_BROKEN)
				return LINK_LOST;
			if (length > 0)
				return length;
			if (++this.#count > STREAM_MESSAGES_PER_TURN)
				return LINK_EMPTY;
			input.prepare(now);
			const count = socket.receive(input.into, input.at, input.end);
			input.received(count > 0 ? count : 0);
			if (count < 0)
				return LINK_LOST;
			if (count === 0) {
				this.pending = false;
				return LINK_EMPTY;
			}
			connection.progress(now);
		}
	}

	/** Gives the socket what waits; false: the connection is gone, or has taken nothing for TCP_STALL_TIME. */
	write(now: number): boolean {
		const output = this.connection!.output, waiting = output.to - output.from;
		if (waiting === 0)
			return true;
		const sent = this.#socket!.send(output.bytes, output.from, output.to);
		if (sent < 0)
			return false;
		if (sent > 0 || !this.#isBusy)
			this.since = now;
		this.#isBusy = sent < waiting;
		output.sent(sent);
		output.tick(now);
		return ((now - this.since) | 0) < TCP_STALL_TIME;
	}

	/** ms until `write` is to be asked again, though nothing happens; at most `delay`. */
	timeout(now: number, delay: number): number {
		const { output, state } = this.connection!;
		if (state === CONNECTION_OPEN && output.to > output.from && !this.#isBusy)
			return 0;
		const wait = (this.since + TCP_STALL_TIME - now) | 0;
		return this.#isBusy && wait < delay ? wait : delay;
	}
}
