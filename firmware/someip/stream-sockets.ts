/** Opens and keeps the TCP connections that a ConnectionTable wants. */
import { TCP_CONNECT_TIMEOUT } from "../config.js";
import type { Addresses } from "../ports/addresses.js";
import type { StreamSocketFactory } from "../ports/stream-socket.js";
import { CONNECTION_CONNECTING, CONNECTION_WANTED, type Connection } from "./connection.js";
import type { ConnectionTable } from "./connection-table.js";
import { StreamLink } from "./stream-link.js";
import { StreamLinks } from "./stream-links.js";

export class StreamSockets extends StreamLinks {
	#table: ConnectionTable;
	#factory: StreamSocketFactory;
	#local: number;
	#addresses: Addresses;

	/** `local`: our address; `addresses`: of IPv6. */
	constructor(table: ConnectionTable, factory: StreamSocketFactory, local: number, addresses: Addresses, wake: () => void) {
		super(wake, table.statistics);
		this.#addresses = addresses;
		this.#table = table;
		this.#factory = factory;
		this.#local = local;
	}

	/** Opens what is wanted, notes what was opened or refused; then `receive` until false, and `flush`. */
	turn(now: number): void {
		const table = this.#table, links = this.links;
		for (let i = 0; i < table.length; i++) {
			const connection = table.at(i);
			if (i === links.length)
				links.push(new StreamLink(this.wake));
			const link = links[i]!;
			if (link.isOpen && link.life !== connection.life)
				link.close();
			if (connection.state === CONNECTION_WANTED && (connection.delay === 0 || ((now - connection.at) | 0) >= 0))
				this.#open(connection, link, now);
			else if (connection.state === CONNECTION_CONNECTING)
				this.#watch(connection, link, now);
		}
	}

	override timeout(now: number): number {
		const table = this.#table;
		let delay = super.timeout(now);
		for (let i = 0; i < table.length; i++) {
			const connection = table.at(i), link = this.links[i];
			let wait = delay;
			if (link === undefined || (link.isOpen && link.life !== connection.life))
				wait = 0;
			else if (connection.state === CONNECTION_WANTED)
				wait = connection.delay === 0 ? 0 : (connection.at - now) | 0;
			else if (connection.state === CONNECTION_CONNECTING)
				wait = (link.since + TCP_CONNECT_TIMEOUT - now) | 0;
			if (wait < delay)
				delay = wait;
		}
		return delay > 0 ? delay : 0;
	}

	protected override lose(link: StreamLink, now: number): void {
		link.connection!.lost(now);
		link.close();
		this.#table.changes++;
		this.#table.failures++;
	}

	#open(connection: Connection, link: StreamLink, now: number): void {
		connection.state = CONNECTION_CONNECTING;
		try {
			link.open(connection, this.#factory({ address: connection.address, port: connection.port, interface: this.#local, addresses: this.#addresses, onChanged: link.onChanged }), now);
		}
		catch {
			connection.lost(now);
			this.#table.changes++;
			this.#table.failures++;
		}
	}

	#watch(connection: Connection, link: StreamLink, now: number): void {
		if (link.isClosed || (link.isConnecting && ((now - link.since) | 0) >= TCP_CONNECT_TIMEOUT))
			this.lose(link, now);
		else if (!link.isConnecting) {
			connection.opened(link.localPort, now);
			this.#table.changes++;
		}
		else
			link.pending = false;
	}
}
