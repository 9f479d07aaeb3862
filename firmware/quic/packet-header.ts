/** The part of a packet's long header that is readable without keys (RFC 9000 §17, RFC 8999). */
import { readUint32, readVarint, varintSize } from "./varint.js";
import { versionOf } from "./versions.js";

/** Long header packet types as version 1 has them on the wire; then one that has no number there. */
export const PACKET_INITIAL = 0;
export const PACKET_ZERO_RTT = 1;
export const PACKET_HANDSHAKE = 2;
export const PACKET_RETRY = 3;
export const PACKET_VERSION_NEGOTIATION = 4;

/** Why a packet was not taken. */
export const DROP_TRUNCATED = -1;
export const DROP_VERSION = -2;
export const DROP_CONNECTION_ID = -3;

/** Longest connection id of version 1. */
export const CONNECTION_ID_MAX = 20;

/** One parsed header; positions are offsets into the datagram. Used again for every packet. */
export class PacketHeader {
	type = 0;
	version = 0;
	destinationAt = 0;
	destinationLength = 0;
	sourceAt = 0;
	sourceLength = 0;
	/** Initial: the token. Retry: the token, without the integrity tag. */
	tokenAt = 0;
	tokenLength = 0;
	/** Where the (protected) packet number begins; Version Negotiation: the list; else unused. */
	numberAt = 0;
	/** End of this packet; what follows in the datagram is the next one. */
	end = 0;

	/** Parses the long header at bytes[at, end). The fixed bit may have either value, for we send grease_quic_bit (RFC 9287 §3).
	 *  Returns 0 or a DROP_* code; then the rest of the datagram cannot be told apart either. */
	parse(bytes: Uint8Array, at: number, end: number): number {
		if (end - at < 7)
			return DROP_TRUNCATED;
		this.version = readUint32(bytes, at + 1);
		this.destinationLength = bytes[at + 5]!;
		this.destinationAt = at + 6;
		let next = at + 6 + this.destinationLength;
		if (next >= end)
			return DROP_TRUNCATED;
		this.sourceLength = bytes[next]!;
		this.sourceAt = next + 1;
		next += 1 + this.sourceLength;
		if (next > end)
			return DROP_TRUNCATED;
		if (this.version === 0) {
			this.type = PACKET_VERSION_NEGOTIATION;
			this.numberAt = next;
			this.end = end;
			return 0;
		}
		const version = versionOf(this.version);
		if (version === undefined)
			return DROP_VERSION;
		if (this.destinationLength > CONNECTION_ID_MAX || this.sourceLength > CONNECTION_ID_MAX)
			return DROP_CONNECTION_ID;
		this.type = (bytes[at]! >> 4) - version.typeShift & 3;
		return this.#parseRest(bytes, next, end);
	}

	#parseRest(bytes: Uint8Array, at: number, end: number): number {
		if (this.type === PACKET_RETRY) {
			this.tokenAt = at;
			this.tokenLength = end - at - 16;
			this.end = end;
			return this.tokenLength < 0 ? DROP_TRUNCATED : 0;
		}
		if (this.type === PACKET_INITIAL) {
			if (at >= end || at + varintSize(bytes[at]!) > end)
				return DROP_TRUNCATED;
			this.tokenLength = readVarint(bytes, at);
			this.tokenAt = at + varintSize(bytes[at]!);
			at = this.tokenAt + this.tokenLength;
		}
		if (at >= end || at + varintSize(bytes[at]!) > end)
			return DROP_TRUNCATED;
		this.numberAt = at + varintSize(bytes[at]!);
		this.end = this.numberAt + readVarint(bytes, at);
		return this.end > end ? DROP_TRUNCATED : 0;
	}
}
