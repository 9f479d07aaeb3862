/** The TCP connections that clients have opened to services of ours. */
import { TCP_CLIENT_SLOTS, TCP_CLIENTS_MAX, TCP_IDLE_TIME } from "../config.js";
import { CONNECTION_IDLE, CONNECTION_OPEN, type Connection } from "./connection.js";
import { ConnectionList } from "./connection-list.js";

export class ClientTable extends ConnectionList {
	/** Makes the places of all clients, and the engine claim the slots that their sockets will want: later, when queues have grown, there
	 *  may be none. */
	reserve(): void {
		let slots: object | undefined;
		for (let i = 0; i < TCP_CLIENT_SLOTS * TCP_CLIENTS_MAX; i += 2)
			slots = { slots };
		while (this.connections.length < TCP_CLIENTS_MAX)
			this.add(0, 0, true);
	}

	/** The connection that comes from this endpoint to our `localPort`. */
	find(address: number, port: number, localPort: number): Connection | undefined {
		for (let i = 0; i < this.connections.length; i++) {
			const connection = this.connections[i]!;
			if (connection.state === CONNECTION_OPEN && connection.port === port && connection.address === address && connection.localPort === localPort)
				return connection;
		}
		return undefined;
	}

	/** A connection has come; undefined: there are too many. Its index, and so its socket's, may be one that was lost. */
	accept(address: number, port: number, localPort: number, now: number): Connection | undefined {
		const connections = this.connections;
		let free: Connection | undefined;
		for (let i = 0; i < connections.length && (free === undefined || free.state !== CONNECTION_IDLE); i++) {
			const connection = connections[i]!;
			if (connection.state === CONNECTION_IDLE)
				free = connection;
			// Half-open ones, and those that want nothing, must not keep others out for ever.
			else if (connection.users === 0 && ((now - connection.heard) | 0) >= TCP_IDLE_TIME
				&& (free === undefined || ((connection.heard - free.heard) | 0) < 0))
				free = connection;
		}
		if (connections.length < TCP_CLIENTS_MAX && (free === undefined || free.state !== CONNECTION_IDLE))
			free = this.add(address, port, true);
		if (free === undefined)
			return undefined;
		free.release();
		free.address = address;
		free.port = port;
		free.opened(localPort, now);
		return free;
	}

	/** The connection is gone. feat_req_someipsd_435, _437: what was subscribed by it ends. */
	lose(connection: Connection): void {
		connection.release();
		this.changes++;
	}

	/** The host has rebooted: its connections end (feat_req_someipsd_872). */
	forget(address: number): void {
		for (let i = 0; i < this.connections.length; i++)
			if (this.connections[i]!.state !== CONNECTION_IDLE && this.connections[i]!.address === address)
				this.lose(this.connections[i]!);
	}

	/** The link was lost: all connections end. */
	reset(): void {
		for (let i = 0; i < this.connections.length; i++)
			if (this.connections[i]!.state !== CONNECTION_IDLE)
				this.lose(this.connections[i]!);
	}
}
