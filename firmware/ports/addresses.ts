/** The first Number that stands for an IPv6 address; below it an address is IPv4, uint32 in host order. */
export const IPV6_FIRST = 0x1_0000_0000;

/** IPv6 addresses as Numbers: what ports and cores exchange. Implemented by wire/address-table.ts, one per board. */
export interface Addresses {
	/** The Number of the 16 bytes at bytes[at]; of an IPv4-mapped address the IPv4 address itself. */
	intern(bytes: Uint8Array, at: number): number;
	/** Writes the 16 bytes of an IPv6 address to into[at…]; false where the Number is not known (any more), or is IPv4. */
	write(address: number, into: Uint8Array, at: number): boolean;
	/** Never forgets the address of this Number, whatever else comes: for addresses of one's own, few of them. Does nothing for
	 *  IPv4. */
	keep(address: number): void;
}
