import type { ByteRegisters } from "../../firmware/ports/mdio.js";
import { FEATURE_AUTONEG, FEATURE_FORCED, MODE_100_FULL, MODE_100_HALF, MODE_10_FULL, MODE_10_HALF, MODE_AUTO, PHY_ABSENT, PHY_FOUND, PHY_OTHER, Phy } from "./phy.js";

/** W5500 data sheet, "VERSIONR (W5500 Chip Version Register) [R] [0x0039] [0x04]" and "PHYCFGR (W5500 PHY Configuration
 *  Register) [R/W] [0x002E] [0b10111XXX]". The PHY has no MDIO and no PHYID. */
const VERSIONR = 0x0039;
const VERSION = 0x04;
const PHYCFGR = 0x002e;
/** 0 holds the PHY in reset. */
const RST = 0x80;
/** The mode comes from OPMDC, not from the pins. */
const OPMD = 0x40;
const OPMDC_SHIFT = 3;
const OPMDC_ALL = 7;
const DPX = 0x04;
const SPD = 0x02;
const LNK = 0x01;

/** The PHY inside a W5500, over the chip's byte registers. What is written as mode is taken over by a reset. */
export class W5500Phy extends Phy {
	#registers: ByteRegisters;

	/** `settleTime`: what Espressif's driver allows for the PLL to lock. */
	constructor(registers: ByteRegisters) {
		super("W5500", FEATURE_AUTONEG | FEATURE_FORCED, 10);
		this.#registers = registers;
	}

	identify(): number {
		this.id = this.#registers.read(VERSIONR);
		if (this.id === VERSION)
			return PHY_FOUND;
		return this.id === 0 || this.id === 0xff ? PHY_ABSENT : PHY_OTHER;
	}

	reset(): void {
		this.#registers.write(PHYCFGR, this.#registers.read(PHYCFGR) & ~RST);
	}

	isReset(): boolean {
		const value = this.#registers.read(PHYCFGR);
		if ((value & RST) === 0) {
			this.#registers.write(PHYCFGR, value | RST);
			return (this.#registers.read(PHYCFGR) & RST) !== 0;
		}
		return this.#registers.read(VERSIONR) === VERSION;
	}

	configure(mode: number): boolean {
		const value = OPMD | codeOf(mode) << OPMDC_SHIFT;
		this.#registers.write(PHYCFGR, value);
		this.#registers.write(PHYCFGR, value | RST);
		return true;
	}

	poll(): boolean {
		const value = this.#registers.read(PHYCFGR);
		// With a link, PHYCFGR can read 0xff as well: only the version tells an empty bus.
		this.isPresent = (value & RST) !== 0 && this.#registers.read(VERSIONR) === VERSION;
		if (!this.isPresent || (value & LNK) === 0)
			return false;
		this.speed = (value & SPD) !== 0 ? 100 : 10;
		this.fullDuplex = (value & DPX) !== 0;
		return true;
	}
}

function codeOf(mode: number): number {
	switch (mode) {
		case MODE_10_HALF:
			return 0;
		case MODE_10_FULL:
			return 1;
		case MODE_100_HALF:
			return 2;
		case MODE_100_FULL:
			return 3;
		case MODE_AUTO:
		default:
			return OPMDC_ALL;
	}
}
