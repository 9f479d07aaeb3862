import type { Random } from "../../firmware/ports/random.js";

/** The operating system's generator (random.c). */
class SystemRandom implements Random {
	fill(bytes: Uint8Array): void {
		return native("xs_random_fill").call(this, bytes);
	}
}

export const random: Random = Object.freeze(new SystemRandom());
