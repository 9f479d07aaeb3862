/** A one-way link that loses, delays, reorders, doubles and corrupts datagrams, by a seed. */
import type { Scheduler } from "./fake-clock.js";
import { Prng } from "./prng.js";

export interface LinkOptions {
	/** A failing test prints it. */
	seed?: number;
	/** Probabilities per datagram, 0…1. */
	loss?: number;
	/** Losses and corruptions in a row at most, without the forced ones. */
	burst?: number;
	duplicate?: number;
	/** One byte of the datagram gets another value. */
	corrupt?: number;
	/** The datagram is held back by `reorderDelay` ms, so that later ones pass it. */
	reorder?: number;
	reorderDelay?: number;
	/** One-way delay in ms, and how much more it may be by chance (datagrams keep their order). */
	delay?: number;
	jitter?: number;
	/** Longer datagrams are dropped (bytes of UDP payload). */
	mtu?: number;
}

export class FaultyLink {
	/** True: everything is lost, until it is false again. */
	blackhole = false;
	/** The next n datagrams are lost, whatever the probabilities say. */
	loseNext = 0;
	readonly statistics = { sent: 0, delivered: 0, lost: 0, duplicated: 0, corrupted: 0, reordered: 0 };
	#scheduler: Scheduler;
	#options: Required<LinkOptions>;
	#prng: Prng;
	#inARow = 0;
	#inOrder: (() => void)[] = [];

	constructor(scheduler: Scheduler, options: LinkOptions = {}) {
		this.#scheduler = scheduler;
		this.#options = {
			seed: 1, loss: 0, burst: Infinity, duplicate: 0, corrupt: 0, reorder: 0, reorderDelay: 20, delay: 0, jitter: 0, mtu: 65507,
			...options,
		};
		this.#prng = new Prng(this.#options.seed);
	}

	get seed(): number {
		return this.#options.seed;
	}

	/** Changes the link's behaviour from the next datagram on; the seed stays. */
	set(options: Omit<LinkOptions, "seed">): void {
		Object.assign(this.#options, options);
	}

	/** Takes a copy of bytes[offset, end); `deliver` gets it zero, one or two times, never from within this call. */
	send(bytes: Uint8Array, offset: number, end: number, deliver: (datagram: Uint8Array) => void): void {
		const options = this.#options, prng = this.#prng, statistics = this.statistics;
		statistics.sent++;
		// Every draw happens for every datagram: one rate changed leaves the others' sequence as it was.
		const spared = this.#inARow >= options.burst;
		const lost = prng.chance(options.loss) && !spared, doubled = prng.chance(options.duplicate);
		const corrupted = prng.chance(options.corrupt) && !spared, reordered = prng.chance(options.reorder);
		const jitter = prng.below(options.jitter + 1), at = prng.below(end - offset), flip = 1 + prng.below(255);
		this.#inARow = lost || corrupted ? this.#inARow + 1 : 0;
		const forced = this.loseNext > 0;
		if (forced)
			this.loseNext--;
		if (lost || forced || this.blackhole || end - offset > options.mtu) {
			statistics.lost++;
			return;
		}
		const copy = bytes.slice(offset, end);
		if (corrupted && copy.length > 0) {
			copy[at]! ^= flip;
			statistics.corrupted++;
		}
		if (reordered)
			statistics.reordered++;
		if (doubled)
			statistics.duplicated++;
		const delay = options.delay + jitter;
		for (let count = doubled ? 2 : 1; count > 0; count--)
			this.#deliverLater(copy.slice(), delay, reordered, deliver);
	}

	// Jitter alone must not reorder: whichever timer ends first delivers the datagram that was sent first.
	#deliverLater(copy: Uint8Array, delay: number, reordered: boolean, deliver: (datagram: Uint8Array) => void): void {
		const action = () => {
			this.statistics.delivered++;
			deliver(copy);
		};
		if (reordered) {
			this.#scheduler.at(delay + this.#options.reorderDelay, action);
			return;
		}
		this.#inOrder.push(action);
		this.#scheduler.at(delay, () => { this.#inOrder.shift()!(); });
	}
}
