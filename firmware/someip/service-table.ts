/** The service instances that others offer and somebody here asked for: written by the Consumer, read per event by
 *  the EventReceiver. */
import { SD_SERVICES_MAX } from "../config.js";
import type { Connection } from "./connection.js";
import { ANY_INSTANCE, ANY_MAJOR, OTHER_SERVICES } from "./sd/entry.js";
import type { Peer } from "./sd/peer.js";

const BUCKETS = 64;

/** Not in use. */
export const SERVICE_FREE = 0;
/** Offered. */
export const SERVICE_UP = 1;
/** Gone, but nobody was told yet. */
export const SERVICE_GONE = 2;

export class RemoteService {
	serviceId = 0;
	instanceId = 0;
	majorVersion = 0;
	/** The UDP endpoint that it is offered at and sends its events from (feat_req_someipsd_850); port 0: it has none. */
	address = 0;
	port = 0;
	/** Its TCP endpoint; port 0: it has none. */
	tcpAddress = 0;
	tcpPort = 0;
	/** To that, where it is needed; shared with others that are offered there. */
	connection: Connection | undefined = undefined;
	/** Its methods are called by TCP, though it has a UDP endpoint. */
	callsByStream = false;
	/** Subscriptions whose events may come now. */
	subscribed = 0;
	/** Another number each time that the instance comes up: tells the messages of two lives apart. */
	life = 0;
	state = SERVICE_FREE;
	minorVersion = 0;
	/** Of its load balancing option: the lowest priority goes first. feat_req_someipsd_174 */
	priority = 0;
	weight = 0;
	/** The strings of its configuration options, each with its length before it; undefined: none. */
	configuration: Uint8Array | undefined = undefined;
	/** Who offers it and alone may stop it. */
	peer: Peer | undefined = undefined;
	limited = false;
	/** End of the TTL, int32 ms, where `limited`. */
	expires = 0;
	/** The application knows that it is up. */
	reported = false;
	/** Its host has rebooted and did not offer it again yet. */
	stale = false;
	next: RemoteService | undefined = undefined;

	/** It can be called, and subscribed to, by UDP or TCP; or it is not SOME/IP, and how it is reached is not told here. */
	get isReachable(): boolean {
		return this.port !== 0 || this.connection !== undefined || this.serviceId === OTHER_SERVICES;
	}

	isCallable(serviceId: number, instanceId: number, majorVersion: number): boolean {
		return this.state === SERVICE_UP && this.serviceId === serviceId && (instanceId === ANY_INSTANCE || this.instanceId === instanceId)
			&& (majorVersion === ANY_MAJOR || this.majorVersion === majorVersion) && this.isReachable;
	}

	/** The connection that its methods are called by; undefined: by UDP. */
	get callConnection(): Connection | undefined {
		return this.port === 0 || this.callsByStream ? this.connection : undefined;
	}
}

export class ServiceTable {
	#services: RemoteService[] = [];
	#buckets: (RemoteService | undefined)[] = [];
	#lives = 0;

	constructor() {
		for (let i = 0; i < BUCKETS; i++)
			this.#buckets.push(undefined);
	}

	/** Places in use at any time so far; ask each for its `state`. */
	get length(): number {
		return this.#services.length;
	}

	at(index: number): RemoteService {
		return this.#services[index]!;
	}

	/** The offered instance of these numbers. */
	find(serviceId: number, instanceId: number, majorVersion: number): RemoteService | undefined {
		const services = this.#services;
		for (let i = 0; i < services.length; i++) {
			const service = services[i]!;
			if (service.state === SERVICE_UP && service.serviceId === serviceId && service.instanceId === instanceId && service.majorVersion === majorVersion)
				return service;
		}
		return undefined;
	}

	/** The offered instance of these numbers that a method can be called of. `majorVersion` 0xff: of any version. Of several,
	 *  where `instanceId` is 0xffff, one of the highest priority, by its weight: feat_req_someipsd_770. `draw`: a random uint32. */
	callable(serviceId: number, instanceId: number, majorVersion: number, draw = 0): RemoteService | undefined {
		const services = this.#services;
		let best: RemoteService | undefined, total = 0;
		for (let i = 0; i < services.length; i++) {
			const service = services[i]!;
			if (!service.isCallable(serviceId, instanceId, majorVersion) || (best !== undefined && service.priority > best.priority))
				continue;
			if (best === undefined || service.priority < best.priority) {
				best = service;
				total = 0;
			}
			total += service.weight;
		}
		// Those without a weight have their turn where nobody has one.
		if (best === undefined || total === 0)
			return best;
		let rest = draw % total;
		for (let i = 0; i < services.length; i++) {
			const service = services[i]!;
			if (!service.isCallable(serviceId, instanceId, majorVersion) || service.priority !== best.priority)
				continue;
			if (rest < service.weight)
				return service;
			rest -= service.weight;
		}
		return best;
	}

	/** The first instance of a service that sends from this endpoint; go on with `nextSource`. Costs no walk through the table. */
	firstSource(serviceId: number, address: number, port: number): RemoteService | undefined {
		return matching(this.#buckets[bucketOf(serviceId, port)], serviceId, address, port);
	}

	nextSource(service: RemoteService): RemoteService | undefined {
		return matching(service.next, service.serviceId, service.address, service.port);
	}

	/** The instance of a service after `after`, or the first one, that sends by this connection. */
	nextStream(serviceId: number, connection: Connection, after: RemoteService | undefined): RemoteService | undefined {
		const services = this.#services;
		for (let i = after === undefined ? 0 : services.indexOf(after) + 1; i < services.length; i++)
			if (services[i]!.connection === connection && services[i]!.serviceId === serviceId && services[i]!.state === SERVICE_UP)
				return services[i];
		return undefined;
	}

	/** A place for an instance that comes up; undefined where the table is full. */
	add(serviceId: number, instanceId: number, majorVersion: number): RemoteService | undefined {
		const services = this.#services;
		let service: RemoteService | undefined;
		for (let i = 0; i < services.length && service === undefined; i++)
			if (services[i]!.state === SERVICE_FREE)
				service = services[i];
		if (service === undefined) {
			if (services.length === SD_SERVICES_MAX)
				return undefined;
			service = new RemoteService();
			services.push(service);
		}
		service.serviceId = serviceId;
		service.instanceId = instanceId;
		service.majorVersion = majorVersion;
		service.address = service.port = service.subscribed = 0;
		service.state = SERVICE_UP;
		service.reported = service.stale = service.callsByStream = false;
		service.connection = undefined;
		service.configuration = undefined;
		this.renew(service);
		return service;
	}

	/** Begins another life: what the host sent before has nothing to do with what comes. */
	renew(service: RemoteService): void {
		service.life = this.#lives = (this.#lives + 1) | 0;
	}

	/** Sets the endpoint that events come from. */
	place(service: RemoteService, address: number, port: number): void {
		this.unplace(service);
		service.address = address;
		service.port = port;
		const bucket = bucketOf(service.serviceId, port);
		service.next = this.#buckets[bucket];
		this.#buckets[bucket] = service;
	}

	/** Events from its endpoint are no longer expected. */
	unplace(service: RemoteService): void {
		const bucket = bucketOf(service.serviceId, service.port);
		let previous: RemoteService | undefined;
		for (let found = this.#buckets[bucket]; found !== undefined; previous = found, found = found.next)
			if (found === service) {
				if (previous === undefined)
					this.#buckets[bucket] = service.next;
				else
					previous.next = service.next;
				break;
			}
		service.next = undefined;
	}
}

function bucketOf(serviceId: number, port: number): number {
	return (serviceId ^ serviceId >> 6 ^ port) & (BUCKETS - 1);
}

function matching(service: RemoteService | undefined, serviceId: number, address: number, port: number): RemoteService | undefined {
	while (service !== undefined && (service.serviceId !== serviceId || service.port !== port || service.address !== address))
		service = service.next;
	return service;
}
