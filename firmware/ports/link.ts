export const LINK_DOWN = 0;
export const LINK_STARTING = 1;
/** Carrier, but no address yet. */
export const LINK_UP = 2;
export const LINK_READY = 3;

/** The Ethernet link with its address. */
export interface Link {
	/** One of LINK_*. */
	readonly state: number;
	/** IPv4 address and netmask, uint32 in host order; 0 until LINK_READY. */
	readonly address: number;
	readonly netmask: number;
	/** Begins, with a fixed address or, where it is 0, with one from DHCP. Called once; addresses are uint32 in host order, 0
	 *  for no router and no name server. Absent where the link runs by itself. */
	begin?(address: number, netmask: number, router: number, nameServer: number): void;
	/** Set once by the firmware. */
	onChanged: (() => void) | undefined;
	/** Lines for the console: state, partner, error counters, last cable test. Absent where no PHY can be asked. */
	describe?(): readonly string[];
	/** Begins a cable test, for which the link goes down; `describe` shows its result. Returns one line in words. */
	testCable?(): string;
}
