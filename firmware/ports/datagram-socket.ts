import type { Addresses } from "./addresses.js";

/** `receive` has nothing (more) to give. */
export const NO_DATAGRAM = -1;
/** `send`: the queue below is full; the datagram was not taken, try again when writable time has passed. */
export const SEND_BUSY = -1;
/** `send`: refused by the stack (no route, link down, too long). Counted as lost by the caller. */
export const SEND_FAILED = -2;

export interface DatagramSocketOptions {
	/** Local address, a unicast one of an interface or a multicast group: IPv4 as uint32 in host order, 0 = any; or the
	 *  Number of an IPv6 address, of :: for any. It decides the socket's family. */
	address: number;
	/** Local UDP port, 0 = ephemeral. */
	port: number;
	/** Unicast address of the interface that multicast goes out of and comes in by, and that link-local peers are on.
	 *  Default: `address`. */
	interface?: number;
	/** Multicast TTL or hop limit, default 1. */
	ttl?: number;
	/** Needed where `address` is IPv6. */
	addresses?: Addresses;
	/** Tell the ECN field of datagrams. Default: no. */
	ecn?: boolean;
	/** Called when `receive` may have something; drain until NO_DATAGRAM. Never called from within `receive` or `send`. */
	onReadable: () => void;
}

/** A UDP socket bound to one unicast address or to one group. The constructor throws where the
 *  address or the port cannot be had; the message says which and why. */
export interface DatagramSocket {
	/** Source of the datagram that `receive` returned last. */
	readonly sourceAddress: number;
	readonly sourcePort: number;
	/** Whether `ecn` and `sendEcn` have an effect: they were asked for, and the stack gives them. */
	readonly ecnSupported: boolean;
	/** ECN field (RFC 3168 §5) of the datagram that `receive` returned last, 0 to 3; 0 where it is not told. */
	readonly ecn: number;
	/** ECN field of what is sent: 0, or 2 for ECT(0). Other values throw. */
	sendEcn: number;
	/** The port the socket is bound to. */
	readonly localPort: number;
	/** Copies the next datagram into `into`; returns its length in bytes or NO_DATAGRAM.
	 *  A datagram longer than `into` is dropped and counted. */
	receive(into: Uint8Array): number;
	/** Sends `bytes[offset, end)`; returns the bytes sent, SEND_BUSY or SEND_FAILED. */
	send(bytes: Uint8Array, offset: number, end: number, address: number, port: number): number;
	/** Datagrams dropped below `receive` (queue full, too long). */
	readonly dropped: number;
	/** Idempotent. The port and the counters may be 0 then. */
	close(): void;
}

export type DatagramSocketFactory = (options: DatagramSocketOptions) => DatagramSocket;
