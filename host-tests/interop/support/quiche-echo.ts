/** A QUIC server on quiche's native binding that sends back what comes on each stream (Node only). */
import { randomBytes } from "node:crypto";
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { pattern } from "../peers/peer.js";
import native from "@matrixai/quic/native/quiche.js";
import type { Config, Connection } from "@matrixai/quic/native/types.js";

export interface EchoOptions {
	/** PEM files. */
	chain: string;
	key: string;
	/** Default "mqtt"; with "hq-interop" streams are not echoed but answered with as many bytes as "GET /N" asks for. */
	alpn?: string | string[];
	maxStreams?: number;
	idleTimeout?: number;
	streamWindow?: number;
	connectionWindow?: number;
	/** PEM file: clients must show a certificate of that CA. */
	clientCa?: string | undefined;
	/** Changes the Config before it is used. */
	configure?: (config: Config) => void;
}

/** CRYPTO_ERROR with the TLS alert certificate_required. */
const CERTIFICATE_REQUIRED = 0x174;

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
	#wantsCertificate: boolean;
	#socket: Socket;
	#byId = new Map<string, Client>();
	#out = new Uint8Array(65535);

	private constructor(options: EchoOptions, socket: Socket) {
		const config = new native.Config();
		config.loadCertChainFromPemFile(options.chain);
		config.loadPrivKeyFromPemFile(options.key);
		if (options.clientCa !== undefined)
			config.loadVerifyLocationsFromFile(options.clientCa);
		config.verifyPeer(options.clientCa !== undefined);
		config.setApplicationProtos([options.alpn ?? "mqtt"].flat());
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
		this.#wantsCertificate = options.clientCa !== undefined;
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
				if (!native.versionIsSupported(header.version)) {
					const length = native.negotiateVersion(header.scid, header.dcid, this.#out);
					this.#socket.send(Buffer.from(this.#out.subarray(0, length)), from.port, from.address);
					return;
				}
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
		// quiche verifies a certificate that is shown, but takes a client without one.
		if (this.#wantsCertificate && connection.isEstablished() && !connection.isClosed() && connection.peerCertChain() === null)
			try {
				connection.close(false, CERTIFICATE_REQUIRED, Buffer.from("no client certificate"));
			}
			catch {
				// It is closing.
			}
		if (connection.isEstablished())
			for (const stream of connection.readable())
				this.#echo(client, stream);
		if (connection.isEstablished())
			for (let datagram = connection.dgramRecvVec(); datagram !== null; datagram = connection.dgramRecvVec())
				connection.dgramSendVec(datagram);
		for (const [stream, pending] of client.pending)
			if (pending.fin || Buffer.from(connection.applicationProto()).toString() !== "hq-interop")
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
			if (result[1]) {
				const request = Buffer.from(client.connection.applicationProto()).toString() === "hq-interop" ? /^GET \/(\d+)/.exec(pending.bytes.toString()) : null;
				if (request !== null)
					pending.bytes = pattern(Number(request[1]));
				return;
			}
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
