/** A service of another host: its methods are called, its events subscribed to. Eventgroups are asked for before
 *  Application.start; calls are made once it is available. */
import type { Client } from "../client.js";
import { CALL_NOT_REACHABLE } from "../client.js";
import type { Consumer } from "../consumer.js";
import type { E2eOptions, ProtectedMessage } from "../e2e/e2e-table.js";
import type { Value } from "../payload/type.js";
import { E_MALFORMED_MESSAGE, E_OK } from "../return-code.js";
import { configurationValue } from "../sd/configuration-strings.js";
import { ANY_INSTANCE, ANY_MAJOR, OTHER_SERVICE_KEY } from "../sd/entry.js";
import type { RemoteService } from "../service-table.js";
import { TRANSPORT_AUTO } from "../wanted.js";
import type { PayloadCodec } from "./payload-codec.js";

export interface ProxyOptions {
	serviceId: number;
	/** Default: any; then the instance that is found first is used until it is lost. */
	instanceId?: number;
	/** Default: any. */
	majorVersion?: number;
	/** TRANSPORT_* of wanted.ts: how methods are called where both ways are offered, and eventgroups subscribed to. Default:
	 *  UDP where it is offered, and TCP where it is needed. */
	transport?: number;
	/** The UDP endpoint of a service that nobody announces: it is there as long as the network is, and its events are taken
	 *  (feat_req_someipsd_444); then instance and version are given, and nothing is subscribed to. */
	endpoint?: { address: number; port: number };
	/** Of service 0xfffe, which is not SOME/IP: the value of its otherserv string; default: any. */
	otherService?: string;
	/** The service can be called, or no longer. */
	onAvailability?: (proxy: ServiceProxy, isAvailable: boolean) => void;
}

/** The payload is bytes[offset, end), valid during the call. */
export type EventHandler = (bytes: Uint8Array, offset: number, end: number) => void;
/** A call has ended. `returnCode`: E_OK; what the server answered; or, where `isLocal`, E_TIMEOUT and E_NOT_REACHABLE. */
export type AnswerHandler = (returnCode: number, bytes: Uint8Array, offset: number, end: number, isLocal: boolean) => void;
/** SUBSCRIBED, SUBSCRIPTION_REFUSED or SUBSCRIPTION_LOST of consumer-event.ts. */
export type SubscriptionHandler = (code: number) => void;

/** What an Application lends its proxies. */
export interface ProxyHost {
	/** Before the start: undefined. */
	readonly consumer: Consumer | undefined;
	readonly client: Client | undefined;
	protect(serviceId: number, instanceId: number, messageId: number, options: E2eOptions): ProtectedMessage;
	/** Keeps who is told of the end of `request`. */
	expect(request: number, handler: AnswerHandler): void;
	cancel(request: number): boolean;
	poke(): void;
	assertSetUp(): void;
	readonly now: number;
}

/** An eventgroup that the proxy asks for. */
export interface Wish {
	readonly eventgroupId: number;
	readonly onState: SubscriptionHandler | undefined;
	/** One of `events` is to come in every so many ms, or it is subscribed to anew; 0: whenever they come. */
	readonly silence: number;
	readonly events: readonly number[];
}

export class ServiceProxy {
	readonly serviceId: number;
	/** ANY_INSTANCE: whichever is found. */
	readonly instanceId: number;
	readonly majorVersion: number;
	readonly transport: number;
	readonly endpoint: ProxyOptions["endpoint"];
	readonly otherService: string;
	/** The service can be called. */
	isAvailable = false;
	/** The instance that is called, where it is available. */
	boundInstance = 0;
	readonly wishes: Wish[] = [];
	/** Side by side. */
	readonly #eventIds: number[] = [];
	readonly #handlers: EventHandler[] = [];
	readonly #host: ProxyHost;
	readonly #onAvailability: ProxyOptions["onAvailability"];

	constructor(host: ProxyHost, { serviceId, instanceId = ANY_INSTANCE, majorVersion = ANY_MAJOR, transport = TRANSPORT_AUTO, endpoint, otherService = "", onAvailability }: ProxyOptions) {
		if (endpoint !== undefined && (instanceId === ANY_INSTANCE || majorVersion === ANY_MAJOR))
			throw new RangeError("service " + serviceId + " is at a given endpoint: give its instance and version as well");
		this.#host = host;
		this.endpoint = endpoint;
		this.otherService = otherService;
		this.serviceId = serviceId;
		this.instanceId = instanceId;
		this.majorVersion = majorVersion;
		this.transport = transport;
		this.#onAvailability = onAvailability;
	}

	/** Asks for an eventgroup as long as the application runs. `silence`: where none of `events` (ids) comes for so many ms, it is
	 *  subscribed to anew (feat_req_someipsd_439); 0: they may be rare. */
	subscribe(eventgroupId: number, onState?: SubscriptionHandler, silence = 0, events: readonly number[] = []): void {
		this.#host.assertSetUp();
		if (this.endpoint !== undefined)
			throw new RangeError("service " + this.serviceId + " is at a given endpoint: its events come without a subscription");
		if (silence > 0 && events.length === 0)
			throw new RangeError("which events of eventgroup " + eventgroupId + " end its silence? name them");
		this.wishes.push({ eventgroupId, onState, silence, events });
	}

	/** An event or a method of the service is protected end to end: what is wrong does not come, and ends a call with E_E2E*.
	 *  What is returned has the counters and the state. Throws a RangeError where the options contradict each other, or where
	 *  the service was asked for without an instance. */
	protect(messageId: number, options: E2eOptions): ProtectedMessage {
		this.#host.assertSetUp();
		if (this.instanceId === ANY_INSTANCE)
			throw new RangeError("protected messages have counters of their own instance: ask for one");
		return this.#host.protect(this.serviceId, this.instanceId, messageId, options);
	}

	/** Calls `handler` for each event with this id: of the service's instance that is available. */
	onEvent(eventId: number, handler: EventHandler): void {
		this.#eventIds.push(eventId);
		this.#handlers.push(handler);
	}

	/** The same with the event's value; one that does not decode is passed over. */
	onValue(eventId: number, codec: PayloadCodec, handler: (value: Value) => void): void {
		this.onEvent(eventId, (bytes, offset, end) => {
			const value = codec.decode(bytes, offset, end);
			if (codec.error === 0)
				handler(value);
		});
	}

	/** Calls a method with bytes[offset, end), of which a copy is taken. `handler` is told once within `timeout` ms, unless the
	 *  call is cancelled. Returns the request's number, or a negative CALL_* code: then nothing was sent. */
	call(methodId: number, bytes: Uint8Array, offset: number, end: number, timeout: number, handler: AnswerHandler): number {
		const { client, now } = this.#host;
		const request = client === undefined ? CALL_NOT_REACHABLE : client.call(this.service, methodId, bytes, offset, end, timeout, now);
		if (request >= 0) {
			this.#host.expect(request, handler);
			this.#host.poke();
		}
		return request;
	}

	/** The same without an answer. Returns 1, or a negative CALL_* code. */
	send(methodId: number, bytes: Uint8Array, offset = 0, end = bytes.length): number {
		const { client } = this.#host, request = client === undefined ? CALL_NOT_REACHABLE : client.send(this.service, methodId, bytes, offset, end);
		this.#host.poke();
		return request < 0 ? request : 1;
	}

	/** The handler of this call will not be told. False where the call has ended already. */
	cancel(request: number): boolean {
		return this.#host.cancel(request);
	}

	/** A method with values in place of bytes. */
	method(methodId: number, input?: PayloadCodec, output?: PayloadCodec): MethodProxy {
		return new MethodProxy(this, methodId, input, output);
	}

	/** The value of a string that goes along with its offer (feat_req_someipsd_149): "" where it has none; undefined: there is no such string. */
	configuration(key: string): string | undefined {
		return valueOf(this.service, key);
	}

	/** Where it is offered, while it is available: addresses and ports, priority and weight. */
	get service(): RemoteService | undefined {
		return this.isAvailable ? this.#host.consumer!.services.callable(this.serviceId, this.boundInstance, this.majorVersion) : undefined;
	}

	/** An instance of the service came, went or moved. */
	update(instanceId: number): void {
		if (this.isAvailable ? this.boundInstance !== instanceId : this.instanceId !== ANY_INSTANCE && this.instanceId !== instanceId)
			return;
		const isThere = this.#isCallable(instanceId);
		if (isThere === this.isAvailable)
			return;
		this.#bind(isThere ? instanceId : 0);
		// Others may have been there all the time.
		const { services } = this.#host.consumer!;
		for (let i = 0; i < services.length && !this.isAvailable; i++) {
			const { serviceId, instanceId: other } = services.at(i);
			if (serviceId === this.serviceId && (this.instanceId === ANY_INSTANCE || this.instanceId === other) && this.#isCallable(other))
				this.#bind(other);
		}
	}

	#isCallable(instanceId: number): boolean {
		const service = this.#host.consumer!.services.callable(this.serviceId, instanceId, this.majorVersion);
		return service !== undefined && (this.otherService === "" || valueOf(service, OTHER_SERVICE_KEY) === this.otherService);
	}

	#bind(instanceId: number): void {
		this.boundInstance = instanceId;
		this.isAvailable = instanceId !== 0;
		this.#onAvailability?.(this, this.isAvailable);
	}

	deliver(eventId: number, instanceId: number, bytes: Uint8Array, offset: number, end: number): void {
		if (instanceId !== (this.instanceId === ANY_INSTANCE ? this.boundInstance : this.instanceId))
			return;
		const ids = this.#eventIds;
		for (let i = 0; i < ids.length; i++)
			if (ids[i] === eventId)
				this.#handlers[i]!(bytes, offset, end);
	}
}

function valueOf(service: RemoteService | undefined, key: string): string | undefined {
	const strings = service?.configuration;
	return strings === undefined ? undefined : configurationValue(strings, 0, strings.length, key);
}

/** A method that is called with values. */
export class MethodProxy {
	readonly #proxy: ServiceProxy;
	readonly #methodId: number;
	readonly #input: PayloadCodec | undefined;
	readonly #output: PayloadCodec | undefined;

	constructor(proxy: ServiceProxy, methodId: number, input: PayloadCodec | undefined, output: PayloadCodec | undefined) {
		this.#proxy = proxy;
		this.#methodId = methodId;
		this.#input = input;
		this.#output = output;
	}

	/** As ServiceProxy.call; an answer that does not decode ends with E_MALFORMED_MESSAGE. Returns also MALFORMED_* codes, of `value`. */
	call(value: Value, timeout: number, handler: (returnCode: number, value: Value) => void): number {
		const input = this.#input, output = this.#output, length = input === undefined ? 0 : input.encode(value);
		if (length < 0)
			return length;
		return this.#proxy.call(this.#methodId, input?.bytes ?? new Uint8Array(0), 0, length, timeout, (returnCode, bytes, offset, end) => {
			const result = returnCode === E_OK ? output?.decode(bytes, offset, end) : undefined;
			handler(returnCode === E_OK && output !== undefined && output.error !== 0 ? E_MALFORMED_MESSAGE : returnCode, result);
		});
	}
}
