/** Where a PC build writes TLS secrets for Wireshark (SSLKEYLOGFILE format). A board has none. */
export interface KeyLog {
	/** One line: `label`, hex of the client random, hex of the secret. */
	write(label: string, clientRandom: Uint8Array, secret: Uint8Array): void;
}
