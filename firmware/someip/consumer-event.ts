/** What a Consumer tells the application. Told by comparing states, not by a queue: nothing overflows, and a state that
 *  came and went between two calls is passed over. */
import type { MulticastGroups } from "./multicast-groups.js";
import type { PeerTable } from "./sd/peer.js";
import { SERVICE_FREE, SERVICE_GONE, SERVICE_UP, type ServiceTable } from "./service-table.js";
import { STATE_ACKNOWLEDGED, STATE_FREE, STATE_REFUSED } from "./subscription.js";
import type { SubscriptionTable } from "./subscription-table.js";

export const EVENT_NONE = 0;
/** serviceId, instanceId, address and port of its endpoint. */
export const SERVICE_AVAILABLE = 1;
export const SERVICE_LOST = 2;
/** Offered, but not by a transport that can be had here: it cannot be reached. */
export const SERVICE_UNSUPPORTED = 3;
/** serviceId, instanceId, eventgroupId, wish. */
export const SUBSCRIBED = 4;
export const SUBSCRIPTION_REFUSED = 5;
/** Its TTL ran out without an answer; it is still asked for. */
export const SUBSCRIPTION_LOST = 6;
/** address: the host that has rebooted. */
export const PEER_REBOOTED = 7;
/** address, port: where events come by multicast from now on, or no longer. */
export const MULTICAST_JOIN = 8;
export const MULTICAST_LEAVE = 9;

export class ConsumerEvent {
	serviceId = 0;
	instanceId = 0;
	eventgroupId = 0;
	/** The handle that `request` gave. */
	wish = 0;
	address = 0;
	port = 0;
	/** Of SERVICE_AVAILABLE: it is offered by TCP alone. */
	isStream = false;
	/** The strings of its configuration options: see sd/configuration-strings.ts. */
	configuration: Uint8Array | undefined = undefined;
	#peers: PeerTable;
	#groups: MulticastGroups;
	#services: ServiceTable;
	#subscriptions: SubscriptionTable;

	constructor(peers: PeerTable, groups: MulticastGroups, services: ServiceTable, subscriptions: SubscriptionTable) {
		this.#peers = peers;
		this.#groups = groups;
		this.#services = services;
		this.#subscriptions = subscriptions;
	}

	/** Returns the next thing that is to be told, its fields set, or EVENT_NONE. */
	poll(): number {
		return this.#pollPeers() || this.#pollGroups() || this.#pollServices() || this.#pollSubscriptions();
	}

	#pollPeers(): number {
		for (let i = 0; i < this.#peers.length; i++) {
			const peer = this.#peers.at(i);
			if (!peer.rebooted)
				continue;
			peer.rebooted = false;
			this.address = peer.address;
			return PEER_REBOOTED;
		}
		return EVENT_NONE;
	}

	#pollGroups(): number {
		const group = this.#groups.pollChange();
		if (group === undefined)
			return EVENT_NONE;
		this.address = group.address;
		this.port = group.port;
		return group.joined ? MULTICAST_JOIN : MULTICAST_LEAVE;
	}

	#pollServices(): number {
		for (let i = 0; i < this.#services.length; i++) {
			const service = this.#services.at(i), gone = service.state === SERVICE_GONE;
			if (!gone && (service.state !== SERVICE_UP || service.reported))
				continue;
			this.serviceId = service.serviceId;
			this.instanceId = service.instanceId;
			this.isStream = service.port === 0 && service.connection !== undefined;
			this.address = this.isStream ? service.connection!.address : service.address;
			this.port = this.isStream ? service.connection!.port : service.port;
			this.configuration = gone ? undefined : service.configuration;
			service.reported = !gone;
			if (gone)
				service.state = SERVICE_FREE;
			return gone ? SERVICE_LOST : service.isReachable ? SERVICE_AVAILABLE : SERVICE_UNSUPPORTED;
		}
		return EVENT_NONE;
	}

	#pollSubscriptions(): number {
		for (let i = 0; i < this.#subscriptions.length; i++) {
			const subscription = this.#subscriptions.at(i), state = subscription.state;
			const final = state === STATE_ACKNOWLEDGED || state === STATE_REFUSED;
			const lost = !final && subscription.reported === STATE_ACKNOWLEDGED;
			if (!lost && (!final || subscription.reported === state))
				continue;
			this.serviceId = subscription.service!.serviceId;
			this.instanceId = subscription.service!.instanceId;
			this.eventgroupId = subscription.eventgroupId;
			this.wish = subscription.wish;
			subscription.reported = lost ? STATE_FREE : state;
			return lost ? SUBSCRIPTION_LOST : state === STATE_REFUSED ? SUBSCRIPTION_REFUSED : SUBSCRIBED;
		}
		return EVENT_NONE;
	}
}
