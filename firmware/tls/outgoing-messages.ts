/** Levels that the client sends handshake messages on: Initial and Handshake. */
const LEVELS = 2;

/** What is to be sent on each level, and how much of it was taken. */
export class OutgoingMessages {
	#bytes: Uint8Array[] = [];
	#taken: number[] = [];
	/** What follows on the last level. */
	#end: Uint8Array;

	constructor() {
		this.#end = new Uint8Array(0);
		this.clear();
	}

	/** What was queued last for that level. */
	of(level: number): Uint8Array {
		return this.#bytes[level]!;
	}

	/** In place of what was queued before for that level. */
	queue(level: number, bytes: Uint8Array): void {
		this.#bytes[level] = bytes;
		this.#taken[level] = 0;
	}

	/** Comes behind what is queued for the last level. */
	follow(bytes: Uint8Array): void {
		this.#end = bytes;
	}

	/** Copies bytes of that level to into[at, end); returns their count. */
	take(level: number, into: Uint8Array, at: number, end: number): number {
		const count = this.#copy(level, into, at, end);
		if (level !== LEVELS - 1 || this.#end.length === 0 || this.#taken[level] !== this.#bytes[level]!.length)
			return count;
		this.queue(level, this.#end);
		this.#end = new Uint8Array(0);
		return count + this.#copy(level, into, at + count, end);
	}

	clear(): void {
		this.#end = new Uint8Array(0);
		for (let level = 0; level < LEVELS; level++)
			this.queue(level, this.#end);
	}

	#copy(level: number, into: Uint8Array, at: number, end: number): number {
		const bytes = this.#bytes[level], taken = this.#taken[level];
		if (bytes === undefined || taken === undefined)
			return 0;
		const left = bytes.length - taken, count = left < end - at ? left : end - at;
		for (let i = 0; i < count; i++)
			into[at + i] = bytes[taken + i]!;
		this.#taken[level] = taken + count;
		return count;
	}
}
