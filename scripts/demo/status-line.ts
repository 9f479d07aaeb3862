/** The line that a person follows while the demo runs. */
import type { BoardStatus } from "./board-process.js";

/** `link ready | services 3 | 62 events/s | QUIC up, rtt 2 ms | published 1204 | dropped 0 | memory 61 of 324 KiB, peak 88`. */
export function statusLine(now: BoardStatus, eventsPerSecond: number): string {
	const { link, someip, quic, mqtt, memory } = now;
	const dropped = someip.dropped + mqtt.overflowed;
	return [
		`link ${link}`,
		`services ${someip.services}`,
		`${Math.round(eventsPerSecond)} events/s`,
		mqtt.connected ? `QUIC up, rtt ${quic.rttMs} ms` : quic.established ? "QUIC up, no CONNACK yet" : "QUIC down",
		`published ${mqtt.published}`,
		...mqtt.queued ? [`waiting ${mqtt.queued}`] : [],
		`dropped ${dropped}`,
		`memory ${kib(memory.usedBytes)} of ${kib(memory.arenaBytes)} KiB, peak ${kib(memory.peakBytes)}`,
	].join(" | ");
}

export function kib(bytes: number): number {
	return Math.round(bytes / 1024);
}

/** Output with a last line that stays: log lines scroll above it. Without a terminal the line is printed now and then. */
export class Screen {
	#status = "";
	#printed = 0;
	readonly #watched = Boolean(process.stdout.isTTY);

	line(text: string): void {
		if (this.#watched)
			process.stdout.write(`\r\x1b[K${text}\n${this.#status}`);
		else
			console.log(text);
	}

	/** `text` replaces the line before; where nobody watches it is printed every five seconds. */
	status(text: string): void {
		if (this.#watched) {
			this.#status = text.slice(0, Math.max(20, (process.stdout.columns ?? 120) - 1));
			process.stdout.write(`\r\x1b[K${this.#status}`);
		}
		else if (Date.now() - this.#printed >= 5000) {
			this.#printed = Date.now();
			console.log(`  ${text}`);
		}
	}

	/** The status line stays where it is; output goes on below. */
	end(): void {
		if (this.#watched && this.#status)
			process.stdout.write("\n");
		this.#status = "";
	}
}
