/** MQTT over plain TCP as a Transport, for tests against brokers that have no QUIC: the codec and the session are the same. */
import { ConnectionStatistics } from "../../../firmware/quic/connection-statistics.js";
import { TRANSPORT_CLOSED, TRANSPORT_CONNECTED, TRANSPORT_NONE, TRANSPORT_READABLE, type Transport } from "../../../firmware/uplink/transport.js";
import { SendRing } from "../../../firmware/wire/send-ring.js";
import { NO_TIMEOUT } from "../../../firmware/wire/time.js";

export class TcpTransport implements Transport {
	readonly statistics = new ConnectionStatistics();
	readonly isPassing = true;
	readonly eventStream = 0;
	closeReason = "";
	#ring = new SendRing(2048);
	#input: number[] = [];
	#events: number[] = [TRANSPORT_CONNECTED];
	#sent = 0;
	#isClosed = false;

	connect(): void {}

	receive(bytes: Uint8Array, length: number): void {
		if (length === 0) {
			this.close(0, "the TCP connection ended");
			return;
		}
		for (let i = 0; i < length; i++)
			this.#input.push(bytes[i]!);
		this.#events.push(TRANSPORT_READABLE);
	}

	onTimeout(): void {}

	// What the operating system has taken counts as acknowledged.
	pollTransmit(into: Uint8Array): number {
		const count = Math.min(this.#ring.end - this.#sent, into.length);
		if (this.#isClosed || count === 0)
			return 0;
		this.#ring.copy(this.#sent, this.#sent + count, into, 0);
		this.#sent += count;
		this.#ring.release(this.#sent);
		return count;
	}

	pollTimeout(): number {
		return NO_TIMEOUT;
	}

	pollEvent(): number {
		return this.#events.shift() ?? TRANSPORT_NONE;
	}

	openStream(): number {
		return 0;
	}

	sendRing(): SendRing {
		return this.#ring;
	}

	read(_stream: number, into: Uint8Array, at: number, end: number): number {
		const bytes = this.#input.splice(0, end - at);
		into.set(bytes, at);
		return bytes.length;
	}

	isFinished(): boolean {
		return false;
	}

	close(_code: number, reason: string): void {
		if (this.#isClosed)
			return;
		this.#isClosed = true;
		this.closeReason = reason;
		this.#events.push(TRANSPORT_CLOSED);
	}

	dispose(): void {
		this.#isClosed = true;
	}
}
