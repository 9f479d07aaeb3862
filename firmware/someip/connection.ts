/** One TCP connection with a peer: its state, what comes in and what goes out. Performs no I/O; a StreamSockets or a
 *  StreamServer gives it its socket. */
import { TCP_BACKOFF_MAX, TCP_BACKOFF_MIN } from "../config.js";
import type { Statistics } from "./drop.js";
import { DROP_STREAM_SLOW } from "./drop.js";
import type { Protector } from "./e2e/protection.js";
import type { MessageStore } from "./message-store.js";
import { StreamFraming } from "./stream-framing.js";
import { StreamQueue, type StreamRoom } from "./stream-queue.js";

/** Nobody wants it open. */
export const CONNECTION_IDLE = 0;
/** To be opened, at `at` where that is known. */
export const CONNECTION_WANTED = 1;
export const CONNECTION_CONNECTING = 2;
export const CONNECTION_OPEN = 3;

export class Connection {
	/** The peer. */
	address: number;
	port: number;
	/** Ours, while it is open: what a Subscribe names, and the service's port where we are the server. */
	localPort = 0;
	state = CONNECTION_IDLE;
	/** Another number each time that it is lost or let go of: tells the messages of two lives apart. */
	life = 1;
	/** Services (as a client) or subscriptions (as a server) that rely on it. */
	users = 0;
	/** When it may be opened, int32 ms, where `delay` is not 0. */
	at = 0;
	delay = 0;
	/** When something came last, int32 ms. */
	heard = 0;
	readonly input: StreamFraming;
	readonly output: StreamQueue;
	readonly #statistics: Statistics;

	constructor(address: number, port: number, scratch: Uint8Array, store: MessageStore, cookies: boolean, isServer: boolean, statistics: Statistics, room: StreamRoom) {
		this.address = address;
		this.port = port;
		this.input = new StreamFraming(scratch, store, statistics);
		this.output = new StreamQueue(cookies, isServer, room);
		this.#statistics = statistics;
	}

	/** It is wanted open. feat_req_someip_646: "when the first method call shall be transport or the client wants to receive
	 *  the first notifications". */
	demand(): void {
		if (this.state === CONNECTION_IDLE)
			this.state = CONNECTION_WANTED;
	}

	opened(localPort: number, now: number): void {
		this.state = CONNECTION_OPEN;
		this.localPort = localPort;
		this.heard = now;
	}

	/** Closed or refused. feat_req_someip_647: "The client is responsible for reestablishing the TCP connection whenever it
	 *  fails." */
	lost(now: number): void {
		const { delay } = this;
		this.restart();
		this.delay = delay === 0 ? TCP_BACKOFF_MIN : delay * 2 < TCP_BACKOFF_MAX ? delay * 2 : TCP_BACKOFF_MAX;
		this.at = (now + this.delay) | 0;
	}

	/** Something came: the next loss is the first one. */
	progress(now: number): void {
		this.heard = now;
		this.delay = 0;
	}

	/** Lets go of the socket and opens it again at once: the peer knows nothing of it (feat_req_someipsd_872). */
	restart(): void {
		this.delay = 0;
		this.#end(this.state === CONNECTION_IDLE ? CONNECTION_IDLE : CONNECTION_WANTED);
	}

	/** Lets go of the socket for good. feat_req_someip_678, _679: "The TCP connection shall be closed by the client, when the
	 *  TCP connection is not required anymore." */
	release(): void {
		this.delay = 0;
		this.#end(CONNECTION_IDLE);
	}

	/** Sends a message with the payload bytes[offset, end); false where there is no room. `protector`: where it is protected end
	 *  to end, and `fits`. */
	send(serviceId: number, methodId: number, clientId: number, sessionId: number, interfaceVersion: number, type: number,
		returnCode: number, bytes: Uint8Array, offset: number, end: number, protector?: Protector): boolean {
		const length = end - offset + (protector === undefined ? 0 : protector.headerLength);
		const at = this.output.begin(serviceId, methodId, length, clientId, sessionId, interfaceVersion, type, returnCode);
		if (at < 0) {
			this.#statistics.drop(DROP_STREAM_SLOW);
			return false;
		}
		this.output.put(at, bytes, offset, end, protector);
		return true;
	}

	#end(state: number): void {
		this.state = state;
		this.life = (this.life + 1) | 0;
		this.localPort = 0;
		this.input.reset();
		this.output.reset();
	}
}
