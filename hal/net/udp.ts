import type { DatagramSocket, DatagramSocketFactory } from "../../firmware/ports/datagram-socket.js";

/** One UDP socket of the system's (udp.c). It stays open until `close`, whether or not it is referred to. */
class UdpSocket extends Native("xs_udp_destructor") implements DatagramSocket {
	constructor(address: number, port: number, device: number, ttl: number, onReadable: () => void) {
		super();
		native("xs_udp").call(this, address, port, device, ttl, onReadable);
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

	receive(into: Uint8Array): number {
		return native("xs_udp_receive").call(this, into);
	}

	send(bytes: Uint8Array, offset: number, end: number, address: number, port: number): number {
		return native("xs_udp_send").call(this, bytes, offset, end, address, port);
	}

	close(): void {
		return native("xs_udp_close").call(this);
	}
}

export const datagramSocket: DatagramSocketFactory = options => {
	const isGroup = (options.address >>> 28) === 14;
	const device = options.interface ?? (isGroup ? 0 : options.address);
	return new UdpSocket(options.address, options.port, device, options.ttl ?? 1, options.onReadable);
};
