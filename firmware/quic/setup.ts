/** What a connection needs until its handshake is confirmed, and nobody after. */
import { QUIC_CRYPTO_SEND_RING, QUIC_STREAM_RANGES } from "../config.js";
import type { ConnectionOptions } from "./connection-state.js";
import { PacketHeader } from "./packet-header.js";
import { PacketSpace, SPACE_INITIAL } from "./packet-space.js";
import { SendQueue } from "./send-queue.js";
import type { TransportParameters } from "./transport-parameters.js";
import { VERSION_1 } from "./versions.js";

/** A packet that came at `time` before its keys. */
export interface EarlyPacket {
	readonly bytes: Uint8Array;
	readonly time: number;
}

export class Setup {
	readonly options: ConnectionOptions;
	readonly header = new PacketHeader();
	/** Until its keys are discarded; once there are keys. */
	initial: PacketSpace | undefined = new PacketSpace(SPACE_INITIAL);
	handshake: PacketSpace | undefined;
	/** CRYPTO data that we send, at the level `cryptoOutLevel`: Initial, then Handshake. Nothing of Initial is sent any
	 *  more once there are Handshake keys. */
	readonly cryptoOut: SendQueue;
	cryptoOutLevel = SPACE_INITIAL;
	/** Where the CRYPTO data of the two levels ended. */
	readonly cryptoEnd = [0, 0];
	/** Destination Connection ID of our first Initial; Source Connection IDs of Retry and of the server. */
	readonly originalId = new Uint8Array(8);
	retryId: Uint8Array | undefined;
	serverId: Uint8Array | undefined;
	/** Of Retry or of an earlier connection, for our Initial packets. */
	token: Uint8Array | undefined;
	/** Versions that may be spoken, the preferred one first. A Version Negotiation packet was followed; the server has chosen. */
	readonly versions: readonly number[];
	isVersionNegotiated = false;
	isVersionChosen = false;
	/** Packets that came before their keys; keys came since. */
	early: EarlyPacket[] | undefined;
	hasNewKeys = false;
	/** Of the server, as an earlier connection left it; where early data is offered. */
	remembered: TransportParameters | undefined;
	/** The Initial packet has left the datagram's padding to the early data behind it. */
	isPaddingLeft = false;
	/** ms. */
	startedAt = 0;

	constructor(options: ConnectionOptions) {
		this.options = options;
		// A long ticket makes a long ClientHello: what waited for an acknowledgment would keep the early data waiting.
		const isLong = options.session !== undefined && options.session.ticket.length > QUIC_CRYPTO_SEND_RING / 4;
		this.cryptoOut = new SendQueue(isLong ? 2 * QUIC_CRYPTO_SEND_RING : QUIC_CRYPTO_SEND_RING, QUIC_STREAM_RANGES / 4);
		this.versions = options.versions ?? [VERSION_1];
	}
}
