/** A QUIC server on quiche's native binding that sends back what comes on each stream (Node only). */
import { randomBytes } from "node:crypto";
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import native from "@matrixai/quic/native/quiche.js";
import type { Config, Connection } from "@matrixai/quic/native/types.js";

export interface EchoOptions {
	/** PEM files. */
	chain: string;
	key: string;
	alpn?: string;
	maxStreams?: number;
	idleTimeout?: number;
	streamWindow?: number;
	connectionWindow?: number;
	/** Changes the Config before it is used. */
	configure?: (config: Config) => void;
}

interface Client {
	connection: Connection;
	from: RemoteInfo;
	timer: NodeJS.Timeout | undefined;
	/** Bytes that wait for credit, by stream; undefined value: FIN follows. */
	pending: Map<number, { bytes: Buffer, fin: boolean }>;
}

export class QuicheEcho {
	readonly clients: Client[] = [];
	/** Why connections ended, as quiche saw it. */
	readonly errors: { isApp: boolean, errorCode: number, reason: string }[] = [];
	#config: Config;
	#socket: Socket;
	#byId = new Map<string, Client>();
	#out = new Uint8Array(65535);

	private constructor(options: EchoOptions, socket: Socket) {
		const config = new native.Config();
		config.loadCertChainFromPemFile(options.chain);
		config.loadPrivKeyFromPemFile(options.key);
		config.verifyPeer(false);
		config.setApplicationProtos([options.alpn ?? "mqtt"]);
		config.setMaxIdleTimeout(options.idleTimeout ?? 30000);
		config.setInitialMaxStreamsBidi(options.maxStreams ?? 10);
		config.setInitialMaxStreamDataBidiRemote(options.streamWindow ?? 65536);
		config.setInitialMaxData(options.connectionWindow ?? 1 << 20);
		config.setMaxRecvUdpPayloadSize(1472);
		config.setMaxSendUdpPayloadSize(1350);
		config.setActiveConnectionIdLimit(4);
		config.enablePacing(false);
		options.configure?.(config);
		this.#config = config;
		this.#socket = socket;
		socket.on("message", (bytes, from) => this.#receive(bytes, from));
		socket.on("error", () => {});
	}

	static async start(options: EchoOptions): Promise<QuicheEcho> {
		const socket = createSocket("udp4");
		socket.bind(0, "127.0.0.1");
		await once(socket, "listening");
		return new QuicheEcho(options, socket);
	}

	get port(): number {
		return this.#socket.address().port;
	}

	/** Sends what the connections have to say: after calls on them. */
	flush(): void {
		for (const client of this.clients)
			this.#drive(client);
	}

	async stop(): Promise<void> {
		for (const client of this.clients)
			clearTimeout(client.timer);
		this.clients.length = 0;
		await new Promise<void>(resolve => { this.#socket.close(() => resolve()); });
	}

	#receive(bytes: Buffer, from: RemoteInfo): void {
		try {
			const header = native.Header.fromSlice(bytes, 16);
			let client = this.#byId.get(Buffer.from(header.dcid).toString("hex"));
			if (client === undefined) {
				if (header.ty !== 0)
					return;
				const id = new Uint8Array(randomBytes(16));
				const connection = native.Connection.accept(id, undefined, this.#local, { host: from.address, port: from.port }, this.#config);
				client = { connection, from, timer: undefined, pending: new Map() };
				this.clients.push(client);
				this.#byId.set(Buffer.from(id).toString("hex"), client);
				this.#byId.set(Buffer.from(header.dcid).toString("hex"), client);
			}
			try {
				client.connection.recv(bytes, { from: { host: from.address, port: from.port }, to: this.#local });
			}
			catch {
				// quiche keeps the reason in localError.
			}
			this.#drive(client);
		}
		catch {
			// Not a packet that the binding can read.
		}
	}

	get #local() {
		return { host: "127.0.0.1", port: this.port };
	}

	#drive(client: Client): void {
		const { connection } = client;
		if (connection.isEstablished())
			for (const stream of connection.readable())
				this.#echo(client, stream);
		for (const [stream, pending] of client.pending)
			this.#write(client, stream, pending);
		for (;;) {
			const result = connection.send(this.#out);
			if (result === null)
				break;
			this.#socket.send(Buffer.from(this.#out.subarray(0, result[0])), result[1].to.port, result[1].to.host);
		}
		clearTimeout(client.timer);
		if (connection.isClosed() || connection.isDraining()) {
			const error = connection.peerError() ?? connection.localError();
			if (error !== null)
				this.errors.push({ isApp: error.isApp, errorCode: Number(error.errorCode), reason: Buffer.from(error.reason).toString() });
		}
		if (connection.isClosed()) {
			// One whose first packet was broken is aborted; what comes next begins another.
			for (const [id, each] of this.#byId)
				if (each === client)
					this.#byId.delete(id);
			return;
		}
		const delay = connection.timeout();
		if (delay !== null) {
			client.timer = setTimeout(() => {
				connection.onTimeout();
				this.#drive(client);
			}, delay);
			client.timer.unref();
		}
	}

	#echo(client: Client, stream: number): void {
		const chunk = new Uint8Array(16384);
		for (;;) {
			let result: [number, boolean] | null;
			try {
				result = client.connection.streamRecv(stream, chunk);
			}
			catch {
				return;
			}
			if (result === null)
				return;
			const pending = client.pending.get(stream) ?? { bytes: Buffer.alloc(0), fin: false };
			pending.bytes = Buffer.concat([pending.bytes, chunk.subarray(0, result[0])]);
			pending.fin ||= result[1];
			client.pending.set(stream, pending);
			if (result[1])
				return;
		}
	}

	#write(client: Client, stream: number, pending: { bytes: Buffer, fin: boolean }): void {
		try {
			const count = client.connection.streamSend(stream, pending.bytes, pending.fin) ?? 0;
			pending.bytes = pending.bytes.subarray(count);
			if (pending.bytes.length === 0)
				client.pending.delete(stream);
		}
		catch {
			client.pending.delete(stream);
		}
	}
}
