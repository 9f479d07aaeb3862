import type { RouteConfiguration } from "./configuration/configuration.js";
import { ANY_INSTANCE } from "./configuration/table.js";

/** `find`: no route wants this event. */
export const NO_ROUTE = -1;

/** The routes, sorted by service, event and instance. A look-up allocates nothing. */
export class RouteTable {
	/** service << 16 | event. */
	#messageIds: Uint32Array;
	#instances: Uint16Array;
	#topics: Int16Array;
	/** Bit 0: QoS; bit 1: retain. */
	#flags: Uint8Array;

	/** `addTopic` is called once for every different topic; it returns the handle that is kept. */
	constructor(routes: readonly RouteConfiguration[], addTopic: (topic: string) => number) {
		const sorted = routes.slice().sort((a, b) => messageId(a) - messageId(b) || a.instance - b.instance);
		const handles = new Map<string, number>();
		this.#messageIds = new Uint32Array(sorted.length);
		this.#instances = new Uint16Array(sorted.length);
		this.#topics = new Int16Array(sorted.length);
		this.#flags = new Uint8Array(sorted.length);
		for (let i = 0; i < sorted.length; i++) {
			const route = sorted[i]!;
			let handle = handles.get(route.topic);
			if (handle === undefined)
				handles.set(route.topic, handle = addTopic(route.topic));
			this.#messageIds[i] = messageId(route);
			this.#instances[i] = route.instance;
			this.#topics[i] = handle;
			this.#flags[i] = route.qos | (route.retain ? 2 : 0);
		}
	}

	get length(): number {
		return this.#messageIds.length;
	}

	/** The route of an event of this service instance, or NO_ROUTE. */
	find(service: number, event: number, instance: number): number {
		const ids = this.#messageIds, id = (service * 0x10000 + event) >>> 0;
		let low = 0, high = ids.length;
		while (low < high) {
			const middle = (low + high) >> 1;
			if (ids[middle]! < id)
				low = middle + 1;
			else
				high = middle;
		}
		for (; low < ids.length && ids[low] === id; low++) {
			const wanted = this.#instances[low]!;
			if (wanted === instance || wanted === ANY_INSTANCE)
				return low;
		}
		return NO_ROUTE;
	}

	/** The topic's handle. */
	topic(route: number): number {
		return this.#topics[route]!;
	}

	qos(route: number): 0 | 1 {
		return (this.#flags[route]! & 1) as 0 | 1;
	}

	retain(route: number): boolean {
		return (this.#flags[route]! & 2) !== 0;
	}
}

function messageId(route: RouteConfiguration): number {
	return route.service * 0x10000 + route.event;
}
