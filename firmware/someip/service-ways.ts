/** How services of others are reached, by UDP or by TCP, and their connections. */
import type { ConnectionTable } from "./connection-table.js";
import { DROP_TABLE_FULL, type Statistics } from "./drop.js";
import type { RemoteService } from "./service-table.js";
import { WAY_DATAGRAM, WAY_STREAM } from "./subscription.js";
import { TRANSPORT_TCP, TRANSPORT_UDP } from "./wanted.js";

export class ServiceWays {
	#connections: ConnectionTable | undefined;
	#statistics: Statistics;

	constructor(connections: ConnectionTable | undefined, statistics: Statistics) {
		this.#connections = connections;
		this.#statistics = statistics;
	}

	/** The ways (WAY_*) that a transport means for the service, which gets its connection; 0: there is none. `both`: TCP beside
	 *  UDP. */
	of(service: RemoteService, transport: number, both: boolean): number {
		const datagram = service.port !== 0 && transport !== TRANSPORT_TCP ? WAY_DATAGRAM : 0;
		if (transport === TRANSPORT_UDP || (datagram !== 0 && !both))
			return datagram;
		return this.#connect(service) ? datagram | WAY_STREAM : datagram;
	}

	/** The service is gone, or elsewhere. */
	leave(service: RemoteService): void {
		if (service.connection !== undefined)
			this.#connections!.unuse(service.connection);
		service.connection = undefined;
		service.callsByStream = false;
	}

	// feat_req_someip_645: a connection is shared by all services behind one endpoint.
	#connect(service: RemoteService): boolean {
		const connections = this.#connections;
		if (service.connection !== undefined)
			return true;
		if (connections === undefined || service.tcpPort === 0)
			return false;
		service.connection = connections.use(service.tcpAddress, service.tcpPort);
		if (service.connection !== undefined)
			return true;
		this.#statistics.drop(DROP_TABLE_FULL);
		return false;
	}
}
