/** Methods that others call by UDP and TCP: requests in, responses out.
 *
 *  Performs no I/O and reads no clock. After any input: `next` until REQUEST_NONE, answer each request with `respond` or
 *  `refuse`, at once or later; then pollTransmit until 0 and pollTimeout. Which services are offered is a Provider's
 *  matter. Allocates nothing per request. */
import { SERVER_QUEUE_BYTES, SERVER_REQUESTS } from "../config.js";
import { NO_TIMEOUT } from "../wire/time.js";
import type { Connection } from "./connection.js";
import {
	DROP_E2E_REPEATED, DROP_INTERFACE_VERSION, DROP_MESSAGE_TYPE, DROP_NOT_SENT, DROP_PROTOCOL_VERSION, DROP_TABLE_FULL, DROP_UNEXPECTED_RESPONSE,
	DROP_UNKNOWN_METHOD, DROP_UNKNOWN_SERVICE,
} from "./drop.js";
import { ClientChecks } from "./e2e/client-checks.js";
import type { E2eOptions } from "./e2e/e2e-table.js";
import type { Protector } from "./e2e/protection.js";
import { TP_HEADER_LENGTH, TYPE_ERROR, TYPE_NOTIFICATION, TYPE_REQUEST, TYPE_REQUEST_NO_RETURN, TYPE_RESPONSE } from "./header.js";
import { Incoming } from "./incoming.js";
import { MessageQueue } from "./message-queue.js";
import {
	E_NOT_READY, E_OK, E_UNKNOWN_METHOD, E_UNKNOWN_SERVICE, E_WRONG_INTERFACE_VERSION, E_WRONG_MESSAGE_TYPE, E_WRONG_PROTOCOL_VERSION, e2eReturnCode,
} from "./return-code.js";
import type { TpReassembly } from "./tp-reassembly.js";

/** `next`: nothing more. */
export const REQUEST_NONE = 0;
/** `next`: a method is called; the fields tell which and with what. */
export const REQUEST_CALL = 1;
/** The same, and no answer is wanted (fire and forget). */
export const REQUEST_SEND = 2;

export interface ServerOptions {
	/** Requests that wait for their answer, and bytes of the answers that were not sent yet; default as in config.ts. */
	requests?: number;
	queueBytes?: number;
	/** ms between two segments of a long response, default 1. */
	segmentGap?: number;
	/** Errors go out as messages of type ERROR instead of RESPONSE (feat_req_someip_726); default false. */
	errorMessages?: boolean;
	/** Where long requests are put together; default: room for one. */
	reassembly?: TpReassembly;
}

class ServedMethod {
	serviceId = 0;
	methodId = 0;
	isFireAndForget = false;
	/** Where it is protected end to end. */
	checks: ClientChecks | undefined = undefined;
}

class ServedService {
	serviceId = 0;
	majorVersion = 0;
	/** 0: not by UDP; not by TCP. */
	port = 0;
	tcpPort = 0;
	methods: ServedMethod[] = [];
	handles: number[] = [];
}

/** A request that waits for its answer; `id` 0: free. */
class Request {
	id = 0;
	address = 0;
	port = 0;
	localPort = 0;
	/** Where it came by TCP: the connection, and its life then. */
	connection: Connection | undefined = undefined;
	connectionLife = 0;
	/** Of its answer. */
	protector: Protector | undefined = undefined;
	serviceId = 0;
	methodId = 0;
	clientId = 0;
	sessionId = 0;
	interfaceVersion = 0;
}

/** Also where nobody waits any more: it came by a connection that has ended. */
function isFree({ id, connection, connectionLife }: Request): boolean {
	return id === 0 || connection !== undefined && connection.life !== connectionLife;
}

/** `statistics.received` counts requests that the application was told of. */
export class Server extends Incoming {
	/** Of a request: the handle that `method` gave. */
	method = 0;
	/** What `respond` and `refuse` want; 0 for REQUEST_SEND. */
	request = 0;
	/** Who calls. */
	clientId = 0;
	clientAddress = 0;
	/** Where the datagram that pollTransmit wrote goes, and the local port to send it from: the service's. */
	destinationAddress = 0;
	destinationPort = 0;
	sourcePort = 0;
	#services: ServedService[] = [];
	#methods = 0;
	#requests: Request[] = [];
	#lastRequest = 0;
	/** The one that is refused at once. */
	#refused = new Request();
	#queue: MessageQueue;
	#errorType: number;
	#localPort = 0;

	constructor(options: ServerOptions = {}) {
		super(options.reassembly);
		const requests = options.requests ?? SERVER_REQUESTS;
		for (let i = 0; i < requests; i++)
			this.#requests.push(new Request());
		// Answers to requests that were refused at once have room besides.
		this.#queue = new MessageQueue(2 * requests, options.queueBytes ?? SERVER_QUEUE_BYTES, options.segmentGap ?? 1);
		this.#errorType = options.errorMessages === true ? TYPE_ERROR : TYPE_RESPONSE;
	}

	/** Adds a service, at set-up; returns its handle. `port`, `tcpPort`: those that it is offered at, of each of its instances
	 *  others (feat_req_someip_445); 0: not by UDP, not by TCP. */
	service(serviceId: number, majorVersion: number, port: number, tcpPort = 0): number {
		const service = new ServedService();
		service.serviceId = serviceId;
		service.majorVersion = majorVersion;
		service.port = port;
		service.tcpPort = tcpPort;
		return this.#services.push(service) - 1;
	}

	/** Adds a method to a service (a handle), at set-up; returns the method's handle. `e2e`: requests and responses are protected
	 *  end to end (feat_req_someip_102); throws a RangeError where that contradicts itself. */
	addMethod(service: number, methodId: number, isFireAndForget = false, e2e?: E2eOptions): number {
		const served = this.#services[service]!, method = new ServedMethod();
		method.serviceId = served.serviceId;
		method.methodId = methodId;
		method.isFireAndForget = isFireAndForget;
		if (e2e !== undefined)
			method.checks = new ClientChecks(served.serviceId, methodId, e2e);
		served.methods.push(method);
		served.handles.push(this.#methods);
		return this.#methods++;
	}

	/** Requests and answers are forgotten: the link was lost. */
	reset(): void {
		for (let i = 0; i < this.#requests.length; i++)
			this.#requests[i]!.id = 0;
		this.#queue.clear();
		this.discard();
	}

	/** Takes the datagram bytes[0, length) that came from `address` and `port` to our `localPort`. */
	begin(bytes: Uint8Array, length: number, address: number, port: number, localPort: number): void {
		this.open(bytes, 0, length, address, port, undefined);
		this.#localPort = localPort;
	}

	/** Takes the message bytes[at, end) that came by a TCP connection. */
	beginStream(bytes: Uint8Array, at: number, end: number, connection: Connection): void {
		this.open(bytes, at, end, connection.address, connection.port, connection);
		this.#localPort = connection.localPort;
	}

	/** REQUEST_CALL or REQUEST_SEND: the fields tell of a request; or REQUEST_NONE: the datagram has no more. */
	next(now: number): number {
		for (let length = this.nextMessage(); length !== 0; length = this.nextMessage()) {
			const code = length < 0 ? this.#reject(length, length === DROP_PROTOCOL_VERSION ? E_WRONG_PROTOCOL_VERSION : E_WRONG_MESSAGE_TYPE) : this.#accept(now);
			if (code < 0)
				this.statistics.drop(code);
			else if (code !== REQUEST_NONE) {
				this.statistics.received++;
				return code;
			}
		}
		return REQUEST_NONE;
	}

	/** Answers a request with bytes[offset, end). Returns 1; DROP_NOT_SENT: no room now, or too long ever; or
	 *  DROP_UNEXPECTED_RESPONSE: it was answered before. */
	respond(request: number, bytes: Uint8Array, offset: number, end: number): number {
		return this.#answer(request, E_OK, bytes, offset, end);
	}

	/** Answers a request with an error (return-code.ts); as `respond`. Where bytes[offset, end) says more, it is an ERROR message that
	 *  carries it (feat_req_someip_101), otherwise there is no payload (feat_req_someip_655). */
	refuse(request: number, returnCode: number, bytes = this.payload, offset = 0, end = 0): number {
		return this.#answer(request, returnCode, bytes, offset, end);
	}

	/** Nobody is going to answer the request. */
	forget(request: number): void {
		for (let i = 0; i < this.#requests.length; i++)
			if (this.#requests[i]!.id === request)
				this.#requests[i]!.id = 0;
	}

	/** ms until pollTransmit is wanted. */
	pollTimeout(now: number): number {
		const delay = this.#queue.timeout(now, NO_TIMEOUT);
		return delay > 0 ? delay : 0;
	}

	/** Writes the next datagram into `into` (VEHICLE_DATAGRAM_MAX bytes will do); returns its length, 0 = nothing now. */
	pollTransmit(into: Uint8Array, now: number): number {
		const length = this.#queue.transmit(into, now);
		this.destinationAddress = this.#queue.destinationAddress;
		this.destinationPort = this.#queue.destinationPort;
		this.sourcePort = this.#queue.sourcePort;
		return length;
	}

	// REQUEST_*, 0 also where a segment was put by, or a DROP_* code.
	#accept(now: number): number {
		const message = this.message;
		if (message.type === TYPE_RESPONSE || message.type === TYPE_ERROR || message.type === TYPE_NOTIFICATION)
			return message.type === TYPE_NOTIFICATION ? DROP_MESSAGE_TYPE : DROP_UNEXPECTED_RESPONSE;
		const service = this.#findService();
		if (service === undefined)
			return this.#reject(DROP_UNKNOWN_SERVICE, E_UNKNOWN_SERVICE);
		if (message.interfaceVersion !== service.majorVersion)
			return this.#reject(DROP_INTERFACE_VERSION, E_WRONG_INTERFACE_VERSION);
		const index = this.#findMethod(service);
		if (index < 0)
			return this.#reject(DROP_UNKNOWN_METHOD, E_UNKNOWN_METHOD);
		const wantsAnswer = message.type === TYPE_REQUEST;
		if (wantsAnswer === service.methods[index]!.isFireAndForget)
			return this.#reject(DROP_MESSAGE_TYPE, E_WRONG_MESSAGE_TYPE);
		if (wantsAnswer && !this.#hasRoom())
			return this.#reject(DROP_TABLE_FULL, E_NOT_READY);
		// feat_req_someiptp_787: apart for each sender.
		const sender = this.address * 0x10000 + this.port;
		let code = this.take(sender, now);
		if (code !== 1)
			return code;
		const protection = service.methods[index]!.checks?.of(sender);
		code = this.verify(protection, 1);
		if (code < 0)
			return this.#reject(code, e2eReturnCode(code));
		this.method = service.handles[index]!;
		this.clientId = message.clientId;
		this.clientAddress = this.address;
		this.request = wantsAnswer ? this.#keep(protection?.protector) : 0;
		return wantsAnswer ? REQUEST_CALL : REQUEST_SEND;
	}

	#findService(): ServedService | undefined {
		const services = this.#services, serviceId = this.message.serviceId, isStream = this.connection !== undefined;
		for (let i = 0; i < services.length; i++)
			if (services[i]!.serviceId === serviceId && (isStream ? services[i]!.tcpPort : services[i]!.port) === this.#localPort)
				return services[i];
		return undefined;
	}

	#findMethod(service: ServedService): number {
		for (let i = 0; i < service.methods.length; i++)
			if (service.methods[i]!.methodId === this.message.methodId)
				return i;
		return -1;
	}

	#hasRoom(): boolean {
		for (let i = 0; i < this.#requests.length; i++)
			if (isFree(this.#requests[i]!))
				return true;
		return false;
	}

	// Returns the request's number.
	#keep(protector: Protector | undefined): number {
		const requests = this.#requests;
		let i = 0;
		while (!isFree(requests[i]!))
			i++;
		const request = requests[i]!;
		this.#lastRequest = this.#lastRequest < 0x3fffffff ? this.#lastRequest + 1 : 1;
		request.id = this.#lastRequest;
		this.#note(request);
		request.protector = protector;
		return request.id;
	}

	// Notes who sent the message at hand.
	#note(request: Request): void {
		const message = this.message, connection = this.connection;
		request.address = this.address;
		request.port = this.port;
		request.localPort = this.#localPort;
		request.connection = connection;
		request.connectionLife = connection === undefined ? 0 : connection.life;
		request.serviceId = message.serviceId;
		request.methodId = message.methodId;
		request.clientId = message.clientId;
		request.sessionId = message.sessionId;
		request.interfaceVersion = message.interfaceVersion;
	}

	#answer(id: number, returnCode: number, bytes: Uint8Array, offset: number, end: number): number {
		const requests = this.#requests;
		let i = 0;
		while (i < requests.length && requests[i]!.id !== id)
			i++;
		if (id === 0 || i === requests.length)
			return DROP_UNEXPECTED_RESPONSE;
		const request = requests[i]!;
		if (!this.#queueAnswer(request, returnCode, bytes, offset, end)) {
			this.statistics.drop(DROP_NOT_SENT);
			return DROP_NOT_SENT;
		}
		request.id = 0;
		return 1;
	}

	// feat_req_someip_655: "the error message shall copy over the fields of the SOME/IP header … but not the payload". False: no room.
	#queueAnswer(to: Request, returnCode: number, bytes: Uint8Array, offset: number, end: number): boolean {
		const type = returnCode === E_OK ? TYPE_RESPONSE : end > offset ? TYPE_ERROR : this.#errorType, connection = to.connection, protector = returnCode === E_OK ? to.protector : undefined;
		if (protector !== undefined && !protector.fits(end - offset))
			return false;
		if (connection !== undefined)
			// Who has closed the connection does not want the answer. feat_req_someip_49: it goes back the way it came.
			return connection.life !== to.connectionLife
				|| connection.send(to.serviceId, to.methodId, to.clientId, to.sessionId, to.interfaceVersion, type, returnCode, bytes, offset, end, protector);
		const answer = this.#queue.push(bytes, offset, end, protector);
		if (answer === undefined)
			return false;
		answer.address = to.address;
		answer.port = to.port;
		answer.sourcePort = to.localPort;
		answer.serviceId = to.serviceId;
		answer.methodId = to.methodId;
		answer.clientId = to.clientId;
		answer.sessionId = to.sessionId;
		answer.interfaceVersion = to.interfaceVersion;
		answer.type = type;
		answer.returnCode = returnCode;
		if (protector !== undefined)
			this.#queue.seal(answer, protector);
		return true;
	}

	// Answers the message at hand with an error where it wants an answer; returns `code`, which is then counted.
	#reject(code: number, returnCode: number): number {
		if (!this.#wantsError(code))
			return code;
		this.#note(this.#refused);
		return this.#queueAnswer(this.#refused, returnCode, this.message.bytes, 0, 0) ? code : DROP_NOT_SENT;
	}

	// feat_req_someip_597, _654, _704: never in answer to an event, to fire and forget, or to what carries an error; nor to an unknown
	// type that is a response (0x80) or an acknowledgement (0x40). Of a long request once.
	#wantsError(code: number): boolean {
		const { type, methodId, returnCode, isSegment, payloadOffset, payloadEnd } = this.message;
		if (returnCode !== E_OK || (type & 0xc0) !== 0 || type === TYPE_REQUEST_NO_RETURN || type === TYPE_NOTIFICATION || methodId >= 0x8000)
			return false;
		if (!isSegment || code <= DROP_E2E_REPEATED)
			return true;
		return code !== DROP_PROTOCOL_VERSION && code !== DROP_MESSAGE_TYPE && payloadEnd - payloadOffset > TP_HEADER_LENGTH
			&& this.message.uint32(payloadOffset) < 16;
	}
}
