/** Loss detection and probe timeouts (RFC 9002 §6, Appendix A). */
import { QUIC_PTO_MAX, QUIC_PTO_MIN } from "../config.js";
import { NO_TIMEOUT } from "../wire/time.js";
import { Congestion } from "./congestion.js";
import type { Ecn } from "./ecn.js";
import { FRAME_ACK } from "./frame.js";
import { type PacketSpace, SPACE_APPLICATION, SPACE_HANDSHAKE, SPACE_INITIAL } from "./packet-space.js";
import { Rtt } from "./rtt.js";
import { SENT_ACKED, SENT_GONE, SENT_IN_FLIGHT, SentPackets } from "./sent-packets.js";
import { PROTOCOL_VIOLATION, TransportError } from "./transport-error.js";

const PACKET_THRESHOLD = 3;
const PERSISTENT_THRESHOLD = 3;

/** Learns what became of each frame that was sent. `kind`: SENT_*. */
export interface SentFrameSink {
	onFrameAcked(kind: number, id: number, from: number, to: number): void;
	/** Lost, or to be sent again as a probe. */
	onFrameLost(kind: number, id: number, from: number, to: number): void;
}

export class LossDetection {
	readonly sent = new SentPackets();
	readonly rtt = new Rtt();
	readonly congestion = new Congestion();
	/** The peer's max_ack_delay in ms. */
	peerMaxAckDelay = 25;
	isConfirmed = false;
	/** Undefined: nothing is marked. */
	ecn: Ecn | undefined;
	/** RFC 9002 A.8 PeerCompletedAddressValidation: an ACK of a Handshake packet came, or HANDSHAKE_DONE. */
	isPeerValidated = false;
	packetsLost = 0;
	/** Probe timeouts in a row. */
	probeCount = 0;
	probesTotal = 0;
	#spaces: readonly PacketSpace[];
	#sink: SentFrameSink;
	#timerAt = 0;
	#timerArmed = false;
	/** Space that the probe timeout belongs to. */
	#timerSpace = SPACE_INITIAL;
	#cursor = 0;
	#largestAckedAt = 0;
	#foundLargest = false;
	#foundEliciting = false;
	#found = false;
	#inFlightBefore = 0;
	#marked = 0;
	/** When the path was taken; only where it is not the first one. */
	#pathAt: number | undefined;

	constructor(spaces: readonly PacketSpace[], sink: SentFrameSink) {
		this.#spaces = spaces;
		this.#sink = sink;
	}

	/** Records the packet whose frames were added to `sent`. `size` 0: it asks for no acknowledgment. */
	onSent(space: PacketSpace, number: number, size: number, now: number, isMarked = false): void {
		this.sent.commit(space.index, number, size, now, isMarked ? 1 : 0);
		if (size === 0)
			return;
		this.congestion.onSent(size);
		space.eliciting++;
		space.elicitedAt = now;
		this.setTimer(now);
	}

	/** The path is another one: nothing is known of it (RFC 9000 §9.4). */
	changePath(now: number): void {
		this.rtt.reset();
		this.congestion.reset(now);
		this.probeCount = 0;
		this.#pathAt = now;
		if (this.ecn !== undefined)
			this.ecn.test();
		this.setTimer(now);
	}

	/** An ACK frame begins; then `ackRange` for each range, descending; then `endAck`. */
	beginAck(space: PacketSpace, largest: number): void {
		if (largest >= space.nextNumber)
			throw new TransportError(PROTOCOL_VIOLATION, FRAME_ACK, "acknowledgment of a packet that was not sent");
		this.#cursor = this.sent.tail;
		this.#found = this.#foundEliciting = this.#foundLargest = false;
		this.#marked = 0;
		this.#inFlightBefore = this.congestion.inFlight;
	}

	/** The peer has the packets low … high of `space`. */
	ackRange(space: PacketSpace, low: number, high: number, largest: number): void {
		const sent = this.sent, mask = sent.mask, index = space.index;
		while (this.#cursor !== sent.head) {
			const slot = this.#cursor - 1 & mask;
			const number = sent.number[slot]!;
			if (sent.space[slot] === index && sent.state[slot] === SENT_IN_FLIGHT && number <= high) {
				if (number < low)
					return;
				if (number === largest) {
					this.#foundLargest = true;
					this.#largestAckedAt = sent.time[slot]!;
				}
				this.#acknowledge(space, slot);
			}
			this.#cursor--;
		}
	}

	/** `delay`: ms that the peer says it waited; then the ECN counts, -1: there are none. */
	endAck(space: PacketSpace, largest: number, delay: number, now: number, ect0 = -1, ect1 = -1, ce = -1): void {
		if (largest > space.largestAcked) {
			space.largestAcked = largest;
			if (this.ecn !== undefined && space.index === SPACE_APPLICATION && this.ecn.onAck(this.#marked, ect0, ect1, ce))
				this.congestion.onLost(this.#largestAckedAt, now);
		}
		if (!this.#found)
			return;
		if (this.#foundLargest && this.#foundEliciting) {
			// RFC 9002 §5.3: Initial packets are acknowledged without delay; after confirmation max_ack_delay limits it.
			if (space.index === SPACE_INITIAL)
				delay = 0;
			else if (this.isConfirmed && delay > this.peerMaxAckDelay)
				delay = this.peerMaxAckDelay;
			if (this.#pathAt === undefined || (this.#largestAckedAt - this.#pathAt | 0) >= 0)
				this.rtt.update(now - this.#largestAckedAt | 0, delay);
		}
		if (space.index === SPACE_HANDSHAKE)
			this.isPeerValidated = true;
		this.#detectLost(space, now);
		this.sent.trim(false);
		if (this.isPeerValidated)
			this.probeCount = 0;
		this.setTimer(now);
	}

	/** Forgets the packets of a space whose keys are gone (RFC 9002 §6.4). */
	discard(space: PacketSpace, now: number): void {
		this.#forget(space, false);
		this.setTimer(now);
	}

	/** What was sent in the space counts as not sent: Retry came. */
	restart(space: PacketSpace): void {
		this.#forget(space, true);
	}

	/** ms until `onTimeout` is wanted. */
	pollTimeout(now: number): number {
		if (!this.#timerArmed)
			return NO_TIMEOUT;
		const delay = this.#timerAt - now | 0;
		return delay > 0 ? delay : 0;
	}

	/** Where the timer is due: declares packets lost, or owes probes (RFC 9002 A.9). */
	onTimeout(now: number): void {
		if (!this.#timerArmed || (this.#timerAt - now | 0) > 0)
			return;
		const lossSpace = this.#earliestLoss();
		if (lossSpace >= 0) {
			this.#detectLost(this.#spaces[lossSpace]!, now);
			this.sent.trim(false);
		}
		else {
			const space = this.#spaces[this.#timerSpace]!;
			// RFC 9002 §6.2.4: "An endpoint MAY send up to two full-sized datagrams containing ack-eliciting packets": two
			// where the first one of the handshake was lost as well. RFC 9002 §6.2.2.1 wants a probe also where nothing of
			// ours is in flight: the server may be blocked by its amplification limit.
			space.probes = space.index === SPACE_APPLICATION || this.probeCount > 0 ? 2 : 1;
			// RFC 9002 §6.2.4: "the sender SHOULD send ack-eliciting packets from other packet number spaces with in-flight
			// data, coalescing packets if possible".
			for (let i = space.index; i <= SPACE_APPLICATION; i++) {
				const other = this.#spaces[i]!;
				if (other.eliciting > 0)
					other.probes = space.probes;
				this.repeatOldest(other);
			}
			this.probeCount++;
			this.probesTotal++;
		}
		this.setTimer(now);
	}

	/** The content of the two oldest packets in flight goes out again. They stay in flight, for their ACK may come; but
	 *  where the table is full they are forgotten, or there would be no room for the probe. */
	repeatOldest(space: PacketSpace): void {
		const sent = this.sent;
		sent.trim(true);
		const isFull = !sent.hasRoom;
		let left = 2;
		for (let at = sent.head; at !== sent.tail && left > 0; at++) {
			const slot = at & sent.mask;
			if (sent.space[slot] === space.index && sent.state[slot] === SENT_IN_FLIGHT && sent.size[slot]! > 0) {
				if (isFull)
					this.#lose(space, slot);
				else
					this.#reportLost(slot);
				left--;
			}
		}
		sent.trim(true);
	}

	/** Current probe timeout of the 1-RTT space without back-off: the unit of closing and draining. */
	get probeTimeout(): number {
		return this.rtt.probeTimeout + this.peerMaxAckDelay;
	}

	/** RFC 9002 A.8. Called where packets were sent or acknowledged and where keys came or went. */
	setTimer(now: number): void {
		const lossSpace = this.#earliestLoss();
		if (lossSpace >= 0) {
			this.#timerArmed = true;
			this.#timerAt = this.#spaces[lossSpace]!.lossAt;
			return;
		}
		if (this.#isAnyEliciting()) {
			this.#timerArmed = false;
			for (let i = SPACE_INITIAL; i <= SPACE_APPLICATION; i++) {
				const space = this.#spaces[i]!;
				// RFC 9002 §6.2.1: "An endpoint MUST NOT set its PTO timer for the Application Data packet number space
				// until the handshake is confirmed."
				if (space.eliciting === 0 || (i === SPACE_APPLICATION && !this.isConfirmed))
					continue;
				const at = space.elicitedAt + this.#backedOff(i) | 0;
				if (!this.#timerArmed || (at - this.#timerAt | 0) < 0) {
					this.#timerArmed = true;
					this.#timerAt = at;
					this.#timerSpace = i;
				}
			}
			if (this.#timerArmed)
				return;
		}
		this.#timerArmed = !this.isPeerValidated;
		if (this.#timerArmed) {
			this.#timerSpace = this.#spaces[SPACE_HANDSHAKE]!.sendKeys === undefined ? SPACE_INITIAL : SPACE_HANDSHAKE;
			this.#timerAt = now + this.#backedOff(this.#timerSpace) | 0;
		}
	}

	#backedOff(space: number): number {
		const measured = this.rtt.probeTimeout;
		const single = (measured > QUIC_PTO_MIN ? measured : QUIC_PTO_MIN) + (space === SPACE_APPLICATION ? this.peerMaxAckDelay : 0);
		const delay = single * 2 ** this.probeCount;
		if (delay <= QUIC_PTO_MAX)
			return delay;
		// Exception: RFC 9002 §6.2.1: the doubling ends at QUIC_PTO_MAX, so that a link that returns is noticed soon.
		return single > QUIC_PTO_MAX ? single : QUIC_PTO_MAX;
	}

	#isAnyEliciting(): boolean {
		return this.#spaces[0]!.eliciting + this.#spaces[1]!.eliciting + this.#spaces[2]!.eliciting > 0;
	}

	#earliestLoss(): number {
		let found = -1;
		for (let i = SPACE_INITIAL; i <= SPACE_APPLICATION; i++) {
			const space = this.#spaces[i]!;
			if (space.lossArmed && (found < 0 || (space.lossAt - this.#spaces[found]!.lossAt | 0) < 0))
				found = i;
		}
		return found;
	}

	#acknowledge(space: PacketSpace, slot: number): void {
		const sent = this.sent;
		const size = sent.size[slot]!;
		sent.state[slot] = SENT_ACKED;
		this.#found = true;
		this.#marked += sent.marked[slot]!;
		if (size > 0) {
			this.#foundEliciting = true;
			space.eliciting--;
			this.congestion.onAcked(size, sent.time[slot]!, this.#inFlightBefore);
		}
		for (let at = sent.frameStart[slot]!; at !== sent.frameEnd[slot]; at = at + 1 & 0xffff) {
			const frame = at & sent.frameMask;
			const from = sent.from[frame]!;
			this.#sink.onFrameAcked(sent.kind[frame]!, sent.id[frame]!, from, from + sent.length[frame]!);
		}
	}

	// RFC 9002 A.10 and §7.6.
	#detectLost(space: PacketSpace, now: number): void {
		const sent = this.sent;
		const lossDelay = this.rtt.lossDelay;
		let lostAt = 0, isLost = false, runStart = 0, inRun = false, isPersistent = false;
		space.lossArmed = false;
		for (let at = sent.head; at !== sent.tail; at++) {
			const slot = at & sent.mask;
			if (sent.space[slot] !== space.index)
				continue;
			if (sent.state[slot] === SENT_ACKED)
				inRun = false;
			if (sent.state[slot] !== SENT_IN_FLIGHT)
				continue;
			const number = sent.number[slot]!;
			if (number > space.largestAcked)
				break;
			const time = sent.time[slot]!;
			if ((now - time | 0) < lossDelay && space.largestAcked < number + PACKET_THRESHOLD) {
				const due = time + lossDelay | 0;
				if (!space.lossArmed || (due - space.lossAt | 0) < 0) {
					space.lossArmed = true;
					space.lossAt = due;
				}
				continue;
			}
			this.#lose(space, slot);
			if (sent.size[slot] === 0)
				continue;
			isLost = true;
			lostAt = time;
			if (!inRun) {
				inRun = true;
				runStart = time;
			}
			else if (this.rtt.hasSample && (time - runStart | 0) > this.probeTimeout * PERSISTENT_THRESHOLD)
				isPersistent = true;
		}
		if (isLost)
			this.congestion.onLost(lostAt, now);
		if (isPersistent)
			this.congestion.onPersistentCongestion();
	}

	#lose(space: PacketSpace, slot: number): void {
		const sent = this.sent;
		const size = sent.size[slot]!;
		sent.state[slot] = SENT_GONE;
		if (size > 0) {
			space.eliciting--;
			this.packetsLost++;
			this.congestion.onDiscarded(size);
		}
		this.#reportLost(slot);
	}

	#reportLost(slot: number): void {
		const sent = this.sent;
		for (let at = sent.frameStart[slot]!; at !== sent.frameEnd[slot]; at = at + 1 & 0xffff) {
			const frame = at & sent.frameMask;
			const from = sent.from[frame]!;
			this.#sink.onFrameLost(sent.kind[frame]!, sent.id[frame]!, from, from + sent.length[frame]!);
		}
	}

	#forget(space: PacketSpace, isRepeated: boolean): void {
		const sent = this.sent;
		for (let at = sent.head; at !== sent.tail; at++) {
			const slot = at & sent.mask;
			if (sent.space[slot] === space.index && sent.state[slot] === SENT_IN_FLIGHT) {
				sent.state[slot] = SENT_GONE;
				this.congestion.onDiscarded(sent.size[slot]!);
				if (isRepeated)
					this.#reportLost(slot);
			}
		}
		sent.trim(false);
		space.eliciting = 0;
		space.lossArmed = false;
		this.probeCount = 0;
	}
}
