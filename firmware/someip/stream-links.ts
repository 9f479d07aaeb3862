/** The sockets of several connections: what they have in common as client and as server. */
import { NO_TIMEOUT } from "../wire/time.js";
import { CONNECTION_OPEN, type Connection } from "./connection.js";
import type { Statistics } from "./drop.js";
import { LINK_LOST, StreamLink } from "./stream-link.js";

export abstract class StreamLinks {
	/** Whose message `receive` told of; it stands in its `input`. */
	connection: Connection | undefined = undefined;
	protected readonly links: StreamLink[] = [];
	protected readonly wake: () => void;
	#statistics: Statistics;
	#cursor = 0;

	/** `wake` is called when there is something to do. */
	constructor(wake: () => void, statistics: Statistics) {
		this.wake = wake;
		this.#statistics = statistics;
	}

	/** True: `connection` has a message; false: nothing more this turn. */
	receive(now: number): boolean {
		const links = this.links;
		for (; this.#cursor < links.length; this.#cursor++) {
			const link = links[this.#cursor]!;
			if (!this.#isCurrent(link))
				continue;
			const code = link.read(now);
			if (code > 0) {
				this.#statistics.received++;
				this.connection = link.connection;
				return true;
			}
			if (code === LINK_LOST)
				this.lose(link, now);
		}
		this.#cursor = 0;
		for (let i = 0; i < links.length; i++)
			links[i]!.begin();
		return false;
	}

	/** Sends what waits. */
	flush(now: number): void {
		const links = this.links;
		for (let i = 0; i < links.length; i++)
			if (this.#isCurrent(links[i]!) && !links[i]!.write(now))
				this.lose(links[i]!, now);
	}

	/** ms until the next turn is wanted. */
	timeout(now: number): number {
		const links = this.links;
		let delay = NO_TIMEOUT;
		for (let i = 0; i < links.length; i++) {
			const link = links[i]!;
			if (link.pending)
				return 0;
			if (link.isOpen)
				delay = link.timeout(now, delay);
		}
		return delay;
	}

	close(): void {
		for (let i = 0; i < this.links.length; i++)
			this.links[i]!.close();
	}

	/** The connection of `link` is gone. */
	protected abstract lose(link: StreamLink, now: number): void;

	// Open, and of the life that the connection has now.
	#isCurrent(link: StreamLink): boolean {
		return link.isOpen && link.connection!.state === CONNECTION_OPEN && link.life === link.connection!.life;
	}
}
