/** One QUIC stream of the terminator and one TCP connection of the backend: bytes both ways, back-pressure both ways. */
import { connect, type Socket } from "node:net";
import type { Connection } from "@matrixai/quic/native/types.js";

const SHUTDOWN_READ = 0;
const SHUTDOWN_WRITE = 1;
const BUFFER_LENGTH = 16384;

export interface BridgeOptions {
	connection: Connection;
	stream: number;
	/** Counted up here. */
	statistics: { bytesUp: number, bytesDown: number };
	/** TCP port of the backend on 127.0.0.1. */
	port: number;
	/** Something was given to the stream, or its window was opened: datagrams are to be sent. */
	onProgress: () => void;
	/** The backend has ended its side, and all that it wrote is in the stream. */
	onBackendEnd: () => void;
}

export class StreamBridge {
	#options: BridgeOptions;
	#tcp: Socket;
	#buffer = new Uint8Array(BUFFER_LENGTH);
	#full = false;
	#clientEnded = false;
	/** What the backend wrote and the stream has no window for; TCP is paused meanwhile. */
	#rest: Buffer | undefined = undefined;
	#backendEnded = false;
	#finSent = false;

	constructor(options: BridgeOptions) {
		this.#options = options;
		// Half-open: each side ends for itself.
		this.#tcp = connect({ port: options.port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
		this.#tcp.on("data", chunk => {
			this.#rest = chunk;
			this.#tcp.pause();
			this.flush();
			options.onProgress();
		});
		this.#tcp.on("drain", () => {
			this.#full = false;
			this.read();
			options.onProgress();
		});
		this.#tcp.on("end", () => this.#endOfBackend());
		this.#tcp.on("error", () => this.#endOfBackend());
		this.#tcp.on("close", () => this.#endOfBackend());
	}

	/** The stream has something to read, or has ended. What TCP has no room for stays in the stream: the client's
	 *  flow control window closes. */
	read(): void {
		const { connection, stream } = this.#options;
		try {
			while (!this.#full && !this.#clientEnded && connection.streamReadable(stream)) {
				const result = connection.streamRecv(stream, this.#buffer);
				if (result === null)
					break;
				const [length, fin] = result;
				this.#options.statistics.bytesUp += length;
				if (length > 0 && this.#tcp.writable)
					this.#full = !this.#tcp.write(Buffer.from(this.#buffer.subarray(0, length)));
				if (fin)
					this.endOfClient();
			}
		}
		catch {
			// The client reset the stream: for the backend a connection that broke.
			this.destroy();
		}
	}

	/** The stream may have room again. */
	flush(): void {
		const { connection, stream } = this.#options;
		try {
			while (this.#rest !== undefined) {
				const written = connection.streamSend(stream, this.#rest, false);
				if (written === null || written === 0)
					return;
				this.#options.statistics.bytesDown += written;
				this.#rest = written < this.#rest.length ? this.#rest.subarray(written) : undefined;
			}
			if (this.#backendEnded && !this.#finSent) {
				this.#finSent = true;
				connection.streamSend(stream, new Uint8Array(0), true);
				this.#options.onBackendEnd();
			}
			else if (this.#tcp.isPaused())
				this.#tcp.resume();
		}
		catch {
			// The client wants no more of it.
			this.destroy();
		}
	}

	/** Nothing more comes from the client; the backend gets to read all that came. */
	endOfClient(): void {
		this.#clientEnded = true;
		this.#tcp.end();
	}

	/** Drops the backend connection without an end: it takes the client for lost. */
	destroy(): void {
		this.#clientEnded = this.#finSent = true;
		this.#rest = undefined;
		this.#tcp.destroy();
	}

	#endOfBackend(): void {
		if (this.#backendEnded)
			return;
		this.#backendEnded = true;
		this.flush();
		this.#options.onProgress();
	}
}

/** Refuses a stream in both directions, with an application error code. */
export function refuseStream(connection: Connection, stream: number, code: number): void {
	try {
		connection.streamShutdown(stream, SHUTDOWN_READ, code);
		if ((stream & 2) === 0)
			connection.streamShutdown(stream, SHUTDOWN_WRITE, code);
	}
	catch {
		// It is gone already.
	}
}
