/** A Transport in memory, and the server's end of it in front of a MockBroker. Datagrams are one byte of kind and a body:
 *  no loss, no crypto; connections break where the test says. */
import { ConnectionStatistics } from "../../firmware/quic/connection-statistics.js";
import {
	TRANSPORT_CLOSED, TRANSPORT_CONFIRMED, TRANSPORT_CONNECTED, TRANSPORT_CREDIT, TRANSPORT_NONE, TRANSPORT_READABLE, TRANSPORT_STREAM_CLOSED,
} from "../../firmware/uplink/transport.js";
import type { Transport } from "../../firmware/uplink/transport.js";
import { NO_TIMEOUT } from "../../firmware/wire/time.js";
import { SendRing } from "../../firmware/wire/send-ring.js";
import type { BrokerConnection, MockBroker } from "../mqtt/mock-broker.js";

const HELLO = 1, ACCEPT = 2, CREDIT = 3, DATA = 4, ACK = 5, FIN = 6, RESET = 7, CLOSE = 8, CONFIRM = 9;

export interface MockTransportOptions {
	ringCapacity?: number;
	/** "throws": the constructor throws. */
	broken?: boolean;
	closeReason?: string;
	isPassing?: boolean;
}

export class MockTransport implements Transport {
	closeReason = "";
	isPassing = true;
	eventStream = -1;
	closed = false;
	disposed = false;
	readonly statistics = new ConnectionStatistics();
	readonly ring: SendRing;
	#sent = 0;
	#hasHello = false;
	#owesClose = false;
	#credit = 0;
	#stream = -1;
	#events: number[] = [];
	#input: number[] = [];
	#isEnded = false;

	constructor(options: MockTransportOptions) {
		if (options.broken)
			throw new Error("no CA certificate");
		this.ring = new SendRing(options.ringCapacity ?? 1024);
	}

	connect(): void {
		this.#hasHello = true;
	}

	receive(bytes: Uint8Array, length: number): void {
		if (this.closed)
			return;
		switch (bytes[0]) {
			case ACCEPT:
				this.statistics.established = true;
				this.#credit += bytes[1]!;
				this.#events.push(TRANSPORT_CONNECTED);
				if (this.#credit > 0)
					this.#events.push(TRANSPORT_CREDIT);
				break;
			case CONFIRM:
				this.#events.push(TRANSPORT_CONFIRMED);
				break;
			case CREDIT:
				this.#credit += bytes[1]!;
				this.#events.push(TRANSPORT_CREDIT);
				break;
			case DATA:
				for (let i = 1; i < length; i++)
					this.#input.push(bytes[i]!);
				this.#readable();
				break;
			case ACK:
				this.ring.release(this.ring.base + (bytes[1]! << 8 | bytes[2]!));
				break;
			case FIN:
				this.#isEnded = true;
				this.#readable();
				break;
			case RESET:
				this.eventStream = this.#stream;
				this.#input.length = 0;
				this.#events.push(TRANSPORT_STREAM_CLOSED);
				break;
			case CLOSE:
				this.break("closed by the server");
				break;
		}
	}

	/** The connection ends without the server's doing. */
	break(reason: string, isPassing = true): void {
		if (this.closed)
			return;
		this.closed = true;
		this.closeReason = reason;
		this.isPassing = isPassing;
		this.#events.push(TRANSPORT_CLOSED);
	}

	onTimeout(): void {}

	pollTransmit(into: Uint8Array): number {
		if (this.disposed)
			throw new Error("used after dispose");
		if (this.#owesClose) {
			// What was put last goes along, as QUIC has it.
			this.#owesClose = false;
			into[0] = CLOSE;
			const last = Math.min(this.ring.end - this.#sent, 500);
			this.ring.copy(this.#sent, this.#sent + last, into, 1);
			return 1 + last;
		}
		if (this.closed)
			return 0;
		if (this.#hasHello) {
			this.#hasHello = false;
			into[0] = HELLO;
			return 1;
		}
		const count = Math.min(this.ring.end - this.#sent, 500);
		if (count === 0)
			return 0;
		into[0] = DATA;
		this.ring.copy(this.#sent, this.#sent + count, into, 1);
		this.#sent += count;
		return 1 + count;
	}

	pollTimeout(): number {
		return NO_TIMEOUT;
	}

	pollEvent(): number {
		return this.#events.shift() ?? TRANSPORT_NONE;
	}

	openStream(): number {
		if (this.#credit === 0)
			return -1;
		this.#credit--;
		return this.#stream = 0;
	}

	sendRing(stream: number): SendRing {
		if (stream !== this.#stream)
			throw new RangeError(`stream ${stream} is not open`);
		return this.ring;
	}

	read(_stream: number, into: Uint8Array, at: number, end: number): number {
		const bytes = this.#input.splice(0, end - at);
		into.set(bytes, at);
		return bytes.length;
	}

	isFinished(): boolean {
		return this.#isEnded && this.#input.length === 0;
	}

	close(): void {
		if (this.closed)
			return;
		this.break("closed here");
		this.#owesClose = true;
	}

	dispose(): void {
		this.disposed = true;
	}

	#readable(): void {
		this.eventStream = this.#stream;
		this.#events.push(TRANSPORT_READABLE);
	}
}

/** The server's end. Answers are in `output`. */
export class MockServer {
	readonly output: number[][] = [];
	readonly broker: MockBroker;
	connection: BrokerConnection | undefined;
	/** Streams allowed with the handshake. */
	credit = 1;
	/** False: says nothing at all. */
	isThere = true;
	/** False: the handshake is never accepted. */
	accepts = true;
	/** False: it never says that it takes the client's certificate. */
	confirms = true;
	/** False: what comes is not acknowledged, so that the client's ring fills. */
	acknowledges = true;
	/** False: CONNECT and all else go unanswered. */
	answers = true;
	hellos = 0;
	closes = 0;
	/** Largest piece of the stream in a datagram. */
	pieces = 1000;

	constructor(broker: MockBroker) {
		this.broker = broker;
	}

	datagram(bytes: Uint8Array): void {
		if (!this.isThere)
			return;
		if (bytes[0] === HELLO) {
			this.hellos++;
			this.connection = this.broker.open();
			this.output.push(this.accepts ? [ACCEPT, this.credit] : [0]);
			if (this.accepts && this.confirms)
				this.output.push([CONFIRM]);
		}
		else if (bytes[0] === CLOSE) {
			this.closes++;
			this.connection?.feed(bytes, 1, bytes.length);
		}
		else if (bytes[0] === DATA && this.connection !== undefined) {
			const count = bytes.length - 1;
			if (this.answers)
				this.connection.feed(bytes, 1, bytes.length);
			if (this.acknowledges)
				this.output.push([ACK, count >> 8, count & 255]);
			this.flush();
		}
	}

	/** Sends what the broker has put. */
	flush(): void {
		const bytes = this.connection!.output.splice(0);
		for (let at = 0; at < bytes.length; at += this.pieces)
			this.output.push([DATA, ...bytes.slice(at, at + this.pieces)]);
	}

	grant(): void {
		this.output.push([CREDIT, 1]);
	}

	finish(): void {
		this.output.push([FIN]);
	}

	reset(): void {
		this.output.push([RESET]);
	}

	close(): void {
		this.output.push([CLOSE]);
	}
}
