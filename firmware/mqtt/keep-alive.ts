/** When to send PINGREQ, and when to give the connection up (MQTT 5.0 §3.1.2.10). */
import { MQTT_ANSWER_WAIT, MQTT_PING_TIMEOUT } from "../config.js";
import { NO_TIMEOUT } from "../wire/time.js";

export const KEEP_ALIVE_FINE = 0;
export const KEEP_ALIVE_PING = 1;
export const KEEP_ALIVE_LOST = 2;

export class KeepAlive {
	// ms; 0 = off.
	#interval = 0;
	#sentAt = 0;
	#receivedAt = 0;
	#pingAt = 0;
	#isWaiting = false;

	/** `seconds`: 0 = off. */
	start(seconds: number, now: number): void {
		this.#interval = seconds * 1000;
		this.#sentAt = this.#receivedAt = now;
		this.#isWaiting = false;
	}

	stop(): void {
		this.#interval = 0;
		this.#isWaiting = false;
	}

	/** A packet was put for the server. */
	sent(now: number): void {
		this.#sentAt = now;
	}

	/** Bytes came. */
	received(now: number): void {
		this.#receivedAt = now;
	}

	/** PINGREQ is due and counts as sent, whether the ring has room for it or not. */
	pinged(now: number): void {
		this.#pingAt = this.#sentAt = now;
		this.#isWaiting = true;
	}

	/** PINGRESP. */
	answered(): void {
		this.#isWaiting = false;
	}

	/** `isOwed`: a PUBACK is outstanding. */
	check(now: number, isOwed = false): number {
		if (this.pollTimeout(now, isOwed) > 0)
			return KEEP_ALIVE_FINE;
		return this.#isWaiting ? KEEP_ALIVE_LOST : KEEP_ALIVE_PING;
	}

	/** ms until `check` answers something else. A ping is due after three quarters of the interval without a packet sent, and
	 *  after a whole one without a byte received: QoS 0 alone would never notice a server that hangs. While a PUBACK is owed
	 *  it is due much sooner: where the server's packets were lost, its next try may be many seconds away, but a packet of
	 *  ours tells it at once what is missing. */
	pollTimeout(now: number, isOwed = false): number {
		if (this.#isWaiting)
			return rest(this.#pingAt + MQTT_PING_TIMEOUT, now);
		if (this.#interval === 0)
			return NO_TIMEOUT;
		const send = rest(this.#sentAt + (this.#interval * 3 >> 2), now), receive = rest(this.#receivedAt + this.#interval, now);
		const due = send < receive ? send : receive;
		if (!isOwed)
			return due;
		const answer = rest(((this.#sentAt - this.#receivedAt) | 0) > 0 ? this.#sentAt + MQTT_ANSWER_WAIT : this.#receivedAt + MQTT_ANSWER_WAIT, now);
		return answer < due ? answer : due;
	}
}

function rest(time: number, now: number): number {
	const left = (time - now) | 0;
	return left > 0 ? left : 0;
}
