import { DATAGRAMS_PER_TURN, SEND_RETRY_DELAY, VEHICLE_DATAGRAM_MAX } from "../config.js";
import type { Random } from "../ports/random.js";
import { CALL_NONE, CALL_NOT_REACHABLE, Client } from "../someip/client.js";
import type { Connection } from "../someip/connection.js";
import type { E2eTable } from "../someip/e2e/e2e-table.js";
import type { ServiceTable } from "../someip/service-table.js";
import type { TpReassembly } from "../someip/tp-reassembly.js";
import { getUint32 } from "../wire/big-endian.js";
import { NO_TIMEOUT } from "../wire/time.js";
import type { MethodConfiguration } from "./configuration/configuration.js";
import { ANY_INSTANCE } from "./configuration/table.js";
import { DropReport } from "./loss-report.js";
import { Outlet } from "./outlet.js";
import type { Platform } from "./platform.js";
import { SocketSlot } from "./socket-slot.js";

/** Who is told how calls end. */
export interface CallSink {
	/** The call that the fields of `client` tell of; its payload is valid during this call. */
	callEnded(client: Client, now: number): void;
}

/** The vehicle's side of method calls: their socket, and the client. */
export class Caller {
	#client: Client | undefined = undefined;
	#services: ServiceTable | undefined = undefined;
	#slot: SocketSlot;
	#outlet = new Outlet(VEHICLE_DATAGRAM_MAX);
	#datagram: Uint8Array;
	#losses: DropReport;
	#random: Random;

	/** `datagram`: where every datagram is received. */
	constructor({ datagramSocket, addresses, log, random }: Platform, datagram: Uint8Array, wake: () => void) {
		this.#datagram = datagram;
		this.#slot = new SocketSlot(datagramSocket, wake, addresses);
		this.#losses = new DropReport(log, "calls");
		this.#random = random;
	}

	/** Opens the socket at `address`; throws in words where it cannot be had. `services` are called, long responses put
	 *  together in `reassembly`. */
	open(address: number, clientId: number, services: ServiceTable, reassembly: TpReassembly, e2e: E2eTable | undefined): void {
		this.#slot.open(address, 0, address);
		this.#services = services;
		this.#client = new Client({ clientId, reassembly });
		this.#client.e2e = e2e;
	}

	/** Messages and datagrams that were dropped for any reason. */
	get dropped(): number {
		return this.#client === undefined ? 0 : this.#client.statistics.dropped + this.#slot.dropped;
	}

	/** Calls a method with bytes[offset, end). Returns the request id, or a negative CALL_* code. */
	call(method: MethodConfiguration, bytes: Uint8Array, offset: number, end: number, now: number): number {
		const client = this.#client, services = this.#services;
		if (client === undefined || services === undefined)
			return CALL_NOT_REACHABLE;
		const service = services.callable(method.service, method.instance, method.majorVersion ?? 0xff, this.#draw(method.instance));
		const request = client.call(service, method.method, bytes, offset, end, method.timeout, now);
		this.#send(client, now);
		return request;
	}

	/** The link was lost: `turn` tells the end of all calls. */
	linkLost(): void {
		this.#client?.reset();
		this.#outlet.clear();
	}

	/** Takes the message bytes[at, end) that came by a TCP connection. */
	receiveStream(bytes: Uint8Array, at: number, end: number, connection: Connection, sink: CallSink, now: number): void {
		const client = this.#client!;
		client.beginStream(bytes, at, end, connection);
		while (client.next(now) !== CALL_NONE)
			sink.callEnded(client, now);
	}

	/** Reads, tells, sends. */
	turn(sink: CallSink, now: number): void {
		const client = this.#client, slot = this.#slot;
		if (client === undefined)
			return;
		for (let count = 0; slot.pending && count < DATAGRAMS_PER_TURN; count++) {
			const length = slot.receive(this.#datagram);
			if (length < 0)
				break;
			client.begin(this.#datagram, length, slot.sourceAddress, slot.sourcePort);
			while (client.next(now) !== CALL_NONE)
				sink.callEnded(client, now);
		}
		while (client.next(now) !== CALL_NONE)
			sink.callEnded(client, now);
		this.#send(client, now);
	}

	/** Once a second. */
	watch(now: number): void {
		if (this.#client !== undefined)
			this.#losses.update(this.#client.statistics, now);
	}

	/** ms until the next turn is wanted. */
	timeout(now: number): number {
		if (this.#client === undefined)
			return NO_TIMEOUT;
		if (this.#outlet.hasMore || this.#slot.pending)
			return 0;
		const delay = this.#client.pollTimeout(now);
		return this.#outlet.length > 0 ? SEND_RETRY_DELAY : delay;
	}

	close(): void {
		this.#slot.close();
	}

	#draw(instance: number): number {
		if (instance !== ANY_INSTANCE)
			return 0;
		const bytes = new Uint8Array(4);
		this.#random.fill(bytes);
		return getUint32(bytes, 0);
	}

	#send(client: Client, now: number): void {
		const outlet = this.#outlet;
		outlet.hasMore = false;
		for (let count = 0; outlet.flush(this.#slot); count++) {
			outlet.hasMore = count === DATAGRAMS_PER_TURN;
			if (outlet.hasMore)
				return;
			outlet.length = client.pollTransmit(outlet.bytes, now);
			if (outlet.length === 0)
				return;
			outlet.address = client.destinationAddress;
			outlet.port = client.destinationPort;
		}
	}
}
