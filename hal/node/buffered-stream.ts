import { STREAM_CLOSED, STREAM_CONNECTING, STREAM_END, STREAM_LOST, STREAM_OPEN, type StreamSocket } from "../../firmware/ports/stream-socket.js";
import { checkRange } from "./range.js";

/** A stream that bytes are pushed to: keeps them until they are received, and calls `onChanged` as the port has it. What lies
 *  below it says how bytes leave, and when a callback may come. */
export abstract class BufferedStream implements StreamSocket {
	state: number;
	fault = "";
	readonly peerAddress: number;
	readonly peerPort: number;
	abstract get localPort(): number;
	/** Bytes that wait for `receive`. */
	protected waiting = 0;
	protected cameEnd = false;
	protected finished = false;
	protected closed = false;
	protected onChanged: (() => void) | undefined;
	#chunks: Uint8Array[] = [];
	#ended = false;
	#wantsData = true;
	#wantsRoom = false;
	#told = false;

	constructor(state: number, peerAddress: number, peerPort: number, onChanged: (() => void) | undefined) {
		this.state = state;
		this.peerAddress = peerAddress;
		this.peerPort = peerPort;
		this.onChanged = onChanged;
	}

	/** Bytes that may be sent now. */
	protected abstract get room(): number;
	/** Sends a copy of the bytes. */
	protected abstract push(bytes: Uint8Array): void;
	protected abstract pushEnd(): void;
	/** `receive` took so many bytes. */
	protected abstract received(length: number): void;
	/** Runs `work` soon, and not within. */
	protected abstract later(work: () => void): void;
	abstract close(): void;

	receive(into: Uint8Array, at: number, end: number): number {
		checkRange("tcp", into, at, end);
		if (this.closed)
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
		this.waiting -= length;
		this.received(length);
		this.#wantsData = true;
		if (this.hasNews)
			this.#tellData();
		return length;
	}

	#atEnd(): number {
		if (this.#ended)
			return STREAM_END;
		if (this.fault !== "")
			return STREAM_LOST;
		this.#wantsData = true;
		if (!this.cameEnd)
			return 0;
		this.#ended = true;
		if (this.finished)
			this.end("closed");
		return STREAM_END;
	}

	send(bytes: Uint8Array, offset: number, end: number): number {
		checkRange("tcp", bytes, offset, end);
		if (this.finished || this.state === STREAM_CLOSED)
			return STREAM_LOST;
		if (this.state === STREAM_CONNECTING)
			return 0;
		const taken = Math.min(end - offset, Math.max(0, this.room));
		if (taken < end - offset)
			this.#wantsRoom = true;
		if (taken > 0)
			this.push(bytes.subarray(offset, offset + taken));
		return taken;
	}

	finish(): void {
		if (this.finished || this.state === STREAM_CLOSED)
			return;
		this.finished = true;
		if (this.state === STREAM_OPEN)
			this.pushEnd();
		if (this.#ended)
			this.end("closed");
	}

	/* Called from below. */

	opened(): void {
		if (this.closed)
			return;
		this.state = STREAM_OPEN;
		if (this.finished)
			this.pushEnd();
		this.tell();
	}

	/** The connection is gone. */
	lose(fault: string): void {
		if (this.state === STREAM_CLOSED)
			return;
		this.end(fault);
		this.tell();
	}

	protected get hasNews(): boolean {
		return this.waiting > 0 || this.cameEnd || this.fault !== "";
	}

	protected came(bytes: Uint8Array): void {
		this.#chunks.push(bytes);
		this.waiting += bytes.length;
		this.#tellData();
	}

	protected endCame(): void {
		this.cameEnd = true;
		this.#tellData();
	}

	protected roomCame(): void {
		if (!this.#wantsRoom)
			return;
		this.#wantsRoom = false;
		this.tell();
	}

	protected end(fault: string): void {
		this.state = STREAM_CLOSED;
		this.fault = fault;
	}

	#tellData(): void {
		if (!this.#wantsData)
			return;
		this.#wantsData = false;
		this.tell();
	}

	protected tell(): void {
		if (this.#told)
			return;
		this.#told = true;
		this.later(() => {
			this.#told = false;
			if (!this.closed)
				this.onChanged?.();
		});
	}
}

export function checkPort(port: number, least: number): void {
	if (!(Number.isInteger(port) && port >= least && port <= 65535))
		throw new RangeError(`tcp: port: ${port}, expected an integer from ${least} to 65535`);
}

export function checkCallback(onChanged: unknown): void {
	if (typeof onChanged !== "function")
		throw new TypeError("tcp: onChanged is no function");
}
