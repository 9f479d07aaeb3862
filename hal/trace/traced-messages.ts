/** One direction of a TCP connection, cut into the SOME/IP messages that it carries. */
import type { StreamSocket } from "../../firmware/ports/stream-socket.js";
import { SNAP_LENGTH, type Pcapng } from "./pcapng.js";

/** Up to the end of the length field, which counts what follows it. */
const LENGTH_END = 8;

export class TracedMessages {
	#trace: Pcapng;
	#isSent: boolean;
	#socket: StreamSocket;
	#local: number;
	/** The message's beginning; it may be longer. What it has of the trace's room is given back with `close`. */
	#bytes = new Uint8Array(LENGTH_END);
	#seen = 0;
	#length = LENGTH_END;

	constructor(trace: Pcapng, isSent: boolean, socket: StreamSocket, local: number) {
		this.#trace = trace;
		this.#isSent = isSent;
		this.#socket = socket;
		this.#local = local;
	}

	/** Takes bytes[at, end); adds each message that ends in them. */
	take(bytes: Uint8Array, at: number, end: number): void {
		while (at < end) {
			const wanted = this.#length - this.#seen, count = wanted < end - at ? wanted : end - at;
			this.#keep(bytes, at, count);
			at += count;
			if (this.#seen === LENGTH_END && this.#length === LENGTH_END) {
				const head = this.#bytes;
				this.#length += head[4]! * 0x1000000 + (head[5]! << 16 | head[6]! << 8 | head[7]!);
			}
			if (this.#seen === this.#length)
				this.#add();
		}
	}

	/** The connection is closed. */
	close(): void {
		this.#trace.room += this.#bytes.length - LENGTH_END;
		this.#bytes = new Uint8Array(LENGTH_END);
		this.#seen = 0;
		this.#length = LENGTH_END;
	}

	#keep(bytes: Uint8Array, at: number, count: number): void {
		const needed = this.#seen + count, trace = this.#trace, { length } = this.#bytes;
		if (needed > length) {
			let wanted = 2 * needed < SNAP_LENGTH ? 2 * needed : SNAP_LENGTH;
			if (wanted - length > trace.room)
				wanted = length + trace.room;
			if (wanted > length) {
				const longer = new Uint8Array(wanted);
				longer.set(this.#bytes);
				this.#bytes = longer;
				trace.room -= wanted - length;
			}
		}
		for (let i = 0; i < count && this.#seen + i < this.#bytes.length; i++)
			this.#bytes[this.#seen + i] = bytes[at + i]!;
		this.#seen += count;
	}

	#add(): void {
		const socket = this.#socket, isSent = this.#isSent, local = this.#local, { localPort, peerAddress, peerPort } = socket;
		const captured = this.#seen < this.#bytes.length ? this.#seen : this.#bytes.length;
		if (isSent)
			this.#trace.add(true, true, local, localPort, peerAddress, peerPort, this.#bytes, 0, captured, this.#seen);
		else
			this.#trace.add(false, true, peerAddress, peerPort, local, localPort, this.#bytes, 0, captured, this.#seen);
		this.#seen = 0;
		this.#length = LENGTH_END;
	}
}
