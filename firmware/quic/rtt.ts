import { QUIC_INITIAL_RTT } from "../config.js";

/** RFC 9002 §6.1.2 kGranularity in ms. */
export const GRANULARITY = 1;

/** Round-trip time in ms (RFC 9002 §5). */
export class Rtt {
	latest = 0;
	smoothed = QUIC_INITIAL_RTT;
	variation = QUIC_INITIAL_RTT / 2;
	minimum = 0;
	hasSample = false;

	/** A new path. */
	reset(): void {
		this.smoothed = QUIC_INITIAL_RTT;
		this.variation = QUIC_INITIAL_RTT / 2;
		this.hasSample = false;
	}

	/** `ackDelay`: ms that the peer says it waited, already limited by its max_ack_delay. */
	update(latest: number, ackDelay: number): void {
		this.latest = latest;
		if (!this.hasSample) {
			this.hasSample = true;
			this.minimum = latest;
			this.smoothed = latest;
			this.variation = latest / 2;
			return;
		}
		if (latest < this.minimum)
			this.minimum = latest;
		// RFC 9002 §5.3: "MUST NOT subtract the acknowledgment delay from the RTT sample if the resulting value is
		// smaller than the min_rtt."
		const adjusted = latest >= this.minimum + ackDelay ? latest - ackDelay : latest;
		this.variation = 0.75 * this.variation + 0.25 * Math.abs(this.smoothed - adjusted);
		this.smoothed = 0.875 * this.smoothed + 0.125 * adjusted;
	}

	/** Probe timeout in whole ms without back-off and max_ack_delay (RFC 9002 §6.2.1). */
	get probeTimeout(): number {
		const spread = 4 * this.variation;
		return Math.ceil(this.smoothed + (spread > GRANULARITY ? spread : GRANULARITY));
	}

	/** RFC 9002 §6.1.2: after this many ms a packet older than an acknowledged one is lost. */
	get lossDelay(): number {
		const base = this.latest > this.smoothed ? this.latest : this.smoothed;
		const delay = Math.ceil(base * 1.125);
		return delay > GRANULARITY ? delay : GRANULARITY;
	}
}
