import type { Addresses } from "./addresses.js";

export const STREAM_CONNECTING = 0;
export const STREAM_OPEN = 1;
/** Refused, reset, timed out, finished by both sides or closed; `fault` says which. */
export const STREAM_CLOSED = 2;

/** `receive`: the peer has sent everything (FIN). What we send still goes out. */
export const STREAM_END = -1;
/** `receive`, `send`: the connection is gone. */
export const STREAM_LOST = -2;

/** One TCP connection. */
export interface StreamSocket {
	/** One of STREAM_*. */
	readonly state: number;
	/** As in DatagramSocket. */
	readonly peerAddress: number;
	readonly peerPort: number;
	readonly localPort: number;
	/** Why it closed, in words: "refused", "reset by peer", "timed out", "unreachable", "closed", …; empty before that. */
	readonly fault: string;
	/** Copies what came into into[at, end); returns the bytes, 0 where nothing has come, STREAM_END or STREAM_LOST. What
	 *  came before the connection was lost is still given, also after `send` found it lost. */
	receive(into: Uint8Array, at: number, end: number): number;
	/** Takes as much of bytes[offset, end) as there is room for; returns the bytes taken, 0 where there is none (or the
	 *  connection is not open yet), or STREAM_LOST, after `finish` too. */
	send(bytes: Uint8Array, offset: number, end: number): number;
	/** FIN after what was taken; before the connection is open, after nothing. Idempotent. */
	finish(): void;
	/** Lets go at once: RST where something is unsent or unread, or the stack cannot tell; after `finish` the stack still
	 *  sends what was taken. The peer's address and the ports may be 0 then. Idempotent. */
	close(): void;
}

export interface StreamSocketOptions {
	/** The peer; its address decides the family. */
	address: number;
	port: number;
	/** Local unicast address to connect from; needed where the peer's is link-local. Default: the stack's choice. */
	interface?: number;
	/** Needed where `address` is IPv6. */
	addresses?: Addresses;
	/** Called when the state changed, something came since `receive` was called last, or room is free again after `send`
	 *  took less than was given. Never called from within a method. */
	onChanged: () => void;
}

/** Begins to connect; does not block. The constructor throws only where no socket can be had. */
export type StreamSocketFactory = (options: StreamSocketOptions) => StreamSocket;

/** Takes TCP connections on one local address and port. */
export interface StreamListener {
	readonly localPort: number;
	/** The next connection that waits, or undefined. Where no further socket can be had it is refused. */
	accept(onChanged: () => void): StreamSocket | undefined;
	/** Idempotent. Accepted connections go on. */
	close(): void;
}

export interface StreamListenerOptions {
	/** Local unicast address, 0 = any IPv4 one; the Number of an IPv6 address, of :: for any. */
	address: number;
	/** Local TCP port, 0 = ephemeral. */
	port: number;
	/** Connections that may wait; further ones are refused by the stack. Default 4. */
	backlog?: number;
	/** Needed where `address` is IPv6. */
	addresses?: Addresses;
	/** Called when `accept` may have a connection. */
	onChanged: () => void;
}

export type StreamListenerFactory = (options: StreamListenerOptions) => StreamListener;
