import { METHODS_BYTES, METHOD_BYTES, OUTBOX_BLOCK, OUTBOX_BYTES, OUTBOX_BYTES_MIN, ROUTE_BYTES, SERVICE_BYTES, SHARED_BYTES } from "../config.js";
import type { Configuration } from "./configuration/configuration.js";

/** What services, routes and methods leave of the arena for the outbox, bytes. Throws a RangeError that says what to change
 *  where that is too little. */
export function outboxBytes({ routes, methods }: Pick<Configuration, "routes" | "methods">): number {
	const services = new Set<number>();
	for (const { service, instance } of routes)
		services.add(service * 0x10000 + instance);
	const taken = services.size * SERVICE_BYTES + routes.length * ROUTE_BYTES + (methods.length > 0 ? METHODS_BYTES + methods.length * METHOD_BYTES : 0);
	const left = SHARED_BYTES - taken;
	if (left < OUTBOX_BYTES_MIN)
		throw new RangeError(`routes, methods: ${services.size} services with ${routes.length} routes and ${methods.length} methods need ${OUTBOX_BYTES_MIN - left} bytes more than the board has; leave some out`);
	return left < OUTBOX_BYTES ? left - left % OUTBOX_BLOCK : OUTBOX_BYTES;
}
