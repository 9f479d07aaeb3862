/** The subscriptions of a Consumer: when a Subscribe is sent, what its answer changes, when it ends. */
import { SD_SUBSCRIPTIONS_MAX } from "../config.js";
import { DROP_SD_NOT_OWNER, DROP_TABLE_FULL, type Statistics } from "./drop.js";
import type { MulticastGroups } from "./multicast-groups.js";
import { ENTRY_SUBSCRIBE, INITIAL_DATA_REQUESTED, PROTOCOL_TCP, PROTOCOL_UDP } from "./sd/entry.js";
import type { Peer } from "./sd/peer.js";
import type { SdReader } from "./sd/sd-reader.js";
import type { SdWriter } from "./sd/sd-writer.js";
import { lifetime } from "./sd/timing.js";
import type { RemoteService } from "./service-table.js";
import { STATE_ACKNOWLEDGED, STATE_FREE, STATE_NEW, STATE_REFUSED, STATE_SENT, Subscription, WAY_DATAGRAM, WAY_STREAM } from "./subscription.js";

/** Subscribes that are sent without an offer and without an Ack; then the next offer is waited for. */
const UNANSWERED_MAX = 3;

export class SubscriptionTable {
	/** How many are acknowledged. */
	acknowledged = 0;
	#subscriptions: Subscription[] = [];
	#groups: MulticastGroups;
	#statistics: Statistics;
	#ttl: number;
	#lifetime: number;
	#limit: number;
	#explicit: boolean;

	/** `ttl`: seconds that are asked for; `explicit`: the values of fields are asked for by a flag; `limit`: subscriptions at a time. */
	constructor(ttl: number, groups: MulticastGroups, statistics: Statistics, explicit = false, limit = SD_SUBSCRIPTIONS_MAX) {
		this.#explicit = explicit;
		this.#limit = limit;
		this.#ttl = ttl;
		this.#lifetime = lifetime(ttl);
		this.#groups = groups;
		this.#statistics = statistics;
	}

	get length(): number {
		return this.#subscriptions.length;
	}

	at(index: number): Subscription {
		return this.#subscriptions[index]!;
	}

	/** A Subscribe by UDP alone was refused, or one by TCP was sent: TCP is, or may be, what the eventgroup needs. */
	needsStream(service: RemoteService, eventgroupId: number): boolean {
		const subscription = this.#find(service, eventgroupId);
		return subscription !== undefined && (subscription.state === STATE_REFUSED || (subscription.ways & WAY_STREAM) !== 0);
	}

	isByDatagram(service: RemoteService, eventgroupId: number): boolean {
		const subscription = this.#find(service, eventgroupId);
		return subscription !== undefined && subscription.ways === WAY_DATAGRAM;
	}

	/** An offer of `service` came: a Subscribe for this eventgroup is to be sent at `at`, or earlier where one was due
	 *  anyway. `ways`: how its events are to come; `triggered`: the offer came by multicast. */
	offer(service: RemoteService, eventgroupId: number, wish: number, ways: number, triggered: boolean, at: number): void {
		let subscription = this.#find(service, eventgroupId);
		if (subscription === undefined) {
			subscription = this.#add(service, eventgroupId, wish);
			if (subscription === undefined) {
				this.#statistics.drop(DROP_TABLE_FULL);
				return;
			}
		}
		if (ways !== subscription.ways && subscription.open)
			this.#turn(subscription, STATE_NEW);
		subscription.ways = ways;
		if ((ways & WAY_STREAM) !== 0)
			service.connection!.demand();
		if (!subscription.armed || ((at - subscription.at) | 0) < 0)
			subscription.at = at;
		subscription.armed = true;
		subscription.triggered = subscription.triggered || triggered;
		subscription.unanswered = 0;
	}

	/** Takes the SubscribeEventgroupAck or -Nack in `reader`, whose options were looked through; returns 0 or a DROP_* code. */
	answer(service: RemoteService | undefined, reader: SdReader, now: number): number {
		const subscription = service === undefined ? undefined : this.#find(service, reader.eventgroupId);
		if (subscription === undefined || !subscription.open)
			return DROP_SD_NOT_OWNER;
		subscription.awaited = false;
		if (reader.ttl === 0) {
			// It is asked for again with the next offer; without cyclic offers some times by the timer.
			this.#moveGroup(subscription, 0, 0);
			this.#turn(subscription, STATE_REFUSED);
			this.#refused(subscription, service!, now);
			return 0;
		}
		subscription.unanswered = 0;
		const duration = lifetime(reader.ttl);
		subscription.limited = duration >= 0;
		subscription.expires = (now + duration) | 0;
		if (subscription.state !== STATE_ACKNOWLEDGED)
			subscription.heard = now;
		this.#turn(subscription, STATE_ACKNOWLEDGED);
		// feat_req_someipsd_791: "The client shall open the Endpoint specified in the Multicast Option … as fast as possible".
		return this.#moveGroup(subscription, reader.multicastAddress, reader.multicastPort);
	}

	// feat_req_someipsd_869: "the client shall check the TCP connection and shall restart the TCP connection if needed": where
	// nothing else is subscribed by it.
	#refused(subscription: Subscription, service: RemoteService, now: number): void {
		if ((subscription.ways & WAY_STREAM) === 0)
			return;
		for (let i = 0; i < this.#subscriptions.length; i++) {
			const other = this.#subscriptions[i]!;
			if (other.state === STATE_ACKNOWLEDGED && (other.ways & WAY_STREAM) !== 0 && other.service!.connection === service.connection)
				return;
		}
		service.connection!.lost(now);
	}

	/** The host of `service` knows nothing of us any more: what was acknowledged is to be asked for anew. Groups stay joined. */
	restart(service: RemoteService): void {
		for (let i = 0; i < this.#subscriptions.length; i++) {
			const subscription = this.#subscriptions[i]!;
			if (subscription.service !== service || subscription.state === STATE_FREE)
				continue;
			this.#turn(subscription, STATE_NEW);
			subscription.reported = STATE_FREE;
			subscription.armed = subscription.awaited = subscription.triggered = false;
		}
	}

	/** The instance is gone, its subscriptions with it (feat_req_someipsd_831). */
	forget(service: RemoteService): void {
		for (let i = 0; i < this.#subscriptions.length; i++)
			if (this.#subscriptions[i]!.service === service)
				this.#free(this.#subscriptions[i]!);
	}

	/** Every open subscription is to be ended: `write` sends StopSubscribe entries from now on. */
	leave(now: number): void {
		for (let i = 0; i < this.#subscriptions.length; i++) {
			const subscription = this.#subscriptions[i]!;
			if (!subscription.open || !subscription.isReady) {
				this.#free(subscription);
				continue;
			}
			subscription.armed = subscription.leaving = true;
			subscription.at = now;
		}
	}

	/** Ends what the TTL has ended. */
	onTimeout(now: number): void {
		for (let i = 0; i < this.#subscriptions.length; i++) {
			const subscription = this.#subscriptions[i]!;
			// What was subscribed by a connection ends with it on the server's side, and begins anew with the next one. So does, once
			// until the next offer, what was refused: the server may not have taken the connection yet.
			const { open } = subscription;
			if ((open || (subscription.state === STATE_REFUSED && subscription.unanswered === 1)) && (subscription.ways & WAY_STREAM) !== 0
				&& subscription.connectionLife !== subscription.service!.connection!.life) {
				this.#turn(subscription, STATE_NEW);
				subscription.armed = true;
				subscription.awaited = subscription.triggered = false;
				subscription.at = now;
				if (open)
					subscription.unanswered = 0;
			}
			// Renewals may have arrived, and only their answers be lost: events are still listened for.
			if (subscription.state === STATE_ACKNOWLEDGED && subscription.limited && ((now - subscription.expires) | 0) >= 0)
				this.#turn(subscription, STATE_SENT);
		}
	}

	/** ms until the earliest deadline, at most `delay`. */
	timeout(now: number, delay: number): number {
		for (let i = 0; i < this.#subscriptions.length; i++) {
			const subscription = this.#subscriptions[i]!;
			if (subscription.armed && ((subscription.at - now) | 0) < delay && subscription.isReady)
				delay = (subscription.at - now) | 0;
			if (subscription.state === STATE_ACKNOWLEDGED && subscription.limited && ((subscription.expires - now) | 0) < delay)
				delay = (subscription.expires - now) | 0;
		}
		return delay;
	}

	/** The host that entries are due for. */
	duePeer(now: number): Peer | undefined {
		for (let i = 0; i < this.#subscriptions.length; i++)
			if (isDue(this.#subscriptions[i]!, now))
				return this.#subscriptions[i]!.service!.peer;
		return undefined;
	}

	/** Writes the entries that are due for `peer`, as many as fit; they name the endpoint address:port. */
	write(writer: SdWriter, peer: Peer, address: number, port: number, now: number): void {
		for (let i = 0; i < this.#subscriptions.length && writer.fits(2, 2); i++) {
			const subscription = this.#subscriptions[i]!;
			if (!isDue(subscription, now) || subscription.service!.peer !== peer)
				continue;
			if (subscription.leaving) {
				endpoints(writer, subscription, address, port);
				this.#entry(writer, subscription, 0);
				this.#free(subscription);
				continue;
			}
			// feat_req_someipsd_844, _1178: where the answer is missing, "send a StopSubscribeEventgroup entry and a
			// SubscribeEventgroup entry in the same SOME/IP-SD message", "directly behind each other".
			const isUnanswered = subscription.awaited && subscription.triggered;
			if (isUnanswered && !(this.#explicit && peer.isExplicit)) {
				endpoints(writer, subscription, address, port);
				this.#entry(writer, subscription, 0);
			}
			endpoints(writer, subscription, address, port);
			this.#entry(writer, subscription, this.#ttl, isUnanswered);
			this.#sent(subscription, now);
		}
	}

	// feat_req_someipsd_1191, feat_req_someipsd_1192: "if it has no active subscription to the Eventgroup"; feat_req_someipsd_844.
	// Exception: feat_req_someipsd_1191: only where it is switched on; AUTOSAR R21-11 removed the initial-data flag.
	#entry(writer: SdWriter, subscription: Subscription, ttl: number, isUnanswered = false): void {
		const service = subscription.service!;
		const bits = this.#explicit && ttl > 0 && (isUnanswered || subscription.state !== STATE_ACKNOWLEDGED) ? INITIAL_DATA_REQUESTED : 0;
		writer.eventgroup(ENTRY_SUBSCRIBE, service.serviceId, service.instanceId, service.majorVersion, ttl, bits, subscription.eventgroupId);
	}

	#sent(subscription: Subscription, now: number): void {
		if (subscription.state !== STATE_ACKNOWLEDGED)
			this.#turn(subscription, STATE_SENT);
		subscription.connectionLife = subscription.service!.connection?.life ?? 0;
		subscription.awaited = subscription.triggered;
		subscription.triggered = false;
		// Without cyclic offers the TTL would run out.
		subscription.armed = this.#lifetime >= 0 && subscription.unanswered < UNANSWERED_MAX;
		subscription.unanswered++;
		subscription.at = (now + this.#lifetime / 3 * 2) | 0;
	}

	#find(service: RemoteService, eventgroupId: number): Subscription | undefined {
		const subscriptions = this.#subscriptions;
		for (let i = 0; i < subscriptions.length; i++)
			if (subscriptions[i]!.service === service && subscriptions[i]!.eventgroupId === eventgroupId)
				return subscriptions[i];
		return undefined;
	}

	#add(service: RemoteService, eventgroupId: number, wish: number): Subscription | undefined {
		const subscriptions = this.#subscriptions;
		let subscription: Subscription | undefined;
		for (let i = 0; i < subscriptions.length && subscription === undefined; i++)
			if (subscriptions[i]!.state === STATE_FREE)
				subscription = subscriptions[i];
		if (subscription === undefined) {
			if (subscriptions.length === this.#limit)
				return undefined;
			subscription = new Subscription();
			subscriptions.push(subscription);
		}
		subscription.state = STATE_NEW;
		subscription.service = service;
		subscription.eventgroupId = eventgroupId;
		subscription.wish = wish;
		subscription.ways = WAY_DATAGRAM;
		subscription.armed = false;
		return subscription;
	}

	#free(subscription: Subscription): void {
		this.#moveGroup(subscription, 0, 0);
		this.#turn(subscription, STATE_FREE);
		subscription.service = undefined;
		subscription.reported = STATE_FREE;
		subscription.armed = subscription.triggered = subscription.awaited = subscription.leaving = false;
		subscription.unanswered = 0;
	}

	#turn(subscription: Subscription, state: number): void {
		const open = subscription.open;
		if (subscription.state === STATE_ACKNOWLEDGED)
			this.acknowledged--;
		subscription.state = state;
		if (state === STATE_ACKNOWLEDGED)
			this.acknowledged++;
		if (open !== subscription.open)
			subscription.service!.subscribed += open ? -1 : 1;
	}

	#moveGroup(subscription: Subscription, address: number, port: number): number {
		if (subscription.groupAddress === address && subscription.groupPort === port)
			return 0;
		const fits = address === 0 || this.#groups.use(address, port);
		if (subscription.groupAddress !== 0)
			this.#groups.release(subscription.groupAddress, subscription.groupPort);
		subscription.groupAddress = fits ? address : 0;
		subscription.groupPort = fits ? port : 0;
		return fits ? 0 : DROP_TABLE_FULL;
	}
}

function isDue(subscription: Subscription, now: number): boolean {
	return subscription.armed && ((now - subscription.at) | 0) >= 0 && subscription.isReady;
}

// feat_req_someipsd_848, _1177: where its events are to come.
function endpoints(writer: SdWriter, subscription: Subscription, address: number, port: number): void {
	if ((subscription.ways & WAY_DATAGRAM) !== 0)
		writer.endpoint(address, port, PROTOCOL_UDP);
	if ((subscription.ways & WAY_STREAM) !== 0)
		writer.endpoint(address, subscription.service!.connection!.localPort, PROTOCOL_TCP);
}
