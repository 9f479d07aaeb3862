import { networkInterfaces } from "node:os";
import { IPV6_FIRST, type Addresses } from "../../firmware/ports/addresses.js";
import { addressText, parseAddress } from "../../firmware/wire/ipv4-address.js";
import { ipv6Text, parseIpv6 } from "../../firmware/wire/ipv6-address.js";

/** The texts that Node's sockets know addresses by, for one socket of one family. */
export class AddressText {
	readonly isIpv6: boolean;
	#addresses: Addresses | undefined;
	#bytes = new Uint8Array(16);
	/** "%eth0" behind link-local addresses. */
	#zone = "";

	/** `address` decides the family. Throws where it is IPv6 and the table does not know it. */
	constructor(address: number, addresses: Addresses | undefined, what: string) {
		this.isIpv6 = address >= IPV6_FIRST;
		this.#addresses = addresses;
		if (this.isIpv6 && addresses?.write(address, this.#bytes, 0) !== true)
			throw new RangeError(`${what}: address: ${address}, expected an IPv4 one or an IPv6 one that is in \`addresses\``);
	}

	/** Takes the zone of link-local addresses from that of one of the machine's own: "%eth0"; "" where it is of no interface. */
	zoneOf(own: number): string {
		const text = this.of(own);
		for (const [name, list] of Object.entries(networkInterfaces())) {
			if (list!.some(entry => entry.address === text))
				this.#zone = `%${name}`;
		}
		return this.#zone;
	}

	/** Text without a zone; "?" where the table does not know the Number. */
	of(address: number): string {
		if (address < IPV6_FIRST)
			return addressText(address);
		return this.#addresses?.write(address, this.#bytes, 0) === true ? ipv6Text(this.#bytes, 0) : "?";
	}

	/** Text for a socket of this family, with the zone where it matters; "" where there is none. */
	find(address: number): string {
		const text = this.of(address);
		if (text === "?" || (address >= IPV6_FIRST) !== this.isIpv6)
			return "";
		return this.isIpv6 && isLinkLocal(this.#bytes) ? text + this.#zone : text;
	}

	/** "10.0.0.1:5", "[::1]:5". */
	endpoint(address: number, port: number): string {
		return address < IPV6_FIRST ? `${addressText(address)}:${port}` : `[${this.of(address)}]:${port}`;
	}

	isGroup(address: number): boolean {
		if (address < IPV6_FIRST)
			return address >>> 28 === 14;
		return this.#addresses?.write(address, this.#bytes, 0) === true && this.#bytes[0] === 0xff;
	}

	/** The Number of text that Node gave. */
	parse(text: string): number {
		if (!text.includes(":"))
			return parseAddress(text);
		parseIpv6(text.split("%")[0]!, this.#bytes, 0);
		return this.#addresses!.intern(this.#bytes, 0);
	}
}

function isLinkLocal(bytes: Uint8Array): boolean {
	return (bytes[0] === 0xfe && (bytes[1]! & 0xc0) === 0x80) || (bytes[0] === 0xff && (bytes[1]! & 15) <= 2);
}
