import { IPV6_FIRST, type Addresses } from "../../firmware/ports/addresses.js";
import type { StreamListener, StreamListenerFactory, StreamListenerOptions, StreamSocket, StreamSocketFactory } from "../../firmware/ports/stream-socket.js";
import { addressBytes, interfaceOf } from "./ipv6-argument.js";

const NOT_ACCEPTED = -1;

/** One TCP connection of the system's (tcp.c). It stays until `close`, whether or not it is referred to. C takes an IPv4
 *  address as a Number and an IPv6 address as its 16 bytes. */
class TcpSocket extends Native("xs_tcp_destructor") implements StreamSocket {
	constructor(peer: number | Uint8Array, port: number, device: number | Uint8Array, accepted: number, onChanged: () => void) {
		super();
		native("xs_tcp").call(this, peer, port, device, accepted, onChanged);
	}

	get state(): number {
		return native("xs_tcp_state_get").call(this);
	}

	get peerAddress(): number {
		return native("xs_tcp_peer_address_get").call(this);
	}

	get peerPort(): number {
		return native("xs_tcp_peer_port_get").call(this);
	}

	get localPort(): number {
		return native("xs_tcp_local_port_get").call(this);
	}

	get fault(): string {
		return native("xs_tcp_fault_get").call(this);
	}

	receive(into: Uint8Array, at: number, end: number): number {
		return native("xs_tcp_receive").call(this, into, at, end);
	}

	send(bytes: Uint8Array, offset: number, end: number): number {
		return native("xs_tcp_send").call(this, bytes, offset, end);
	}

	finish(): void {
		return native("xs_tcp_finish").call(this);
	}

	/** Writes the peer's 16 bytes. */
	writePeer(into: Uint8Array): void {
		return native("xs_tcp_peer").call(this, into);
	}

	close(): void {
		return native("xs_tcp_close").call(this);
	}
}

class TcpSocket6 extends TcpSocket {
	#peerAddress: number;

	constructor(addresses: Addresses, peer: number | Uint8Array, port: number, device: number | Uint8Array, accepted: number, onChanged: () => void) {
		super(peer, port, device, accepted, onChanged);
		const bytes = new Uint8Array(16);
		this.writePeer(bytes);
		this.#peerAddress = addresses.intern(bytes, 0);
	}

	override get peerAddress(): number {
		return this.#peerAddress;
	}
}

export const streamSocket: StreamSocketFactory = options => {
	const { address, port, addresses, onChanged } = options;
	const device = interfaceOf(addresses, options.interface ?? 0);
	if (address >= IPV6_FIRST)
		return new TcpSocket6(addresses!, addressBytes(addresses, address, "tcp"), port, device, NOT_ACCEPTED, onChanged);
	return new TcpSocket(address, port, device, NOT_ACCEPTED, onChanged);
};

class Listener extends Native("xs_tcp_listener_destructor") {
	constructor(address: number | Uint8Array, port: number, backlog: number, onChanged: () => void) {
		super();
		native("xs_tcp_listener").call(this, address, port, backlog, onChanged);
	}

	get localPort(): number {
		return native("xs_tcp_listener_local_port_get").call(this);
	}

	/** Takes the next connection; returns what its constructor needs, or -1. */
	take(onChanged: () => void): number {
		return native("xs_tcp_listener_accept").call(this, onChanged);
	}

	close(): void {
		return native("xs_tcp_listener_close").call(this);
	}
}

class TcpListener extends Listener implements StreamListener {
	#addresses: Addresses | undefined;

	constructor({ address, port, addresses, backlog = 4, onChanged }: StreamListenerOptions) {
		const isIpv6 = address >= IPV6_FIRST;
		super(isIpv6 ? addressBytes(addresses, address, "tcp") : address, port, backlog, onChanged);
		this.#addresses = isIpv6 ? addresses : undefined;
	}

	accept(onChanged: () => void): StreamSocket | undefined {
		const accepted = this.take(onChanged);
		if (accepted < 0)
			return undefined;
		return this.#addresses === undefined ? new TcpSocket(0, 0, 0, accepted, onChanged)
			: new TcpSocket6(this.#addresses, 0, 0, 0, accepted, onChanged);
	}
}

export const streamListener: StreamListenerFactory = options => new TcpListener(options);
