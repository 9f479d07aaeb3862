/** Explicit congestion notification of what we send (RFC 9000 §13.4): ECT(0) on the first packets, then on all where the
 *  server's counts show that the marks arrive. Only datagrams of a single 1-RTT packet are marked. */

/** The ECN field (RFC 3168 §5). */
export const ECN_ECT1 = 1;
export const ECN_ECT0 = 2;
export const ECN_CE = 3;

const OFF = 0, TESTING = 1, CAPABLE = 2;
/** RFC 9000 §13.4.2: marked packets before the first answer. */
const TESTED = 10;

export class Ecn {
	/** Packets that were marked. */
	sent = 0;
	#state = OFF;
	/** `sent` up to which the test goes. */
	#testedTo = 0;
	#ect0 = 0;
	#ce = 0;

	/** Begins, again on a new path; the server's counts go on. */
	test(): void {
		this.#state = TESTING;
		this.#testedTo = this.sent + TESTED;
	}

	/** The next packet is to be marked. */
	get marks(): boolean {
		return this.#state === CAPABLE || (this.#state === TESTING && this.sent < this.#testedTo);
	}

	get isCapable(): boolean {
		return this.#state === CAPABLE;
	}

	/** An ACK frame came that acknowledges more than those before it, `marked` packets with a mark for the first time among
	 *  them; with the counts of the frame, -1: it has none. Returns true where congestion was met. */
	onAck(marked: number, ect0: number, ect1: number, ce: number): boolean {
		if (this.#state === OFF || (ect0 < 0 && marked === 0))
			return false;
		const before = this.#ce;
		// RFC 9000 §13.4.2.1. ECT(1) we never send.
		if (ect0 < this.#ect0 || ce < before || ect1 > 0 || ect0 + ce > this.sent || ect0 - this.#ect0 + ce - before < marked) {
			this.#state = OFF;
			return false;
		}
		this.#ect0 = ect0;
		this.#ce = ce;
		if (marked > 0)
			this.#state = CAPABLE;
		return ce > before;
	}
}
