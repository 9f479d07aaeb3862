/** The services that an Application uses: consumer, event receiver, client and their sockets. */
import { CLIENT_CALLS, DATAGRAMS_PER_TURN } from "../../config.js";
import { ConnectionTable } from "../connection-table.js";
import { TYPE_NOTIFICATION } from "../header.js";
import { StreamSockets } from "../stream-sockets.js";
import { CALL_NONE, Client } from "../client.js";
import { Consumer } from "../consumer.js";
import { EVENT_NONE, MULTICAST_JOIN, MULTICAST_LEAVE, SUBSCRIBED, SUBSCRIPTION_LOST, SUBSCRIPTION_REFUSED } from "../consumer-event.js";
import { E2eTable, type E2eOptions, type ProtectedMessage } from "../e2e/e2e-table.js";
import { EventReceiver } from "../event-receiver.js";
import { CHANNEL_MULTICAST, CHANNEL_UNICAST } from "../sd/entry.js";
import type { Application } from "./application.js";
import type { Endpoint } from "./endpoint.js";
import { ServiceProxy, type AnswerHandler, type ProxyHost, type ProxyOptions, type Wish } from "./proxy.js";

/** Where a header's message type stands. */
const TYPE_OFFSET = 14;

export class ClientSide implements ProxyHost {
	consumer: Consumer | undefined = undefined;
	client: Client | undefined = undefined;
	/** What `transmit` wrote. */
	length = 0;
	destinationAddress = 0;
	destinationPort = 0;
	endpoint: Endpoint | undefined = undefined;
	/** Groups that could not be joined. */
	unheardGroups = 0;
	#receiver: EventReceiver | undefined = undefined;
	/** Where messages are protected end to end. */
	#e2e: E2eTable | undefined = undefined;
	readonly #application: Application;
	readonly #proxies: ServiceProxy[] = [];
	/** By the consumer's handle. */
	readonly #wishes: Wish[] = [];
	/** Where the platform has TCP. */
	#streams: StreamSockets | undefined = undefined;
	readonly #events: Endpoint;
	readonly #calls: Endpoint;
	/** Sockets of the groups that events come by. */
	readonly #groups: Endpoint[] = [];
	/** Side by side: the calls that wait, 0 = free, and who is told of their end. */
	readonly #requests: number[] = [];
	readonly #handlers: (AnswerHandler | undefined)[] = [];

	constructor(application: Application) {
		const { eventPort = 0, callPort = 0 } = application.options;
		this.#application = application;
		this.#events = application.endpoint(application.address, eventPort);
		this.#calls = application.endpoint(application.address, callPort);
		for (let i = 0; i < CLIENT_CALLS; i++) {
			this.#requests.push(0);
			this.#handlers.push(undefined);
		}
	}

	request(options: ProxyOptions): ServiceProxy {
		const proxy = new ServiceProxy(this, options);
		this.#proxies.push(proxy);
		return proxy;
	}

	// ProxyHost

	get now(): number {
		return this.#application.now;
	}

	poke(): void {
		return this.#application.poke();
	}

	assertSetUp(): void {
		return this.#application.assertSetUp();
	}

	protect(serviceId: number, instanceId: number, messageId: number, options: E2eOptions): ProtectedMessage {
		return (this.#e2e ??= new E2eTable()).add(serviceId, instanceId, messageId, options);
	}

	/** There is always a place: the client's table of calls is as long. */
	expect(request: number, handler: AnswerHandler): void {
		const place = this.#requests.indexOf(0);
		this.#requests[place] = request;
		this.#handlers[place] = handler;
	}

	cancel(request: number): boolean {
		this.#take(request);
		return this.client !== undefined && this.client.cancel(request);
	}

	// The application's turn

	get dropped(): number {
		return this.consumer === undefined ? 0 : this.consumer.statistics.dropped + this.#receiver!.statistics.dropped + this.client!.statistics.dropped + this.unheardGroups;
	}

	start(now: number): void {
		(this.consumer ?? this.#open()).start(now);
	}

	stop(now: number): void {
		this.consumer?.stop(now);
	}

	reset(now: number): void {
		this.consumer?.reset(now);
		this.client?.reset();
		this.run(now);
	}

	close(): void {
		this.#events.close();
		this.#calls.close();
		for (const group of this.#groups)
			group.close();
		this.#streams?.close();
	}

	read(now: number): void {
		const { datagram } = this.#application, client = this.client!, endpoint = this.#calls;
		this.#readEvents(this.#events, now);
		for (let i = 0; i < this.#groups.length; i++)
			this.#readEvents(this.#groups[i]!, now);
		for (let count = 0; endpoint.pending && count < DATAGRAMS_PER_TURN; count++) {
			const length = endpoint.receive(datagram);
			if (length < 0)
				return;
			client.begin(datagram, length, endpoint.sourceAddress, endpoint.sourcePort);
			this.#end(client, now);
		}
		if (this.#streams !== undefined)
			this.#readStreams(this.#streams, now);
	}

	#readStreams(streams: StreamSockets, now: number): void {
		const client = this.client!, receiver = this.#receiver!;
		streams.turn(now);
		while (streams.receive(now)) {
			const connection = streams.connection!, { bytes, messageStart, messageEnd } = connection.input;
			if (bytes[messageStart + TYPE_OFFSET] === TYPE_NOTIFICATION) {
				receiver.beginStream(bytes, messageStart, messageEnd, connection, now);
				this.#deliver(receiver);
			}
			else {
				client.beginStream(bytes, messageStart, messageEnd, connection);
				this.#end(client, now);
			}
		}
	}

	watch(now: number): void {
		this.#receiver!.onTimeout(now);
	}

	/** Sends what waits by TCP. */
	flush(now: number): void {
		this.#streams?.flush(now);
	}

	receiveSd(isMulticast: boolean, bytes: Uint8Array, length: number, address: number, port: number, now: number): void {
		this.consumer!.receiveSd(isMulticast ? CHANNEL_MULTICAST : CHANNEL_UNICAST, bytes, length, address, port, now);
	}

	run(now: number): void {
		const consumer = this.consumer;
		if (consumer === undefined)
			return;
		if (consumer.pollTimeout(now) === 0)
			consumer.onTimeout(now);
		for (let code = consumer.pollEvent(); code !== EVENT_NONE; code = consumer.pollEvent())
			this.#tell(code);
		this.#end(this.client!, now);
	}

	/** Writes the next datagram; false: there is none now. `unicast`: the socket of service discovery. */
	transmit(into: Uint8Array, unicast: Endpoint, now: number): boolean {
		let core: Client | Consumer = this.client!, length = core.pollTransmit(into, now);
		this.endpoint = this.#calls;
		if (length === 0) {
			core = this.consumer!;
			length = core.pollTransmit(into, now);
			this.endpoint = unicast;
		}
		this.length = length;
		this.destinationAddress = core.destinationAddress;
		this.destinationPort = core.destinationPort;
		return length > 0;
	}

	timeout(now: number): number {
		if (this.#events.pending || this.#calls.pending)
			return 0;
		for (let i = 0; i < this.#groups.length; i++)
			if (this.#groups[i]!.pending)
				return 0;
		const consumer = this.consumer!.pollTimeout(now), client = this.client!.pollTimeout(now);
		const delay = consumer < client ? consumer : client, streams = this.#streams === undefined ? delay : this.#streams.timeout(now);
		return streams < delay ? streams : delay;
	}

	#open(): Consumer {
		const application = this.#application, { address, options, ports, store, sessions, sdPort } = application, { addresses, random, streamSocket } = ports;
		const { netmask, sdGroup, topologyCheck = true, ttl = 3, clientId = 1, timings, cookies, explicitInitialData = false, sdEndpoint = false } = options;
		application.open(this.#events);
		application.open(this.#calls);
		const connections = streamSocket === undefined ? undefined : new ConnectionTable(application.datagram, store, cookies);
		if (connections !== undefined)
			this.#streams = new StreamSockets(connections, streamSocket!, address, addresses, () => application.turn());
		const consumer = new Consumer({
			localAddress: address, netmask, sdPort, sdGroup, eventPort: this.#events.localPort, topologyCheck, ttl, random, addresses, sessions, connections, explicitInitialData, sdEndpoint,
			...timings === undefined ? {} : { timings },
		});
		for (const proxy of this.#proxies) {
			const { endpoint } = proxy;
			if (endpoint !== undefined) {
				consumer.preset(proxy.serviceId, proxy.instanceId, proxy.majorVersion, endpoint.address, endpoint.port);
				continue;
			}
			consumer.require(proxy.serviceId, proxy.instanceId, proxy.majorVersion, proxy.transport, proxy.otherService);
			for (const wish of proxy.wishes) {
				const handle = consumer.request(proxy.serviceId, proxy.instanceId, wish.eventgroupId, proxy.majorVersion, proxy.transport);
				this.#wishes[handle] = wish;
				if (wish.silence > 0)
					consumer.expect(handle, wish.silence, wish.events);
			}
		}
		this.#receiver = new EventReceiver(consumer.services, store);
		this.#receiver.silences = consumer.silences;
		this.client = new Client({ clientId, reassembly: this.#receiver.reassembly });
		this.#receiver.e2e = this.client.e2e = this.#e2e;
		return this.consumer = consumer;
	}

	#readEvents(endpoint: Endpoint, now: number): void {
		const { datagram } = this.#application, receiver = this.#receiver!;
		for (let count = 0; endpoint.pending && count < DATAGRAMS_PER_TURN; count++) {
			const length = endpoint.receive(datagram);
			if (length < 0)
					return;
			receiver.begin(datagram, length, endpoint.sourceAddress, endpoint.sourcePort, now);
			this.#deliver(receiver);
		}
	}

	#deliver(receiver: EventReceiver): void {
		const proxies = this.#proxies;
		while (receiver.next() !== 0)
			for (let i = 0; i < proxies.length; i++)
				if (proxies[i]!.serviceId === receiver.serviceId)
					proxies[i]!.deliver(receiver.methodId, receiver.instanceId, receiver.payload, receiver.payloadOffset, receiver.payloadEnd);
	}

	#end(client: Client, now: number): void {
		while (client.next(now) !== CALL_NONE)
			this.#take(client.request)?.(client.returnCode, client.payload, client.payloadOffset, client.payloadEnd, client.isLocal);
	}

	#take(request: number): AnswerHandler | undefined {
		const place = this.#requests.indexOf(request);
		if (place < 0)
			return undefined;
		const handler = this.#handlers[place];
		this.#requests[place] = 0;
		this.#handlers[place] = undefined;
		return handler;
	}

	#tell(code: number): void {
		const event = this.consumer!.event, proxies = this.#proxies;
		if (code === MULTICAST_JOIN)
			return this.#join(event.address, event.port);
		if (code === MULTICAST_LEAVE)
			return this.#leave(event.address, event.port);
		if (code === SUBSCRIBED || code === SUBSCRIPTION_REFUSED || code === SUBSCRIPTION_LOST)
			return this.#wishes[event.wish]?.onState?.(code);
		for (let i = 0; i < proxies.length; i++)
			if (proxies[i]!.serviceId === event.serviceId)
				proxies[i]!.update(event.instanceId);
	}

	#join(address: number, port: number): void {
		const group = this.#application.endpoint(address, port);
		try {
			this.#application.open(group);
			this.#groups.push(group);
		}
		catch {
			// No membership to be had: the events by this group do not come; those by unicast do.
			this.unheardGroups++;
		}
	}

	#leave(address: number, port: number): void {
		const groups = this.#groups;
		for (let i = 0; i < groups.length; i++)
			if (groups[i]!.address === address && groups[i]!.port === port) {
				groups[i]!.close();
				groups.splice(i, 1);
				return;
			}
	}
}
