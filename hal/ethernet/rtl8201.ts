import { CLAUSE22_FEATURES, Clause22Phy, phyIdentifier, type Clause22Options } from "./clause22-phy.js";
import type { PhyRegisters } from "./phy-registers.js";

/** Realtek, OUI 00-E0-4C, model 1: RTL8201F and its kin. PHYID 001C C81x. */
const RTL8201 = phyIdentifier(0x00e04c, 1);

/** RTL8201F data sheet, "Register 31 Page Select Register": the registers of clause 22 are on page 0. */
const PAGE = 31;

export class Rtl8201 extends Clause22Phy {
	/** `settleTime`: what Espressif's driver allows the chip. */
	constructor(registers: PhyRegisters, options?: Clause22Options) {
		super(registers, options, "RTL8201", CLAUSE22_FEATURES, 150, [RTL8201]);
	}

	override reset(): void {
		this.registers.write(PAGE, 0);
		super.reset();
	}
}
