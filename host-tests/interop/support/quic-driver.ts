/** Drives our QUIC client over a real socket (Node only): the loop that the board's firmware has, for tests. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { crypto, random, clock } from "#hal";
import { NodeCalendar } from "../../../hal/node/calendar.js";
import { QUIC_SEND_DATAGRAM } from "../../../firmware/config.js";
import { Connection, EVENT_NONE, EVENT_PATH_VALIDATED, EVENT_SESSION, EVENT_STREAM_READABLE, EVENT_TOKEN, type ConnectionOptions } from "../../../firmware/quic/connection.js";
import type { Session } from "../../../firmware/tls/session.js";
import { NO_TIMEOUT } from "../../../firmware/wire/time.js";
import { Waiting } from "../../support/patience.js";

export interface DriverOptions extends Partial<ConnectionOptions> {
	port: number;
	/** Default 127.0.0.1. */
	host?: string;
	roots: readonly Uint8Array[];
}

/** Tells of every event that is polled, whoever polls it. */
class TappedConnection extends Connection {
	tap: ((event: number) => void) | undefined;

	override pollEvent(): number {
		const event = super.pollEvent();
		if (event !== EVENT_NONE)
			this.tap?.(event);
		return event;
	}
}

export class QuicDriver {
	readonly connection: Connection;
	/** Events in the order they came. */
	readonly events: number[] = [];
	/** Bytes received by stream. */
	readonly received = new Map<number, Buffer>();
	/** UDP payload lengths. */
	readonly sent: number[] = [];
	/** Called on each event, before anything is sent. */
	onEvent: ((event: number) => void) | undefined;
	/** Sees each datagram that goes out, and on which path. */
	onDatagram: ((bytes: Uint8Array, path: number) => void) | undefined;
	/** Takes the events instead of the driver: an application protocol on the connection. */
	application: (() => void) | undefined;
	/** The server's preferred address has this port. */
	preferredPort = 0;
	/** Sessions and tokens that the server gave. */
	readonly sessions: Session[] = [];
	readonly tokens: Uint8Array[] = [];
	#socket: Socket;
	#old: Socket[] = [];
	#host: string;
	#port: number;
	#timer: NodeJS.Timeout | undefined;
	#into = new Uint8Array(QUIC_SEND_DATAGRAM);
	#waiting = new Waiting();
	#writes = new Set<{ stream: number, bytes: Buffer, at: number }>();
	#stopped = false;

	private constructor(options: DriverOptions, socket: Socket) {
		this.#socket = socket;
		this.#port = options.port;
		this.#host = options.host ?? "127.0.0.1";
		const connection = this.connection = new TappedConnection({
			crypto, random, calendar: new NodeCalendar(), serverName: "127.0.0.1", alpn: "mqtt", idleTimeout: 20000, keepAlive: 0,
			...options,
		});
		connection.tap = event => this.#tell(event);
	}

	/** `prepare` is called before anything is sent. */
	static async start(options: DriverOptions, onEvent?: (driver: QuicDriver, event: number) => void, prepare?: (driver: QuicDriver) => void): Promise<QuicDriver> {
		const driver = new QuicDriver(options, await open(options.host));
		if (onEvent !== undefined)
			driver.onEvent = event => { onEvent(driver, event); };
		driver.#listen();
		prepare?.(driver);
		driver.connection.connect(clock.now());
		driver.drive();
		return driver;
	}

	/** Drains everything; call after any command. */
	drive(): void {
		if (this.#stopped)
			return;
		const connection = this.connection;
		if (this.application !== undefined)
			this.application();
		else
			while (connection.pollEvent() !== EVENT_NONE);
		for (const write of this.#writes)
			this.#write(write);
		for (let length = connection.pollTransmit(this.#into, clock.now()); length > 0; length = connection.pollTransmit(this.#into, clock.now())) {
			this.sent.push(length);
			this.onDatagram?.(this.#into.subarray(0, length), connection.transmitPath);
			this.#socket.send(Buffer.from(this.#into.subarray(0, length)), connection.transmitPath === 1 ? this.preferredPort : this.#port, this.#host);
		}
		clearTimeout(this.#timer);
		const delay = connection.pollTimeout(clock.now());
		if (delay !== NO_TIMEOUT) {
			this.#timer = setTimeout(() => {
				connection.onTimeout(clock.now());
				this.drive();
			}, delay);
		}
		this.#waiting.check();
	}

	/** Goes on from another port, and says so to the server (RFC 9000 §9). Returns false where it may not. */
	async migrate(): Promise<boolean> {
		const socket = await open(this.#host);
		if (!this.connection.migrate(clock.now())) {
			socket.close();
			return false;
		}
		this.#old.push(this.#socket);
		this.#socket = socket;
		this.#listen();
		this.drive();
		return true;
	}

	/** Resolves when `condition` holds after some input; rejects after `limit` ms with `what` in the message. */
	until(condition: () => boolean, what: string, limit?: number): Promise<void> {
		return this.#waiting.until(() => `${what} (closed: ${this.connection.closed} ${this.connection.closeReason})`, condition, limit);
	}

	/** Opens a stream, as soon as that can be done. */
	async open(limit?: number): Promise<number> {
		const { connection } = this;
		let stream = -1;
		await this.until(() => connection.closed || (stream = connection.openStream()) >= 0, "credit for a stream", limit);
		return stream >= 0 ? stream : this.#ended();
	}

	/** Writes `bytes` on a stream as there is room, ends it, and resolves with what came on it till its end. */
	async exchange(stream: number, bytes: Buffer, limit?: number): Promise<Buffer> {
		const { connection } = this;
		this.#writes.add({ stream, bytes, at: 0 });
		this.drive();
		await this.until(() => connection.closed || connection.isFinished(stream), "answer", limit);
		return connection.closed ? this.#ended() : this.received.get(stream) ?? Buffer.alloc(0);
	}

	async stop(): Promise<void> {
		if (this.#stopped)
			return;
		this.connection.close(0, "", clock.now());
		this.drive();
		this.#stopped = true;
		clearTimeout(this.#timer);
		await new Promise(resolve => { setImmediate(resolve); });
		for (const socket of [...this.#old, this.#socket])
			await new Promise<void>(resolve => { socket.close(() => resolve()); });
	}

	#listen(): void {
		this.#socket.on("message", (bytes, from) => {
			const path = this.preferredPort !== 0 && from.port === this.preferredPort ? 1 : 0;
			this.connection.receive(new Uint8Array(bytes), bytes.length, clock.now(), 0, path);
			this.drive();
		});
		this.#socket.on("error", () => {});
	}

	#tell(event: number): void {
		const { connection } = this;
		this.events.push(event);
		if (event === EVENT_STREAM_READABLE && this.application === undefined)
			this.#read(connection.eventStream);
		else if (event === EVENT_SESSION)
			for (let session = connection.takeSession(); session !== undefined; session = connection.takeSession())
				this.sessions.push(session);
		else if (event === EVENT_TOKEN)
			this.tokens.push(connection.takeToken()!);
		else if (event === EVENT_PATH_VALIDATED && this.preferredPort !== 0) {
			// Path 0 from here on.
			this.#port = this.preferredPort;
			this.preferredPort = 0;
		}
		this.onEvent?.(event);
	}

	#ended(): never {
		throw new Error(`the connection ended: ${this.connection.closeReason}`);
	}

	#write(write: { stream: number, bytes: Buffer, at: number }): void {
		const { connection } = this, { stream, bytes, at } = write;
		if (connection.closed || connection.isFinished(stream)) {
			this.#writes.delete(write);
			return;
		}
		const ring = connection.sendRing(stream), end = Math.min(bytes.length, at + ring.room);
		if (end > at) {
			ring.putBytes(bytes, at, end);
			ring.commit();
			write.at = end;
		}
		if (end === bytes.length) {
			connection.finish(stream);
			this.#writes.delete(write);
		}
	}

	#read(stream: number): void {
		const chunk = new Uint8Array(4096);
		for (let count = this.connection.read(stream, chunk, 0, chunk.length); count > 0; count = this.connection.read(stream, chunk, 0, chunk.length))
			this.received.set(stream, Buffer.concat([this.received.get(stream) ?? Buffer.alloc(0), chunk.subarray(0, count)]));
	}
}

async function open(host = "127.0.0.1"): Promise<Socket> {
	const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
	socket.bind(0, host);
	await once(socket, "listening");
	return socket;
}
