export const FAMILY_ANY = 0;
export const FAMILY_IPV4 = 4;
export const FAMILY_IPV6 = 6;

/** DNS. The text of an address resolves as well. */
export interface Resolver {
	/** Calls back once, never from within the call: with the address (IPv4: uint32 in host order; IPv6: its Number), or -1
	 *  where none was found. `family`: FAMILY_IPV4 (the default), FAMILY_IPV6, or FAMILY_ANY for the stack's first choice. */
	resolve(name: string, onResolved: (address: number) => void, family?: number): void;
}
