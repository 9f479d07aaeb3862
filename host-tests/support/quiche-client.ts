/** A QUIC client on quiche's native binding (Node only): judges the terminator without the firmware. */
import { randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { Waiting } from "./patience.js";
import native from "@matrixai/quic/native/quiche.js";
import type { Connection } from "@matrixai/quic/native/types.js";

export interface QuicheClientOptions {
	port: number;
	host?: string;
	/** PEM file of the CA; without it nothing is verified. */
	ca?: string;
	serverName?: string;
	alpn?: string;
	/** Bytes of the stream window that the server gets. */
	streamWindow?: number;
}

export class QuicheClient {
	readonly connection: Connection;
	readonly #local: { host: string, port: number };
	readonly #remote: { host: string, port: number };
	#socket: Socket;
	#out = new Uint8Array(1500);
	#in = new Uint8Array(65536);
	#timer: NodeJS.Timeout | undefined = undefined;
	#waiting = new Waiting();
	/** What came on each stream, and the streams that have ended. */
	readonly received = new Map<number, Buffer>();
	readonly finished = new Set<number>();
	/** True: what comes in stays in the stream, its window closes. */
	paused = false;

	private constructor(socket: Socket, options: QuicheClientOptions) {
		this.#socket = socket;
		this.#local = { host: "127.0.0.1", port: socket.address().port };
		this.#remote = { host: options.host ?? "127.0.0.1", port: options.port };
		const config = new native.Config();
		if (options.ca !== undefined)
			config.loadVerifyLocationsFromFile(options.ca);
		config.verifyPeer(options.ca !== undefined);
		config.setApplicationProtos([options.alpn ?? "mqtt"]);
		config.setMaxIdleTimeout(10000);
		config.setInitialMaxData(1 << 20);
		config.setInitialMaxStreamDataBidiLocal(options.streamWindow ?? 65536);
		config.setInitialMaxStreamDataBidiRemote(65536);
		config.setInitialMaxStreamsBidi(4);
		this.connection = native.Connection.connect(options.serverName ?? "localhost", new Uint8Array(randomBytes(16)), this.#local, this.#remote, config);
		socket.on("message", (datagram, from) => {
			try {
				this.connection.recv(datagram, { from: { host: from.address, port: from.port }, to: this.#local });
			}
			catch {
				// localError tells.
			}
			this.drive();
		});
	}

	/** Sends the first flight. */
	static async connect(options: QuicheClientOptions): Promise<QuicheClient> {
		const socket = createSocket("udp4");
		socket.bind(0, "127.0.0.1");
		await once(socket, "listening");
		const client = new QuicheClient(socket, options);
		client.drive();
		return client;
	}

	/** Reads streams, sends datagrams, sets the timer; call it after commands on `connection`. */
	drive(): void {
		const { connection } = this;
		if (!this.paused) {
			for (const stream of connection.readable())
				this.#read(stream);
		}
		for (let result = connection.send(this.#out); result !== null; result = connection.send(this.#out))
			this.#socket.send(Buffer.from(this.#out.subarray(0, result[0])), this.#remote.port, this.#remote.host);
		clearTimeout(this.#timer);
		const delay = connection.timeout();
		if (delay !== null) {
			this.#timer = setTimeout(() => {
				connection.onTimeout();
				this.drive();
			}, delay);
		}
		this.#waiting.check();
	}

	#read(stream: number): void {
		try {
			for (;;) {
				const result = this.connection.streamRecv(stream, this.#in);
				if (result === null)
					return;
				this.received.set(stream, Buffer.concat([this.received.get(stream) ?? Buffer.alloc(0), this.#in.subarray(0, result[0])]));
				if (result[1])
					this.finished.add(stream);
			}
		}
		catch {
			this.finished.add(stream);
		}
	}

	/** Resolves when `done` answers true after something has come here. */
	until(done: () => boolean, what: string): Promise<void> {
		return this.#waiting.until(() => `${what} (${this.describe()})`, done);
	}

	/** Writes all of it, waiting for the window. */
	async write(stream: number, bytes: Uint8Array, fin = false): Promise<void> {
		let rest = bytes;
		do {
			const written = this.connection.streamSend(stream, rest, fin);
			rest = rest.subarray(written ?? 0);
			this.drive();
			if (rest.length > 0)
				await new Promise(resolve => { setTimeout(resolve, 1); });
		} while (rest.length > 0);
	}

	/** How the connection stands, for messages. */
	describe(): string {
		const { connection } = this, error = connection.peerError() ?? connection.localError();
		const state = connection.isClosed() ? "closed" : connection.isEstablished() ? "established" : "connecting";
		return error === null ? state : `${state}, ${error.isApp ? "application" : "transport"} code 0x${error.errorCode.toString(16)} ${Buffer.from(error.reason)}`;
	}

	/** Says goodbye and closes the socket. */
	async close(code = 0): Promise<void> {
		if (!this.connection.isClosed()) {
			try {
				this.connection.close(true, code, Buffer.from(""));
			}
			catch {
				// It is closing already.
			}
			this.drive();
		}
		await this.drop();
	}

	/** Closes the socket without a word. */
	async drop(): Promise<void> {
		clearTimeout(this.#timer);
		await new Promise(resolve => { setImmediate(resolve); });
		this.#socket.removeAllListeners("message");
		this.#socket.close();
		clearTimeout(this.#timer);
	}
}
