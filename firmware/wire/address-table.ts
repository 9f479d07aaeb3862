import { ADDRESSES_MAX } from "../config.js";
import { IPV6_FIRST, type Addresses } from "../ports/addresses.js";

/** Used later than all others. */
const KEPT = Infinity;
const IPV6_LENGTH = 16;

/** Whether the Number stands for an IPv6 address. */
export function isIpv6(address: number): boolean {
	return address >= IPV6_FIRST;
}

/** IPv6 addresses as Numbers, so that the ports and the cores compare and keep addresses of both families alike.
 *
 *  A Number stands for one address as long as the table knows it and is never given to another one. When the table is
 *  full, the address that was used longest ago is forgotten: sending to its Number fails then, and what comes from there
 *  again looks like a new host. */
export class AddressTable implements Addresses {
	/* Made with the first address, so that a board without IPv6 spares them. */
	#bytes: Uint8Array;
	#numbers: Float64Array;
	#used: Float64Array;
	#uses = 0;
	#next = IPV6_FIRST;
	#last = 0;
	#capacity: number;

	constructor(capacity = ADDRESSES_MAX) {
		this.#capacity = capacity;
		this.#bytes = new Uint8Array(0);
		this.#numbers = this.#used = new Float64Array(0);
	}

	/** The Number of the 16 bytes at bytes[at]; of an IPv4-mapped address (RFC 4291 §2.5.5.2) the IPv4 address itself. */
	intern(bytes: Uint8Array, at: number): number {
		if (isMapped(bytes, at))
			return ((bytes[at + 12]! << 24 | bytes[at + 13]! << 16 | bytes[at + 14]! << 8 | bytes[at + 15]!) >>> 0);
		const index = this.#find(bytes, at);
		this.#use(index);
		this.#last = index;
		return this.#numbers[index]!;
	}

	/** Writes the 16 bytes of an IPv6 address to into[at…]; false where the table does not know the
	 *  Number (any more), or it is IPv4. */
	write(address: number, into: Uint8Array, at: number): boolean {
		const index = this.#indexOf(address);
		if (index < 0)
			return false;
		this.#use(index);
		for (let i = 0, from = index * IPV6_LENGTH; i < IPV6_LENGTH; ++i)
			into[at + i] = this.#bytes[from + i]!;
		return true;
	}

	keep(address: number): void {
		const index = this.#indexOf(address);
		if (index >= 0)
			this.#used[index] = KEPT;
	}

	#use(index: number): void {
		if (this.#used[index] !== KEPT)
			this.#used[index] = ++this.#uses;
	}

	#find(bytes: Uint8Array, at: number): number {
		if (this.#bytes.length === 0)
			this.#create();
		if (this.#isAt(this.#last, bytes, at))
			return this.#last;
		let oldest = 0;
		for (let i = 0; i < this.#capacity; ++i) {
			if (this.#isAt(i, bytes, at))
				return i;
			if (this.#used[i]! < this.#used[oldest]!)
				oldest = i;
		}
		for (let i = 0, to = oldest * IPV6_LENGTH; i < IPV6_LENGTH; ++i)
			this.#bytes[to + i] = bytes[at + i]!;
		this.#numbers[oldest] = this.#next++;
		this.#used[oldest] = 0;
		return oldest;
	}

	#isAt(index: number, bytes: Uint8Array, at: number): boolean {
		if (this.#used[index] === 0)
			return false;
		// From the end: the interface identifiers differ, the prefix mostly does not.
		for (let i = IPV6_LENGTH - 1, from = index * IPV6_LENGTH; i >= 0; --i) {
			if (this.#bytes[from + i] !== bytes[at + i])
				return false;
		}
		return true;
	}

	#create(): void {
		this.#bytes = new Uint8Array(this.#capacity * IPV6_LENGTH);
		this.#numbers = new Float64Array(this.#capacity);
		this.#used = new Float64Array(this.#capacity);
	}

	#indexOf(address: number): number {
		// The places that are free have the Number 0.
		if (!isIpv6(address))
			return -1;
		if (this.#numbers[this.#last] === address)
			return this.#last;
		for (let i = 0; i < this.#capacity; ++i) {
			if (this.#numbers[i] === address)
				return i;
		}
		return -1;
	}
}

function isMapped(bytes: Uint8Array, at: number): boolean {
	for (let i = 0; i < 10; ++i) {
		if (bytes[at + i] !== 0)
			return false;
	}
	return bytes[at + 10] === 0xff && bytes[at + 11] === 0xff;
}
