/** Drives our QUIC client over a real socket (Node only): the loop that the board's firmware has, for tests. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { crypto, random, clock } from "#hal";
import { NodeCalendar } from "../../../hal/node/calendar.js";
import { QUIC_SEND_DATAGRAM } from "../../../firmware/config.js";
import { Connection, EVENT_NONE, EVENT_STREAM_READABLE, type ConnectionOptions } from "../../../firmware/quic/connection.js";
import { NO_TIMEOUT } from "../../../firmware/wire/time.js";

export interface DriverOptions extends Partial<ConnectionOptions> {
	port: number;
	roots: readonly Uint8Array[];
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
	#socket: Socket;
	#port: number;
	#timer: NodeJS.Timeout | undefined;
	#into = new Uint8Array(QUIC_SEND_DATAGRAM);
	#waiting = new Set<() => void>();
	#stopped = false;

	private constructor(options: DriverOptions, socket: Socket) {
		this.#socket = socket;
		this.#port = options.port;
		this.connection = new Connection({
			crypto, random, calendar: new NodeCalendar(), serverName: "127.0.0.1", alpn: "mqtt", idleTimeout: 20000, keepAlive: 0,
			...options,
		});
	}

	static async start(options: DriverOptions, onEvent?: (driver: QuicDriver, event: number) => void): Promise<QuicDriver> {
		const socket = createSocket("udp4");
		socket.bind(0, "127.0.0.1");
		await once(socket, "listening");
		const driver = new QuicDriver(options, socket);
		if (onEvent !== undefined)
			driver.onEvent = event => { onEvent(driver, event); };
		socket.on("message", bytes => {
			driver.connection.receive(new Uint8Array(bytes), bytes.length, clock.now());
			driver.drive();
		});
		socket.on("error", () => {});
		driver.connection.connect(clock.now());
		driver.drive();
		return driver;
	}

	/** Drains everything; call after any command. */
	drive(): void {
		if (this.#stopped)
			return;
		const connection = this.connection;
		for (let event = connection.pollEvent(); event !== EVENT_NONE; event = connection.pollEvent()) {
			this.events.push(event);
			if (event === EVENT_STREAM_READABLE)
				this.#read(connection.eventStream);
			this.onEvent?.(event);
		}
		for (let length = connection.pollTransmit(this.#into, clock.now()); length > 0; length = connection.pollTransmit(this.#into, clock.now())) {
			this.sent.push(length);
			this.#socket.send(Buffer.from(this.#into.subarray(0, length)), this.#port, "127.0.0.1");
		}
		clearTimeout(this.#timer);
		const delay = connection.pollTimeout(clock.now());
		if (delay !== NO_TIMEOUT) {
			this.#timer = setTimeout(() => {
				connection.onTimeout(clock.now());
				this.drive();
			}, delay);
		}
		for (const check of [...this.#waiting])
			check();
	}

	/** Resolves when `condition` holds after some input; rejects after `limit` ms with `what` in the message. */
	until(condition: () => boolean, what: string, limit = 10000): Promise<void> {
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => {
				this.#waiting.delete(check);
				reject(new Error(`no ${what} within ${limit} ms; closed: ${this.connection.closed} ${this.connection.closeReason}`));
			}, limit);
			const check = () => {
				if (!condition())
					return;
				clearTimeout(timer);
				this.#waiting.delete(check);
				resolve();
			};
			this.#waiting.add(check);
			check();
		});
	}

	async stop(): Promise<void> {
		if (this.#stopped)
			return;
		this.connection.close(0, "", clock.now());
		this.drive();
		this.#stopped = true;
		clearTimeout(this.#timer);
		await new Promise(resolve => { setImmediate(resolve); });
		await new Promise<void>(resolve => { this.#socket.close(() => resolve()); });
	}

	#read(stream: number): void {
		const chunk = new Uint8Array(4096);
		for (let count = this.connection.read(stream, chunk, 0, chunk.length); count > 0; count = this.connection.read(stream, chunk, 0, chunk.length))
			this.received.set(stream, Buffer.concat([this.received.get(stream) ?? Buffer.alloc(0), chunk.subarray(0, count)]));
	}
}
