import { IPV6_FIRST, type Addresses } from "../../firmware/ports/addresses.js";

/** The 16 bytes of an IPv6 address, for C. Throws where the table does not know it, or there is none. */
export function addressBytes(addresses: Addresses | undefined, address: number, what: string): Uint8Array {
	const bytes = new Uint8Array(16);
	if (addresses === undefined || !addresses.write(address, bytes, 0))
		throw new RangeError(`${what}: address: ${address}, expected an IPv4 one or an IPv6 one that is in \`addresses\``);
	return bytes;
}

/** An `interface` option for C. */
export function interfaceOf(addresses: Addresses | undefined, address: number): number | Uint8Array {
	return address >= IPV6_FIRST ? addressBytes(addresses, address, "interface") : address;
}
