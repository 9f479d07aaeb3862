import { SendRing } from "../wire/send-ring.js";
import { addRange, coverRange, coversRange, dropLowest, makeRangeSet, type RangeSet, removeRange } from "./range-set.js";

/** The sending half of an ordered byte stream (a stream or a CRYPTO level): which ranges of its ring are new,
 *  lost or acknowledged. Lost data is a range that is framed again, never a stored packet. */
export class SendQueue extends SendRing {
	/** Offset of the first byte that was never sent. */
	next = 0;
	/** The piece that `propose` chose. */
	from = 0;
	to = 0;
	#lost: RangeSet;
	#acked: RangeSet;

	/** `capacity`: bytes, a power of two. `ranges`: out-of-order ranges told apart; more of them only cost resending. */
	constructor(capacity: number, ranges: number) {
		super(capacity);
		this.#lost = makeRangeSet(ranges);
		this.#acked = makeRangeSet(ranges);
	}

	/** Starts again at offset 0. */
	override reset(): void {
		super.reset();
		this.rewind();
	}

	/** Nothing of it was sent. */
	rewind(): void {
		this.next = this.base;
		this.#lost[0] = this.#acked[0] = 0;
	}

	/** True where `propose` would find something; `limit`: the peer's credit, an offset. */
	hasPending(limit: number): boolean {
		return this.#lost[0]! > 0 || (this.next < this.end && this.next < limit);
	}

	/** True where everything that was committed has been acknowledged. */
	get isDrained(): boolean {
		return this.base === this.end;
	}

	/** Chooses up to `max` bytes to send, lost ones first, new ones below `limit`; sets from and to.
	 *  Returns their count, 0 where there is nothing. */
	propose(max: number, limit: number): number {
		if (this.#lost[0]! > 0) {
			this.from = this.#lost[1]!;
			this.to = this.#lost[2]!;
		}
		else {
			this.from = this.next;
			this.to = this.end < limit ? this.end : limit;
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
			removeRange(this.#lost, from, to);
	}

	onAcked(from: number, to: number): void {
		const acked = this.#acked;
		if (from > this.base) {
			if (!addRange(acked, from, to))
				// No room to remember it: the bytes go out once more, and are acknowledged then.
				coverRange(this.#lost, from, to);
			else
				removeRange(this.#lost, from, to);
			return;
		}
		let base = to;
		while (acked[0]! > 0 && acked[1]! <= base) {
			if (acked[2]! > base)
				base = acked[2]!;
			dropLowest(acked);
		}
		this.release(base);
		removeRange(this.#lost, 0, this.base);
	}

	/** [from, to) must be sent again, but for what was acknowledged meanwhile. */
	onLost(from: number, to: number): void {
		if (from < this.base)
			from = this.base;
		if (from < to && !coversRange(this.#acked, from, to))
			coverRange(this.#lost, from, to);
	}
}
