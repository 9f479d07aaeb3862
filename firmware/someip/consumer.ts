/** The consumer's side of service discovery: finds services, subscribes to eventgroups, keeps both alive.
 *
 *  Performs no I/O and reads no clock. After any input or command, drain: pollTransmit until 0, pollEvent until
 *  EVENT_NONE, then pollTimeout. Datagrams of the SD port go into `receiveSd`, events into an EventReceiver over
 *  `services`. */
import { IPV6_FIRST } from "../ports/addresses.js";
import { NO_TIMEOUT } from "../wire/time.js";
import { ConsumerEvent, EVENT_NONE } from "./consumer-event.js";
import { ConsumerStatistics, type ConsumerOptions } from "./consumer-options.js";
import { Deadline } from "./deadline.js";
import { DROP_SD_CHANNEL, DROP_SD_ENTRY_TYPE, DROP_SD_NO_ENDPOINT, DROP_SD_NOT_OWNER, DROP_TABLE_FULL } from "./drop.js";
import { MulticastGroups } from "./multicast-groups.js";
import { PresetServices } from "./preset-services.js";
import {
	ANY_MAJOR, CHANNEL_MULTICAST, CHANNEL_UNICAST, ENTRY_FIND, ENTRY_OFFER, ENTRY_SUBSCRIBE, ENTRY_SUBSCRIBE_ACK, OTHER_SERVICES, TTL_FOREVER,
} from "./sd/entry.js";
import { PeerTable, type Peer } from "./sd/peer.js";
import { SdDatagram } from "./sd/sd-datagram.js";
import { SdWriter } from "./sd/sd-writer.js";
import { SendSessions } from "./sd/session.js";
import { DEFAULT_TIMINGS, Delay, lifetime, type SdTimings } from "./sd/timing.js";
import { Topology } from "./sd/topology.js";
import { SERVICE_FREE, SERVICE_GONE, SERVICE_UP, ServiceTable, type RemoteService } from "./service-table.js";
import { ServiceWays } from "./service-ways.js";
import { SilenceWatch } from "./silence.js";
import { SubscriptionTable } from "./subscription-table.js";
import { WAY_STREAM } from "./subscription.js";
import { TRANSPORT_AUTO, WantedTable } from "./wanted.js";

export { CHANNEL_MULTICAST, CHANNEL_UNICAST };

export class Consumer {
	readonly services = new ServiceTable();
	readonly statistics = new ConsumerStatistics();
	/** Where the datagram that pollTransmit wrote goes, from the SD port. */
	destinationAddress = 0;
	destinationPort = 0;
	/** Where `expect` was called: an EventReceiver is to have it. */
	silences: SilenceWatch | undefined = undefined;
	/** The fields of what pollEvent told. */
	readonly event: ConsumerEvent;
	#options: ConsumerOptions;
	#timings: SdTimings;
	#delay: Delay;
	#wanted = new WantedTable();
	#running = false;
	#datagram: SdDatagram;
	#writer: SdWriter;
	#sessions: SendSessions;
	#peers = new PeerTable();
	#subscriptions: SubscriptionTable;
	#ways: ServiceWays;
	#presets: PresetServices | undefined = undefined;
	// Answers to the message that is being read are due now.
	#answerAt = 0;
	#eventful = false;
	/** What the connections' counter was when it was looked at last. */
	#connectionChanges = 0;
	#deadline = new Deadline();

	constructor(options: ConsumerOptions) {
		if (!(options.ttl >= 1 && options.ttl <= TTL_FOREVER))
			throw new RangeError(`subscription TTL of ${options.ttl} s is not in 1…${TTL_FOREVER}`);
		this.#options = options;
		this.#timings = { ...DEFAULT_TIMINGS, ...options.timings };
		this.#delay = new Delay(options.random);
		this.#sessions = options.sessions ?? new SendSessions();
		this.#datagram = new SdDatagram(new Topology(options.localAddress, options.netmask, options.topologyCheck, options.addresses), this.#peers, options.sdGroup);
		this.#writer = new SdWriter(options.localAddress >= IPV6_FIRST ? options.addresses : undefined, options.explicitInitialData,
			options.localAddress, options.sdEndpoint === true ? options.sdPort : 0);
		const groups = new MulticastGroups();
		this.#subscriptions = new SubscriptionTable(options.ttl, groups, this.statistics, options.explicitInitialData ?? false, options.subscriptionsMax);
		this.#ways = new ServiceWays(options.connections, this.statistics);
		this.event = new ConsumerEvent(this.#peers, groups, this.services, this.#subscriptions);
	}

	/** Asks for an eventgroup, before `start`. `instanceId` 0xffff: of every instance; `majorVersion` 0xff: of every
	 *  version; `transport`: TRANSPORT_*. Returns the wish's handle. */
	request(serviceId: number, instanceId: number, eventgroupId: number, majorVersion = ANY_MAJOR, transport = TRANSPORT_AUTO): number {
		if (this.#running)
			throw new Error("request comes after start: ask for all eventgroups before");
		return this.#wanted.request(serviceId, instanceId, eventgroupId, majorVersion, transport);
	}

	/** Of the eventgroup that was asked for by `wish` one of `events` (ids) is to come every `time` ms: where none comes, it is
	 *  subscribed to anew (feat_req_someipsd_439). At set-up. */
	expect(wish: number, time: number, events: readonly number[]): void {
		(this.silences ??= new SilenceWatch(this.#subscriptions)).add(wish, time, events);
	}

	/** Asks for a service alone, before `start`: what its methods are called by stands in `services` while it is offered.
	 *  The ids as for `request`. `otherService`: the otherserv string of OTHER_SERVICES, "": of any. */
	require(serviceId: number, instanceId: number, majorVersion = ANY_MAJOR, transport = TRANSPORT_AUTO, otherService = ""): void {
		if (this.#running)
			throw new Error("require comes after start: ask for all services before");
		const wanted = this.#wanted.require(serviceId, instanceId, majorVersion, otherService);
		wanted.callTransport = transport;
	}

	/** A service that nobody announces: while the link is up it is there, at a UDP endpoint, and its events are taken
	 *  (feat_req_someipsd_444). At set-up. */
	preset(serviceId: number, instanceId: number, majorVersion: number, address: number, port: number): void {
		(this.#presets ??= new PresetServices()).add(serviceId, instanceId, majorVersion, address, port);
	}

	/** The link is up: begins to look for what was asked for. */
	start(now: number): void {
		this.reset(now);
		this.#running = true;
		this.#wanted.findAll(now, this.#initialDelay());
		this.statistics.services += this.#presets?.start(this.services) ?? 0;
		this.#touch();
	}

	/** Ends all subscriptions: drain pollTransmit for the StopSubscribe entries (feat_req_someipsd_822). */
	stop(now: number): void {
		this.#running = false;
		this.#wanted.stop();
		this.#subscriptions.leave(now);
		this.#touch();
	}

	/** The link was lost: forgets services and peers without a word to them. Session ids go on: this is no reboot. */
	reset(now: number): void {
		this.#running = false;
		for (let i = 0; i < this.services.length; i++)
			if (this.services.at(i).state === SERVICE_UP)
				this.#lose(this.services.at(i), false, now);
		this.#wanted.stop();
		this.#peers.reset();
		this.#touch();
	}

	/** Takes the datagram bytes[0, length) of the SD port. `channel`: CHANNEL_MULTICAST where it came to the group. */
	receiveSd(channel: number, bytes: Uint8Array, length: number, address: number, port: number, now: number): void {
		// Our own multicast comes back to us on some stacks.
		if (!this.#running || (address === this.#options.localAddress && port === this.#options.sdPort))
			return;
		this.#touch();
		this.#datagram.begin(bytes, length, address, port);
		while (this.#datagram.next(this.statistics))
			this.#receive(channel, now);
	}

	onTimeout(now: number): void {
		this.#touch();
		this.#connectionChanges = this.#options.connections?.changes ?? 0;
		for (let i = 0; i < this.services.length; i++) {
			const service = this.services.at(i);
			if (service.state === SERVICE_UP && service.limited && ((now - service.expires) | 0) >= 0)
				this.#lose(service, true, now);
		}
		this.#wanted.onTimeout(now, this.#timings);
		this.#subscriptions.onTimeout(now);
		this.silences?.onTimeout(now);
		this.statistics.subscriptions = this.#subscriptions.acknowledged;
	}

	/** ms until onTimeout, or pollTransmit, is wanted. */
	pollTimeout(now: number): number {
		const changes = this.#options.connections?.changes ?? 0;
		// A connection that was opened or lost is dealt with like a deadline.
		if (changes !== this.#connectionChanges)
			return 0;
		const delay = this.#deadline.remaining(now);
		return delay >= 0 ? delay : this.#deadline.keep(this.#timeout(now), now);
	}

	/** Writes the next SD message into `into` (SD_MESSAGE_MAX bytes will do); returns its length, 0 = nothing to send. */
	pollTransmit(into: Uint8Array, now: number): number {
		const writer = this.#writer;
		writer.begin(into);
		this.#wanted.write(writer);
		if (writer.count > 0) {
			this.destinationAddress = this.#options.sdGroup;
			this.destinationPort = this.#options.sdPort;
			this.#sessions.nextMulticast();
		}
		else {
			const peer = this.#subscriptions.duePeer(now);
			if (peer === undefined)
				return 0;
			this.#subscriptions.write(writer, peer, this.#options.localAddress, this.#options.eventPort, now);
			this.#touch();
			this.destinationAddress = peer.address;
			this.destinationPort = peer.port;
			this.#sessions.nextUnicast(peer.address);
		}
		return writer.finish(this.#sessions.sessionId, this.#sessions.reboot);
	}

	/** What has changed since: a code of consumer-event.ts, its fields in `event`; EVENT_NONE when all is told. */
	pollEvent(): number {
		if (!this.#eventful)
			return EVENT_NONE;
		this.statistics.subscriptions = this.#subscriptions.acknowledged;
		const code = this.event.poll();
		if (code === EVENT_NONE)
			this.#eventful = false;
		return code;
	}

	// Something may have changed: events and deadlines are to be looked for again.
	#touch(): void {
		this.#eventful = true;
		this.#deadline.forget();
		this.statistics.subscriptions = this.#subscriptions.acknowledged;
	}

	#timeout(now: number): number {
		let delay = this.#wanted.timeout(now, this.#subscriptions.timeout(now, NO_TIMEOUT));
		if (this.silences !== undefined)
			delay = this.silences.timeout(now, delay);
		for (let i = 0; i < this.services.length; i++) {
			const service = this.services.at(i);
			if (service.state === SERVICE_UP && service.limited && ((service.expires - now) | 0) < delay)
				delay = (service.expires - now) | 0;
		}
		return delay;
	}

	#receive(channel: number, now: number): void {
		const { address, sessionId, reader } = this.#datagram, timings = this.#timings;
		// feat_req_someipsd_766; _624: "shall not apply if unicast messages are responded with unicast messages".
		this.#answerAt = channel === CHANNEL_UNICAST ? now
			: (now + this.#delay.between(timings.requestResponseDelayMin, timings.requestResponseDelayMax)) | 0;
		let peer = this.#peers.find(address);
		if (peer !== undefined && peer.update(channel, sessionId, reader.reboot))
			this.#rebooted(peer);
		// feat_req_someipsd_862: "The entries shall be processed exactly in the order they arrive."
		for (let i = 0; i < reader.entryCount; i++) {
			reader.entry(i);
			const result = this.#entry(channel, now);
			if (result < 0)
				this.statistics.drop(result);
		}
		peer = peer ?? this.#peers.find(address);
		if (peer !== undefined)
			this.#loseStale(peer, now);
	}

	#entry(channel: number, now: number): number {
		switch (this.#datagram.reader.type) {
		case ENTRY_OFFER:
			return this.#offer(channel, now);
		case ENTRY_SUBSCRIBE_ACK:
			return this.#answer(channel, now);
		case ENTRY_FIND:
		case ENTRY_SUBSCRIBE:
			return 0;
		}
		return DROP_SD_ENTRY_TYPE;
	}

	#offer(channel: number, now: number): number {
		const { address, port, reader } = this.#datagram;
		if (!this.#wanted.matches(reader.serviceId, reader.instanceId, reader.majorVersion))
			return 0;
		let service = this.services.find(reader.serviceId, reader.instanceId, reader.majorVersion);
		if (service !== undefined && service.peer!.address !== address)
			return DROP_SD_NOT_OWNER;
		if (reader.ttl === 0) {
			// feat_req_someipsd_834: "the client shall not send out FindService entries but wait for OfferService entry".
			if (service !== undefined)
				this.#lose(service, false, now);
			return 0;
		}
		const code = reader.endpoints();
		if (code < 0)
			return code;
		if (reader.serviceId === OTHER_SERVICES && !this.#wanted.matchesOther(reader))
			return 0;
		if (reader.udpPort === 0 && reader.tcpPort === 0 && reader.serviceId !== OTHER_SERVICES)
			return DROP_SD_NO_ENDPOINT;
		if (service === undefined) {
			service = this.#gain(channel);
			if (service === undefined)
				return DROP_TABLE_FULL;
		}
		else if (service.address !== reader.udpAddress || service.port !== reader.udpPort
			|| (service.connection !== undefined && (service.connection.address !== reader.tcpAddress || service.connection.port !== reader.tcpPort))) {
			this.services.place(service, reader.udpAddress, reader.udpPort);
			this.services.renew(service);
			this.#subscriptions.restart(service);
			this.#ways.leave(service);
			service.reported = false;
		}
		service.peer!.port = port;
		service.peer!.isExplicit = reader.isExplicit;
		service.stale = false;
		service.minorVersion = reader.minorVersion;
		service.tcpAddress = reader.tcpAddress;
		service.tcpPort = reader.tcpPort;
		service.priority = reader.priority;
		service.weight = reader.weight;
		service.configuration = reader.configurationStrings(service.configuration);
		const duration = lifetime(reader.ttl);
		service.limited = duration >= 0;
		service.expires = (now + duration) | 0;
		this.#subscribe(service, channel === CHANNEL_MULTICAST);
		return 0;
	}

	#gain(channel: number): RemoteService | undefined {
		const { address, sessionId, reader } = this.#datagram;
		let peer = this.#peers.find(address);
		if (peer === undefined) {
			peer = this.#peers.add(address);
			if (peer === undefined)
				return undefined;
			peer.update(channel, sessionId, reader.reboot);
		}
		const service = this.services.add(reader.serviceId, reader.instanceId, reader.majorVersion);
		if (service === undefined)
			return undefined;
		service.peer = peer;
		peer.users++;
		this.services.place(service, reader.udpAddress, reader.udpPort);
		this.statistics.services++;
		return service;
	}

	// feat_req_someipsd_431: "Each client shall respond to a SOME/IP-SD OfferService entry from the server with a
	// SOME/IP-SD SubscribeEventgroup entry as long as the client is still interested".
	#subscribe(service: RemoteService, triggered: boolean, only = 0): void {
		for (let i = 0; i < this.#wanted.length; i++) {
			const wanted = this.#wanted.at(i);
			if (!wanted.matches(service.serviceId, service.instanceId, service.majorVersion))
				continue;
			wanted.find.found(wanted.instanceId);
			if (this.#ways.of(service, wanted.callTransport, false) === WAY_STREAM)
				service.callsByStream = true;
			for (let k = 0; k < wanted.eventgroups.length; k += 3) {
				const eventgroup = wanted.eventgroups[k]!, transport = wanted.eventgroups[k + 2]!;
				const both = transport === TRANSPORT_AUTO && service.port !== 0 && service.tcpPort !== 0 && this.#subscriptions.needsStream(service, eventgroup);
				const ways = only === 0 || (only === eventgroup && both) ? this.#ways.of(service, transport, both) : 0;
				if (ways !== 0)
					this.#subscriptions.offer(service, eventgroup, wanted.eventgroups[k + 1]!, ways, triggered, this.#answerAt);
			}
		}
	}

	#answer(channel: number, now: number): number {
		const { address, reader } = this.#datagram;
		// feat_req_someipsd_818: SubscribeEventgroupAck and -Nack "shall be transported by unicast only".
		if (channel !== CHANNEL_UNICAST)
			return DROP_SD_CHANNEL;
		const code = reader.endpoints();
		if (code < 0)
			return code;
		const service = this.services.find(reader.serviceId, reader.instanceId, reader.majorVersion);
		if (service !== undefined && service.peer!.address !== address)
			return DROP_SD_NOT_OWNER;
		const result = this.#subscriptions.answer(service, reader, now);
		// What is refused by UDP may want TCP: that is tried at once.
		if (result === 0 && reader.ttl === 0 && this.#options.connections !== undefined && this.#subscriptions.isByDatagram(service!, reader.eventgroupId))
			this.#subscribe(service!, false, reader.eventgroupId);
		return result;
	}

	// feat_req_someipsd_871: "Services and Subscriptions shall be expired if they are not updated again."
	#rebooted(peer: Peer): void {
		peer.rebooted = peer.users > 0;
		for (let i = 0; i < this.services.length; i++) {
			const service = this.services.at(i);
			if (service.state !== SERVICE_UP || service.peer !== peer)
				continue;
			service.stale = true;
			this.services.renew(service);
			this.#subscriptions.restart(service);
			// feat_req_someipsd_872: "it shall reset the state of the TCP connections to this peer".
			service.connection?.restart();
		}
	}

	#loseStale(peer: Peer, now: number): void {
		for (let i = 0; i < this.services.length; i++) {
			const service = this.services.at(i);
			if (service.state === SERVICE_UP && service.stale && service.peer === peer)
				this.#lose(service, true, now);
		}
	}

	#lose(service: RemoteService, search: boolean, now: number): void {
		this.#subscriptions.forget(service);
		this.services.unplace(service);
		this.#ways.leave(service);
		service.state = service.reported ? SERVICE_GONE : SERVICE_FREE;
		service.peer!.users--;
		service.peer = undefined;
		this.statistics.services--;
		if (search && this.#running)
			this.#wanted.findAgain(service.serviceId, service.instanceId, service.majorVersion, now, this.#initialDelay());
	}

	#initialDelay(): number {
		return this.#delay.between(this.#timings.initialDelayMin, this.#timings.initialDelayMax);
	}
}
