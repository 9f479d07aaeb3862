/** A service that is offered here: its methods, events and fields. Everything is added before Application.start. */
import { copyBytes } from "../../wire/big-endian.js";
import type { E2eOptions } from "../e2e/e2e-table.js";
import type { ProtectionOptions } from "../e2e/protection.js";
import type { Provider } from "../provider.js";
import { E_MALFORMED_MESSAGE, E_NOT_READY, E_OK } from "../return-code.js";
import type { Value } from "../payload/type.js";
import type { MethodHandler, MethodRequest } from "./method-request.js";
import type { PayloadCodec } from "./payload-codec.js";

export interface ServiceOptions {
	/** Open SOME/IP feat_req_someipids_505: not 0x0000 or 0xffff. 0xfffe: a service that is not SOME/IP, whose configuration says
	 *  otherserv=…, and which needs no port (feat_req_someipsd_500). */
	serviceId: number;
	instanceId: number;
	/** Interface version of the messages, and what clients ask for. */
	majorVersion: number;
	minorVersion?: number;
	/** UDP and TCP port of this instance: others for each instance of a service (feat_req_someip_445). One of them at least. */
	port?: number;
	tcpPort?: number;
	/** Seconds that an offer is good for; default 3. */
	ttl?: number;
	/** Strings "key=value" or "key" that go along with the offer (feat_req_someipsd_149). */
	configuration?: readonly string[];
	/** For clients that may choose between instances: 0…0xffff, the lowest priority is served first, and there the more often, the more
	 *  weight (feat_req_someipsd_174). */
	priority?: number;
	weight?: number;
}

/** How many subscribers an eventgroup has now: whether it is wanted (feat_req_someipsd_16). */
export type SubscribersHandler = (count: number) => void;

/** What an Application lends its services. */
export interface SkeletonHost {
	readonly provider: Provider;
	/** Registers a method of the service with handle `server`. */
	method(server: number, methodId: number, isFireAndForget: boolean, handler: MethodHandler, e2e: E2eOptions | undefined): void;
	/** `handler` is told how many subscribers the eventgroup has, whenever that changes. */
	watchSubscribers(eventgroup: number, handler: SubscribersHandler): void;
	/** There is something to send. */
	poke(): void;
	assertSetUp(): void;
	readonly now: number;
}

/** An event that is sent to all who subscribed to one of its eventgroups. */
export class EventSource {
	protected readonly host: SkeletonHost;
	readonly #handle: number;
	readonly #codec: PayloadCodec | undefined;

	constructor(host: SkeletonHost, handle: number, codec: PayloadCodec | undefined) {
		this.host = host;
		this.#handle = handle;
		this.#codec = codec;
	}

	/** Protects it end to end, before the start. Throws a RangeError where the options contradict each other. */
	protect(options: ProtectionOptions): void {
		this.host.assertSetUp();
		this.host.provider.protect(this.#handle, options);
	}

	/** Sends bytes[offset, end), of which a copy is taken. Returns 1, or DROP_NOT_SENT: the queue is full or it is too long. */
	notify(bytes: Uint8Array, offset = 0, end = bytes.length): number {
		const code = this.host.provider.notify(this.#handle, bytes, offset, end);
		this.host.poke();
		return code;
	}

	/** Sends it to the subscribers on some hosts alone (addresses, as of Skeleton.subscribingHosts), by unicast; not of a field. As `notify`. */
	notifyOnly(hosts: readonly number[], bytes: Uint8Array, offset = 0, end = bytes.length): number {
		let result = 1;
		for (const host of hosts) {
			const code = this.host.provider.notify(this.#handle, bytes, offset, end, host);
			result = code < 0 ? code : result;
		}
		this.host.poke();
		return result;
	}

	/** Sends a value of the event's codec. Returns 1, DROP_NOT_SENT, or a MALFORMED_* code. */
	send(value: Value): number {
		const codec = codecOf(this.#codec, "event"), length = codec.encode(value);
		return length < 0 ? length : this.notify(codec.bytes, 0, length);
	}
}

export interface FieldOptions {
	/** Method ids; a field without one of them cannot be read, or written. */
	getter?: number;
	setter?: number;
	/** Event id; then `eventgroups` are given as well. New subscribers get the value at once. */
	notifier?: number;
	eventgroups?: readonly number[];
	/** The notifier goes by TCP. */
	isReliable?: boolean;
	/** The value's type, for `value` and `assign`. */
	codec?: PayloadCodec;
	/** Judges a value that a client wants to set: payload[offset, end). Returns E_OK to adopt it, or the code of the error that
	 *  answers it. May set another value itself: whatever the field holds then is what the client is told. */
	onSet?: (field: Field, bytes: Uint8Array, offset: number, end: number) => number;
}

/** A value that clients read, write and subscribe to, as far as the options say (feat_req_someip_631…_635). */
export class Field {
	/** The value is bytes[0, length); length -1: there is none yet, and getters are answered with E_NOT_READY. */
	bytes = new Uint8Array(0);
	length = -1;
	/** Whether `set` was called since a setter began. */
	#isSet = false;
	/** Where it has one. */
	readonly notifier: EventSource | undefined;
	readonly #codec: PayloadCodec | undefined;
	readonly #onSet: FieldOptions["onSet"];

	constructor(notifier: EventSource | undefined, { codec, onSet }: FieldOptions) {
		this.notifier = notifier;
		this.#codec = codec;
		this.#onSet = onSet;
	}

	/** Takes a copy of bytes[offset, end) as the value and tells the subscribers. Returns 1, or DROP_NOT_SENT: they were not told. */
	set(bytes: Uint8Array, offset = 0, end = bytes.length): number {
		const length = end - offset;
		if (this.bytes.length < length)
			this.bytes = new Uint8Array(length);
		copyBytes(bytes, offset, end, this.bytes, 0);
		this.length = length;
		this.#isSet = true;
		return this.notifier === undefined ? 1 : this.notifier.notify(this.bytes, 0, length);
	}

	/** Sets a value of the field's codec. Returns 1, DROP_NOT_SENT, or a MALFORMED_* code. */
	assign(value: Value): number {
		const codec = codecOf(this.#codec, "field"), length = codec.encode(value);
		return length < 0 ? length : this.set(codec.bytes, 0, length);
	}

	/** The value by the field's codec; undefined where there is none. */
	get value(): Value {
		return this.length < 0 ? undefined : codecOf(this.#codec, "field").decode(this.bytes, 0, this.length);
	}

	/** Answers a client's setter. feat_req_someip_634: the call "has the desired value of the field in the payload of the request
	 *  message and the value that was set to the field in the payload of the response message". */
	adopt(request: MethodRequest): void {
		const { payload, payloadOffset, payloadEnd } = request;
		this.#isSet = false;
		if (this.#codec !== undefined) {
			this.#codec.decode(payload, payloadOffset, payloadEnd);
			if (this.#codec.error !== 0)
				return request.refuse(E_MALFORMED_MESSAGE);
		}
		const code = this.#onSet === undefined ? E_OK : this.#onSet(this, payload, payloadOffset, payloadEnd);
		if (code !== E_OK)
			return request.refuse(code);
		if (!this.#isSet)
			this.set(payload, payloadOffset, payloadEnd);
		request.respond(this.bytes, 0, this.length);
	}
}

export class Skeleton {
	readonly #host: SkeletonHost;
	/** Handles of the provider and the server. */
	readonly #provider: number;
	readonly #server: number;

	constructor(host: SkeletonHost, provider: number, server: number) {
		this.#host = host;
		this.#provider = provider;
		this.#server = server;
	}

	/** Adds a method. `handler` answers the request, at once or later (MethodRequest.defer). `isFireAndForget`: clients wait
	 *  for no answer; `e2e`: requests and answers are protected end to end. Throws a RangeError where the id is no method's or
	 *  taken, or the options contradict each other. */
	method(methodId: number, handler: MethodHandler, isFireAndForget = false, e2e?: E2eOptions): void {
		this.#host.assertSetUp();
		this.#host.method(this.#server, methodId, isFireAndForget, handler, e2e);
	}

	/** Adds an eventgroup; returns its handle. `address` and `port`: its events go there by multicast once there are
	 *  `threshold` subscribers (feat_req_someip_813). `onSubscribers`: told of their number when it changes. */
	eventgroup(eventgroupId: number, address = 0, port = 0, threshold = 1, onSubscribers?: SubscribersHandler): number {
		this.#host.assertSetUp();
		const eventgroup = this.#host.provider.eventgroup(this.#provider, eventgroupId, address, port, threshold);
		if (onSubscribers !== undefined)
			this.#host.watchSubscribers(eventgroup, onSubscribers);
		return eventgroup;
	}

	/** Adds an event to eventgroups (handles). `isReliable`: it goes by TCP. */
	event(eventId: number, eventgroups: readonly number[], codec?: PayloadCodec, isReliable = false): EventSource {
		this.#host.assertSetUp();
		return new EventSource(this.#host, this.#host.provider.event(checkEvent(eventId), eventgroups, isReliable), codec);
	}

	field(options: FieldOptions): Field {
		this.#host.assertSetUp();
		const { getter, setter, notifier, eventgroups = [], isReliable = false, codec } = options;
		if (getter === undefined && setter === undefined && notifier === undefined)
			throw new RangeError("a field without getter, setter and notifier does not exist");
		const source = notifier === undefined ? undefined : new EventSource(this.#host, this.#host.provider.field(checkEvent(notifier), eventgroups, isReliable), codec);
		const field = new Field(source, options);
		if (getter !== undefined)
			this.method(getter, request => field.length < 0 ? request.refuse(E_NOT_READY) : request.respond(field.bytes, 0, field.length));
		if (setter !== undefined)
			this.method(setter, request => field.adopt(request));
		return field;
	}

	/** The eventgroup (handle) has a subscriber at this UDP endpoint that does not subscribe (feat_req_someipsd_444). */
	preset(eventgroup: number, address: number, port: number): void {
		this.#host.assertSetUp();
		if (!this.#host.provider.preset(eventgroup, address, port))
			throw new RangeError("there are more preset subscribers than PROVIDER_SUBSCRIBERS_MAX");
	}

	/** The addresses of the hosts that subscribed to an eventgroup (handle); makes a list. */
	subscribingHosts(eventgroup: number): number[] {
		return this.#host.provider.subscribingHosts(eventgroup);
	}

	/** How many subscribers an eventgroup (handle) has. */
	subscribersOf(eventgroup: number): number {
		return this.#host.provider.subscribersOf(eventgroup);
	}

	/** Withdraws the service while the application runs: StopOffer; subscriptions end. */
	stopOffer(): void {
		this.#host.provider.stopOffer(this.#provider);
		this.#host.poke();
	}

	/** Offers it again. */
	startOffer(): void {
		this.#host.provider.startOffer(this.#provider, this.#host.now);
		this.#host.poke();
	}
}

function codecOf(codec: PayloadCodec | undefined, what: string): PayloadCodec {
	if (codec === undefined)
		throw new Error("this " + what + " has no codec: give one where it is added, or use bytes");
	return codec;
}

// feat_req_someip_626: events have the first bit of the method id set; 0x8000 and 0xffff are reserved (feat_req_someipids_636).
function checkEvent(eventId: number): number {
	if (!(eventId > 0x8000 && eventId < 0xffff))
		throw new RangeError("event id " + eventId + " is not within 0x8001…0xfffe");
	return eventId;
}
