/** What the hardware's random generator lives on (entropy.c). */
class Entropy {
	/** Before anything random is asked for. */
	enable(): void {
		return native("xs_entropy_enable").call(this);
	}
}

export const entropy = Object.freeze(new Entropy());
