/** DNS. Dotted IPv4 text resolves as well. */
export interface Resolver {
	/** Calls back once, never from within the call: with the IPv4 address (uint32, host order), or -1 where none was found. */
	resolve(name: string, onResolved: (address: number) => void): void;
}
