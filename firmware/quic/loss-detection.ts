/** Loss detection and probe timeouts (RFC 9002 §6, Appendix A). */
import { QUIC_PTO_MAX, QUIC_PTO_MIN } from "../config.js";
import { NO_TIMEOUT } from "../wire/time.js";
import { Congestion } from "./congestion.js";
import type { Ecn } from "./ecn.js";
import { type PacketSpace, SPACE_APPLICATION, SPACE_HANDSHAKE, SPACE_INITIAL } from "./packet-space.js";
import { Rtt } from "./rtt.js";
import { SENT_ACKED, SENT_GONE, SENT_IN_FLIGHT, type SentFrameSink, SentPackets } from "./sent-packets.js";
import { PROTOCOL_VIOLATION, TransportError } from "./transport-error.js";

const PACKET_THRESHOLD = 3;
const PERSISTENT_THRESHOLD = 3;
const NOT_SENT = "acknowledgment of a packet that was not sent";
/** An ACK frame acknowledges something for the first time: anything, its largest number, a packet that asked for it. */
const FOUND = 1;
const FOUND_LARGEST = 2;
const FOUND_ELICITING = 4;
/** Both together give an RTT sample. */
const FOUND_RTT = FOUND_LARGEST | FOUND_ELICITING;

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
	/** ms that the packet which is handled has waited here for its keys. */
	waited = 0;
	#spaces: readonly PacketSpace[];
	#sink: SentFrameSink;
	/** Space that the timer belongs to, undefined: it is not set. It tells of lost packets, not of a probe. */
	#timerSpace: PacketSpace | undefined;
	#timerIsLoss = false;
	#timerAt = 0;
	/** Of the ACK frame that is taken: its largest number and when that was sent, FOUND_* of what it acknowledges for the first
	 *  time, packets with a mark among them, bytes in flight before it, where the search goes on. */
	#largest = 0;
	#largestAt = 0;
	#found = 0;
	#marked = 0;
	#inFlightBefore = 0;
	#cursor = 0;
	/** When the path was taken; only where it is not the first one. */
	#pathAt: number | undefined;

	/** `spaces`: those that have keys, Initial first; the one of 1-RTT data always. */
	constructor(spaces: readonly PacketSpace[], sink: SentFrameSink) {
		this.#spaces = spaces;
		this.#sink = sink;
	}

	/** Records the packet whose frames were added to `sent`. `size` 0: it asks for no acknowledgment. */
	onSent(space: PacketSpace, number: number, size: number, now: number, isMarked: boolean): void {
		this.sent.commit(space.index, number, size, now, isMarked);
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
		this.ecn?.test();
		this.setTimer(now);
	}

	/** An ACK frame begins; then `ackRange` for each range, descending; then `endAck`. */
	beginAck(space: PacketSpace, largest: number): void {
		if (largest >= space.nextNumber)
			throw new TransportError(PROTOCOL_VIOLATION, NOT_SENT);
		this.#largest = largest;
		this.#cursor = this.sent.tail;
		this.#found = this.#marked = 0;
		this.#inFlightBefore = this.congestion.inFlight;
	}

	/** The peer has the packets low … high of `space`. */
	ackRange(space: PacketSpace, low: number, high: number): void {
		const sent = this.sent;
		if (space.skippedNumber >= low && space.skippedNumber <= high)
			throw new TransportError(PROTOCOL_VIOLATION, NOT_SENT);
		for (; this.#cursor !== sent.head; this.#cursor--) {
			const at = this.#cursor - 1;
			if (sent.state(at, space.index) !== SENT_IN_FLIGHT)
				continue;
			const number = sent.number(at);
			if (number > high)
				continue;
			if (number < low)
				return;
			const info = sent.settle(at, SENT_ACKED), time = sent.time(at);
			this.#found |= FOUND;
			this.#marked += info & 1;
			if (number === this.#largest) {
				this.#found |= FOUND_LARGEST;
				this.#largestAt = time;
			}
			if (info > 1) {
				this.#found |= FOUND_ELICITING;
				space.eliciting--;
				this.congestion.onAcked(info >>> 1, time, this.#inFlightBefore);
			}
			sent.report(at, this.#sink, true);
		}
	}

	/** `delay`: ms that the peer says it waited; then the ECN counts, -1: there are none. */
	endAck(space: PacketSpace, delay: number, now: number, ect0: number, ect1: number, ce: number): void {
		if (this.#largest > space.largestAcked) {
			space.largestAcked = this.#largest;
			if (this.ecn !== undefined && space.index === SPACE_APPLICATION && this.ecn.onAck(this.#marked, ect0, ect1, ce))
				this.congestion.onLost(this.#largestAt, now);
		}
		if (this.#found === 0)
			return;
		if ((this.#found & FOUND_RTT) === FOUND_RTT) {
			// RFC 9002 §5.3: Initial packets are acknowledged without delay; after confirmation max_ack_delay limits it.
			if (space.index === SPACE_INITIAL)
				delay = 0;
			else if (this.isConfirmed && delay > this.peerMaxAckDelay)
				delay = this.peerMaxAckDelay;
			if (this.#pathAt === undefined || (this.#largestAt - this.#pathAt | 0) >= 0) {
				// Of early data, before its keys: "an endpoint SHOULD subtract such local delays from its RTT sample". A peer
				// that acknowledged before we sent gets no time below 0.
				const age = now - this.#largestAt | 0;
				this.rtt.update(age < this.waited ? age : age - this.waited, delay);
			}
		}
		if (space.index === SPACE_HANDSHAKE)
			this.isPeerValidated = true;
		this.#detectLost(space, now);
		if (this.isPeerValidated)
			this.probeCount = 0;
		this.setTimer(now);
	}

	/** Forgets the packets of a space whose keys are gone (RFC 9002 §6.4). `isRepeated`: what was sent counts as not sent. */
	discard(space: PacketSpace, now: number, isRepeated: boolean): void {
		const sent = this.sent;
		for (let at = sent.head; at !== sent.tail; at++)
			if (sent.state(at, space.index) === SENT_IN_FLIGHT) {
				this.congestion.onDiscarded(sent.settle(at, SENT_GONE) >>> 1);
				if (isRepeated)
					sent.report(at, this.#sink, false);
			}
		sent.trim(false);
		space.eliciting = 0;
		space.lossArmed = false;
		this.probeCount = 0;
		this.setTimer(now);
	}

	/** ms until `onTimeout` is wanted. */
	pollTimeout(now: number): number {
		if (this.#timerSpace === undefined)
			return NO_TIMEOUT;
		const delay = this.#timerAt - now | 0;
		return delay > 0 ? delay : 0;
	}

	/** Where the timer is due: declares packets lost, or owes probes (RFC 9002 A.9). */
	onTimeout(now: number): void {
		const space = this.#timerSpace, spaces = this.#spaces;
		if (space === undefined || (this.#timerAt - now | 0) > 0)
			return;
		if (this.#timerIsLoss)
			this.#detectLost(space, now);
		else {
			// RFC 9002 §6.2.4: "An endpoint MAY send up to two full-sized datagrams containing ack-eliciting packets": two
			// where the first one of the handshake was lost as well. RFC 9002 §6.2.2.1 wants a probe also where nothing of
			// ours is in flight: the server may be blocked by its amplification limit.
			space.probes = space.index === SPACE_APPLICATION || this.probeCount > 0 ? 2 : 1;
			// RFC 9002 §6.2.4: "the sender SHOULD send ack-eliciting packets from other packet number spaces with in-flight
			// data, coalescing packets if possible".
			for (let i = spaces.indexOf(space); i < spaces.length; i++) {
				const other = spaces[i]!;
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
			if (sent.state(at, space.index) === SENT_IN_FLIGHT && sent.size(at) > 0) {
				if (isFull)
					this.#lose(space, at);
				else
					sent.report(at, this.#sink, false);
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
		const spaces = this.#spaces;
		this.#timerSpace = undefined;
		this.#timerIsLoss = false;
		for (let i = 0; i < spaces.length; i++) {
			const space = spaces[i]!, isLoss = space.lossArmed;
			// RFC 9002 §6.2.1: "An endpoint MUST NOT set its PTO timer for the Application Data packet number space
			// until the handshake is confirmed."
			if (!isLoss && (this.#timerIsLoss || space.eliciting === 0 || (space.index === SPACE_APPLICATION && !this.isConfirmed)))
				continue;
			const at = isLoss ? space.lossAt : space.elicitedAt + this.#backedOff(space) | 0;
			if (this.#timerSpace === undefined || this.#timerIsLoss !== isLoss || (at - this.#timerAt | 0) < 0) {
				this.#timerSpace = space;
				this.#timerIsLoss = isLoss;
				this.#timerAt = at;
			}
		}
		if (this.#timerSpace === undefined && !this.isPeerValidated) {
			const space = this.#timerSpace = spaces[spaces.length - 2]!;
			this.#timerAt = now + this.#backedOff(space) | 0;
		}
	}

	#backedOff(space: PacketSpace): number {
		const measured = this.rtt.probeTimeout;
		const single = (measured > QUIC_PTO_MIN ? measured : QUIC_PTO_MIN) + (space.index === SPACE_APPLICATION ? this.peerMaxAckDelay : 0);
		const delay = single * 2 ** this.probeCount;
		if (delay <= QUIC_PTO_MAX)
			return delay;
		// Exception: RFC 9002 §6.2.1: the doubling ends at QUIC_PTO_MAX, so that a link that returns is noticed soon.
		return single > QUIC_PTO_MAX ? single : QUIC_PTO_MAX;
	}

	// RFC 9002 A.10 and §7.6.
	#detectLost(space: PacketSpace, now: number): void {
		const sent = this.sent;
		const lossDelay = this.rtt.lossDelay;
		let lostAt = 0, isLost = false, runStart = 0, inRun = false, isPersistent = false;
		space.lossArmed = false;
		for (let at = sent.head; at !== sent.tail; at++) {
			const state = sent.state(at, space.index);
			if (state === SENT_ACKED)
				inRun = false;
			if (state !== SENT_IN_FLIGHT)
				continue;
			const number = sent.number(at), time = sent.time(at);
			if (number > space.largestAcked)
				break;
			if ((now - time | 0) < lossDelay && space.largestAcked < number + PACKET_THRESHOLD) {
				const due = time + lossDelay | 0;
				if (!space.lossArmed || (due - space.lossAt | 0) < 0) {
					space.lossArmed = true;
					space.lossAt = due;
				}
				continue;
			}
			this.#lose(space, at);
			if (sent.size(at) === 0)
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
		sent.trim(false);
	}

	#lose(space: PacketSpace, at: number): void {
		const sent = this.sent, size = sent.settle(at, SENT_GONE) >>> 1;
		if (size > 0) {
			space.eliciting--;
			this.packetsLost++;
			this.congestion.onDiscarded(size);
		}
		sent.report(at, this.#sink, false);
	}
}
