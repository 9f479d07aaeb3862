/** One connection to the broker as the uplink sees it: QUIC, or TLS over TCP with the same shape. */
import type { SendRing } from "../wire/send-ring.js";
import type { ConnectionStatistics } from "../quic/connection-statistics.js";
import type { Peer } from "./peer.js";

export const TRANSPORT_NONE = 0;
/** The handshake is done and the peer's certificate was accepted. */
export const TRANSPORT_CONNECTED = 1;
/** A stream can be opened now; also told where that was so from the beginning. */
export const TRANSPORT_CREDIT = 2;
/** `eventStream` has bytes to read, or the peer has ended it. */
export const TRANSPORT_READABLE = 3;
/** `eventStream` is gone, and with it what was not read: the peer broke it off. Its id means nothing any more. */
export const TRANSPORT_STREAM_CLOSED = 4;
/** The connection is over, by either side; `pollTransmit` may have a last word for the peer. */
export const TRANSPORT_CLOSED = 5;
/** Over datagrams: the server has seen the end of the handshake as well, and takes our certificate. */
export const TRANSPORT_CONFIRMED = 6;

export interface Transport {
	/** `peer`: where the server is, which the transport changes where the server has another address that it prefers. */
	connect(now: number, peer: Peer): void;
	/** What came from the network: a datagram (peer.path tells from where), or a piece of a byte stream. May be overwritten (decrypted in
	 *  place). */
	receive(bytes: Uint8Array, length: number, now: number, ecn: number): void;
	/** Over a byte stream: bytes that `receive` takes now. Absent: any datagram. */
	readonly room?: number;
	/** Over datagrams: the ECN field of the one that `pollTransmit` wrote last; the socket can tell and set it; everything from
	 *  here on comes from another socket, false: that cannot be now. */
	readonly transmitEcn?: number;
	enableEcn?(): void;
	migrate?(now: number): boolean;
	/** The byte stream has ended; `reason` in words. */
	lost?(reason: string): void;
	onTimeout(now: number): void;
	/** Writes what is to be sent to `into`, for peer.toAddress where that is a datagram; returns its length, 0 = nothing. */
	pollTransmit(into: Uint8Array, now: number): number;
	pollTimeout(now: number): number;
	/** TRANSPORT_*. */
	pollEvent(): number;
	readonly eventStream: number;
	/** The new stream's id, or -1: not now, TRANSPORT_CREDIT will tell. */
	openStream(): number;
	/** Bytes to send; `base` follows what the peer has acknowledged. */
	sendRing(stream: number): SendRing;
	/** Copies received bytes to into[at, end); returns how many, 0 = none. */
	read(stream: number, into: Uint8Array, at: number, end: number): number;
	/** True where everything was read and no more will come. */
	isFinished(stream: number): boolean;
	/** The connection ends; `pollTransmit` until 0 tells the peer. Idempotent. */
	close(errorCode: number, reason: string, now: number): void;
	/** Lets go of keys and memory; nothing is sent any more. Idempotent. */
	dispose(): void;
	/** After TRANSPORT_CLOSED: why, in words for the log. */
	readonly closeReason: string;
	/** After TRANSPORT_CLOSED: another attempt at once will do better: the server did not like the session that was resumed. */
	readonly wantsRetry?: boolean;
	/** After TRANSPORT_CLOSED: whether another attempt soon may do better (a certificate does not heal in a second). */
	readonly isPassing: boolean;
	readonly statistics: ConnectionStatistics;
}

/** Makes the transport for one more connection. */
export type TransportFactory = () => Transport;
