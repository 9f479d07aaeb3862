import { isHostAddress } from "../wire/ipv4-address.js";

/** Where the server of one connection is: the address in use, and another that is probed, or was given up for the one that the
 *  server prefers (RFC 9000 §9.6). Addresses: uint32 in host order. */
export class Peer {
	/** Of the datagram that `takes` was asked about: 0: from the address in use, 1: from the other, as Connection.receive has it. */
	path = 0;
	/** The datagram that was written last is for the other one. */
	isForOther = false;
	#address: number;
	#port: number;
	#other = -1;
	#otherPort = 0;

	constructor(address: number, port: number) {
		this.#address = address;
		this.#port = port;
	}

	/** In use. */
	get address(): number {
		return this.#address;
	}

	get port(): number {
		return this.#port;
	}

	/** Of the datagram that was written last. */
	get toAddress(): number {
		return this.isForOther ? this.#other : this.#address;
	}

	get toPort(): number {
		return this.isForOther ? this.#otherPort : this.#port;
	}

	/** Whether a datagram from there is the server's. RFC 9000 §9: "If a client receives packets from an unknown server address,
	 *  the client MUST discard these packets." */
	takes(address: number, port: number): boolean {
		const isOther = address === this.#other && port === this.#otherPort;
		this.path = isOther ? 1 : 0;
		return isOther || (address === this.#address && port === this.#port);
	}

	/** Notes the IPv4 address and port of a preferred_address parameter; false: there is none, or none to go to. The sockets of uplinks
	 *  are IPv4, so what it has of IPv6 does not count. */
	prefer(bytes: Uint8Array): boolean {
		const address = ((bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!) >>> 0, port = bytes[4]! << 8 | bytes[5]!;
		if (port === 0 || !isHostAddress(address) || reach(address) < reach(this.#address) || (address === this.#address && port === this.#port))
			return false;
		this.#other = address;
		this.#otherPort = port;
		return true;
	}

	/** The other one is in use from here on, and what still comes from that before is taken. */
	swap(): void {
		const { address, port } = this;
		this.#address = this.#other;
		this.#port = this.#otherPort;
		this.#other = address;
		this.#otherPort = port;
		this.isForOther = false;
	}

	/** The other one did not answer. */
	forget(): void {
		this.#other = -1;
	}
}

// RFC 9000 §21.5.6: an address nearer to us than the server's own may be meant for hosts that the server cannot reach itself: 0
// for this host, 1 for its link, 2 for private networks, 3 for all others.
function reach(address: number): number {
	const first = address >>> 24, two = address >>> 16;
	if (first === 127)
		return 0;
	if (two === 0xa9fe)
		return 1;
	return first === 10 || address >>> 20 === 0xac1 || two === 0xc0a8 ? 2 : 3;
}
