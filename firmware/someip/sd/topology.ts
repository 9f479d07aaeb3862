/** Which addresses may stand in endpoint options. */
import { IPV6_FIRST, type Addresses } from "../../ports/addresses.js";
import { getUint32 } from "../../wire/big-endian.js";
import { isMulticast } from "../../wire/ipv4-address.js";

const IPV6_LENGTH = 16;

/** feat_req_someipsd_1135, feat_req_someipsd_1233: "Its value is in a configured range or the local subnet … Is not the
 *  receiver's own IP address, Is no multicast address, Is not 127.0.0.1". */
export class Topology {
	/** Of IPv6 addresses; undefined: those are not accepted. */
	readonly addresses: Addresses | undefined;
	#local: number;
	#netmask: number;
	#check: boolean;
	#localBytes: Uint8Array | undefined;
	#scratch: Uint8Array | undefined;

	/** `local`: as in the ports; `netmask`: uint32, of IPv6 the length of the prefix in bits. `check` false: any unicast
	 *  address will do (feat_req_someipsd_1149). */
	constructor(local: number, netmask: number, check: boolean, addresses?: Addresses) {
		this.addresses = addresses;
		this.#local = local;
		this.#netmask = netmask;
		this.#check = check;
		this.#localBytes = this.#scratch = undefined;
		if (local >= IPV6_FIRST) {
			this.#localBytes = new Uint8Array(IPV6_LENGTH);
			this.#scratch = new Uint8Array(IPV6_LENGTH);
			if (addresses === undefined || !addresses.write(local, this.#localBytes, 0))
				throw new RangeError("the local IPv6 address is not in the table of addresses");
			addresses.keep(local);
		}
	}

	/** Whether the host speaks IPv6 here: options of the other family are passed over. */
	get isIpv6(): boolean {
		return this.#localBytes !== undefined;
	}

	/** The table of addresses is to forget others before this one. */
	touch(address: number): void {
		this.addresses!.write(address, this.#scratch!, 0);
	}

	/** Of an IPv4 address. */
	accepts(address: number): boolean {
		if (address === 0 || address === 0xffffffff || isMulticast(address))
			return false;
		if (!this.#check)
			return true;
		const netmask = this.#netmask, host = (address & ~netmask) >>> 0, widest = ~netmask >>> 0;
		if (((address ^ this.#local) & netmask) !== 0 || address === this.#local || address >>> 24 === 127)
			return false;
		// The subnet's own number and its broadcast address; a /31 has neither.
		return widest <= 1 || (host !== 0 && host !== widest);
	}

	/** The Number of the IPv6 address at bytes[at], or -1. Only one that may stand there takes a place in the table. */
	intern(bytes: Uint8Array, at: number): number {
		const local = this.#localBytes, prefix = this.#netmask;
		if (local === undefined || bytes[at] === 0xff || isNobody(bytes, at, this.#check))
			return -1;
		const isLinkLocal = bytes[at] === 0xfe && (bytes[at + 1]! & 0xc0) === 0x80;
		let bit = 0;
		while (bit < 128 && ((bytes[at + (bit >> 3)]! ^ local[bit >> 3]!) & 0x80 >> (bit & 7)) === 0)
			bit++;
		// A link-local address is on this link, whatever the prefix is.
		if (this.#check && (bit === 128 || (bit < prefix && !isLinkLocal)))
			return -1;
		return this.addresses!.intern(bytes, at);
	}
}

// ::, and ::1 where that is checked; and what is an IPv4 address in disguise.
function isNobody(bytes: Uint8Array, at: number, check: boolean): boolean {
	for (let i = 0; i < 10; i++)
		if (bytes[at + i] !== 0)
			return false;
	const marker = getUint32(bytes, at + 8);
	return marker === 0xffff || (marker === 0 && getUint32(bytes, at + 12) <= (check ? 1 : 0));
}
