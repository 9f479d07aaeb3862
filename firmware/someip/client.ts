/** Method calls by UDP and TCP: requests, and the responses to them.
 *
 *  Performs no I/O and reads no clock. After any input or command, and whenever services have come or gone: `next` until
 *  CALL_NONE, `pollTransmit` until 0, then `pollTimeout`. Allocates nothing per call. */
import { CLIENT_CALLS, CLIENT_QUEUE_BYTES, TCP_SEND_MAX } from "../config.js";
import { NO_TIMEOUT } from "../wire/time.js";
import type { Connection } from "./connection.js";
import {
	DROP_DUPLICATE_RESPONSE, DROP_E2E_ERROR, DROP_E2E_REPEATED, DROP_INTERFACE_VERSION, DROP_LATE_RESPONSE, DROP_NOT_SUBSCRIBED, DROP_UNEXPECTED_REQUEST,
	DROP_UNEXPECTED_RESPONSE,
} from "./drop.js";
import type { ProtectedMessage } from "./e2e/e2e-table.js";
import { HEADER_LENGTH, nextSession, TYPE_ERROR, TYPE_NOTIFICATION, TYPE_REQUEST, TYPE_REQUEST_NO_RETURN, TYPE_RESPONSE } from "./header.js";
import { Incoming } from "./incoming.js";
import { MessageQueue } from "./message-queue.js";
import { E_NOT_OK, E_NOT_REACHABLE, E_OK, E_TIMEOUT, e2eReturnCode } from "./return-code.js";
import { SERVICE_UP, type RemoteService } from "./service-table.js";
import type { TpReassembly } from "./tp-reassembly.js";

/** `next`: nothing more. */
export const CALL_NONE = 0;
/** `next`: a call has ended; the fields tell which and how. */
export const CALL_ENDED = 1;

/** `call` and `send`, where nothing is sent: the service is not offered. */
export const CALL_NOT_REACHABLE = -1;
/** As many calls wait for their response as the table holds. */
export const CALL_TABLE_FULL = -2;
/** What was not sent yet leaves no room for the request. */
export const CALL_QUEUE_FULL = -3;
/** The request is longer than any that can be sent. */
export const CALL_TOO_LONG = -4;

export interface ClientOptions {
	/** 0…0xffff; of every client in the vehicle another one. */
	clientId: number;
	/** Calls that wait at a time, and bytes of the requests that were not sent yet; default as in config.ts. */
	calls?: number;
	queueBytes?: number;
	/** ms between two segments of a long request, default 1. */
	segmentGap?: number;
	/** Where long responses are put together; default: room for one. */
	reassembly?: TpReassembly;
}

const FREE = 0, WAITING = 1, ANSWERED = 2, OVER = 3;

class Call {
	state = FREE;
	sessionId = 0;
	service: RemoteService | undefined = undefined;
	/** The service's when it was called. */
	life = 0;
	serviceId = 0;
	address = 0;
	port = 0;
	/** Where it went by TCP: the connection, and its life then. */
	connection: Connection | undefined = undefined;
	connectionLife = 0;
	methodId = 0;
	interfaceVersion = 0;
	/** int32 ms. */
	deadline = 0;
}

/** `statistics.received` counts responses that ended a call. */
export class Client extends Incoming {
	/** Of CALL_ENDED: what `call` returned. */
	request = 0;
	/** E_OK, what the server says, or E_TIMEOUT, E_NOT_REACHABLE and E_E2E* where `isLocal`. */
	returnCode = E_OK;
	isLocal = false;
	/** Where the datagram that pollTransmit wrote goes. */
	destinationAddress = 0;
	destinationPort = 0;
	#calls: Call[] = [];
	#next = 0;
	#pending = 0;
	#clientId: number;
	#sessionId = 0;
	#queue: MessageQueue;

	constructor(options: ClientOptions) {
		super(options.reassembly);
		const calls = options.calls ?? CLIENT_CALLS;
		for (let i = 0; i < calls; i++)
			this.#calls.push(new Call());
		this.#clientId = options.clientId;
		this.#queue = new MessageQueue(calls, options.queueBytes ?? CLIENT_QUEUE_BYTES, options.segmentGap ?? 1);
	}

	/** Calls that wait for their response. */
	get pending(): number {
		return this.#pending;
	}

	/** Calls a method with bytes[offset, end), of which a copy is taken; `timeout`: ms that the response may take.
	 *  Returns the request id (client id and session id), or a negative CALL_* code. */
	call(service: RemoteService | undefined, methodId: number, bytes: Uint8Array, offset: number, end: number, timeout: number, now: number): number {
		const call = this.#freeCall();
		if (call === undefined)
			return CALL_TABLE_FULL;
		const code = this.#enqueue(service, methodId, TYPE_REQUEST, bytes, offset, end);
		if (code < 0)
			return code;
		call.state = WAITING;
		call.sessionId = this.#sessionId;
		call.service = service;
		call.life = service!.life;
		call.serviceId = service!.serviceId;
		call.address = service!.address;
		call.port = service!.port;
		call.connection = service!.callConnection;
		call.connectionLife = call.connection === undefined ? 0 : call.connection.life;
		call.methodId = methodId;
		call.interfaceVersion = service!.majorVersion;
		call.deadline = (now + timeout) | 0;
		this.#pending++;
		return code;
	}

	/** The same without a response (fire and forget). Returns the request id, or a negative CALL_* code. */
	send(service: RemoteService | undefined, methodId: number, bytes: Uint8Array, offset: number, end: number): number {
		return this.#enqueue(service, methodId, TYPE_REQUEST_NO_RETURN, bytes, offset, end);
	}

	/** Nobody waits for this call any more: its response will be dropped as late. False where it has ended already. */
	cancel(request: number): boolean {
		for (let i = 0; i < this.#calls.length; i++) {
			const call = this.#calls[i]!;
			if (call.state !== WAITING || this.#idOf(call.sessionId) !== request)
				continue;
			this.#over(call, OVER);
			return true;
		}
		return false;
	}

	/** The link was lost: requests that were not sent yet are forgotten. Their calls end as the services are lost. */
	reset(): void {
		this.#queue.clear();
		this.discard();
	}

	/** Takes the datagram bytes[0, length) that came from `address` and `port`. */
	begin(bytes: Uint8Array, length: number, address: number, port: number): void {
		this.open(bytes, 0, length, address, port, undefined);
	}

	/** Takes the message bytes[at, end) that came by a TCP connection. */
	beginStream(bytes: Uint8Array, at: number, end: number, connection: Connection): void {
		this.open(bytes, at, end, connection.address, connection.port, connection);
	}

	/** CALL_ENDED: the fields tell of a call that has been answered, timed out, or lost its service or its connection; or
	 *  CALL_NONE. */
	next(now: number): number {
		for (let length = this.nextMessage(); length !== 0; length = this.nextMessage()) {
			const code = length < 0 ? length : this.#accept(now);
			if (code < 0)
				this.statistics.drop(code);
			else if (code === CALL_ENDED) {
				this.statistics.received++;
				return CALL_ENDED;
			}
		}
		return this.#pending === 0 ? CALL_NONE : this.#endLocally(now);
	}

	/** ms until `next`, or pollTransmit, is wanted. */
	pollTimeout(now: number): number {
		let delay = this.#queue.timeout(now, NO_TIMEOUT);
		for (let i = 0; i < this.#calls.length && this.#pending > 0; i++) {
			const call = this.#calls[i]!;
			if (call.state === WAITING && ((call.deadline - now) | 0) < delay)
				delay = (call.deadline - now) | 0;
		}
		return delay > 0 ? delay : 0;
	}

	/** Writes the next datagram into `into` (VEHICLE_DATAGRAM_MAX bytes will do); returns its length, 0 = nothing now. */
	pollTransmit(into: Uint8Array, now: number): number {
		const length = this.#queue.transmit(into, now);
		this.destinationAddress = this.#queue.destinationAddress;
		this.destinationPort = this.#queue.destinationPort;
		return length;
	}

	#idOf(sessionId: number): number {
		return this.#clientId * 0x10000 + sessionId;
	}

	// In turn: so that what an ended call was is remembered for as long as possible.
	#freeCall(): Call | undefined {
		const calls = this.#calls;
		for (let i = 0; i < calls.length; i++) {
			const call = calls[this.#next]!;
			this.#next = this.#next + 1 < calls.length ? this.#next + 1 : 0;
			if (call.state !== WAITING)
				return call;
		}
		return undefined;
	}

	#enqueue(service: RemoteService | undefined, methodId: number, type: number, bytes: Uint8Array, offset: number, end: number): number {
		if (service === undefined || service.state !== SERVICE_UP || !service.isReachable)
			return CALL_NOT_REACHABLE;
		// feat_req_someip_649, feat_req_someip_677; and never that of a call that still waits.
		let sessionId = this.#sessionId;
		do
			sessionId = nextSession(sessionId);
		while (this.#isWaiting(sessionId));
		const connection = service.callConnection;
		const code = connection === undefined ? this.#queueDatagram(service, methodId, sessionId, type, bytes, offset, end)
			: this.#queueStream(connection, service, methodId, sessionId, type, bytes, offset, end);
		if (code < 0)
			return code;
		this.#sessionId = sessionId;
		return this.#idOf(sessionId);
	}

	#queueDatagram(service: RemoteService, methodId: number, sessionId: number, type: number, bytes: Uint8Array, offset: number, end: number): number {
		const protector = this.#protection(service, methodId)?.protector, length = end - offset + (protector === undefined ? 0 : 8 + protector.headerLength);
		if (length > this.#queue.capacity || (protector !== undefined && !protector.fits(end - offset)))
			return CALL_TOO_LONG;
		const message = this.#queue.push(bytes, offset, end, protector);
		if (message === undefined)
			return CALL_QUEUE_FULL;
		message.address = service.address;
		message.port = service.port;
		message.serviceId = service.serviceId;
		message.interfaceVersion = service.majorVersion;
		message.methodId = methodId;
		message.clientId = this.#clientId;
		message.sessionId = sessionId;
		message.type = type;
		message.returnCode = E_OK;
		if (protector !== undefined)
			this.#queue.seal(message, protector);
		return 0;
	}

	// It waits there until the connection is open: feat_req_someip_646.
	#queueStream(connection: Connection, service: RemoteService, methodId: number, sessionId: number, type: number, bytes: Uint8Array, offset: number, end: number): number {
		const protector = this.#protection(service, methodId)?.protector;
		if (end - offset > TCP_SEND_MAX - 4 * HEADER_LENGTH || (protector !== undefined && !protector.fits(end - offset)))
			return CALL_TOO_LONG;
		connection.demand();
		return connection.send(service.serviceId, methodId, this.#clientId, sessionId, service.majorVersion, type, E_OK, bytes, offset, end, protector) ? 0 : CALL_QUEUE_FULL;
	}

	#isWaiting(sessionId: number): boolean {
		for (let i = 0; i < this.#calls.length && this.#pending > 0; i++)
			if (this.#calls[i]!.state === WAITING && this.#calls[i]!.sessionId === sessionId)
				return true;
		return false;
	}

	// CALL_ENDED, 0: a segment that was put by, or a DROP_* code.
	#accept(now: number): number {
		const message = this.message;
		if (message.type !== TYPE_RESPONSE && message.type !== TYPE_ERROR)
			return message.type === TYPE_NOTIFICATION ? DROP_NOT_SUBSCRIBED : DROP_UNEXPECTED_REQUEST;
		const call = this.#find();
		if (call === undefined)
			return DROP_UNEXPECTED_RESPONSE;
		if (call.state !== WAITING || isLost(call))
			return call.state === ANSWERED ? DROP_DUPLICATE_RESPONSE : DROP_LATE_RESPONSE;
		// Of an error it may be the server's own version.
		if (message.returnCode === E_OK && message.interfaceVersion !== call.interfaceVersion)
			return DROP_INTERFACE_VERSION;
		let code = this.take(call.life, now);
		const isPlain = message.returnCode !== E_OK && message.payloadOffset === message.payloadEnd;
		// feat_req_someip_655: an error has no payload, and so no place for the E2E header.
		if (code === 1 && !isPlain)
			code = this.verify(this.#protection(call.service!, call.methodId), call.life);
		if (code < 0 && code >= DROP_E2E_ERROR && code <= DROP_E2E_REPEATED)
			return this.#endFaulty(call, code);
		if (code !== 1)
			return code;
		// feat_req_someip_107: errors come as RESPONSE or as ERROR; an ERROR that says E_OK is none the less one.
		this.#told(call, message.type === TYPE_ERROR && message.returnCode === E_OK ? E_NOT_OK : message.returnCode, false);
		this.#over(call, ANSWERED);
		return CALL_ENDED;
	}

	#protection(service: RemoteService, methodId: number): ProtectedMessage | undefined {
		return this.e2e === undefined ? undefined : this.e2e.find(service.serviceId, service.instanceId, methodId);
	}

	// The response is there, and cannot be used.
	#endFaulty(call: Call, code: number): number {
		this.statistics.drop(code);
		this.payloadOffset = this.payloadEnd = 0;
		this.#told(call, e2eReturnCode(code), true);
		this.#over(call, ANSWERED);
		return CALL_ENDED;
	}

	#find(): Call | undefined {
		const message = this.message, calls = this.#calls;
		if (message.clientId !== this.#clientId)
			return undefined;
		for (let i = 0; i < calls.length; i++) {
			const call = calls[i]!;
			if (call.state !== FREE && call.sessionId === message.sessionId && call.methodId === message.methodId && call.serviceId === message.serviceId
				&& call.connection === this.connection && (this.connection !== undefined || (call.address === this.address && call.port === this.port)))
				return call;
		}
		return undefined;
	}

	#endLocally(now: number): number {
		for (let i = 0; i < this.#calls.length; i++) {
			const call = this.#calls[i]!;
			if (call.state !== WAITING)
				continue;
			const lost = isLost(call);
			if (!lost && ((call.deadline - now) | 0) > 0)
				continue;
			this.payloadOffset = this.payloadEnd = 0;
			this.#told(call, lost ? E_NOT_REACHABLE : E_TIMEOUT, true);
			this.#over(call, OVER);
			return CALL_ENDED;
		}
		return CALL_NONE;
	}

	#told(call: Call, returnCode: number, isLocal: boolean): void {
		this.request = this.#idOf(call.sessionId);
		this.returnCode = returnCode;
		this.isLocal = isLocal;
	}

	#over(call: Call, state: number): void {
		call.state = state;
		call.service = undefined;
		this.#pending--;
	}
}

// StopOffer, end of the TTL, reboot and another endpoint all begin another life, or end this one. feat_req_someip_326: "When
// the TCP connection is lost, outstanding requests shall be handled as timeouts", and at once: nothing will come of them.
function isLost(call: Call): boolean {
	return call.service!.state !== SERVICE_UP || call.service!.life !== call.life
		|| (call.connection !== undefined && call.connection.life !== call.connectionLife);
}
