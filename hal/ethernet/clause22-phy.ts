import {
	ABILITY_100_FULL, ABILITY_100_HALF, ABILITY_10_FULL, ABILITY_10_HALF, ABILITY_REMOTE_FAULT, ABILITY_SELECTOR, ANAR, ANER, ANER_PARTNER_ABLE, ANLPAR,
	BMCR, BMCR_AUTONEG, BMCR_FULL_DUPLEX, BMCR_LOOPBACK, BMCR_RESET, BMCR_RESTART, BMCR_SPEED_100,
	BMSR, BMSR_AUTONEG_ABLE, BMSR_AUTONEG_COMPLETE, BMSR_LINK, BMSR_REMOTE_FAULT, NO_ANSWER, PHYID1, PHYID2,
} from "./mii.js";
import {
	FEATURE_AUTONEG, FEATURE_FORCED, FEATURE_LOOPBACK, MODE_100_FULL, MODE_100_HALF, MODE_10_FULL, MODE_10_HALF, MODE_AUTO,
	PHY_ABSENT, PHY_FOUND, PHY_OTHER, Phy,
} from "./phy.js";
import type { PhyRegisters } from "./phy-registers.js";

export const CLAUSE22_FEATURES = FEATURE_AUTONEG | FEATURE_FORCED | FEATURE_LOOPBACK;
/** PHYID without the four bits of the revision (IEEE 802.3 §22.2.4.3.1). */
export const ANY_REVISION = 0xfffffff0;

/** The longest a reset may take: "The reset process shall be completed within 0.5 s", IEEE 802.3 §22.2.4.1.1. */
export const RESET_TIME_MAX = 500;

/** PHYID1 and PHYID2 from OUI (24 bits, as it is printed), model and revision: the first two bits of the OUI are left out,
 *  the rest comes in the order of transmission, the lowest bit of each octet first (IEEE 802.3 §22.2.4.3.1, Figure 22-12). */
export function phyIdentifier(oui: number, model: number, revision = 0): number {
	return identifier(reverse(oui >>> 16) << 16 | reverse(oui >>> 8) << 8 | reverse(oui), model, revision);
}

/** The same for vendors who wrote the OUI down as it is printed (IC Plus, Texas Instruments, NXP). */
export function phyIdentifierAsPrinted(oui: number, model: number, revision = 0): number {
	return identifier(oui, model, revision);
}

function identifier(bits: number, model: number, revision: number): number {
	return ((bits & 0x3fffff) * 1024 + (model & 63) * 16 + (revision & 15)) >>> 0;
}

function reverse(octet: number): number {
	let bits = 0;
	for (let i = 0; i < 8; i++)
		bits |= (octet >>> i & 1) << (7 - i);
	return bits;
}

export interface Clause22Options {
	/** ABILITY_* that are offered to the partner; all that the chip has where left out. */
	advertise?: number;
}

/** Any 10/100 PHY by the registers of IEEE 802.3 clause 22 alone: takes what answers. The drivers of known chips extend it. */
export class Clause22Phy extends Phy {
	protected readonly registers: PhyRegisters;
	/** PHYIDs that this driver is for, under `idMask`; none: any. */
	protected readonly ids: readonly number[];
	protected readonly idMask: number;
	#advertise: number;
	#negotiates = false;

	constructor(registers: PhyRegisters, options: Clause22Options = {}, name = "generic PHY", features = CLAUSE22_FEATURES, settleTime = 1,
		ids: readonly number[] = [], counters: readonly string[] = [], pairs: readonly string[] = [], idMask = ANY_REVISION) {
		super(name, features, settleTime, counters, pairs);
		this.registers = registers;
		this.ids = ids;
		this.idMask = idMask;
		this.#advertise = options.advertise ?? ABILITY_100_FULL | ABILITY_100_HALF | ABILITY_10_FULL | ABILITY_10_HALF;
	}

	identify(): number {
		const high = this.registers.read(PHYID1), low = this.registers.read(PHYID2);
		this.id = (high * 65536 + low) >>> 0;
		if (this.id === 0xffffffff || this.id === 0)
			return PHY_ABSENT;
		if (this.ids.length === 0)
			return PHY_FOUND;
		for (let i = 0; i < this.ids.length; i++)
			if (((this.id ^ this.ids[i]!) & this.idMask) === 0)
				return PHY_FOUND;
		return PHY_OTHER;
	}

	reset(): void {
		this.registers.write(BMCR, BMCR_RESET);
	}

	isReset(): boolean {
		return (this.registers.read(BMCR) & BMCR_RESET) === 0;
	}

	configure(mode: number): boolean {
		this.prepare();
		const status = this.registers.read(BMSR), abilities = status >> 6 & 0x1e0;
		if (mode === MODE_AUTO && (status & BMSR_AUTONEG_ABLE) !== 0 && this.has(FEATURE_AUTONEG)) {
			this.#negotiates = true;
			this.registers.write(ANAR, ABILITY_SELECTOR | abilities & this.#advertise);
			this.registers.write(BMCR, BMCR_AUTONEG | BMCR_RESTART);
			return true;
		}
		const ability = abilityOf(mode);
		if ((abilities & ability) === 0 || !this.has(FEATURE_FORCED))
			return false;
		this.#negotiates = false;
		this.registers.write(BMCR, controlOf(mode));
		return true;
	}

	poll(): boolean {
		this.hasFlapped = false;
		this.remoteFault = false;
		const latched = this.registers.read(BMSR);
		this.isPresent = latched !== NO_ANSWER;
		if (!this.isPresent)
			return false;
		// The first read gives what happened since the last one, the second what is so now.
		const status = (latched & BMSR_LINK) === 0 ? this.registers.read(BMSR) : latched;
		this.remoteFault = ((latched | status) & BMSR_REMOTE_FAULT) !== 0;
		if ((status & BMSR_LINK) === 0 || this.#negotiates && (status & BMSR_AUTONEG_COMPLETE) === 0) {
			this.partner = 0;
			return false;
		}
		this.hasFlapped = status !== latched && (latched & BMSR_LINK) === 0;
		this.partner = this.#negotiates ? this.registers.read(ANLPAR) : 0;
		if ((this.partner & ABILITY_REMOTE_FAULT) !== 0)
			this.remoteFault = true;
		this.readMode(this.#negotiates);
		return true;
	}

	override startLoopback(): void {
		this.registers.write(BMCR, BMCR_LOOPBACK | BMCR_SPEED_100 | BMCR_FULL_DUPLEX);
	}

	/** Settings of the chip that a reset has undone. */
	protected prepare(): void {}

	/** Speed and duplex of the carrier, by priority (IEEE 802.3 Annex 28B.3) where they were negotiated. A partner that does
	 *  not negotiate is found by parallel detection: half duplex (§28.2.3.1), ANLPAR then holds the one ability detected. */
	protected readMode(negotiated: boolean): void {
		if (!negotiated) {
			const control = this.registers.read(BMCR);
			this.setMode((control & BMCR_SPEED_100) !== 0 ? 100 : 10, (control & BMCR_FULL_DUPLEX) !== 0);
			return;
		}
		let common = this.registers.read(ANAR) & this.partner;
		if ((this.registers.read(ANER) & ANER_PARTNER_ABLE) === 0)
			common &= ABILITY_100_HALF | ABILITY_10_HALF;
		if ((common & ABILITY_100_FULL) !== 0)
			this.setMode(100, true);
		else if ((common & ABILITY_100_HALF) !== 0)
			this.setMode(100, false);
		else
			this.setMode(10, (common & ABILITY_10_FULL) !== 0);
	}

	protected setMode(speed: number, fullDuplex: boolean): void {
		this.speed = speed;
		this.fullDuplex = fullDuplex;
	}

	/** The three-bit code that several chips share: 001 and 101 are 10 Mbit/s, 010 and 110 are 100, bit 2 is full duplex. */
	protected setModeByCode(code: number): void {
		if ((code & 3) === 1 || (code & 3) === 2)
			this.setMode((code & 3) === 1 ? 10 : 100, (code & 4) !== 0);
	}

	/** A counter that the read clears. */
	protected addCounter(index: number, value: number): void {
		if (value !== NO_ANSWER)
			this.counters[index]!.value += value;
	}
}

function abilityOf(mode: number): number {
	switch (mode) {
		case MODE_10_HALF:
			return ABILITY_10_HALF;
		case MODE_10_FULL:
			return ABILITY_10_FULL;
		case MODE_100_HALF:
			return ABILITY_100_HALF;
		case MODE_100_FULL:
			return ABILITY_100_FULL;
		default:
			return 0;
	}
}

export function controlOf(mode: number): number {
	return (mode === MODE_100_HALF || mode === MODE_100_FULL ? BMCR_SPEED_100 : 0) | (mode === MODE_10_FULL || mode === MODE_100_FULL ? BMCR_FULL_DUPLEX : 0);
}
