import { QUIC_SEND_DATAGRAM } from "../config.js";

const INITIAL_WINDOW = 10 * QUIC_SEND_DATAGRAM;
const MINIMUM_WINDOW = 2 * QUIC_SEND_DATAGRAM;
const WINDOW_MAX = 0x100000;

/** RFC 9002 §7.7: N of the pacing rate N * window / RTT. */
const PACING_GAIN = 1.25;

/** NewReno (RFC 9002 §7), in bytes, with pacing: no burst is larger than the initial window. */
export class Congestion {
	window = INITIAL_WINDOW;
	inFlight = 0;
	#threshold = Infinity;
	#recoveryAt = 0;
	#recovered = false;
	/** Bytes that may go at once, and when they were counted. */
	#burst = INITIAL_WINDOW;
	#burstAt = 0;

	/** A new path: as at the beginning (RFC 9000 §9.4). What was sent before does not speak of it. */
	reset(now: number): void {
		this.window = this.#burst = INITIAL_WINDOW;
		this.#threshold = Infinity;
		this.#recovered = true;
		this.#recoveryAt = now;
	}

	/** ms until a full datagram may be sent, by pacing alone. `rtt` in ms. Only windows beyond the initial one need it. */
	pacingDelay(rtt: number, now: number): number {
		if (this.window <= INITIAL_WINDOW || rtt < 1)
			return 0;
		const perMs = PACING_GAIN * this.window / rtt, elapsed = now - this.#burstAt | 0;
		this.#burstAt = now;
		this.#burst += elapsed * perMs;
		if (this.#burst > INITIAL_WINDOW || elapsed < 0)
			this.#burst = INITIAL_WINDOW;
		return this.#burst >= QUIC_SEND_DATAGRAM ? 0 : Math.ceil((QUIC_SEND_DATAGRAM - this.#burst) / perMs);
	}

	/** True where a full datagram may be sent. */
	get hasRoom(): boolean {
		return this.inFlight + QUIC_SEND_DATAGRAM <= this.window;
	}

	onSent(size: number): void {
		this.inFlight += size;
		this.#burst -= size;
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

	/** Packets were lost, or met congestion; the last of them sent at `sentAt`. */
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
