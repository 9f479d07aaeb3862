/** What a Provider offers: services, eventgroups, events. Made at set-up. */
import { copyBytes } from "../wire/big-endian.js";
import type { Protector } from "./e2e/protection.js";
import { configurationValue, encodeConfiguration } from "./sd/configuration-strings.js";
import { ENTRY_OFFER, OTHER_SERVICE_KEY, OTHER_SERVICES, PROTOCOL_TCP, PROTOCOL_UDP } from "./sd/entry.js";
import { OfferPhases } from "./sd/offer-phases.js";
import type { SdWriter } from "./sd/sd-writer.js";

export interface OfferOptions {
	/** TCP port of its other endpoint, default: none. */
	tcpPort?: number;
	/** Strings "key=value" or "key" of its configuration option (feat_req_someipsd_149). */
	configuration?: readonly string[] | undefined;
	/** Of its load balancing option: 0…0xffff, the lowest priority is served first; the more weight, the more often. */
	priority?: number | undefined;
	weight?: number | undefined;
}

export class OfferedService {
	serviceId: number;
	instanceId: number;
	majorVersion: number;
	minorVersion: number;
	/** UDP port that its events are sent from and its methods are called at, and the TCP port; 0: none. */
	port: number;
	tcpPort: number;
	/** Seconds. */
	ttl: number;
	/** Of the event sent last. */
	sessionId = 0;
	phases = new OfferPhases();
	#configuration: Uint8Array | undefined;
	#priority: number;
	#weight: number;
	#hasBalancing: boolean;

	constructor(serviceId: number, instanceId: number, majorVersion: number, minorVersion: number, port: number, ttl: number, options: OfferOptions) {
		this.serviceId = serviceId;
		this.instanceId = instanceId;
		this.majorVersion = majorVersion;
		this.minorVersion = minorVersion;
		this.port = port;
		this.tcpPort = options.tcpPort ?? 0;
		this.ttl = ttl;
		this.#configuration = options.configuration === undefined ? undefined : encodeConfiguration(options.configuration);
		// feat_req_someipsd_500, feat_req_someipsd_502: "SOME/IP services shall not use the otherserv-string".
		const name = this.#configuration === undefined ? undefined : configurationValue(this.#configuration, 0, this.#configuration.length - 1, OTHER_SERVICE_KEY);
		if (serviceId === OTHER_SERVICES ? name === undefined || name === "" : name !== undefined)
			throw new RangeError(`service ${serviceId}: service ${OTHER_SERVICES}, and no other one, has a configuration string ${OTHER_SERVICE_KEY}=…`);
		this.#priority = options.priority ?? 0;
		this.#weight = options.weight ?? 0;
		this.#hasBalancing = options.priority !== undefined || options.weight !== undefined;
	}

	/** True where its Offer fits into the message. */
	fits(writer: SdWriter): boolean {
		return writer.fits(1, 2, (this.#configuration === undefined ? 0 : 4 + this.#configuration.length) + (this.#hasBalancing ? 8 : 0));
	}

	/** Writes its Offer, with `ttl` 0 its StopOffer: feat_req_someipsd_262: all fields and options as in the Offer. `address`: of
	 *  our endpoints. feat_req_someipsd_780, feat_req_someipsd_756, feat_req_someipsd_757. */
	write(writer: SdWriter, address: number, ttl: number): void {
		if (this.port !== 0)
			writer.endpoint(address, this.port, PROTOCOL_UDP);
		if (this.tcpPort !== 0)
			writer.endpoint(address, this.tcpPort, PROTOCOL_TCP);
		if (this.#configuration !== undefined)
			writer.configuration(this.#configuration);
		if (this.#hasBalancing)
			writer.loadBalancing(this.#priority, this.#weight);
		writer.service(ENTRY_OFFER, this.serviceId, this.instanceId, this.majorVersion, ttl, this.minorVersion);
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
	/** It has events that go by UDP; events that go by TCP. */
	hasDatagrams = false;
	hasStreams = false;

	constructor(service: OfferedService, eventgroupId: number, address: number, port: number, threshold: number) {
		this.service = service;
		this.eventgroupId = eventgroupId;
		this.address = address;
		this.port = port;
		this.threshold = address === 0 ? 0 : threshold;
	}

	/** A subscriber must name a UDP endpoint: feat_req_someipsd_1179: "A SubscribeEventgroup without Endpoint Options is only
	 *  allowed for an Eventgroup with Multicast Events only." */
	get needsDatagram(): boolean {
		return this.threshold !== 1 && (this.hasDatagrams || !this.hasStreams);
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
	/** It goes by TCP. */
	isReliable: boolean;
	/** Where it is protected end to end. */
	protector: Protector | undefined = undefined;

	constructor(service: OfferedService, eventId: number, eventgroups: Eventgroup[], isField: boolean, isReliable: boolean) {
		this.isReliable = isReliable;
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
