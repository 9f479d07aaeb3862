import { DATAGRAMS_PER_TURN, QUIC_SEND_DATAGRAM, SEND_RETRY_DELAY, WATCH_INTERVAL } from "../config.js";
import { LEVEL_INFO, LEVEL_WARN } from "../ports/log.js";
import type { Client } from "../someip/client.js";
import type { EventReceiver } from "../someip/event-receiver.js";
import { UPLINK_EVENT_MESSAGE, UPLINK_EVENT_NONE, UPLINK_EVENT_REFUSED, UPLINK_EVENT_STATE, Uplink } from "../uplink/uplink.js";
import { UPLINK_UP } from "../uplink/uplink-state.js";
import type { Transport } from "../uplink/transport.js";
import type { Way } from "../uplink/ways.js";
import { encodeUtf8 } from "../wire/utf8.js";
import { Availability, STATE_TOPIC } from "./availability.js";
import type { Caller } from "./caller.js";
import { Calls } from "./calls.js";
import type { Configuration } from "./configuration/configuration.js";
import { statusTopic } from "./configuration/rules.js";
import { LossReport } from "./loss-report.js";
import { outboxBytes } from "./outbox-bytes.js";
import { Outlet } from "./outlet.js";
import type { Platform } from "./platform.js";
import { NO_ROUTE, RouteTable } from "./routes.js";
import { SocketSlot } from "./socket-slot.js";
import { StreamSlot } from "./stream-slot.js";
import { logUplinkState } from "./uplink-log.js";
import type { VehicleSink } from "./vehicle.js";

/** The cloud's side: the uplink with its socket and its name look-up, the routes into it, and the board's own messages. */
export class Cloud implements VehicleSink {
	readonly uplink: Uplink;
	readonly routes: RouteTable;
	/** Where methods are configured. */
	readonly calls: Calls | undefined;
	/** Events that the uplink took, and events of a subscribed eventgroup that no route wants. */
	forwarded = 0;
	unrouted = 0;
	#slot: SocketSlot;
	/** Where some way to the broker is by TCP. */
	#stream: StreamSlot | undefined;
	#generation = 0;
	#datagram: Uint8Array;
	#outlet = new Outlet(QUIC_SEND_DATAGRAM);
	/** The name that is being looked up. */
	#resolving: string | undefined;
	#isStopping = false;
	#onResolved: (address: number) => void;
	#platform: Platform;
	#availability: Availability;
	#statusHandle: number;
	#online = encodeUtf8("{\"state\":\"online\"}");
	#losses: LossReport[];
	#watchedAt = 0;

	/** `datagram`: where every datagram is received, QUIC_RECEIVE_DATAGRAM bytes. Throws a RangeError that says what to
	 *  change where the configuration does not fit the tables of config.ts. */
	constructor(platform: Platform, configuration: Configuration, password: Uint8Array | undefined, ways: readonly Way[], datagram: Uint8Array, wake: () => void, caller: Caller | undefined) {
		const { datagramSocket, log } = platform, { broker, vin } = configuration;
		this.#platform = platform;
		this.#datagram = datagram;
		this.#slot = new SocketSlot(datagramSocket, wake);
		this.#stream = ways.some(way => way.isStream) ? new StreamSlot(platform.streamSocket!, wake) : undefined;
		this.uplink = new Uplink({
			...ways[0]!, fallback: ways[1], random: platform.random,
			clientId: broker.clientId, userName: broker.username, password, keepAlive: broker.keepAlive, outboxBytes: outboxBytes(configuration),
			will: { topic: statusTopic(vin), payload: encodeUtf8("{\"state\":\"offline\"}"), qos: 1, retain: true },
		});
		this.#statusHandle = this.uplink.addTopic(statusTopic(vin), STATE_TOPIC);
		this.routes = new RouteTable(configuration.routes, topic => this.uplink.addTopic(topic));
		this.#availability = new Availability(configuration, this.uplink);
		this.calls = caller === undefined ? undefined : new Calls(configuration, this.uplink, caller, log);
		this.#onResolved = address => {
			// An answer that came too late may be that for another way's host.
			if (this.#resolving === this.uplink.wantedName)
				this.uplink.resolved(address, platform.clock.now());
			this.#resolving = undefined;
			wake();
		};
		this.#losses = [
			new LossReport(log, "uplink", "event was lost: the queue for the broker is full", "events were lost: the queue for the broker is full"),
			new LossReport(log, "uplink", "event was lost: longer than the broker or the queue takes", "events were lost: longer than the broker or the queue takes"),
			new LossReport(log, "net", "datagram to the broker could not be sent: is there a route to it?", "datagrams to the broker could not be sent: is there a route to it?"),
		];
	}

	start(now: number): void {
		this.#watchedAt = now;
		this.uplink.start(now);
	}

	/** Says goodbye to the broker, whose will message then says "offline"; `isStopped` tells when that is done. */
	stop(now: number): void {
		this.#isStopping = true;
		this.uplink.stop(now);
	}

	get isStopped(): boolean {
		return this.uplink.isStopped && this.#outlet.length === 0;
	}

	event(receiver: EventReceiver, now: number): void {
		const routes = this.routes, route = routes.find(receiver.serviceId, receiver.methodId, receiver.instanceId);
		if (route === NO_ROUTE)
			this.unrouted++;
		else if (this.uplink.publish(routes.topic(route), routes.qos(route), routes.retain(route), receiver.payload, receiver.payloadOffset, receiver.payloadEnd, now) > 0)
			this.forwarded++;
	}

	callEnded(client: Client, now: number): void {
		this.calls?.ended(client, now);
	}

	serviceChanged(service: number, instance: number, available: boolean, now: number): void {
		this.#availability.set(service, instance, available, now);
	}

	/** Reads, runs what is due, tells, sends. */
	turn(now: number): void {
		const uplink = this.uplink;
		this.#read(now);
		if (uplink.pollTimeout(now) === 0)
			uplink.onTimeout(now);
		this.#tell(now);
		this.#availability.onTimeout(now);
		// Each turn: a literal "" would take a chunk of the heap each time.
		const wanted = uplink.wantedName;
		if (this.#resolving === undefined && wanted !== undefined)
			this.#resolve(wanted, now);
		this.#sendProbe(now);
		this.#send(now);
		if (((now - this.#watchedAt) | 0) < WATCH_INTERVAL)
			return;
		this.#watchedAt = now;
		this.#losses[0]!.update(uplink.statistics.overflowed, now);
		this.#losses[1]!.update(uplink.statistics.tooLong, now);
		this.#losses[2]!.update(this.#slot.failures, now);
		this.calls?.watch(now);
	}

	/** ms until the next turn is wanted. */
	timeout(now: number): number {
		if (this.#outlet.hasMore || this.#slot.pending || this.#stream?.pending)
			return 0;
		const availability = this.#availability.timeout(now);
		// TCP says when there is room again.
		const delay = this.#outlet.length > 0 && !this.uplink.way.isStream ? SEND_RETRY_DELAY : this.uplink.pollTimeout(now);
		return availability < delay ? availability : delay;
	}

	close(): void {
		this.#slot.close();
		this.#stream?.close();
	}

	#resolve(name: string, now: number): void {
		this.#resolving = name;
		try {
			this.#platform.resolver.resolve(name, this.#onResolved);
		}
		catch (error) {
			// The attempt ends like one whose name was not found, and the next one asks again.
			this.#resolving = undefined;
			this.#platform.log.write(LEVEL_WARN, "uplink", `no name lookup: ${(error as Error).message}`);
			this.uplink.resolved(-1, now);
			this.#tell(now);
		}
	}

	#read(now: number): void {
		const slot = this.#slot, { uplink } = this;
		if (uplink.way.isStream)
			this.#readStream(this.#stream!, now);
		const taker = uplink.way.isStream ? uplink.probe : uplink;
		for (let count = 0; taker !== undefined && slot.pending && count < DATAGRAMS_PER_TURN; count++) {
			const length = slot.receive(this.#datagram);
			if (length >= 0 && taker.peer.takes(slot.sourceAddress, slot.sourcePort))
				taker.receive(this.#datagram, length, now, slot.ecn);
		}
	}

	#readStream(stream: StreamSlot, now: number): void {
		const uplink = this.uplink, datagram = this.#datagram;
		for (let count = 0; stream.pending && count < DATAGRAMS_PER_TURN; count++) {
			const room = uplink.room;
			if (room === 0)
				break;
			const length = stream.receive(datagram, room < datagram.length ? room : datagram.length);
			if (length > 0)
				uplink.receive(datagram, length, now);
			else if (length < 0)
				uplink.lost(stream.fault, now);
		}
	}

	#tell(now: number): void {
		const { uplink } = this, { log } = this.#platform;
		for (let event = uplink.pollEvent(); event !== UPLINK_EVENT_NONE; event = uplink.pollEvent()) {
			if (event === UPLINK_EVENT_STATE) {
				logUplinkState(log, uplink, this.#isStopping, now);
				if (uplink.state === UPLINK_UP) {
					uplink.publish(this.#statusHandle, 1, true, this.#online, 0, this.#online.length, now);
					this.#availability.publishAll(now);
				}
			}
			else if (event === UPLINK_EVENT_REFUSED)
				log.write(LEVEL_WARN, "uplink", uplink.lastError);
			else if (event === UPLINK_EVENT_MESSAGE && (this.calls === undefined || !this.calls.request(uplink.message, now)))
				log.write(LEVEL_INFO, "uplink", "the broker sent a message that nobody asked for");
		}
	}

	/** The way out may be another one now: where the transport can, the connection goes on from a fresh socket. */
	migrate(now: number): void {
		const { uplink } = this;
		if (uplink.state === UPLINK_UP && uplink.transport?.migrate?.(now) === true)
			uplink.socketGeneration++;
	}

	#send(now: number): void {
		const outlet = this.#outlet, uplink = this.uplink;
		const slot = uplink.way.isStream ? this.#stream! : this.#slot;
		if (uplink.socketGeneration !== this.#generation)
			this.#renewSocket();
		outlet.hasMore = false;
		for (let count = 0; outlet.flush(slot); count++) {
			outlet.hasMore = count === DATAGRAMS_PER_TURN;
			if (outlet.hasMore)
				return;
			outlet.length = uplink.pollTransmit(outlet.bytes, now);
			if (outlet.length === 0) {
				if (!uplink.isOpen)
					this.#stream?.finish();
				return;
			}
			outlet.address = uplink.peer.toAddress;
			outlet.port = uplink.peer.toPort;
			outlet.ecn = uplink.transport?.transmitEcn ?? 0;
		}
	}

	// What the socket does not take is lost, and sent again as such.
	#sendProbe(now: number): void {
		const slot = this.#slot, { way, probe } = this.uplink, transport = probe?.transport;
		if (!way.isStream)
			return;
		if (transport === undefined)
			return slot.close();
		if (!slot.isOpen)
			this.#open(transport);
		for (let count = 0; count < DATAGRAMS_PER_TURN; count++) {
			const length = probe!.pollTransmit(this.#datagram, now);
			if (length === 0)
				return;
			slot.send(this.#datagram, length, probe!.peer.toAddress, probe!.peer.toPort, transport.transmitEcn);
		}
	}

	/** A fresh ephemeral port for a new connection: what still comes for the one before does not reach this one. */
	#renewSocket(): void {
		const { isAdopted, socketGeneration, transport } = this.uplink;
		this.#generation = socketGeneration;
		this.#outlet.clear();
		if (!isAdopted)
			this.#slot.close();
		this.#stream?.close();
		if (!this.#slot.isOpen)
			this.#open(transport);
	}

	#open(transport: Transport | undefined): void {
		try {
			const { way, peer } = this.uplink;
			if (way.isStream && transport === this.uplink.transport)
				this.#stream!.open(peer.address, way.port);
			else {
				this.#slot.open(0, 0, 0, true);
				if (this.#slot.ecnSupported)
					transport?.enableEcn?.();
			}
		}
		catch (error) {
			// The attempt then ends like one without an answer, and the next one tries again.
			this.#platform.log.write(LEVEL_WARN, "uplink", `no socket: ${(error as Error).message}`);
		}
	}
}
