import { lookup } from "node:dns";
import type { Addresses } from "../../firmware/ports/addresses.js";
import { FAMILY_ANY, FAMILY_IPV4, FAMILY_IPV6, type Resolver } from "../../firmware/ports/resolver.js";
import { addressOfText } from "../../firmware/wire/ipv6-address.js";

export class NodeResolver implements Resolver {
	#addresses: Addresses;

	constructor(addresses: Addresses) {
		this.#addresses = addresses;
	}

	resolve(name: string, onResolved: (address: number) => void, family = FAMILY_IPV4): void {
		if (family !== FAMILY_ANY && family !== FAMILY_IPV4 && family !== FAMILY_IPV6)
			throw new RangeError(`resolver: family: ${family}, expected 0, 4 or 6`);
		// An address's own text comes back whatever family was asked for, and null for an empty name. A zone ("%eth0") that the
		// system adds is not part of the address.
		lookup(name, { family, verbatim: true }, (error, address: string | null, found) =>
			onResolved(error || address === null || (family !== FAMILY_ANY && found !== family) ? -1 : addressOfText(address.split("%")[0]!, this.#addresses)));
	}
}
