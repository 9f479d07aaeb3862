import { DATAGRAMS_PER_TURN, NO_OFFER_HINT_DELAY, SEND_RETRY_DELAY, TP_STORE_BYTES, WATCH_INTERVAL } from "../config.js";
import { LEVEL_INFO, LEVEL_WARN } from "../ports/log.js";
import { ConnectionTable } from "../someip/connection-table.js";
import { CHANNEL_MULTICAST, CHANNEL_UNICAST, Consumer } from "../someip/consumer.js";
import { EVENT_NONE, MULTICAST_JOIN, MULTICAST_LEAVE, SERVICE_AVAILABLE, SERVICE_LOST } from "../someip/consumer-event.js";
import { E2eTable } from "../someip/e2e/e2e-table.js";
import { EventReceiver } from "../someip/event-receiver.js";
import { TYPE_NOTIFICATION, TYPE_OFFSET } from "../someip/header.js";
import { MessageStore } from "../someip/message-store.js";
import { SD_MESSAGE_MAX } from "../someip/sd/entry.js";
import { StreamSockets } from "../someip/stream-sockets.js";
import { TRANSPORT_AUTO, TRANSPORT_TCP, TRANSPORT_UDP } from "../someip/wanted.js";
import { textOfEndpoint } from "../wire/ipv6-address.js";
import { NO_TIMEOUT } from "../wire/time.js";
import type { CallSink, Caller } from "./caller.js";
import type { Configuration, MethodConfiguration, NetworkConfiguration, RouteConfiguration } from "./configuration/configuration.js";
import { DropReport, LossReport } from "./loss-report.js";
import { Outlet } from "./outlet.js";
import type { Platform } from "./platform.js";
import { SdLog } from "./sd-log.js";
import { SocketSlot } from "./socket-slot.js";

/** Where events and the availability of services go. */
export interface VehicleSink extends CallSink {
	/** An event stands in `receiver`; its payload is valid during the call. */
	event(receiver: EventReceiver, now: number): void;
	serviceChanged(service: number, instance: number, available: boolean, now: number): void;
}

/** The vehicle's side: the sockets of service discovery and of events, the consumer, and what comes in by them. */
export class Vehicle {
	/** Where events or methods are protected end to end. */
	e2e: E2eTable | undefined = undefined;
	#receiver: EventReceiver | undefined = undefined;
	#consumer: Consumer | undefined = undefined;
	#sink: VehicleSink;
	#events: SocketSlot;
	#unicast: SocketSlot;
	#multicast: SocketSlot;
	/** Sockets of the groups that events come by; a slot is free where it is closed. */
	#groups: SocketSlot[] = [];
	#groupAddresses: number[] = [];
	#groupPorts: number[] = [];
	/** Where the platform has TCP. */
	#streams: StreamSockets | undefined = undefined;
	#connections: ConnectionTable | undefined = undefined;
	#datagram: Uint8Array;
	#outlet = new Outlet(SD_MESSAGE_MAX);
	#platform: Platform;
	#wake: () => void;
	#network: NetworkConfiguration;
	/** Our own, uint32. */
	#address = 0;
	#netmask = 0;
	/** Until the eventgroups are asked for; then their memory is free. */
	#routes: readonly RouteConfiguration[];
	#methods: readonly MethodConfiguration[];
	/** Where methods are configured. */
	#caller: Caller | undefined;
	#losses: Losses;
	#sdLog: SdLog;
	#watchedAt = 0;
	#hint: number | undefined = undefined;

	/** `datagram`: where every datagram is received, VEHICLE_DATAGRAM_MAX bytes; `caller`: undefined where no method can be called. */
	constructor(platform: Platform, configuration: Configuration, datagram: Uint8Array, wake: () => void, sink: VehicleSink, caller: Caller | undefined) {
		const { datagramSocket, log } = platform;
		this.#platform = platform;
		this.#wake = wake;
		this.#datagram = datagram;
		this.#network = configuration.network;
		this.#routes = configuration.routes;
		this.#methods = configuration.methods;
		this.#caller = caller;
		this.#sink = sink;
		this.#events = new SocketSlot(datagramSocket, wake, platform.addresses);
		this.#unicast = new SocketSlot(datagramSocket, wake, platform.addresses);
		this.#multicast = new SocketSlot(datagramSocket, wake, platform.addresses);
		this.#losses = {
			sockets: new LossReport(log, "net", "datagram of the vehicle was lost in a full queue", "datagrams of the vehicle were lost in a full queue"),
			sending: new LossReport(log, "sd", "message could not be sent: is the network there?", "messages could not be sent: is the network there?"),
			events: new DropReport(log, "someip"),
			discovery: new DropReport(log, "sd"),
			streams: new DropReport(log, "tcp"),
			connections: new LossReport(log, "tcp", "connection to a service was lost or refused; trying again", "connections to services were lost or refused; trying again"),
		};
		this.#sdLog = new SdLog(log, platform.addresses);
	}

	/** The network is there: opens the sockets (the first time; throws in words where one cannot be had) and begins
	 *  to look for the services. The address is the same each time. */
	start(now: number, address: number, netmask: number): void {
		this.#address = address;
		this.#netmask = netmask;
		const consumer = this.#consumer ?? this.#open();
		consumer.start(now);
		this.#watchedAt = now;
		this.#hint = (now + NO_OFFER_HINT_DELAY) | 0;
	}

	/** Services and peers are forgotten until `start`. */
	linkLost(now: number): void {
		this.#consumer?.reset(now);
		this.#caller?.linkLost();
		this.#hint = undefined;
		this.#outlet.clear();
	}

	/** Ends the subscriptions; `isStopped` tells when everybody was told. */
	stop(now: number): void {
		this.#consumer?.stop(now);
		this.#hint = undefined;
	}

	get isStopped(): boolean {
		return this.#outlet.length === 0 && !this.#outlet.hasMore;
	}

	/** Whole events, and messages and datagrams that were dropped for any reason. */
	get received(): number {
		return this.#receiver === undefined ? 0 : this.#receiver.statistics.received;
	}

	get dropped(): number {
		return this.#consumer === undefined ? 0 : this.#receiver!.statistics.dropped + this.#consumer.statistics.dropped + this.#connections!.statistics.dropped + this.#socketDrops() + (this.#caller?.dropped ?? 0);
	}

	get services(): number {
		return this.#consumer === undefined ? 0 : this.#consumer.statistics.services;
	}

	get subscriptions(): number {
		return this.#consumer === undefined ? 0 : this.#consumer.statistics.subscriptions;
	}

	/** By TCP, open. */
	get connections(): number {
		return this.#connections === undefined ? 0 : this.#connections.open;
	}

	/** Reads, runs what is due, tells, sends. */
	turn(now: number): void {
		const consumer = this.#consumer, receiver = this.#receiver;
		if (consumer === undefined || receiver === undefined)
			return;
		// Events before discovery: a StopOffer that waits behind a service's last events must not disown them.
		this.#readEvents(receiver, this.#events, now);
		for (let i = 0; i < this.#groups.length; i++)
			this.#readEvents(receiver, this.#groups[i]!, now);
		this.#streams?.turn(now);
		this.#readStreams(receiver, now);
		this.#readDiscovery(consumer, this.#multicast, CHANNEL_MULTICAST, now);
		this.#readDiscovery(consumer, this.#unicast, CHANNEL_UNICAST, now);
		if (consumer.pollTimeout(now) === 0)
			consumer.onTimeout(now);
		this.#tell(consumer, now);
		this.#caller?.turn(this.#sink, now);
		this.#send(consumer, now);
		this.#streams?.flush(now);
		this.#watch(consumer, receiver, now);
	}

	/** ms until the next turn is wanted. */
	timeout(now: number): number {
		if (this.#consumer === undefined)
			return NO_TIMEOUT;
		if (this.#outlet.hasMore || this.#multicast.pending || this.#unicast.pending || this.#events.pending)
			return 0;
		for (let i = 0; i < this.#groups.length; i++)
			if (this.#groups[i]!.pending)
				return 0;
		let delay = this.#consumer.pollTimeout(now);
		const calls = this.#caller === undefined ? NO_TIMEOUT : this.#caller.timeout(now);
		if (this.#outlet.length > 0)
			delay = SEND_RETRY_DELAY;
		if (this.#hint !== undefined && ((this.#hint - now) | 0) < delay)
			delay = (this.#hint - now) | 0;
		if (calls < delay)
			delay = calls;
		const streams = this.#streams === undefined ? NO_TIMEOUT : this.#streams.timeout(now);
		if (streams < delay)
			delay = streams;
		return delay > 0 ? delay : 0;
	}

	close(): void {
		this.#events.close();
		this.#unicast.close();
		this.#multicast.close();
		this.#caller?.close();
		this.#streams?.close();
		for (const group of this.#groups)
			group.close();
	}

	#open(): Consumer {
		const network = this.#network, address = this.#address, { sd } = network;
		this.#unicast.open(address, sd.port, address);
		this.#multicast.open(sd.group, sd.port, address);
		this.#events.open(address, network.eventPort, address);
		const eventPort = this.#events.localPort;
		const { random, addresses, streamSocket } = this.#platform, store = new MessageStore(TP_STORE_BYTES);
		this.#connections = new ConnectionTable(this.#datagram, store, network.magicCookies);
		if (streamSocket !== undefined)
			this.#streams = new StreamSockets(this.#connections, streamSocket, address, addresses, this.#wake);
		const consumer = new Consumer({
			localAddress: address, netmask: this.#netmask, sdPort: sd.port, sdGroup: sd.group, eventPort,
			topologyCheck: sd.topologyCheck, explicitInitialData: sd.explicitInitialData, sdEndpoint: sd.endpointOption, ttl: sd.ttl, random, addresses,
			connections: streamSocket === undefined ? undefined : this.#connections,
		});
		const requested = new Set<string>();
		const e2e = new E2eTable();
		for (const { service, instance, eventgroup, event, majorVersion, transport, silence, e2e: options } of this.#routes) {
			if (options !== undefined)
				e2e.add(service, instance, event, options);
			const wish = `${service} ${instance} ${eventgroup} ${majorVersion}`;
			if (requested.has(wish))
				continue;
			requested.add(wish);
			const handle = consumer.request(service, instance, eventgroup, majorVersion, transportOf(transport));
			if (silence !== undefined)
				consumer.expect(handle, silence, this.#routes.filter(other => other.service === service && other.instance === instance
					&& other.eventgroup === eventgroup && other.majorVersion === majorVersion).map(other => other.event));
		}
		for (const { service, instance, majorVersion, method, transport, e2e: options } of this.#methods) {
			if (options !== undefined)
				e2e.add(service, instance, method, options);
			consumer.require(service, instance, majorVersion, transportOf(transport));
		}
		this.#routes = this.#methods = [];
		this.#consumer = consumer;
		this.#receiver = new EventReceiver(consumer.services, store);
		this.#receiver.silences = consumer.silences;
		if (e2e.length > 0)
			this.e2e = this.#receiver.e2e = e2e;
		this.#caller?.open(address, network.clientId, consumer.services, this.#receiver.reassembly, this.e2e);
		this.#platform.log.write(LEVEL_INFO, "sd", `looking for services on ${textOfEndpoint(sd.group, sd.port, this.#platform.addresses)}${sd.topologyCheck ? "" : ", topology check off"}; events come to ${textOfEndpoint(address, eventPort, this.#platform.addresses)}`);
		return consumer;
	}

	#readDiscovery(consumer: Consumer, slot: SocketSlot, channel: number, now: number): void {
		for (let count = 0; slot.pending && count < DATAGRAMS_PER_TURN; count++) {
			const length = slot.receive(this.#datagram);
			if (length >= 0)
				consumer.receiveSd(channel, this.#datagram, length, slot.sourceAddress, slot.sourcePort, now);
		}
	}

	#readEvents(receiver: EventReceiver, slot: SocketSlot, now: number): void {
		for (let count = 0; slot.pending && count < DATAGRAMS_PER_TURN; count++) {
			const length = slot.receive(this.#datagram);
			if (length < 0)
				return;
			receiver.begin(this.#datagram, length, slot.sourceAddress, slot.sourcePort, now);
			while (receiver.next() !== 0)
				this.#sink.event(receiver, now);
		}
	}

	#readStreams(receiver: EventReceiver, now: number): void {
		const streams = this.#streams;
		while (streams !== undefined && streams.receive(now)) {
			const connection = streams.connection!, { bytes, messageStart, messageEnd } = connection.input;
			if (this.#caller !== undefined && bytes[messageStart + TYPE_OFFSET] !== TYPE_NOTIFICATION) {
				this.#caller.receiveStream(bytes, messageStart, messageEnd, connection, this.#sink, now);
				continue;
			}
			receiver.beginStream(bytes, messageStart, messageEnd, connection, now);
			while (receiver.next() !== 0)
				this.#sink.event(receiver, now);
		}
	}

	#tell(consumer: Consumer, now: number): void {
		const event = consumer.event;
		for (let code = consumer.pollEvent(); code !== EVENT_NONE; code = consumer.pollEvent()) {
			this.#sdLog.tell(code, event, now);
			if (code === SERVICE_AVAILABLE)
				this.#hint = undefined;
			if (code === SERVICE_AVAILABLE || code === SERVICE_LOST)
				this.#sink.serviceChanged(event.serviceId, event.instanceId, code === SERVICE_AVAILABLE, now);
			else if (code === MULTICAST_JOIN)
				this.#join(event.address, event.port);
			else if (code === MULTICAST_LEAVE)
				this.#leave(event.address, event.port);
		}
	}

	/** The consumer tells of no more than SD_GROUPS_MAX groups at a time. */
	#join(group: number, port: number): void {
		const groups = this.#groups;
		let free = 0;
		while (free < groups.length && groups[free]!.isOpen)
			free++;
		if (free === groups.length)
			groups.push(new SocketSlot(this.#platform.datagramSocket, this.#wake, this.#platform.addresses));
		try {
			groups[free]!.open(group, port, this.#address);
			this.#groupAddresses[free] = group;
			this.#groupPorts[free] = port;
		}
		catch (error) {
			this.#platform.log.write(LEVEL_WARN, "sd", `events by ${textOfEndpoint(group, port, this.#platform.addresses)} are not heard: ${(error as Error).message}`);
		}
	}

	#leave(group: number, port: number): void {
		for (let i = 0; i < this.#groups.length; i++)
			if (this.#groupAddresses[i] === group && this.#groupPorts[i] === port)
				this.#groups[i]!.close();
	}

	#send(consumer: Consumer, now: number): void {
		const outlet = this.#outlet;
		outlet.hasMore = false;
		for (let count = 0; outlet.flush(this.#unicast); count++) {
			outlet.hasMore = count === DATAGRAMS_PER_TURN;
			if (outlet.hasMore)
				return;
			outlet.length = consumer.pollTransmit(outlet.bytes, now);
			if (outlet.length === 0)
				return;
			outlet.address = consumer.destinationAddress;
			outlet.port = consumer.destinationPort;
		}
	}

	#watch(consumer: Consumer, receiver: EventReceiver, now: number): void {
		if (((now - this.#watchedAt) | 0) >= WATCH_INTERVAL) {
			this.#watchedAt = now;
			receiver.onTimeout(now);
			this.#losses.sockets.update(this.#socketDrops(), now);
			this.#losses.sending.update(this.#unicast.failures, now);
			this.#losses.events.update(receiver.statistics, now);
			this.#losses.discovery.update(consumer.statistics, now);
			this.#losses.streams.update(this.#connections!.statistics, now);
			this.#losses.connections.update(this.#connections!.failures, now);
			this.#sdLog.update(now);
			this.#caller?.watch(now);
		}
		if (this.#hint === undefined || ((this.#hint - now) | 0) > 0)
			return;
		this.#hint = undefined;
		const { sd } = this.#network;
		if (consumer.statistics.services === 0)
			this.#platform.log.write(LEVEL_WARN, "sd", `none of the services is offered yet: is the vehicle on, and is ${textOfEndpoint(sd.group, sd.port, this.#platform.addresses)} its group?`);
	}

	#socketDrops(): number {
		let count = this.#events.dropped + this.#unicast.dropped + this.#multicast.dropped;
		for (let i = 0; i < this.#groups.length; i++)
			count += this.#groups[i]!.dropped;
		return count;
	}
}

function transportOf(transport: RouteConfiguration["transport"]): number {
	return transport === "tcp" ? TRANSPORT_TCP : transport === "udp" ? TRANSPORT_UDP : TRANSPORT_AUTO;
}

interface Losses {
	readonly sockets: LossReport;
	readonly sending: LossReport;
	readonly events: DropReport;
	readonly discovery: DropReport;
	readonly streams: DropReport;
	readonly connections: LossReport;
}
