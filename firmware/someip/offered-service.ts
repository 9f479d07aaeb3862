/** What a Provider offers: services, eventgroups, events. Made at set-up. */
import { copyBytes } from "../wire/big-endian.js";
import { OfferPhases } from "./sd/offer-phases.js";

export class OfferedService {
	serviceId: number;
	instanceId: number;
	majorVersion: number;
	minorVersion: number;
	/** UDP port that its events are sent from and its methods are called at. */
	port: number;
	/** Seconds. */
	ttl: number;
	/** Of the event sent last. */
	sessionId = 0;
	phases = new OfferPhases();

	constructor(serviceId: number, instanceId: number, majorVersion: number, minorVersion: number, port: number, ttl: number) {
		this.serviceId = serviceId;
		this.instanceId = instanceId;
		this.majorVersion = majorVersion;
		this.minorVersion = minorVersion;
		this.port = port;
		this.ttl = ttl;
	}
}

export class Eventgroup {
	service: OfferedService;
	eventgroupId: number;
	/** Multicast endpoint, address 0: none. */
	address: number;
	port: number;
	/** Subscribers from which on multicast is used, 0 = never (feat_req_someip_813). */
	threshold: number;
	subscribers = 0;
	/** The number has changed and nobody was told. */
	changed = false;
	/** Fields whose values a new subscriber gets. */
	fields: OfferedEvent[] = [];

	constructor(service: OfferedService, eventgroupId: number, address: number, port: number, threshold: number) {
		this.service = service;
		this.eventgroupId = eventgroupId;
		this.address = address;
		this.port = port;
		this.threshold = address === 0 ? 0 : threshold;
	}

	/** Its events go to the multicast endpoint now. */
	get usesMulticast(): boolean {
		return this.threshold > 0 && this.subscribers >= this.threshold;
	}
}

export class OfferedEvent {
	service: OfferedService;
	eventId: number;
	eventgroups: Eventgroup[];
	/** Of a field: the value that was notified last, value[0, valueLength); -1 = none yet. */
	isField: boolean;
	value: Uint8Array;
	valueLength = -1;

	constructor(service: OfferedService, eventId: number, eventgroups: Eventgroup[], isField: boolean) {
		this.service = service;
		this.eventId = eventId;
		this.eventgroups = eventgroups;
		this.isField = isField;
		this.value = new Uint8Array(0);
	}

	/** Takes bytes[offset, end) as the field's value. */
	keep(bytes: Uint8Array, offset: number, end: number): void {
		if (this.value.length < end - offset)
			this.value = new Uint8Array(end - offset);
		copyBytes(bytes, offset, end, this.value, 0);
		this.valueLength = end - offset;
	}

	get hasSubscribers(): boolean {
		for (let i = 0; i < this.eventgroups.length; i++)
			if (this.eventgroups[i]!.subscribers > 0)
				return true;
		return false;
	}

	/** True where it belongs to `eventgroup`. */
	isIn(eventgroup: Eventgroup): boolean {
		for (let i = 0; i < this.eventgroups.length; i++)
			if (this.eventgroups[i] === eventgroup)
				return true;
		return false;
	}
}
