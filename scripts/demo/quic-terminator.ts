/** A QUIC server of MQTT's kind in front of a TCP backend: a UDP loop on quiche's native binding (one Config for
 *  all connections; the binding's own high-level server builds one per connection and forces Retry).
 *
 *  The first bidirectional stream of a connection is one TCP connection of the backend. A further stream is refused
 *  (STOP_SENDING and RESET_STREAM, code 1): data streams as brokers with multi-stream support know them are not here. */
import { randomBytes } from "node:crypto";
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import native from "@matrixai/quic/native/quiche.js";
import type { Config, Connection, Header } from "@matrixai/quic/native/types.js";
import { RetryTokens } from "./retry-token.js";
import { StreamBridge, refuseStream } from "./stream-bridge.js";

const CID_LENGTH = 16;
const TYPE_INITIAL = 0;
const TYPE_SHORT = 5;
/** Bytes of a stateless reset. */
const RESET_MIN = 21;
const RESET_MAX = 42;
const DATAGRAM_MAX = 65535;
const PATHS_MAX = 64;
const STREAM_REFUSED = 1, CERTIFICATE_REQUIRED = 0x174;
/** After the backend ended a connection: ms for the client to read the rest and to close before we do. */
const LINGER = 500;

export interface TerminatorOptions {
	/** PEM files: the server's chain and key. */
	chain: string;
	key: string;
	/** Where it listens: dotted IPv4, and a UDP port (0: a free one). */
	host: string;
	port: number;
	/** TCP port of the backend on 127.0.0.1, asked for each connection. */
	backendPort: () => number;
	log: (line: string) => void;
	/** Default "mqtt". */
	alpn?: string;
	/** Validates each client's address by a Retry packet first. */
	retry?: boolean;
	/** ms; default 60 000. */
	idleTimeout?: number;
	/** Bidirectional streams that a client may open; default 10. */
	maxStreams?: number;
	/** Bytes of stream window, of connection window, and of the datagrams that are sent. */
	streamWindow?: number;
	connectionWindow?: number;
	datagramMax?: number;
	/** PEM of a CA: clients must have a certificate of it. */
	clientCa?: string;
	/** 16 bytes: packets of connections that nobody knows (of the time before a restart) are answered by a stateless
	 *  reset. Exception: RFC 9000 §10.3.1: one token for all connections, as the binding has one per Config. */
	resetToken?: Uint8Array;
	/** Secrets of all connections go to this file (SSLKEYLOGFILE format). */
	keylog?: string;
}

export interface TerminatorStatistics {
	/** Connections now, since the start, and those whose handshake was completed. */
	open: number;
	accepted: number;
	established: number;
	datagramsReceived: number;
	datagramsSent: number;
	/** Datagrams that belonged to nobody or could not be read. */
	datagramsDropped: number;
	retries: number;
	/** Stateless resets sent. */
	resets: number;
	streamsRefused: number;
	/** Bytes from clients to the backend, and back. */
	bytesUp: number;
	bytesDown: number;
}

interface Client {
	connection: Connection;
	name: string;
	/** Hex of the connection ids that lead here. */
	ids: string[];
	bridge: StreamBridge | undefined;
	timer: NodeJS.Timeout | undefined;
	established: boolean;
	closing: boolean;
}

export class QuicTerminator {
	readonly statistics: TerminatorStatistics = {
		open: 0, accepted: 0, established: 0, datagramsReceived: 0, datagramsSent: 0, datagramsDropped: 0,
		retries: 0, resets: 0, streamsRefused: 0, bytesUp: 0, bytesDown: 0,
	};
	#options: TerminatorOptions;
	#config: Config;
	#socket: Socket;
	#clients = new Map<string, Client>();
	#all = new Set<Client>();
	#tokens = new RetryTokens();
	#out = new Uint8Array(DATAGRAM_MAX);
	#stopped = false;

	private constructor(options: TerminatorOptions) {
		this.#options = options;
		this.#config = configure(options);
		this.#socket = createSocket("udp4");
		this.#socket.on("message", (datagram, from) => this.#receive(datagram, from));
	}

	/** Throws where the certificate cannot be used or the port is taken. */
	static async start(options: TerminatorOptions): Promise<QuicTerminator> {
		const terminator = new QuicTerminator(options), socket = terminator.#socket;
		try {
			socket.bind(options.port, options.host);
			await once(socket, "listening");
		}
		catch (error) {
			const { code, message } = error as NodeJS.ErrnoException;
			throw new Error(code === "EADDRINUSE" ? `UDP port ${options.port} of ${options.host} is taken: the broker cannot listen there`
				: code === "EADDRNOTAVAIL" ? `this machine has no address ${options.host}` : message);
		}
		socket.on("error", error => options.log(`broker: ${error.message}`));
		return terminator;
	}

	get port(): number {
		return this.#socket.address().port;
	}

	/** Closes every connection (application code 0) and the socket. */
	async stop(): Promise<void> {
		if (this.#stopped)
			return;
		for (const client of [...this.#all])
			this.#close(client, 0, "the broker stops");
		// The last datagrams are on their way into the socket.
		await new Promise(resolve => { setImmediate(resolve); });
		await this.kill();
	}

	/** Is gone at once, without a word to anybody. */
	async kill(): Promise<void> {
		if (this.#stopped)
			return;
		this.#stopped = true;
		for (const client of [...this.#all])
			this.#remove(client);
		const closed = once(this.#socket, "close");
		this.#socket.close();
		await closed;
	}

	/** Closes the connections that are open now with an application error code. */
	closeAll(code: number, reason: string): void {
		for (const client of [...this.#all])
			this.#close(client, code, reason);
	}

	#receive(datagram: Buffer, from: RemoteInfo): void {
		this.statistics.datagramsReceived++;
		try {
			const header = native.Header.fromSlice(datagram, CID_LENGTH);
			const client = this.#clients.get(hexOf(header.dcid)) ?? this.#accept(header, from, datagram.length);
			if (client === undefined)
				return;
			this.#feed(client, datagram, from);
		}
		catch {
			this.statistics.datagramsDropped++;
		}
	}

	#feed(client: Client, datagram: Buffer, from: RemoteInfo): void {
		try {
			client.connection.recv(datagram, { from: { host: from.address, port: from.port }, to: this.#local });
		}
		catch {
			// What is wrong with it is in localError, or the datagram was dropped; either way the rest goes on.
		}
		this.#drive(client);
	}

	get #local() {
		return { host: this.#options.host, port: this.port };
	}

	// A client that nobody knows yet; undefined where its datagram was answered or dropped.
	#accept(header: Header, from: RemoteInfo, length: number): Client | undefined {
		if (header.ty === TYPE_SHORT) {
			this.statistics.datagramsDropped++;
			this.#reset(length, from);
			return undefined;
		}
		if (!native.versionIsSupported(header.version)) {
			this.#sendRaw(native.negotiateVersion(header.scid, header.dcid, this.#out), from);
			return undefined;
		}
		if (header.ty !== TYPE_INITIAL || header.dcid.length < 8) {
			this.statistics.datagramsDropped++;
			return undefined;
		}
		let original: Uint8Array | undefined;
		if (this.#options.retry) {
			if (header.token === undefined || header.token.length === 0) {
				this.#retry(header, from);
				return undefined;
			}
			original = this.#tokens.read(header.token, from.address, from.port);
			if (original === undefined) {
				this.statistics.datagramsDropped++;
				return undefined;
			}
		}
		// After a Retry the client goes on with the id that the Retry gave it.
		const id = original === undefined ? new Uint8Array(randomBytes(CID_LENGTH)) : new Uint8Array(header.dcid);
		const remote = { host: from.address, port: from.port };
		const connection = native.Connection.accept(id, original, this.#local, remote, this.#config);
		if (this.#options.keylog !== undefined)
			connection.setKeylog(this.#options.keylog);
		const client: Client = {
			connection, name: `${from.address}:${from.port}`, ids: [], bridge: undefined, timer: undefined, established: false, closing: false,
		};
		for (const text of new Set([hexOf(id), hexOf(header.dcid)])) {
			client.ids.push(text);
			this.#clients.set(text, client);
		}
		this.#all.add(client);
		this.statistics.accepted++;
		this.statistics.open++;
		return client;
	}

	// RFC 9000 §10.3: shorter than what it answers, so that two of its kind cannot keep each other busy.
	#reset(length: number, from: RemoteInfo): void {
		const token = this.#options.resetToken;
		if (token === undefined || length <= RESET_MIN)
			return;
		const end = Math.min(length - 1, RESET_MAX), head = randomBytes(end - token.length);
		head[0] = 0x40 | head[0]! & 0x3f;
		this.#out.set(head);
		this.#out.set(token, head.length);
		this.statistics.resets++;
		this.#sendRaw(end, from);
	}

	#retry(header: Header, from: RemoteInfo): void {
		const id = new Uint8Array(randomBytes(CID_LENGTH));
		const token = this.#tokens.mint(header.dcid, from.address, from.port);
		this.statistics.retries++;
		this.#sendRaw(native.retry(header.scid, header.dcid, id, token, header.version, this.#out), from);
	}

	// After any input: streams, then datagrams, then the timer.
	#drive(client: Client): void {
		const { connection } = client;
		if (!client.established && connection.isEstablished()) {
			client.established = true;
			// quiche verifies a certificate that is shown, but takes a client without one.
			client.closing = this.#options.clientCa !== undefined && connection.peerCertChain() === null;
			if (client.closing)
				connection.close(false, CERTIFICATE_REQUIRED, Buffer.from("no client certificate"));
			this.statistics.established++;
			this.#options.log(`broker: ${client.name} connected, ALPN ${Buffer.from(connection.applicationProto()).toString()}`);
		}
		if (!client.closing && (client.established || connection.isInEarlyData()))
			this.#streams(client);
		this.#transmit(client);
		if (connection.isClosed()) {
			this.#remove(client);
			return;
		}
		if (connection.isDraining() && !client.closing) {
			client.closing = true;
			this.#options.log(`broker: ${client.name} closed the connection${reasonOf(connection.peerError())}`);
			client.bridge?.endOfClient();
		}
		clearTimeout(client.timer);
		const delay = connection.timeout();
		if (delay !== null) {
			client.timer = setTimeout(() => {
				connection.onTimeout();
				this.#drive(client);
			}, delay);
		}
	}

	#streams(client: Client): void {
		const { connection } = client;
		for (const stream of connection.readable()) {
			if (stream === 0) {
				client.bridge ??= this.#bridge(client);
				client.bridge.read();
			}
			else {
				refuseStream(connection, stream, STREAM_REFUSED);
				this.statistics.streamsRefused++;
			}
		}
		client.bridge?.flush();
	}

	#bridge(client: Client): StreamBridge {
		return new StreamBridge({
			connection: client.connection, stream: 0, statistics: this.statistics, port: this.#options.backendPort(),
			onProgress: () => {
				if (this.#all.has(client))
					this.#drive(client);
			},
			onBackendEnd: () => {
				setTimeout(() => {
					if (this.#all.has(client))
						this.#close(client, 0, "");
				}, LINGER).unref();
			},
		});
	}

	#close(client: Client, code: number, reason: string): void {
		try {
			client.connection.close(true, code, Buffer.from(reason));
		}
		catch {
			// It is closed already.
		}
		client.closing = true;
		client.bridge?.endOfClient();
		this.#drive(client);
	}

	#transmit(client: Client): void {
		for (;;) {
			const result = client.connection.send(this.#out);
			if (result === null)
				return;
			this.#sendRaw(result[0], { address: result[1].to.host, port: result[1].to.port });
		}
	}

	#sendRaw(length: number, to: { address: string, port: number }): void {
		if (this.#stopped)
			return;
		this.statistics.datagramsSent++;
		// A copy: the socket sends later than this call returns.
		this.#socket.send(Buffer.from(this.#out.subarray(0, length)), to.port, to.address);
	}

	#remove(client: Client): void {
		const { connection, bridge } = client;
		clearTimeout(client.timer);
		if (!this.#all.delete(client))
			return;
		for (const id of client.ids)
			this.#clients.delete(id);
		this.statistics.open--;
		if (!client.closing)
			bridge?.destroy();
		if (!client.closing && !this.#stopped) {
			this.#options.log(`broker: ${client.name} ${connection.isTimedOut() ? "went silent"
				: `failed${reasonOf(connection.localError() ?? connection.peerError())}`}`);
		}
	}
}

function configure(options: TerminatorOptions): Config {
	const config = new native.Config();
	config.loadCertChainFromPemFile(options.chain);
	config.loadPrivKeyFromPemFile(options.key);
	if (options.clientCa !== undefined)
		config.loadVerifyLocationsFromFile(options.clientCa);
	config.verifyPeer(options.clientCa !== undefined);
	config.setApplicationProtos([options.alpn ?? "mqtt"]);
	config.setMaxIdleTimeout(options.idleTimeout ?? 60000);
	config.setInitialMaxStreamsBidi(options.maxStreams ?? 10);
	config.setInitialMaxStreamsUni(1);
	const window = options.streamWindow ?? 65536;
	config.setInitialMaxStreamDataBidiRemote(window);
	config.setInitialMaxStreamDataBidiLocal(window);
	config.setInitialMaxStreamDataUni(window);
	config.setInitialMaxData(options.connectionWindow ?? 1 << 20);
	config.setMaxRecvUdpPayloadSize(1472);
	config.setMaxSendUdpPayloadSize(options.datagramMax ?? 1350);
	// Also the number of paths that quiche keeps: of a client with an empty connection id none is ever given back, so
	// this is how often such a client may get another port from its NAT.
	config.setActiveConnectionIdLimit(PATHS_MAX);
	config.setDisableActiveMigration(false);
	config.enablePacing(false);
	if (options.resetToken !== undefined)
		config.setStatelessResetToken(BigInt("0x" + hexOf(options.resetToken)));
	if (options.keylog !== undefined)
		config.logKeys();
	return config;
}

function reasonOf(error: { isApp: boolean, errorCode: number, reason: Uint8Array } | null): string {
	if (error === null)
		return "";
	const text = Buffer.from(error.reason).toString();
	return `: ${error.isApp ? "application" : "transport"} code 0x${error.errorCode.toString(16)}${text ? ` (${text})` : ""}`;
}

function hexOf(bytes: Uint8Array): string {
	return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}
