/** The TCP connections to services that others offer: one per endpoint, shared by all services behind it
 *  (feat_req_someip_644, _645). */
import { TCP_CONNECTIONS_MAX } from "../config.js";
import { Connection, CONNECTION_OPEN } from "./connection.js";
import { Statistics } from "./drop.js";
import type { MessageStore } from "./message-store.js";

export class ConnectionTable {
	/** Of all connections; `received` counts messages. */
	readonly statistics = new Statistics();
	/** Grows whenever one was opened or lost. */
	changes = 0;
	/** Those that were lost or refused. */
	failures = 0;
	#connections: Connection[] = [];
	#store: MessageStore;
	#scratch: Uint8Array;
	#cookies: boolean;

	/** `scratch`: where bytes are received, 64 or more; `store`: where messages are put together; `cookies`: magic cookies
	 *  are sent. */
	constructor(scratch: Uint8Array, store: MessageStore, cookies = false) {
		this.#scratch = scratch;
		this.#store = store;
		this.#cookies = cookies;
	}

	get length(): number {
		return this.#connections.length;
	}

	at(index: number): Connection {
		return this.#connections[index]!;
	}

	/** How many are open. */
	get open(): number {
		let count = 0;
		for (let i = 0; i < this.#connections.length; i++)
			if (this.#connections[i]!.state === CONNECTION_OPEN)
				count++;
		return count;
	}

	/** The connection to an endpoint, for one more service; undefined where the table is full. */
	use(address: number, port: number): Connection | undefined {
		const connections = this.#connections;
		let free: Connection | undefined;
		for (let i = 0; i < connections.length; i++) {
			const connection = connections[i]!;
			if (connection.users > 0 && connection.address === address && connection.port === port) {
				connection.users++;
				return connection;
			}
			if (connection.users === 0)
				free = connection;
		}
		if (free === undefined) {
			if (connections.length === TCP_CONNECTIONS_MAX)
				return undefined;
			free = new Connection(address, port, this.#scratch, this.#store, this.#cookies, false, this.statistics);
			connections.push(free);
		}
		free.address = address;
		free.port = port;
		free.users = 1;
		return free;
	}

	/** One service less. */
	unuse(connection: Connection): void {
		if (--connection.users === 0) {
			connection.release();
			this.changes++;
		}
	}
}
