import type { Resolver } from "../../firmware/ports/resolver.js";

const NOT_FOUND = -1;

/** The system's resolver in a thread of its own (resolver.c). At most four queries at once: one more throws. */
class SystemResolver implements Resolver {
	resolve(name: string, onResolved: (address: number) => void): void {
		// int32 from C: addresses from 128.0.0.0 on come as negative numbers, and 255.255.255.255 is no host.
		this.query(name, address => onResolved(address === NOT_FOUND ? NOT_FOUND : address >>> 0));
	}

	query(name: string, onResolved: (address: number) => void): void {
		return native("xs_resolver_query").call(this, name, onResolved);
	}
}

export const resolver: Resolver = Object.freeze(new SystemResolver());
