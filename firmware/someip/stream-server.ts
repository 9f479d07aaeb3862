/** Takes the TCP connections of clients to our services' ports. feat_req_someip_680: they are closed by the client. */
import type { Addresses } from "../ports/addresses.js";
import type { StreamListener, StreamListenerFactory, StreamSocket } from "../ports/stream-socket.js";
import type { ClientTable } from "./client-table.js";
import { StreamLink } from "./stream-link.js";
import { StreamLinks } from "./stream-links.js";

export class StreamServer extends StreamLinks {
	/** Connections that were refused because there were too many. */
	refused = 0;
	#table: ClientTable;
	#factory: StreamListenerFactory;
	#addresses: Addresses;
	#listeners: StreamListener[] = [];
	#pending = false;
	#onChanged: () => void;

	constructor(table: ClientTable, factory: StreamListenerFactory, addresses: Addresses, wake: () => void) {
		super(wake, table.statistics);
		this.#addresses = addresses;
		this.#table = table;
		this.#factory = factory;
		this.#onChanged = () => {
			this.#pending = true;
			return wake();
		};
	}

	/** Listens at one of our endpoints; throws where it cannot be had. Returns the port, where 0 asks for any. */
	listen(address: number, port: number): number {
		const listener = this.#factory({ address, port, addresses: this.#addresses, onChanged: this.#onChanged });
		this.#listeners.push(listener);
		this.#table.reserve();
		this.#pending = true;
		return listener.localPort;
	}

	/** Takes what has come; then `receive` until false, and `flush`. */
	turn(now: number): void {
		const links = this.links, table = this.#table;
		for (let i = 0; i < links.length; i++)
			if (links[i]!.isOpen && links[i]!.life !== table.at(i).life)
				links[i]!.close();
		if (!this.#pending)
			return;
		this.#pending = false;
		for (let i = 0; i < this.#listeners.length; i++)
			this.#acceptAll(this.#listeners[i]!, now);
	}

	override timeout(now: number): number {
		const links = this.links;
		for (let i = 0; i < links.length; i++)
			if (links[i]!.isOpen && links[i]!.life !== this.#table.at(i).life)
				return 0;
		return this.#pending ? 0 : super.timeout(now);
	}

	override close(): void {
		for (let i = 0; i < this.#listeners.length; i++)
			this.#listeners[i]!.close();
		this.#listeners = [];
		this.#table.reset();
		super.close();
	}

	protected override lose(link: StreamLink): void {
		this.#table.lose(link.connection!);
		link.close();
	}

	#acceptAll(listener: StreamListener, now: number): void {
		for (;;) {
			const link = new StreamLink(this.wake), socket = listener.accept(link.onChanged);
			if (socket === undefined)
				return;
			this.#accept(link, socket, listener.localPort, now);
		}
	}

	// The link takes the place that its connection has in the table.
	#accept(link: StreamLink, socket: StreamSocket, localPort: number, now: number): void {
		const table = this.#table, connection = table.accept(socket.peerAddress, socket.peerPort, localPort, now);
		if (connection === undefined) {
			socket.close();
			this.refused++;
			return;
		}
		let index = 0;
		while (table.at(index) !== connection)
			index++;
		this.links[index]?.close();
		this.links[index] = link;
		link.open(connection, socket, now);
	}
}
