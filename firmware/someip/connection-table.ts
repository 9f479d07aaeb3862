/** The TCP connections to services that others offer: one per endpoint, shared by all services behind it
 *  (feat_req_someip_644, _645). */
import { TCP_CONNECTIONS_MAX } from "../config.js";
import { CONNECTION_OPEN, type Connection } from "./connection.js";
import { ConnectionList } from "./connection-list.js";

export class ConnectionTable extends ConnectionList {
	/** Those that were lost or refused. */
	failures = 0;

	/** How many are open. */
	get open(): number {
		let count = 0;
		for (let i = 0; i < this.connections.length; i++)
			if (this.connections[i]!.state === CONNECTION_OPEN)
				count++;
		return count;
	}

	/** The connection to an endpoint, for one more service; undefined where the table is full. */
	use(address: number, port: number): Connection | undefined {
		const connections = this.connections;
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
			free = this.add(address, port, false);
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
