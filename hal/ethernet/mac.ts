import type { Phy } from "./phy.js";

/** The MAC and the IP stack on it. What fails throws an Error in words. */
export interface Mac {
	/** Powers the PHY, starts MAC and IP stack; the link is down until `setLink` says otherwise. Address 0: DHCP. */
	begin(address: number, netmask: number, router: number, nameServer: number): void;
	/** The six bytes in use. */
	macAddress(): Uint8Array;
	/** The driver of the PHY that answers; undefined where none does. Throws where the board names another one. */
	findPhy(): Phy | undefined;
	/** What the PHY has: `speed` 10 or 100. */
	setLink(isUp: boolean, speed: number, fullDuplex: boolean): void;
	/** IPv4 address and netmask of the stack, uint32 in host order; 0 while it has none. */
	readonly address: number;
	readonly netmask: number;
	/** `onAddress` is called from the loop after the address changed. */
	listen(onAddress: () => void): void;
}
