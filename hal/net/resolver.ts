import type { Addresses } from "../../firmware/ports/addresses.js";
import { FAMILY_IPV4, type Resolver } from "../../firmware/ports/resolver.js";

/** The system's resolver in a thread of its own (resolver.c). At most four queries at once: one more throws. */
export class SystemResolver implements Resolver {
	#addresses: Addresses;
	#bytes: Uint8Array;

	constructor(addresses: Addresses) {
		this.#addresses = addresses;
		this.#bytes = new Uint8Array(16);
	}

	resolve(name: string, onResolved: (address: number) => void, family = FAMILY_IPV4): void {
		this.query(name, family, found => {
			if (found === 0)
				return onResolved(-1);
			this.writeAnswer(this.#bytes);
			return onResolved(this.#addresses.intern(this.#bytes, 0));
		});
	}

	/** Calls back with 0 where nothing was found. */
	query(name: string, family: number, onAnswer: (found: number) => void): void {
		return native("xs_resolver_query").call(this, name, family, onAnswer);
	}

	/** The 16 bytes of the answer that is being told, an IPv4 one as mapped address. */
	writeAnswer(into: Uint8Array): void {
		return native("xs_resolver_answer").call(this, into);
	}
}
