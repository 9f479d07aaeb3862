/** TCP connections that have one purpose; places are used again. */
import { Connection } from "./connection.js";
import { Statistics } from "./drop.js";
import type { MessageStore } from "./message-store.js";
import { StreamRoom } from "./stream-queue.js";

export class ConnectionList {
	/** Of all connections; `received` counts messages. */
	readonly statistics = new Statistics();
	/** Grows whenever one was opened or lost. */
	changes = 0;
	protected readonly connections: Connection[] = [];
	#store: MessageStore;
	#scratch: Uint8Array;
	#cookies: boolean;
	readonly #room: StreamRoom;

	/** `scratch`: where bytes are received, 64 or more; `store`: where messages are put together; `cookies`: magic cookies
	 *  are sent; `isFree`: whether there is memory for so many bytes more, absent: there is. */
	constructor(scratch: Uint8Array, store: MessageStore, cookies = false, isFree?: (bytes: number) => boolean) {
		this.#room = new StreamRoom(isFree);
		this.#scratch = scratch;
		this.#store = store;
		this.#cookies = cookies;
	}

	get length(): number {
		return this.connections.length;
	}

	at(index: number): Connection {
		return this.connections[index]!;
	}

	protected add(address: number, port: number, isServer: boolean): Connection {
		const connection = new Connection(address, port, this.#scratch, this.#store, this.#cookies, isServer, this.statistics, this.#room);
		this.connections.push(connection);
		return connection;
	}
}
