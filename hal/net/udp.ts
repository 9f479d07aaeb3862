import { IPV6_FIRST, type Addresses } from "../../firmware/ports/addresses.js";
import { SEND_FAILED, type DatagramSocket, type DatagramSocketFactory, type DatagramSocketOptions } from "../../firmware/ports/datagram-socket.js";
import { addressBytes, interfaceOf } from "./ipv6-argument.js";

/** One UDP socket of the system's (udp.c). It stays open until `close`, whether or not it is referred to. C takes an IPv4
 *  address as a Number and an IPv6 address as its 16 bytes. */
class UdpSocket extends Native("xs_udp_destructor") implements DatagramSocket {
	constructor(address: number | Uint8Array, port: number, device: number | Uint8Array, ttl: number, ecn: boolean, onReadable: () => void) {
		super();
		native("xs_udp").call(this, address, port, device, ttl, ecn, onReadable);
	}

	get sourceAddress(): number {
		return native("xs_udp_source_address_get").call(this);
	}

	get sourcePort(): number {
		return native("xs_udp_source_port_get").call(this);
	}

	get localPort(): number {
		return native("xs_udp_local_port_get").call(this);
	}

	get dropped(): number {
		return native("xs_udp_dropped_get").call(this);
	}

	get ecnSupported(): boolean {
		return native("xs_udp_ecn_supported_get").call(this);
	}

	get ecn(): number {
		return native("xs_udp_ecn_get").call(this);
	}

	get sendEcn(): number {
		return native("xs_udp_send_ecn_get").call(this);
	}

	set sendEcn(value: number) {
		native("xs_udp_send_ecn_set").call(this, value);
	}

	receive(into: Uint8Array): number {
		return native("xs_udp_receive").call(this, into);
	}

	send(bytes: Uint8Array, offset: number, end: number, address: number | Uint8Array, port: number): number {
		return native("xs_udp_send").call(this, bytes, offset, end, address, port);
	}

	/** Writes the source's 16 bytes. */
	writeSource(into: Uint8Array): void {
		return native("xs_udp_source").call(this, into);
	}

	close(): void {
		return native("xs_udp_close").call(this);
	}
}

class UdpSocket6 extends UdpSocket {
	#addresses: Addresses;
	#from: Uint8Array;
	#to: Uint8Array;

	constructor(addresses: Addresses, address: Uint8Array, options: DatagramSocketOptions) {
		const device = options.interface === undefined ? (address[0] === 0xff ? 0 : address) : interfaceOf(addresses, options.interface);
		super(address, options.port, device, options.ttl ?? 1, options.ecn === true, options.onReadable);
		this.#addresses = addresses;
		this.#from = new Uint8Array(16);
		this.#to = new Uint8Array(16);
	}

	override get sourceAddress(): number {
		this.writeSource(this.#from);
		return this.#addresses.intern(this.#from, 0);
	}

	override send(bytes: Uint8Array, offset: number, end: number, address: number, port: number): number {
		if (!this.#addresses.write(address, this.#to, 0))
			return SEND_FAILED;
		return super.send(bytes, offset, end, this.#to, port);
	}
}

export const datagramSocket: DatagramSocketFactory = options => {
	const { address } = options;
	if (address >= IPV6_FIRST) {
		const addresses = options.addresses;
		return new UdpSocket6(addresses!, addressBytes(addresses, address, "udp"), options);
	}
	const isGroup = (address >>> 28) === 14;
	return new UdpSocket(address, options.port, options.interface ?? (isGroup ? 0 : address), options.ttl ?? 1, options.ecn === true, options.onReadable);
};
