/** The services that an Application offers: provider, server and the sockets of their ports. */
import { DATAGRAMS_PER_TURN } from "../../config.js";
import type { E2eOptions } from "../e2e/e2e-table.js";
import { CHANNEL_MULTICAST, CHANNEL_UNICAST, OTHER_SERVICES } from "../sd/entry.js";
import { Provider, PROVIDER_NONE } from "../provider.js";
import { ClientTable } from "../client-table.js";
import { StreamServer } from "../stream-server.js";
import { REQUEST_NONE, Server } from "../server.js";
import { Statistics } from "../drop.js";
import { TpReassembly } from "../tp-reassembly.js";
import type { Application } from "./application.js";
import type { Endpoint } from "./endpoint.js";
import { MethodRequest, type MethodHandler } from "./method-request.js";
import { Skeleton, type ServiceOptions, type SkeletonHost, type SubscribersHandler } from "./skeleton.js";

export class ServerSide implements SkeletonHost {
	readonly provider: Provider;
	readonly server: Server;
	/** What `transmit` wrote. */
	length = 0;
	destinationAddress = 0;
	destinationPort = 0;
	endpoint: Endpoint | undefined = undefined;
	readonly #application: Application;
	/** Of requests in segments. */
	readonly #pieces = new Statistics();
	readonly #endpoints: Endpoint[] = [];
	/** Where the platform has TCP: connections of clients, and the ports that they come to. */
	readonly #clients: ClientTable | undefined;
	readonly #streams: StreamServer | undefined;
	readonly #tcpPorts: number[] = [];
	readonly #request: MethodRequest;
	/** By the server's handle of the method. */
	readonly #handlers: MethodHandler[] = [];
	/** By the provider's handle of the eventgroup. */
	readonly #watchers: (SubscribersHandler | undefined)[] = [];
	/** Service and method ids that are taken. */
	readonly #known = new Set<string>();

	constructor(application: Application) {
		const { address, netmask, sdGroup, topologyCheck = true, timings, cookies, explicitInitialData = false, sdEndpoint = false, errorMessages = false } = application.options, { addresses, random, streamListener } = application.ports;
		this.#application = application;
		if (streamListener !== undefined) {
			this.#clients = new ClientTable(application.datagram, application.store, cookies, bytes => application.isFree(bytes));
			this.#streams = new StreamServer(this.#clients, streamListener, addresses, () => application.turn());
		}
		this.provider = new Provider({
			localAddress: address, netmask, sdPort: application.sdPort, sdGroup, topologyCheck, random, addresses, sessions: application.sessions,
			clients: this.#clients, explicitInitialData, sdEndpoint,
			...timings === undefined ? {} : { timings },
		});
		this.server = new Server({ errorMessages, reassembly: new TpReassembly(this.#pieces, { store: application.store }) });
		this.#request = new MethodRequest(this.server);
	}

	offer({ serviceId, instanceId, majorVersion, minorVersion = 0, port = 0, tcpPort = 0, ttl, configuration, priority, weight }: ServiceOptions): Skeleton {
		if (!(serviceId > 0 && serviceId <= OTHER_SERVICES))
			throw new RangeError("service id " + serviceId + " is not within 1…0xfffe");
		if (!(instanceId > 0 && instanceId < 0xffff))
			throw new RangeError("instance id " + instanceId + " is not within 1…0xfffe");
		if (!(port >= 0 && port <= 0xffff && tcpPort >= 0 && tcpPort <= 0xffff && (port + tcpPort > 0 || serviceId === OTHER_SERVICES)))
			throw new RangeError("give service " + serviceId + " a port within 1…65535, of UDP, TCP or both");
		if (tcpPort !== 0 && this.#streams === undefined)
			throw new RangeError("service " + serviceId + " cannot be offered by TCP: the platform has none");
		this.#claim("instance " + instanceId + " of service " + serviceId);
		if (port !== 0) {
			this.#claim("service " + serviceId + " at port " + port);
			if (!this.#endpoints.some(endpoint => endpoint.port === port))
				this.#endpoints.push(this.#application.endpoint(this.#application.address, port));
		}
		if (tcpPort !== 0) {
			this.#claim("service " + serviceId + " at TCP port " + tcpPort);
			if (!this.#tcpPorts.includes(tcpPort))
				this.#tcpPorts.push(tcpPort);
		}
		return new Skeleton(this, this.provider.offer(serviceId, instanceId, majorVersion, minorVersion, port, ttl, { tcpPort, configuration, priority, weight }),
			this.server.service(serviceId, majorVersion, port, tcpPort));
	}

	// SkeletonHost

	get now(): number {
		return this.#application.now;
	}

	poke(): void {
		return this.#application.poke();
	}

	assertSetUp(): void {
		return this.#application.assertSetUp();
	}

	method(server: number, methodId: number, isFireAndForget: boolean, handler: MethodHandler, e2e: E2eOptions | undefined): void {
		// feat_req_someip_626: methods "in the range 0x0000-0x7FFF"; the first and the last one are reserved (feat_req_someipids_636).
		if (!(methodId > 0 && methodId < 0x7fff))
			throw new RangeError("method id " + methodId + " is not within 1…0x7ffe");
		this.#claim("method " + methodId + " of service handle " + server);
		this.#handlers[this.server.addMethod(server, methodId, isFireAndForget, e2e)] = handler;
	}

	watchSubscribers(eventgroup: number, handler: SubscribersHandler): void {
		// Without gaps: see silence.ts.
		while (this.#watchers.length < eventgroup)
			this.#watchers.push(undefined);
		this.#watchers[eventgroup] = handler;
	}

	// The application's turn

	get dropped(): number {
		return this.provider.statistics.dropped + this.server.statistics.dropped + this.#pieces.dropped + (this.#streams?.refused ?? 0);
	}

	start(now: number): void {
		for (const endpoint of this.#endpoints)
			this.#application.open(endpoint);
		for (const port of this.#tcpPorts.splice(0))
			this.#streams!.listen(this.#application.address, port);
		this.provider.start(now);
	}

	stop(): void {
		this.provider.stop();
	}

	reset(): void {
		this.provider.reset();
		this.server.reset();
	}

	close(): void {
		for (const endpoint of this.#endpoints)
			endpoint.close();
		this.#streams?.close();
	}

	read(now: number): void {
		const { datagram } = this.#application, server = this.server, endpoints = this.#endpoints;
		for (let i = 0; i < endpoints.length; i++) {
			const endpoint = endpoints[i]!;
			for (let count = 0; endpoint.pending && count < DATAGRAMS_PER_TURN; count++) {
				const length = endpoint.receive(datagram);
				if (length < 0)
					break;
				server.begin(datagram, length, endpoint.sourceAddress, endpoint.sourcePort, endpoint.localPort);
				this.#serve(now);
			}
		}
		const streams = this.#streams;
		if (streams === undefined)
			return;
		streams.turn(now);
		while (streams.receive(now)) {
			const connection = streams.connection!, { input } = connection;
			server.beginStream(input.bytes, input.messageStart, input.messageEnd, connection);
			this.#serve(now);
		}
	}

	#serve(now: number): void {
		const server = this.server;
		while (server.next(now) !== REQUEST_NONE)
			this.#request.handle(this.#handlers[server.method]!);
	}

	watch(now: number): void {
		this.server.reassembly.expire(now);
	}

	/** Sends what waits by TCP. */
	flush(now: number): void {
		this.#streams?.flush(now);
	}

	receiveSd(isMulticast: boolean, bytes: Uint8Array, length: number, address: number, port: number, now: number): void {
		this.provider.receiveSd(isMulticast ? CHANNEL_MULTICAST : CHANNEL_UNICAST, bytes, length, address, port, now);
	}

	run(now: number): void {
		if (this.provider.pollTimeout(now) === 0)
			this.provider.onTimeout(now);
		while (this.provider.pollEvent() !== PROVIDER_NONE)
			this.#watchers[this.provider.changedEventgroup]?.(this.provider.subscribersOf(this.provider.changedEventgroup));
	}

	/** Writes the next datagram; false: there is none now. `unicast`: the socket of service discovery. */
	transmit(into: Uint8Array, unicast: Endpoint, now: number): boolean {
		let core: Server | Provider = this.server, length = core.pollTransmit(into, now);
		if (length === 0) {
			core = this.provider;
			length = core.pollTransmit(into, now);
		}
		this.length = length;
		this.destinationAddress = core.destinationAddress;
		this.destinationPort = core.destinationPort;
		this.endpoint = core.sourcePort === unicast.port ? unicast : this.#endpointOf(core.sourcePort);
		return length > 0;
	}

	timeout(now: number): number {
		for (let i = 0; i < this.#endpoints.length; i++)
			if (this.#endpoints[i]!.pending)
				return 0;
		const provider = this.provider.pollTimeout(now), server = this.server.pollTimeout(now);
		const delay = provider < server ? provider : server, streams = this.#streams === undefined ? delay : this.#streams.timeout(now);
		return streams < delay ? streams : delay;
	}

	#endpointOf(port: number): Endpoint | undefined {
		for (let i = 0; i < this.#endpoints.length; i++)
			if (this.#endpoints[i]!.port === port)
				return this.#endpoints[i];
		return undefined;
	}

	#claim(what: string): void {
		if (this.#known.has(what))
			throw new RangeError(what + " is there already");
		this.#known.add(what);
	}
}
