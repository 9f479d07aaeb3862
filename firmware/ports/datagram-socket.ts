/** `receive` has nothing (more) to give. */
export const NO_DATAGRAM = -1;
/** `send`: the queue below is full; the datagram was not taken, try again when writable time has passed. */
export const SEND_BUSY = -1;
/** `send`: refused by the stack (no route, link down, too long). Counted as lost by the caller. */
export const SEND_FAILED = -2;

export interface DatagramSocketOptions {
	/** Local IPv4 address, uint32 in host order: a unicast address of an interface, or a multicast group. 0 = any. */
	address: number;
	/** Local UDP port, 0 = ephemeral. */
	port: number;
	/** Unicast address of the interface that multicast goes out of and comes in by. Default: `address`. */
	interface?: number;
	/** Multicast TTL, default 1. */
	ttl?: number;
	/** Called when `receive` may have something; drain until NO_DATAGRAM. Never called from within `receive` or `send`. */
	onReadable: () => void;
}

/** A UDP socket bound to one unicast address or to one group. The constructor throws where the
 *  address or the port cannot be had; the message says which and why. */
export interface DatagramSocket {
	/** Source of the datagram that `receive` returned last: IPv4 as uint32 in host order, and port. */
	readonly sourceAddress: number;
	readonly sourcePort: number;
	/** The port the socket is bound to. */
	readonly localPort: number;
	/** Copies the next datagram into `into`; returns its length in bytes or NO_DATAGRAM.
	 *  A datagram longer than `into` is dropped and counted. */
	receive(into: Uint8Array): number;
	/** Sends `bytes[offset, end)`; returns the bytes sent, SEND_BUSY or SEND_FAILED. */
	send(bytes: Uint8Array, offset: number, end: number, address: number, port: number): number;
	/** Datagrams dropped below `receive` (queue full, too long). */
	readonly dropped: number;
	/** Idempotent. */
	close(): void;
}

export type DatagramSocketFactory = (options: DatagramSocketOptions) => DatagramSocket;
