/** One TCP connection at a time to a MockBroker that thinks of datagrams: what one end sends at once the other receives at once. */
import { NO_DATAGRAM, type DatagramSocket, type DatagramSocketFactory } from "../../../firmware/ports/datagram-socket.js";
import { STREAM_CLOSED, STREAM_CONNECTING, STREAM_END, STREAM_LOST, STREAM_OPEN, type StreamSocket, type StreamSocketFactory } from "../../../firmware/ports/stream-socket.js";
import type { FakeClock } from "../../support/fake-clock.js";

export class MockTcp {
	/** Connections that were asked for. */
	connections = 0;
	/** Those that the board has finished, and let go of. */
	finished = 0;
	closed = 0;
	/** The port that the last one goes to. */
	port = 0;
	/** What the board has sent and the broker has not received, and the other way. */
	#toBroker: Uint8Array[] = [];
	#toBoard: Uint8Array[] = [];
	#clock: FakeClock;
	#onBroker: () => void = () => {};
	#onBoard: () => void = () => {};
	#isCut = false;

	constructor(clock: FakeClock) {
		this.#clock = clock;
	}

	/** The network loses the connection. */
	cut(): void {
		this.#isCut = true;
		this.#clock.at(0, () => this.#onBoard());
	}

	/** The broker's end. */
	readonly datagramSocket: DatagramSocketFactory = ({ onReadable }) => {
		this.#onBroker = onReadable;
		return {
			sourceAddress: 1, sourcePort: 1, ecnSupported: false, ecn: 0, sendEcn: 0, localPort: 1, dropped: 0, close: () => {},
			receive: into => take(this.#toBroker, into, NO_DATAGRAM),
			send: (bytes, offset, end) => this.#carry(this.#toBoard, bytes, offset, end, () => this.#onBoard()),
		} satisfies DatagramSocket;
	};

	/** The board's end. */
	readonly streamSocket: StreamSocketFactory = ({ address, port, onChanged }) => {
		this.connections++;
		this.port = port;
		this.#toBroker = [];
		this.#toBoard = [];
		this.#isCut = false;
		const onBoard = this.#onBoard = onChanged, tcp = this;
		let isOpen = false, isFinished = false, isClosed = false;
		this.#clock.at(1, () => {
			isOpen = true;
			onBoard();
		});
		return {
			get state() { return tcp.#isCut || isClosed ? STREAM_CLOSED : isOpen ? STREAM_OPEN : STREAM_CONNECTING; },
			get fault() { return tcp.#isCut ? "reset by peer" : ""; },
			peerAddress: address, peerPort: port, localPort: 1,
			receive: (into, at, end) => tcp.#isCut ? STREAM_LOST : take(this.#toBoard, into.subarray(at, end), isFinished ? STREAM_END : 0),
			send: (bytes, offset, end) => tcp.#isCut ? STREAM_LOST : isOpen ? this.#carry(this.#toBroker, bytes, offset, end, () => this.#onBroker()) : 0,
			finish: () => { this.finished += isFinished ? 0 : 1; isFinished = true; },
			close: () => { this.closed += isClosed ? 0 : 1; isClosed = true; },
		} satisfies StreamSocket;
	};

	#carry(to: Uint8Array[], bytes: Uint8Array, offset: number, end: number, onReadable: () => void): number {
		const piece = bytes.slice(offset, end);
		this.#clock.at(1, () => {
			to.push(piece);
			onReadable();
		});
		return end - offset;
	}
}

function take(pieces: Uint8Array[], into: Uint8Array, none: number): number {
	const piece = pieces.shift();
	if (piece === undefined)
		return none;
	into.set(piece);
	return piece.length;
}
