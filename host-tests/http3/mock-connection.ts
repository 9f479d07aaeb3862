/** QUIC's connection as the HTTP/3 client sees it, with the server played by the test: bytes of streams, and events. */
import { EVENT_CLOSED, EVENT_CONNECTED, EVENT_NONE, EVENT_STREAM_CLOSED, EVENT_STREAM_CREDIT, EVENT_STREAM_READABLE, type ConnectionStatistics } from "../../firmware/quic/connection.js";
import type { Http3Connection } from "../../firmware/http3/client.js";
import { SendRing } from "../../firmware/wire/send-ring.js";

interface MockStream {
	ring: SendRing;
	received: number[];
	hasEnd: boolean;
	isFinishing: boolean;
	aborted: number;
	urgency: number;
}

export class MockConnection implements Http3Connection {
	eventStream = -1;
	eventError = -1;
	closed = false;
	closeReason = "";
	closeCode = -1;
	transmitEcn = 0;
	readonly streams = new Map<number, MockStream>();
	/** Streams that may be opened: of both kinds. */
	credit = [10, 10];
	#events: { event: number, stream: number, error: number }[] = [];
	#next = [0, 2];

	enableEcn(): void {
		this.transmitEcn = 2;
	}

	connected(): this {
		return this.#push(EVENT_CONNECTED);
	}

	giveCredit(): this {
		return this.#push(EVENT_STREAM_CREDIT);
	}

	/** The server's bytes on a stream. */
	give(id: number, bytes: readonly number[], end = false): this {
		const stream = this.stream(id);
		stream.received.push(...bytes);
		stream.hasEnd = end;
		this.#push(EVENT_STREAM_READABLE, id);
		return end && bytes.length === 0 ? this.#push(EVENT_STREAM_CLOSED, id) : this;
	}

	/** RESET_STREAM or STOP_SENDING. */
	breakOff(id: number, error: number): this {
		return this.#push(EVENT_STREAM_CLOSED, id, error);
	}

	stream(id: number): MockStream {
		let stream = this.streams.get(id);
		if (stream === undefined) {
			stream = { ring: new SendRing(8192), received: [], hasEnd: false, isFinishing: false, aborted: -1, urgency: 3 };
			this.streams.set(id, stream);
		}
		return stream;
	}

	/** What the client has sent on a stream. */
	sent(id: number): number[] {
		const { ring } = this.stream(id), bytes = new Uint8Array(ring.end - ring.base);
		ring.copy(ring.base, ring.end, bytes, 0);
		return [...bytes];
	}

	#push(event: number, stream = -1, error = -1): this {
		this.#events.push({ event, stream, error });
		return this;
	}

	#open(kind: number): number {
		if (this.credit[kind]! === 0)
			return -1;
		this.credit[kind]!--;
		const id = this.#next[kind]!;
		this.#next[kind]! += 4;
		this.stream(id);
		return id;
	}

	connect(): void {
		this.connected();
	}

	receive(): void {}

	onTimeout(): void {}

	pollTransmit(): number {
		return 0;
	}

	pollTimeout(): number {
		return 1000;
	}

	pollEvent(): number {
		const next = this.#events.shift();
		if (next === undefined)
			return EVENT_NONE;
		this.eventStream = next.stream;
		this.eventError = next.error;
		return next.event;
	}

	openStream(): number {
		return this.#open(0);
	}

	openUniStream(): number {
		return this.#open(1);
	}

	setUrgency(id: number, urgency: number): void {
		this.stream(id).urgency = urgency;
	}

	sendRing(id: number): SendRing {
		return this.stream(id).ring;
	}

	finish(id: number): void {
		this.stream(id).isFinishing = true;
	}

	read(id: number, into: Uint8Array, at: number, end: number): number {
		const taken = this.stream(id).received.splice(0, end - at);
		into.set(taken, at);
		return taken.length;
	}

	isFinished(id: number): boolean {
		const { received, hasEnd } = this.stream(id);
		return hasEnd && received.length === 0;
	}

	abort(id: number, errorCode: number): void {
		this.stream(id).aborted = errorCode;
	}

	close(errorCode: number, reason: string): void {
		if (this.closed)
			return;
		this.closed = true;
		this.closeCode = errorCode;
		this.closeReason = reason;
		this.#push(EVENT_CLOSED);
	}

	dispose(): void {}

	get statistics(): ConnectionStatistics {
		throw new Error("a mock counts nothing");
	}
}
