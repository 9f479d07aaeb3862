/** Cryptographically secure random bytes from the platform. Throws where it has none: never falls back. */
export interface Random {
	fill(bytes: Uint8Array): void;
}
