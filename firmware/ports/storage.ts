/** A small key-value store (NVS on a board, a file on a PC). Keys: up to 15 ASCII characters. */
export interface Storage {
	/** The value's bytes, or undefined. */
	read(key: string): Uint8Array | undefined;
	/** Returns false where it did not fit. */
	write(key: string, value: Uint8Array): boolean;
	delete(key: string): void;
}
