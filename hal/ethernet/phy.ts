/** What the link asks of any PHY. Drivers hold no time: `EthernetLink` calls them when it is due. */

export const FEATURE_AUTONEG = 1;
export const FEATURE_FORCED = 2;
export const FEATURE_LOOPBACK = 4;
export const FEATURE_ENERGY = 8;
export const FEATURE_CABLE_TEST = 16;
export const FEATURE_SIGNAL_QUALITY = 32;
export const FEATURE_ROLE = 64;
export const FEATURE_COUNTERS = 128;
export const FEATURE_PLCA = 256;

/** What `configure` sets: autonegotiation, or one mode by force. */
export const MODE_AUTO = 0;
export const MODE_10_HALF = 1;
export const MODE_10_FULL = 2;
export const MODE_100_HALF = 3;
export const MODE_100_FULL = 4;

/** What `identify` found. */
export const PHY_FOUND = 0;
export const PHY_ABSENT = 1;
export const PHY_OTHER = 2;

/** Clock of a 100BASE-T1 pair. */
export const ROLE_UNKNOWN = 0;
export const ROLE_MASTER = 1;
export const ROLE_SLAVE = 2;

export const CABLE_OK = 0;
export const CABLE_OPEN = 1;
export const CABLE_SHORT = 2;
/** The partner was sending, or the test did not end as it should. */
export const CABLE_UNKNOWN = 3;

/** One pair of the last cable test. */
export interface CablePair {
	readonly name: string;
	/** One of CABLE_*. */
	result: number;
	/** Centimetres to the fault; -1 where the chip does not say. */
	distance: number;
}

export interface PhyCounter {
	readonly name: string;
	value: number;
}

export abstract class Phy {
	/** For the log and the console. */
	readonly name: string;
	/** FEATURE_* of this chip; a method without its feature does nothing. */
	readonly features: number;
	/** ms after `reset` until the registers may be read. */
	readonly settleTime: number;
	readonly counters: readonly PhyCounter[];
	readonly cable: readonly CablePair[];
	/** PHYID1 and PHYID2 as one number, once `identify` has read them. */
	id = 0;
	/** Whether the last `poll` had an answer. */
	isPresent = false;
	/** Whether the carrier was lost since the poll before, though it may be back. */
	hasFlapped = false;
	/** The partner says that it does not receive. */
	remoteFault = false;
	/** 10 or 100; valid while there is a carrier. */
	speed = 0;
	fullDuplex = false;
	/** The partner's abilities as in ANLPAR; 0 where nothing was negotiated. */
	partner = 0;

	constructor(name: string, features: number, settleTime: number, counters: readonly string[] = [], pairs: readonly string[] = []) {
		this.name = name;
		this.features = features;
		this.settleTime = settleTime;
		this.counters = counters.map(counter => ({ name: counter, value: 0 }));
		this.cable = pairs.map(pair => ({ name: pair, result: CABLE_UNKNOWN, distance: -1 }));
	}

	/** One of PHY_*. */
	abstract identify(): number;
	abstract reset(): void;
	/** Whether the reset is over. */
	abstract isReset(): boolean;
	/** Sets the chip up after a reset. False: it cannot do `mode`. */
	abstract configure(mode: number): boolean;
	/** Reads the status into the fields above. True: there is a carrier now. */
	abstract poll(): boolean;

	has(feature: number): boolean {
		return (this.features & feature) !== 0;
	}

	/** What the MAC sends comes back; ended by `configure`. */
	startLoopback(): void {}

	/** Adds what the chip has counted to `counters`. */
	updateCounters(): void {}

	/** Something sends at the other end of the cable: 1 or 0, -1 unknown. */
	energy(): number {
		return -1;
	}

	/** 0 (no link) to `signalQualityMax`, -1 unknown. */
	signalQuality(): number {
		return -1;
	}

	get signalQualityMax(): number {
		return 0;
	}

	/** The role that is set, one of ROLE_*. */
	role(): number {
		return ROLE_UNKNOWN;
	}

	/** The link goes down for it; `configure` brings it back. */
	startCableTest(): void {}

	/** True: the test is over, `cable` holds its result. */
	pollCableTest(): boolean {
		return true;
	}

	/** Further lines for the console. */
	describe(): readonly string[] {
		return [];
	}
}
