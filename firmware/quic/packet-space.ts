import type { PacketProtection } from "./packet-protection.js";
import { ReceivedPackets } from "./received-packets.js";

/** Packet number spaces; the same numbers as TLS' LEVEL_*. */
export const SPACE_INITIAL = 0;
export const SPACE_HANDSHAKE = 1;
export const SPACE_APPLICATION = 2;

/** One packet number space: keys, numbers, what to acknowledge, what to send (RFC 9000 §12.3). */
export class PacketSpace {
	readonly index: number;
	/** Keys to send with and to receive with; undefined before they exist and after they are discarded. */
	sendKeys: PacketProtection | undefined;
	receiveKeys: PacketProtection | undefined;
	nextNumber = 0;
	/** The number that was left out last, -1: none yet; and the one before which none is. */
	skippedNumber = -1;
	nextSkip = 0;
	/** Largest of our packets that the peer acknowledged, -1: none. */
	largestAcked = -1;
	readonly received: ReceivedPackets;
	/** Probes owed: packets that go out whatever the congestion window says (RFC 9002 §6.2.4). */
	probes = 0;
	/** A PING is owed. */
	wantsPing = false;
	/** Time at which a packet will be lost; only where `lossArmed`. */
	lossAt = 0;
	lossArmed = false;
	/** Ack-eliciting packets in flight, and when the last one was sent. */
	eliciting = 0;
	elicitedAt = 0;

	constructor(index: number) {
		this.index = index;
		this.received = new ReceivedPackets(index !== SPACE_APPLICATION);
	}

	/** Wipes the keys. Idempotent. */
	discardKeys(): void {
		this.sendKeys?.close();
		this.receiveKeys?.close();
		this.sendKeys = this.receiveKeys = undefined;
		this.probes = 0;
		this.wantsPing = false;
	}
}
