import { ECN_CE, ECN_ECT0 } from "./ecn.js";
import { FRAME_ACK, FRAME_ACK_ECN } from "./frame.js";
import { addRange, coversRange, dropLowest, makeRangeSet, type RangeSet } from "./range-set.js";
import { varintLength, writeVarint } from "./varint.js";
import { QUIC_ACK_RANGES } from "../config.js";

/** Our max_ack_delay in ms and ack_delay_exponent: the defaults of RFC 9000 §18.2, so they need not be sent. */
export const MAX_ACK_DELAY = 25;
const ACK_DELAY_EXPONENT = 3;
/** Bytes in ack-eliciting packets, and number of them, that are acknowledged at once: three full packets, or ten.
 *  Exception: RFC 9000 §13.2.2: not the second packet already: what answers it mostly goes out before max_ack_delay has
 *  passed, and the acknowledgment with it; and servers that look for a larger packet size send two large ones for nothing. */
const DUE_BYTES = 3000, DUE_PACKETS = 10;

/** Which packet numbers of one space have come, and when they are to be acknowledged (RFC 9000 §13.2). */
export class ReceivedPackets {
	/** Largest packet number received, -1: none. */
	largest = -1;
	/** Ack-eliciting packets since the last ACK frame. */
	eliciting = 0;
	/** Bytes of those packets. */
	#bytes = 0;
	/** Packets with ECT(0), ECT(1) and CE. */
	#ect0 = 0;
	#ect1 = 0;
	#ce = 0;
	#largestAt = 0;
	#dueAt = 0;
	#isDue = false;
	#immediate: boolean;
	/** Below this everything counts as received. */
	#floor = 0;
	#ranges: RangeSet;

	/** `immediate`: RFC 9000 §13.2.1: "An endpoint MUST acknowledge all ack-eliciting Initial and Handshake packets
	 *  immediately". */
	constructor(immediate: boolean) {
		this.#immediate = immediate;
		this.#ranges = makeRangeSet(immediate ? QUIC_ACK_RANGES / 4 : QUIC_ACK_RANGES);
	}

	/** True where the packet came before, or is too old to tell. */
	isDuplicate(packetNumber: number): boolean {
		return packetNumber < this.#floor || coversRange(this.#ranges, packetNumber, packetNumber + 1);
	}

	/** `ecn`: the datagram's ECN field; `size`: the packet's bytes. */
	add(packetNumber: number, isEliciting: boolean, now: number, ecn = 0, size = 1200): void {
		if (ecn === ECN_ECT0)
			this.#ect0++;
		else if (ecn === ECN_CE)
			this.#ce++;
		else if (ecn > 0)
			this.#ect1++;
		// Where numbers begin is the peer's choice: MsQuic counts all spaces together.
		const inOrder = this.largest < 0 || packetNumber === this.largest + 1;
		while (!addRange(this.#ranges, packetNumber, packetNumber + 1)) {
			this.#floor = this.#ranges[2]!;
			dropLowest(this.#ranges);
			if (packetNumber < this.#floor)
				return;
		}
		if (packetNumber > this.largest) {
			this.largest = packetNumber;
			this.#largestAt = now;
		}
		if (!isEliciting)
			return;
		this.eliciting++;
		this.#bytes += size;
		if (this.#immediate || this.#bytes >= DUE_BYTES || this.eliciting >= DUE_PACKETS || !inOrder || ecn === ECN_CE)
			this.#isDue = true;
		else if (!this.#isDue && this.eliciting === 1)
			this.#dueAt = now + MAX_ACK_DELAY | 0;
	}

	/** True where an ACK frame should go out now even if nothing else does. */
	isDue(now: number): boolean {
		return this.eliciting > 0 && (this.#isDue || (now - this.#dueAt | 0) >= 0);
	}

	/** ms until `isDue`; asked only while eliciting > 0. */
	delay(now: number): number {
		const delay = this.#dueAt - now | 0;
		return this.#isDue || delay < 0 ? 0 : delay;
	}

	/** Writes an ACK frame of as many ranges as fit; returns the offset after it, or `at` where nothing fits. */
	write(bytes: Uint8Array, at: number, end: number, now: number): number {
		const ranges = this.#ranges;
		let range = ranges[0]!;
		if (range === 0)
			return at;
		const largest = ranges[range]! - 1;
		const delay = this.#immediate ? 0 : Math.floor((now - this.#largestAt | 0) * 1000 / (1 << ACK_DELAY_EXPONENT));
		const first = largest - ranges[range - 1]!;
		const hasEcn = this.#ect0 + this.#ect1 + this.#ce > 0;
		if (hasEcn)
			end -= varintLength(this.#ect0) + varintLength(this.#ect1) + varintLength(this.#ce);
		let next = at + 1 + varintLength(largest) + varintLength(delay) + 1 + varintLength(first);
		if (next > end)
			return at;
		let count = 0;
		for (let i = range - 2; i > 0 && count < 63; i -= 2) {
			next += varintLength(ranges[i + 1]! - ranges[i]! - 1) + varintLength(ranges[i]! - ranges[i - 1]! - 1);
			if (next > end)
				break;
			count++;
		}
		bytes[at] = hasEcn ? FRAME_ACK_ECN : FRAME_ACK;
		at = writeVarint(bytes, at + 1, largest);
		at = writeVarint(bytes, at, delay);
		bytes[at] = count;
		at = writeVarint(bytes, at + 1, first);
		for (; count > 0; count--) {
			range -= 2;
			at = writeVarint(bytes, at, ranges[range + 1]! - ranges[range]! - 1);
			at = writeVarint(bytes, at, ranges[range]! - ranges[range - 1]! - 1);
		}
		if (hasEcn) {
			at = writeVarint(bytes, at, this.#ect0);
			at = writeVarint(bytes, at, this.#ect1);
			at = writeVarint(bytes, at, this.#ce);
		}
		this.eliciting = this.#bytes = 0;
		this.#isDue = false;
		return at;
	}

	/** The peer knows everything up to `largest`: RFC 9000 §13.2.4: "the receiver can stop acknowledging packets
	 *  less than or equal to the Largest Acknowledged field in the sent ACK frame." One range stays to answer from. */
	onAckAcked(largest: number): void {
		while (this.#ranges[0]! > 2 && this.#ranges[2]! <= largest + 1) {
			this.#floor = this.#ranges[2]!;
			dropLowest(this.#ranges);
		}
	}
}
