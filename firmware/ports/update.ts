/** The two slots for firmware images: the one that runs, and the other. What fails throws an Error in words. */
export interface Update {
	/** What the images are for: "esp32c3", …. */
	readonly target: string;
	/** Bytes of the other slot. */
	readonly capacity: number;
	/** This start is the first of a new image: unless it is confirmed, the next one is of the image before. */
	readonly isPending: boolean;
	/** The image that was activated last was not confirmed: this is the one before. */
	readonly hasRolledBack: boolean;
	/** Opens the other slot; what was in it is lost. */
	begin(length: number): void;
	/** Writes bytes[offset, end) behind what was written before. */
	write(bytes: Uint8Array, offset: number, end: number): void;
	/** Closes the other slot, which the next start is of. Throws where the loader would not take what is in it. */
	activate(): void;
	/** Closes the other slot, which the next start is not of. Idempotent. */
	abort(): void;
	/** The image that runs is good. */
	confirm(): void;
}
