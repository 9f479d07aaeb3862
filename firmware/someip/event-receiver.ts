/** Events on their way in: several messages per datagram, segments put together, everything else counted. */
import type { Connection } from "./connection.js";
import {
	DROP_INTERFACE_VERSION, DROP_NOT_SUBSCRIBED, DROP_UNEXPECTED_REQUEST, DROP_UNEXPECTED_RESPONSE,
} from "./drop.js";
import { TYPE_NOTIFICATION, TYPE_REQUEST, TYPE_REQUEST_NO_RETURN } from "./header.js";
import { Incoming } from "./incoming.js";
import type { MessageStore } from "./message-store.js";
import type { RemoteService, ServiceTable } from "./service-table.js";
import type { SilenceWatch } from "./silence.js";

/** Call `begin` with a datagram, or `beginStream`, then `next` until 0. `statistics.received` counts events. Allocates
 *  nothing per event. */
export class EventReceiver extends Incoming {
	serviceId = 0;
	/** The event's id. */
	methodId = 0;
	instanceId = 0;
	interfaceVersion = 0;
	sessionId = 0;
	/** Where events are expected in time: the Consumer's. */
	silences: SilenceWatch | undefined = undefined;
	#now = 0;
	#services: ServiceTable;

	/** `services`: of the Consumer whose events these are; `store`: to be shared with its TCP connections. */
	constructor(services: ServiceTable, store?: MessageStore) {
		super(undefined, store);
		this.#services = services;
	}

	/** Takes the datagram bytes[0, length) that came from `address` and `port`; `now`: int32 ms. */
	begin(bytes: Uint8Array, length: number, address: number, port: number, now: number): void {
		this.open(bytes, 0, length, address, port, undefined);
		this.#now = now;
	}

	/** Takes the message bytes[at, end) that came by a TCP connection. */
	beginStream(bytes: Uint8Array, at: number, end: number, connection: Connection, now: number): void {
		this.open(bytes, at, end, connection.address, connection.port, connection);
		this.#now = now;
	}

	/** Returns 1: the fields tell of an event; or 0: the datagram has no more. Drops are counted, never returned. */
	next(): number {
		for (let length = this.nextMessage(); length !== 0; length = this.nextMessage()) {
			const code = length < 0 ? length : this.#accept();
			if (code < 0)
				this.statistics.drop(code);
			else if (code === 1) {
				this.statistics.received++;
				return 1;
			}
		}
		return 0;
	}

	/** Counts segments that wait in vain; to be called now and then (once a second will do). */
	onTimeout(now: number): void {
		this.reassembly.expire(now);
	}

	// 1: an event; 0: a segment that was put by; or a DROP_* code.
	#accept(): number {
		const message = this.message;
		if (message.type !== TYPE_NOTIFICATION)
			return message.type === TYPE_REQUEST || message.type === TYPE_REQUEST_NO_RETURN ? DROP_UNEXPECTED_REQUEST : DROP_UNEXPECTED_RESPONSE;
		// feat_req_someipsd_797: "Events of this service instance shall not be sent from any other Endpoint than those
		// given in the Endpoint Options of the OfferService entries."
		const services = this.#services, stream = this.connection;
		let service = stream === undefined ? services.firstSource(message.serviceId, this.address, this.port) : services.nextStream(message.serviceId, stream, undefined);
		let code = DROP_NOT_SUBSCRIBED;
		while (service !== undefined && (service.subscribed === 0 || service.majorVersion !== message.interfaceVersion)) {
			if (service.subscribed !== 0)
				code = DROP_INTERFACE_VERSION;
			service = stream === undefined ? services.nextSource(service) : services.nextStream(message.serviceId, stream, service);
		}
		return service === undefined ? code : this.#deliver(service);
	}

	#deliver(service: RemoteService): number {
		const message = this.message, { e2e } = this;
		let code = this.take(service.life, this.#now);
		if (code === 1 && e2e !== undefined)
			code = this.verify(e2e.find(message.serviceId, service.instanceId, message.methodId), service.life);
		if (code !== 1)
			return code;
		this.serviceId = message.serviceId;
		this.instanceId = service.instanceId;
		this.methodId = message.methodId;
		this.interfaceVersion = message.interfaceVersion;
		this.sessionId = message.sessionId;
		this.silences?.heard(service, message.methodId, this.#now);
		return 1;
	}
}
