/** SOME/IP for a firmware's author: services that are offered, services that are used, on sockets and a timer of its own.
 *
 *  First everything is set up (offer, request, and what those return), then `start` is called. What happens is told by the
 *  handlers that were given, from within the application's turn: a handler may call, notify and answer, and must not block.
 *  Handlers that throw leave the turn; the request at hand is then answered with E_NOT_OK. Set-up throws where it is wrong;
 *  after it nothing throws: commands return a code. Events, calls and answers on payload bytes allocate nothing.
 *
 *  Limits are those of config.ts, section someip: calls and requests under way, bytes that wait, subscribers, services. An
 *  application does not hear its own services: within one firmware functions are called, not methods. */
import { DATAGRAMS_PER_TURN, SEND_RETRY_DELAY, TCP_SEND_MARGIN, TP_STORE_BYTES, VEHICLE_DATAGRAM_MAX, WATCH_INTERVAL } from "../../config.js";
import type { Addresses } from "../../ports/addresses.js";
import type { Clock } from "../../ports/clock.js";
import type { DatagramSocketFactory } from "../../ports/datagram-socket.js";
import type { StreamListenerFactory, StreamSocketFactory } from "../../ports/stream-socket.js";
import type { Random } from "../../ports/random.js";
import type { System } from "../../ports/system.js";
import type { Timer, TimerFactory } from "../../ports/timer.js";
import { NO_TIMEOUT } from "../../wire/time.js";
import { MessageStore } from "../message-store.js";
import { SD_PORT } from "../sd/entry.js";
import { SendSessions } from "../sd/session.js";
import type { SdTimings } from "../sd/timing.js";
import { ClientSide } from "./client-side.js";
import { Endpoint } from "./endpoint.js";
import type { ProxyOptions, ServiceProxy } from "./proxy.js";
import { ServerSide } from "./server-side.js";
import type { ServiceOptions, Skeleton } from "./skeleton.js";

/** The platform's sockets, timers, time and random numbers. */
export interface ApplicationPorts {
	readonly addresses: Addresses;
	readonly clock: Clock;
	readonly random: Random;
	readonly datagramSocket: DatagramSocketFactory;
	readonly timer: TimerFactory;
	/** Absent: there is no TCP. */
	readonly streamSocket?: StreamSocketFactory;
	readonly streamListener?: StreamListenerFactory;
	/** Absent, or with arenaBytes 0: memory has no end. */
	readonly system?: Pick<System, "arenaBytes" | "usedBytes" | "cost">;
}

export interface ApplicationOptions {
	/** Addresses as in the ports, all of one family; the group and port of service discovery. `netmask`: uint32, or the length
	 *  of an IPv6 prefix in bits. */
	address: number;
	netmask: number;
	sdGroup: number;
	sdPort?: number;
	/** False: endpoints outside of the subnet are accepted. */
	topologyCheck?: boolean;
	/** Of every client in the vehicle another one; default 1. */
	clientId?: number;
	/** Local UDP ports that events come to, and that methods are called from; default: any. */
	eventPort?: number;
	callPort?: number;
	/** Seconds that a subscription is asked for; default 3. */
	ttl?: number;
	timings?: Partial<SdTimings>;
	/** Magic cookies are sent by TCP; default false. */
	cookies?: boolean;
	/** Subscribes ask for the values of fields by their initial-data flag, and those of others who do so are heeded
	 *  (feat_req_someipsd_1187); default false. */
	explicitInitialData?: boolean;
	/** Every message of service discovery says by an SD endpoint option where answers are to go; default false. */
	sdEndpoint?: boolean;
	/** Errors that say no more go out as messages of type ERROR as well (feat_req_someip_726); default false. */
	errorMessages?: boolean;
}

export class Application {
	readonly address: number;
	readonly options: ApplicationOptions;
	readonly ports: ApplicationPorts;
	/** One counter for all roles: they share the port of service discovery. */
	readonly sessions = new SendSessions();
	readonly datagram = new Uint8Array(VEHICLE_DATAGRAM_MAX);
	/** Of all roles: what comes in pieces shares one block of bytes. */
	readonly store = new MessageStore(TP_STORE_BYTES);
	readonly #unicast: Endpoint;
	readonly #multicast: Endpoint;
	#serverSide: ServerSide | undefined = undefined;
	#clientSide: ClientSide | undefined = undefined;
	readonly #timer: Timer;
	#due = 0;
	#armed = false;
	#isSetUp = false;
	#isRunning = false;
	/** `stop` came within a turn: it is done at the turn's end. */
	#isStopping = false;
	#isTurning = false;
	/** Between `cork` and `flush`. */
	#isCorked = false;
	// What a busy socket did not take.
	readonly #out = new Uint8Array(VEHICLE_DATAGRAM_MAX);
	#outLength = 0;
	#outAddress = 0;
	#outPort = 0;
	#outEndpoint: Endpoint | undefined = undefined;
	#watchedAt = 0;

	constructor(ports: ApplicationPorts, options: ApplicationOptions) {
		this.ports = ports;
		this.options = options;
		this.address = options.address;
		const sdPort = options.sdPort ?? SD_PORT;
		this.#unicast = this.endpoint(options.address, sdPort);
		this.#multicast = this.endpoint(options.sdGroup, sdPort);
		this.#timer = ports.timer(() => {
			this.#armed = false;
			return this.turn();
		});
	}

	/** Offers a service from `start` on. */
	offer(options: ServiceOptions): Skeleton {
		this.assertSetUp();
		return (this.#serverSide ??= new ServerSide(this)).offer(options);
	}

	/** Looks for a service from `start` on. */
	request(options: ProxyOptions): ServiceProxy {
		this.assertSetUp();
		return (this.#clientSide ??= new ClientSide(this)).request(options);
	}

	/** The network is there: opens the sockets (the first time; throws in words where one cannot be had), offers and searches. */
	start(): void {
		if (this.#isRunning)
			return;
		this.open(this.#unicast);
		this.open(this.#multicast);
		const now = this.now;
		this.#serverSide?.start(now);
		this.#clientSide?.start(now);
		this.#isSetUp = this.#isRunning = true;
		this.#watchedAt = now;
		this.turn();
	}

	/** The network was lost: peers, services and subscriptions are forgotten until `start`. */
	reset(): void {
		this.#isRunning = false;
		this.#serverSide?.reset();
		this.#clientSide?.reset(this.now);
		this.#outLength = 0;
		this.#timer.cancel();
		this.#armed = false;
	}

	/** Withdraws what is offered and ends the subscriptions: everybody is told, as far as the sockets take it at once. Then
	 *  closes them; the application is done. */
	stop(): void {
		this.#isStopping = this.#isTurning;
		if (this.#isTurning)
			return;
		if (this.#isRunning) {
			this.#serverSide?.stop();
			this.#clientSide?.stop(this.now);
			this.#isCorked = false;
			this.turn();
		}
		this.#isRunning = false;
		this.#timer.close();
		this.#unicast.close();
		this.#multicast.close();
		this.#serverSide?.close();
		this.#clientSide?.close();
	}

	/** Answers a request that was deferred, with bytes[offset, end). Returns 1, DROP_NOT_SENT (no room now, or too long ever),
	 *  or DROP_UNEXPECTED_RESPONSE: it was answered before. */
	respond(request: number, bytes: Uint8Array, offset = 0, end = bytes.length): number {
		const code = this.#serverSide!.server.respond(request, bytes, offset, end);
		this.poke();
		return code;
	}

	/** Answers a request that was deferred with an error, and bytes[offset, end) in a message of type ERROR; as `respond`. */
	refuse(request: number, returnCode: number, bytes?: Uint8Array, offset = 0, end = bytes?.length): number {
		const code = this.#serverSide!.server.refuse(request, returnCode, bytes, offset, end);
		this.poke();
		return code;
	}

	/** Until `flush` nothing is sent, so that messages to one receiver may share a datagram. */
	cork(): void {
		this.#isCorked = true;
	}

	flush(): void {
		this.#isCorked = false;
		this.poke();
	}

	/** Datagrams and messages that were dropped for any reason since the start. */
	get dropped(): number {
		return (this.#serverSide?.dropped ?? 0) + (this.#clientSide?.dropped ?? 0);
	}

	// For the two sides.

	get now(): number {
		return this.ports.clock.now();
	}

	get sdPort(): number {
		return this.#unicast.port;
	}

	endpoint(address: number, port: number): Endpoint {
		return new Endpoint(address, port, () => this.turn());
	}

	/** Throws in words where its socket cannot be had. */
	open(endpoint: Endpoint): void {
		return endpoint.open(this.ports.datagramSocket, this.address, this.ports.addresses);
	}

	/** Whether a buffer of so many bytes may be made: the engine wants as much again while the memory that is free lies in two places.
	 *  Garbage is not counted where that can be told. */
	isFree(bytes: number): boolean {
		const { system } = this.ports, wanted = 2 * bytes + TCP_SEND_MARGIN;
		if (system === undefined || system.arenaBytes === 0 || system.arenaBytes - system.usedBytes() >= wanted)
			return true;
		return system.cost !== undefined && system.arenaBytes - system.cost().liveBytes >= wanted;
	}

	assertSetUp(): void {
		if (this.#isSetUp)
			throw new Error("this comes after start: set everything up before");
	}

	/** There is something to send: at once, or at the end of the turn that is under way. */
	poke(): void {
		if (!this.#isTurning && !this.#isCorked)
			this.turn();
	}

	/** Reads what the sockets hold, each up to a bound, runs what is due, tells, sends. */
	turn(): void {
		if (!this.#isRunning || this.#isTurning)
			return;
		const now = this.now, server = this.#serverSide, client = this.#clientSide;
		this.#isTurning = true;
		try {
			// Messages before discovery: a StopOffer that waits behind a service's last events must not disown them.
			server?.read(now);
			client?.read(now);
			this.#readDiscovery(this.#multicast, true, now);
			this.#readDiscovery(this.#unicast, false, now);
			server?.run(now);
			client?.run(now);
			if (!this.#isCorked) {
				this.#send(now);
				server?.flush(now);
				client?.flush(now);
			}
			if (((now - this.#watchedAt) | 0) >= WATCH_INTERVAL) {
				this.#watchedAt = now;
				server?.watch(now);
				client?.watch(now);
			}
		}
		finally {
			this.#isTurning = false;
			if (this.#isStopping)
				this.stop();
			else
				this.#arm(now);
		}
	}

	#readDiscovery(endpoint: Endpoint, isMulticast: boolean, now: number): void {
		for (let count = 0; endpoint.pending && count < DATAGRAMS_PER_TURN; count++) {
			const length = endpoint.receive(this.datagram);
			if (length < 0)
				return;
			this.#serverSide?.receiveSd(isMulticast, this.datagram, length, endpoint.sourceAddress, endpoint.sourcePort, now);
			this.#clientSide?.receiveSd(isMulticast, this.datagram, length, endpoint.sourceAddress, endpoint.sourcePort, now);
		}
	}

	#send(now: number): void {
		while (this.#flushOut()) {
			const side = this.#clientSide?.transmit(this.#out, this.#unicast, now) ? this.#clientSide
				: this.#serverSide?.transmit(this.#out, this.#unicast, now) ? this.#serverSide : undefined;
			if (side === undefined)
				return;
			this.#outLength = side.length;
			this.#outAddress = side.destinationAddress;
			this.#outPort = side.destinationPort;
			this.#outEndpoint = side.endpoint;
		}
	}

	#flushOut(): boolean {
		if (this.#outLength > 0 && !this.#outEndpoint!.send(this.#out, this.#outLength, this.#outAddress, this.#outPort))
			return false;
		this.#outLength = 0;
		return true;
	}

	#arm(now: number): void {
		if (!this.#isRunning)
			return;
		const server = this.#serverSide?.timeout(now) ?? NO_TIMEOUT, client = this.#clientSide?.timeout(now) ?? NO_TIMEOUT;
		let delay = server < client ? server : client;
		if (this.#outLength > 0 || this.#isCorked && delay === 0)
			delay = SEND_RETRY_DELAY;
		else if (this.#unicast.pending || this.#multicast.pending)
			delay = 0;
		if (delay === NO_TIMEOUT || this.#armed && ((this.#due - now) | 0) <= delay)
			return;
		this.#armed = true;
		this.#due = (now + delay) | 0;
		this.#timer.schedule(delay);
	}
}
