/** Seeded pseudo-random numbers for tests (sfc32 by Chris Doty-Humphrey): the same on every engine, so that a
 *  printed seed brings a failure back. As a `Random` it is predictable: never for keys outside of tests. */
import type { Random } from "../../firmware/ports/random.js";

export class Prng implements Random {
	#a: number;
	#b: number;
	#c = 1;
	#counter = 1;

	constructor(seed: number) {
		this.#a = seed | 0;
		this.#b = Math.imul(seed, 0x9e3779b1);
		for (let i = 0; i < 12; i++)
			this.next();
	}

	/** The next uint32. */
	next(): number {
		const sum = (this.#a + this.#b + this.#counter) | 0;
		this.#counter = (this.#counter + 1) | 0;
		this.#a = this.#b ^ (this.#b >>> 9);
		this.#b = (this.#c + (this.#c << 3)) | 0;
		this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
		return sum >>> 0;
	}

	/** An integer in [0, limit). */
	below(limit: number): number {
		return Math.floor(this.next() / 0x100000000 * limit);
	}

	/** True with the given probability, 0…1. Draws one number whatever the probability is. */
	chance(probability: number): boolean {
		return this.next() < probability * 0x100000000;
	}

	fill(bytes: Uint8Array): void {
		for (let i = 0; i < bytes.length; i++)
			bytes[i] = this.next() >>> 24;
	}
}
