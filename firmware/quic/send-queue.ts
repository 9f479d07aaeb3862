import { SendRing } from "../wire/send-ring.js";
import { RangeSet } from "./range-set.js";

/** The sending half of an ordered byte stream (a stream or a CRYPTO level): which ranges of its ring are new,
 *  lost or acknowledged. Lost data is a range that is framed again, never a stored packet. */
export class SendQueue {
	readonly ring: SendRing;
	/** Offset of the first byte that was never sent. */
	next = 0;
	/** The piece that `propose` chose. */
	from = 0;
	to = 0;
	#lost: RangeSet;
	#acked: RangeSet;

	/** `capacity`: bytes, a power of two. `ranges`: out-of-order ranges told apart; more of them only cost resending. */
	constructor(capacity: number, ranges: number) {
		this.ring = new SendRing(capacity);
		this.#lost = new RangeSet(ranges);
		this.#acked = new RangeSet(ranges);
	}

	/** Starts again at offset 0. */
	reset(): void {
		this.ring.reset();
		this.next = 0;
		this.#lost.clear();
		this.#acked.clear();
	}

	/** Nothing of it was sent. */
	rewind(): void {
		this.next = this.ring.base;
		this.#lost.clear();
		this.#acked.clear();
	}

	/** True where `propose` would find something; `limit`: the peer's credit, an offset. */
	hasPending(limit: number): boolean {
		return this.#lost.count > 0 || (this.next < this.ring.end && this.next < limit);
	}

	/** True where everything that was committed has been acknowledged. */
	get isDrained(): boolean {
		return this.ring.base === this.ring.end;
	}

	/** Chooses up to `max` bytes to send, lost ones first, new ones below `limit`; sets from and to.
	 *  Returns their count, 0 where there is nothing. */
	propose(max: number, limit: number): number {
		if (this.#lost.count > 0) {
			this.from = this.#lost.from(0);
			this.to = this.#lost.to(0);
		}
		else {
			this.from = this.next;
			this.to = this.ring.end < limit ? this.ring.end : limit;
		}
		if (this.to - this.from > max)
			this.to = this.from + max;
		return this.to > this.from ? this.to - this.from : 0;
	}

	/** [from, to) stands in a packet now. */
	onSent(from: number, to: number): void {
		if (from >= this.next)
			this.next = to;
		else
			this.#lost.remove(from, to);
	}

	onAcked(from: number, to: number): void {
		const ring = this.ring, acked = this.#acked;
		if (from > ring.base) {
			if (!acked.add(from, to))
				// No room to remember it: the bytes go out once more, and are acknowledged then.
				this.#lost.addCovering(from, to);
			else
				this.#lost.remove(from, to);
			return;
		}
		let base = to;
		while (acked.count > 0 && acked.from(0) <= base) {
			if (acked.to(0) > base)
				base = acked.to(0);
			acked.dropLowest();
		}
		ring.release(base);
		this.#lost.remove(0, ring.base);
	}

	/** [from, to) must be sent again, but for what was acknowledged meanwhile. */
	onLost(from: number, to: number): void {
		if (from < this.ring.base)
			from = this.ring.base;
		if (from < to && !this.#acked.covers(from, to))
			this.#lost.addCovering(from, to);
	}
}
