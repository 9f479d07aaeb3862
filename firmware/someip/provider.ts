/** The provider's side of service discovery: offers services, takes subscriptions, sends events.
 *
 *  Performs no I/O and reads no clock. After any input or command, drain: pollTransmit until 0, pollEvent until
 *  PROVIDER_NONE, then pollTimeout. Datagrams of the SD port go into `receiveSd`. */
import { PROVIDER_PAYLOAD_MAX } from "../config.js";
import { IPV6_FIRST } from "../ports/addresses.js";
import { NO_TIMEOUT } from "../wire/time.js";
import { AnswerQueue } from "./answer-queue.js";
import type { Connection } from "./connection.js";
import { Deadline } from "./deadline.js";
import {
	DROP_NOT_SENT, DROP_SD_CHANNEL, DROP_SD_ENTRY_TYPE, DROP_SD_NO_ENDPOINT, DROP_SD_NOT_OWNER, DROP_SD_UNKNOWN_EVENTGROUP,
	DROP_TABLE_FULL,
} from "./drop.js";
import { Protector, type ProtectionOptions } from "./e2e/protection.js";
import { EventQueue } from "./event-queue.js";
import { OfferedService, type Eventgroup, type OfferOptions } from "./offered-service.js";
import { OfferTable } from "./offer-table.js";
import { ProviderStatistics, type ProviderOptions } from "./provider-options.js";
import {
	ANY_INSTANCE, ANY_MAJOR, ANY_MINOR, CHANNEL_UNICAST, ENTRY_FIND, ENTRY_OFFER, ENTRY_SUBSCRIBE, ENTRY_SUBSCRIBE_ACK, INITIAL_DATA_REQUESTED, OTHER_SERVICES,
	TTL_FOREVER,
} from "./sd/entry.js";
import { PeerTable } from "./sd/peer.js";
import { SdDatagram } from "./sd/sd-datagram.js";
import { SdWriter } from "./sd/sd-writer.js";
import { SendSessions } from "./sd/session.js";
import { DEFAULT_TIMINGS, Delay, type SdTimings } from "./sd/timing.js";
import { Topology } from "./sd/topology.js";
import { SubscriberTable } from "./subscriber-table.js";

export const PROVIDER_NONE = 0;
/** eventgroup: its number of subscribers is another one. */
export const SUBSCRIBERS_CHANGED = 1;

export class Provider {
	readonly statistics = new ProviderStatistics();
	/** Where the datagram that pollTransmit wrote goes; and the local port to send it from: that of SD or a service's. */
	destinationAddress = 0;
	destinationPort = 0;
	sourcePort = 0;
	/** Of SUBSCRIBERS_CHANGED: the handle that `eventgroup` gave. */
	changedEventgroup = 0;
	#options: ProviderOptions;
	#timings: SdTimings;
	#delay: Delay;
	#offers = new OfferTable();
	#running = false;
	#datagram: SdDatagram;
	#writer: SdWriter;
	#sessions: SendSessions;
	#peers = new PeerTable();
	#answers: AnswerQueue;
	#subscribers: SubscriberTable;
	#queue: EventQueue;
	/** What the clients' counter was when it was looked at last. */
	#clientChanges = 0;
	#deadline = new Deadline();

	constructor(options: ProviderOptions) {
		this.#options = options;
		this.#timings = { ...DEFAULT_TIMINGS, ...options.timings };
		this.#delay = new Delay(options.random);
		this.#sessions = options.sessions ?? new SendSessions();
		this.#datagram = new SdDatagram(new Topology(options.localAddress, options.netmask, options.topologyCheck, options.addresses), this.#peers, options.sdGroup);
		this.#writer = new SdWriter(options.localAddress >= IPV6_FIRST ? options.addresses : undefined, options.explicitInitialData,
			options.localAddress, options.sdEndpoint === true ? options.sdPort : 0);
		this.#answers = new AnswerQueue(options.answersMax);
		this.#subscribers = new SubscriberTable(options.subscribersMax);
		this.#queue = new EventQueue(this.#subscribers, options.segmentGap ?? 1);
	}

	/** Adds a service instance, at set-up; returns its handle. `port`: UDP port of its endpoint, 0 = none; `ttl`: seconds. */
	offer(serviceId: number, instanceId: number, majorVersion: number, minorVersion: number, port: number, ttl = 3, options: OfferOptions = {}): number {
		const service = new OfferedService(serviceId, instanceId, majorVersion, minorVersion, port, ttl, options);
		if (service.port === 0 && service.tcpPort === 0 && serviceId !== OTHER_SERVICES)
			throw new RangeError(`service ${serviceId} is offered at no port: nobody could reach it`);
		// feat_req_someip_676
		if (service.port === this.#options.sdPort || service.tcpPort === this.#options.sdPort)
			throw new RangeError(`service ${serviceId} is offered at port ${this.#options.sdPort}, which is that of service discovery alone`);
		// feat_req_someipsd_253: "TTL shall not be set to 0x000000 since this is considered to be the Stop entry".
		if (!(ttl >= 1 && ttl <= TTL_FOREVER))
			throw new RangeError(`TTL of ${ttl} s of service ${serviceId} is not in 1…${TTL_FOREVER}`);
		return this.#offers.services.push(service) - 1;
	}

	/** Adds an eventgroup to a service, at set-up; returns its handle. Where `address` is given, its events go to that
	 *  multicast endpoint once there are `threshold` subscribers (feat_req_someip_813). */
	eventgroup(service: number, eventgroupId: number, address = 0, port = 0, threshold = 1): number {
		this.#options.addresses?.keep(address);
		return this.#offers.addEventgroup(service, eventgroupId, address, port, threshold);
	}

	/** Adds an event to eventgroups (handles) of one service, at set-up; returns its handle. `isReliable`: it goes by TCP. */
	event(eventId: number, eventgroups: readonly number[], isReliable = false): number {
		return this.#offers.addEvent(eventId, eventgroups, false, isReliable);
	}

	/** Adds a field's notifier: a new subscriber gets the value that was notified last. */
	field(eventId: number, eventgroups: readonly number[], isReliable = false): number {
		return this.#offers.addEvent(eventId, eventgroups, true, isReliable);
	}

	/** Protects an event or a field's notifier (a handle) end to end, at set-up. Throws a RangeError where the options
	 *  contradict each other. feat_req_someip_102. */
	protect(event: number, options: ProtectionOptions): void {
		this.#offers.events[event]!.protector = new Protector(options);
	}

	/** Has a subscriber that does not subscribe: a UDP endpoint that gets the eventgroup's events as long as the service is offered
	 *  (feat_req_someipsd_444). At set-up; returns false where there are too many. */
	preset(eventgroup: number, address: number, port: number): boolean {
		return this.#subscribers.preset(this.#offers.eventgroups[eventgroup]!, address, port);
	}

	/** The hosts that subscribed to an eventgroup; makes a list. */
	subscribingHosts(eventgroup: number): number[] {
		return this.#subscribers.hostsOf(this.#offers.eventgroups[eventgroup]!);
	}

	/** How many subscribers an eventgroup has. */
	subscribersOf(eventgroup: number): number {
		return this.#offers.eventgroups[eventgroup]!.subscribers;
	}

	/** The link is up: begins to offer all services. */
	start(now: number): void {
		this.#running = true;
		const delay = this.#initialDelay();
		for (let i = 0; i < this.#offers.services.length; i++)
			this.#startOffer(this.#offers.services[i]!, now, delay);
		this.#deadline.forget();
	}

	/** Withdraws all services: drain pollTransmit for the StopOffer entries. Subscriptions end (feat_req_someipsd_830). */
	stop(): void {
		this.#running = false;
		for (let i = 0; i < this.#offers.services.length; i++)
			this.#offers.services[i]!.phases.stop();
		this.#forget();
	}

	/** The link was lost: "it shall delete all the registered notifications and close the TCP connection for those
	 *  notifications as well" (feat_req_someipsd_437). */
	reset(): void {
		this.stop();
		this.#options.clients?.reset();
		for (let i = 0; i < this.#offers.services.length; i++)
			this.#offers.services[i]!.phases.stopDue = false;
		this.#peers.reset();
	}

	/** Offers one service (again) that stopOffer has withdrawn. */
	startOffer(service: number, now: number): void {
		this.#startOffer(this.#offers.services[service]!, now, this.#initialDelay());
		this.#deadline.forget();
	}

	stopOffer(service: number): void {
		this.#offers.services[service]!.phases.stop();
		this.#subscribers.removeAll(undefined, this.#offers.services[service]);
		this.#deadline.forget();
	}

	/** Sends bytes[offset, end) as an event to all that subscribed; of a field this is its value from now on, subscribers or not. `only`: to
	 *  those on that host, by unicast; no field (feat_req_someip_804, _806). Returns 1, or DROP_NOT_SENT: the queue is full or it is too long. */
	notify(event: number, bytes: Uint8Array, offset: number, end: number, only = 0): number {
		const offered = this.#offers.events[event]!, { protector } = offered;
		const fits = end - offset <= PROVIDER_PAYLOAD_MAX && !(only !== 0 && offered.isField) && (protector === undefined || protector.fits(end - offset));
		this.#deadline.forget();
		if (fits && offered.isField)
			offered.keep(bytes, offset, end);
		if (fits && (!offered.hasSubscribers || this.#queue.push(offered, bytes, offset, end, undefined, only)))
			return 1;
		this.statistics.drop(DROP_NOT_SENT);
		return DROP_NOT_SENT;
	}

	/** Takes the datagram bytes[0, length) of the SD port. `channel`: CHANNEL_MULTICAST where it came to the group. */
	receiveSd(channel: number, bytes: Uint8Array, length: number, address: number, port: number, now: number): void {
		if (!this.#running || (address === this.#options.localAddress && port === this.#options.sdPort))
			return;
		this.#deadline.forget();
		this.#datagram.begin(bytes, length, address, port);
		while (this.#datagram.next(this.statistics))
			this.#receive(channel, now);
		this.statistics.subscribers = this.#subscribers.count;
	}

	onTimeout(now: number): void {
		this.#deadline.forget();
		this.#subscribers.onTimeout(now);
		this.#subscribers.removeLost();
		this.#clientChanges = this.#options.clients?.changes ?? 0;
		this.statistics.subscribers = this.#subscribers.count;
		this.#offers.onTimeout(now, this.#timings);
	}

	/** ms until onTimeout, or pollTransmit, is wanted. */
	pollTimeout(now: number): number {
		if ((this.#options.clients?.changes ?? 0) !== this.#clientChanges)
			return 0;
		const delay = this.#deadline.remaining(now);
		return delay >= 0 ? delay : this.#deadline.keep(this.#timeout(now), now);
	}

	/** Writes the next datagram into `into` (VEHICLE_DATAGRAM_MAX bytes will do); returns its length, 0 = nothing now. */
	pollTransmit(into: Uint8Array, now: number): number {
		this.#deadline.forget();
		const length = this.#transmitSd(into, now);
		if (length > 0)
			return length;
		// feat_req_someipsd_107: "The initial events should be sent after the SubscribeEventgroupAck."
		this.#queueInitialEvents();
		const written = this.#queue.transmit(into, now);
		if (written > 0) {
			this.destinationAddress = this.#queue.destinationAddress;
			this.destinationPort = this.#queue.destinationPort;
			this.sourcePort = this.#queue.sourcePort;
			this.statistics.sent++;
		}
		return written;
	}

	/** SUBSCRIBERS_CHANGED, its field set; or PROVIDER_NONE. */
	pollEvent(): number {
		for (let i = 0; i < this.#offers.eventgroups.length; i++) {
			const eventgroup = this.#offers.eventgroups[i]!;
			if (!eventgroup.changed)
				continue;
			eventgroup.changed = false;
			this.changedEventgroup = i;
			return SUBSCRIBERS_CHANGED;
		}
		return PROVIDER_NONE;
	}

	#forget(): void {
		this.#subscribers.removeAll(undefined, undefined);
		this.statistics.subscribers = 0;
		this.#answers.clear();
		this.#queue.clear();
		this.#deadline.forget();
	}

	#startOffer(service: OfferedService, now: number, delay: number): void {
		service.phases.start(now, delay);
		this.#subscribers.addPreset(service);
	}

	#initialDelay(): number {
		return this.#delay.between(this.#timings.initialDelayMin, this.#timings.initialDelayMax);
	}

	#timeout(now: number): number {
		let delay = this.#queue.timeout(now, NO_TIMEOUT);
		delay = this.#answers.timeout(now, delay);
		delay = this.#subscribers.timeout(now, delay);
		return this.#offers.timeout(now, delay);
	}

	#receive(channel: number, now: number): void {
		const { address, sessionId, reader } = this.#datagram;
		const peer = this.#peers.find(address);
		// feat_req_someipsd_871: "Services and Subscriptions shall be expired if they are not updated again."
		if (peer !== undefined && peer.update(channel, sessionId, reader.reboot)) {
			this.#subscribers.removeAll(peer, undefined);
			this.#options.clients?.forget(address);
		}
		for (let i = 0; i < reader.entryCount; i++) {
			reader.entry(i);
			const result = this.#entry(channel, now);
			if (result < 0)
				this.statistics.drop(result);
		}
	}

	#entry(channel: number, now: number): number {
		switch (this.#datagram.reader.type) {
		case ENTRY_FIND:
			return this.#find(channel, now);
		case ENTRY_SUBSCRIBE:
			// feat_req_someipsd_818: SubscribeEventgroup "shall be transported by unicast only".
			return channel === CHANNEL_UNICAST ? this.#subscribe(channel, now) : DROP_SD_CHANNEL;
		case ENTRY_OFFER:
		case ENTRY_SUBSCRIBE_ACK:
			return 0;
		}
		return DROP_SD_ENTRY_TYPE;
	}

	// feat_req_someipsd_824: "all FindService entries … shall be responded with OfferService entries transported using unicast".
	#find(channel: number, now: number): number {
		const { address, port, reader } = this.#datagram, timings = this.#timings;
		let code = 0, at = now;
		for (let i = 0; i < this.#offers.services.length && reader.ttl > 0; i++) {
			const service = this.#offers.services[i]!;
			if (!service.phases.offered || service.serviceId !== reader.serviceId
				|| (reader.instanceId !== ANY_INSTANCE && reader.instanceId !== service.instanceId)
				|| (reader.majorVersion !== ANY_MAJOR && reader.majorVersion !== service.majorVersion)
				|| (reader.minorVersion !== ANY_MINOR && reader.minorVersion !== service.minorVersion))
				continue;
			// feat_req_someipsd_83, _624
			if (channel !== CHANNEL_UNICAST && at === now)
				at = (now + this.#delay.between(timings.requestResponseDelayMin, timings.requestResponseDelayMax)) | 0;
			if (!this.#answers.offer(address, port, service, at))
				code = DROP_TABLE_FULL;
		}
		return code;
	}

	#subscribe(channel: number, now: number): number {
		const { address, port, reader } = this.#datagram, eventgroup = this.#offers.findEventgroup(reader);
		const optionsCode = reader.endpoints();
		if (reader.ttl === 0)
			return this.#unsubscribe(eventgroup);
		let code = eventgroup === undefined ? DROP_SD_UNKNOWN_EVENTGROUP : optionsCode;
		if (code === 0)
			code = this.#admit(eventgroup!, channel, now);
		// feat_req_someipsd_1164: "Respond with a SubscribeEventgroupNack, if the original entry was a SubscribeEventgroup entry".
		if (!this.#answers.subscription(address, port, reader, code === 0 ? eventgroup : undefined, now))
			return DROP_TABLE_FULL;
		return code;
	}

	#admit(eventgroup: Eventgroup, channel: number, now: number): number {
		const { address, port, sessionId, reader } = this.#datagram;
		const connection = this.#connectionOf(eventgroup);
		if ((reader.udpPort === 0 && eventgroup.needsDatagram) || (connection === undefined && eventgroup.hasStreams))
			return DROP_SD_NO_ENDPOINT;
		let peer = this.#peers.find(address);
		let subscriber = this.#subscribers.find(eventgroup, reader.udpAddress, reader.udpPort, connection, peer);
		if (subscriber !== undefined && subscriber.peer !== peer)
			return subscriber.isPreset ? 0 : DROP_SD_NOT_OWNER;
		if (peer === undefined) {
			peer = this.#peers.add(address);
			if (peer === undefined)
				return DROP_TABLE_FULL;
			peer.update(channel, sessionId, reader.reboot);
		}
		peer.port = port;
		subscriber = subscriber ?? this.#subscribers.add(eventgroup, reader.udpAddress, reader.udpPort, connection, peer);
		if (subscriber === undefined)
			return DROP_TABLE_FULL;
		this.#subscribers.renew(subscriber, reader.ttl, now);
		// feat_req_someipsd_1188
		if (this.#options.explicitInitialData === true && reader.isExplicit)
			this.#subscribers.setInitial(subscriber, (reader.eventgroupBits & INITIAL_DATA_REQUESTED) !== 0);
		return 0;
	}

	// The connection that the entry names, where the eventgroup needs one. feat_req_someipsd_788, feat_req_someipsd_1137.
	#connectionOf(eventgroup: Eventgroup): Connection | undefined {
		const { reader } = this.#datagram;
		return eventgroup.hasStreams && reader.tcpPort !== 0 ? this.#options.clients?.find(reader.tcpAddress, reader.tcpPort, eventgroup.service.tcpPort) : undefined;
	}

	#unsubscribe(eventgroup: Eventgroup | undefined): number {
		const { address, reader } = this.#datagram, peer = this.#peers.find(address);
		if (eventgroup === undefined)
			return DROP_SD_UNKNOWN_EVENTGROUP;
		const subscriber = this.#subscribers.find(eventgroup, reader.udpAddress, reader.udpPort, this.#connectionOf(eventgroup), peer);
		if (subscriber === undefined || subscriber.peer !== peer)
			return DROP_SD_NOT_OWNER;
		this.#subscribers.remove(subscriber);
		return 0;
	}

	#transmitSd(into: Uint8Array, now: number): number {
		const writer = this.#writer, options = this.#options;
		this.sourcePort = options.sdPort;
		writer.begin(into);
		while (this.#answers.due(now, this)) {
			this.#answers.write(writer, this.destinationAddress, this.destinationPort, options.localAddress, now);
			if (writer.count === 0)
				continue;
			this.#sessions.nextUnicast(this.destinationAddress);
			return writer.finish(this.#sessions.sessionId, this.#sessions.reboot);
		}
		this.#offers.write(writer, options.localAddress);
		if (writer.count === 0)
			return 0;
		this.destinationAddress = options.sdGroup;
		this.destinationPort = options.sdPort;
		this.#sessions.nextMulticast();
		return writer.finish(this.#sessions.sessionId, this.#sessions.reboot);
	}

	#queueInitialEvents(): void {
		for (let i = 0; i < this.#subscribers.length; i++) {
			const subscriber = this.#subscribers.at(i);
			while (subscriber.initial >= 0) {
				const fields = subscriber.eventgroup!.fields, field = fields[subscriber.initial]!;
				if (field.valueLength >= 0 && !this.#queue.push(field, field.value, 0, field.valueLength, subscriber))
					return;
				subscriber.initial = subscriber.initial + 1 < fields.length ? subscriber.initial + 1 : -1;
			}
		}
	}
}
