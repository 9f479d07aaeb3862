/** Events on their way in: several messages per datagram, segments put together, everything else counted. */
import { TP_BUFFERS, TP_MESSAGE_MAX, TP_TIMEOUT } from "../config.js";
import {
	DROP_INTERFACE_VERSION, DROP_MESSAGE_TYPE, DROP_NOT_SUBSCRIBED, DROP_PROTOCOL_VERSION, DROP_UNEXPECTED_REQUEST,
	DROP_UNEXPECTED_RESPONSE, Statistics,
} from "./drop.js";
import { Message, TYPE_NOTIFICATION, TYPE_REQUEST, TYPE_REQUEST_NO_RETURN } from "./header.js";
import type { RemoteService, ServiceTable } from "./service-table.js";
import { TP_COMPLETE, TpReassembly } from "./tp-reassembly.js";

export interface EventReceiverOptions {
	/** Messages put together at a time, and bytes of the longest one; default as in config.ts, 0 buffers = no TP. */
	tpBuffers?: number;
	tpMessageMax?: number;
	/** ms. */
	tpTimeout?: number;
}

/** Call `begin` with a datagram, then `next` until 0. Allocates nothing per event. */
export class EventReceiver {
	serviceId = 0;
	/** The event's id. */
	methodId = 0;
	instanceId = 0;
	interfaceVersion = 0;
	sessionId = 0;
	/** The event is payload[payloadOffset, payloadEnd), valid until the next call of `next` or `begin`. */
	payload: Uint8Array;
	payloadOffset = 0;
	payloadEnd = 0;
	/** `received` counts events. */
	readonly statistics = new Statistics();
	#message = new Message();
	#at = 0;
	#end = 0;
	#address = 0;
	#port = 0;
	#now = 0;
	#services: ServiceTable;
	#tp: TpReassembly;

	/** `services`: of the Consumer whose events these are. */
	constructor(services: ServiceTable, options: EventReceiverOptions = {}) {
		this.payload = this.#message.bytes;
		this.#services = services;
		this.#tp = new TpReassembly(options.tpBuffers ?? TP_BUFFERS, options.tpMessageMax ?? TP_MESSAGE_MAX,
			options.tpTimeout ?? TP_TIMEOUT, this.statistics);
	}

	/** Where segments are put together: to be shared with a Client of the same services. */
	get reassembly(): TpReassembly {
		return this.#tp;
	}

	/** Takes the datagram bytes[0, length) that came from `address` and `port`; `now`: int32 ms. */
	begin(bytes: Uint8Array, length: number, address: number, port: number, now: number): void {
		this.#message.attach(bytes);
		this.#at = 0;
		this.#end = length;
		this.#address = address;
		this.#port = port;
		this.#now = now;
	}

	/** Returns 1: the fields tell of an event; or 0: the datagram has no more. Drops are counted, never returned. */
	next(): number {
		const message = this.#message;
		while (this.#at < this.#end) {
			const length = message.wrap(this.#at, this.#end);
			if (length < 0) {
				this.statistics.drop(length);
				// Where the length itself cannot be believed, the rest of the datagram is lost.
				this.#at = length === DROP_PROTOCOL_VERSION || length === DROP_MESSAGE_TYPE ? message.payloadEnd : this.#end;
				continue;
			}
			this.#at += length;
			const code = this.#accept();
			if (code < 0)
				this.statistics.drop(code);
			else if (code === 1) {
				this.statistics.received++;
				return 1;
			}
		}
		return 0;
	}

	/** Counts segments that wait in vain; to be called now and then (once a second will do). */
	onTimeout(now: number): void {
		this.#tp.expire(now);
	}

	// 1: an event; 0: a segment that was put by; or a DROP_* code.
	#accept(): number {
		const message = this.#message;
		if (message.type !== TYPE_NOTIFICATION)
			return message.type === TYPE_REQUEST || message.type === TYPE_REQUEST_NO_RETURN ? DROP_UNEXPECTED_REQUEST : DROP_UNEXPECTED_RESPONSE;
		// feat_req_someipsd_797: "Events of this service instance shall not be sent from any other Endpoint than those
		// given in the Endpoint Options of the OfferService entries."
		let service = this.#services.firstSource(message.serviceId, this.#address, this.#port);
		let code = DROP_NOT_SUBSCRIBED;
		while (service !== undefined && (service.subscribed === 0 || service.majorVersion !== message.interfaceVersion)) {
			if (service.subscribed !== 0)
				code = DROP_INTERFACE_VERSION;
			service = this.#services.nextSource(service);
		}
		return service === undefined ? code : this.#deliver(service);
	}

	#deliver(service: RemoteService): number {
		const message = this.#message;
		if (message.isSegment) {
			const code = this.#tp.add(service.life, message, this.#now);
			if (code !== TP_COMPLETE)
				return code;
			this.payload = this.#tp.payload;
			this.payloadOffset = 0;
			this.payloadEnd = this.#tp.length;
		}
		else {
			this.payload = message.bytes;
			this.payloadOffset = message.payloadOffset;
			this.payloadEnd = message.payloadEnd;
		}
		this.serviceId = message.serviceId;
		this.instanceId = service.instanceId;
		this.methodId = message.methodId;
		this.interfaceVersion = message.interfaceVersion;
		this.sessionId = message.sessionId;
		return 1;
	}
}
