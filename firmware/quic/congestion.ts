import { QUIC_SEND_DATAGRAM } from "../config.js";

const INITIAL_WINDOW = 10 * QUIC_SEND_DATAGRAM;
const MINIMUM_WINDOW = 2 * QUIC_SEND_DATAGRAM;
const WINDOW_MAX = 0x100000;

/** NewReno (RFC 9002 §7), in bytes. Bursts are limited to the window; the send rings are smaller than the initial
 *  one, so there is no pacing (RFC 9002 §7.7). */
export class Congestion {
	window = INITIAL_WINDOW;
	inFlight = 0;
	#threshold = Infinity;
	#recoveryAt = 0;
	#recovered = false;

	/** True where a full datagram may be sent. */
	get hasRoom(): boolean {
		return this.inFlight + QUIC_SEND_DATAGRAM <= this.window;
	}

	onSent(size: number): void {
		this.inFlight += size;
	}

	/** `sentAt`: ms. `inFlightBefore`: bytes before the ACK frame came. */
	onAcked(size: number, sentAt: number, inFlightBefore: number): void {
		this.inFlight -= size;
		if (this.#isInRecovery(sentAt))
			return;
		// RFC 9002 §7.8: "the congestion window SHOULD NOT be increased" where it is underutilized.
		if (inFlightBefore * 2 < this.window || this.window >= WINDOW_MAX)
			return;
		if (this.window < this.#threshold)
			this.window += size;
		else
			this.window += QUIC_SEND_DATAGRAM * size / this.window;
	}

	/** The packet is gone without a verdict: its keys were discarded. */
	onDiscarded(size: number): void {
		this.inFlight -= size;
	}

	/** Packets were lost, the last of them sent at `sentAt`. */
	onLost(sentAt: number, now: number): void {
		if (this.#isInRecovery(sentAt))
			return;
		this.#recovered = true;
		this.#recoveryAt = now;
		this.#threshold = this.window / 2;
		this.window = this.#threshold > MINIMUM_WINDOW ? this.#threshold : MINIMUM_WINDOW;
	}

	/** RFC 9002 §7.6.2. */
	onPersistentCongestion(): void {
		this.window = MINIMUM_WINDOW;
		this.#recovered = false;
	}

	#isInRecovery(sentAt: number): boolean {
		return this.#recovered && (sentAt - this.#recoveryAt | 0) <= 0;
	}
}
