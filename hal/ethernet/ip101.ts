import { CLAUSE22_FEATURES, Clause22Phy, phyIdentifierAsPrinted, type Clause22Options } from "./clause22-phy.js";
import type { PhyRegisters } from "./phy-registers.js";

/** IC Plus, OUI 00-90-C3, model 5: IP101A, G, GA, GR, GRI. PHYID 0243 0C5x. */
const IP101 = phyIdentifierAsPrinted(0x0090c3, 5);

/** IP101G data sheet, "Register Page Control" and "PHY MDI/MDIX Control and Specific Status Register" (page 16). */
const PAGE = 20;
const PAGE_DEFAULT = 16;
const SPECIFIC_STATUS = 30;
const OP_MODE = 0x0007;

export class Ip101 extends Clause22Phy {
	/** `settleTime`: what Espressif's driver allows the chip. */
	constructor(registers: PhyRegisters, options?: Clause22Options) {
		super(registers, options, "IP101", CLAUSE22_FEATURES, 10, [IP101]);
	}

	protected override prepare(): void {
		this.registers.write(PAGE, PAGE_DEFAULT);
	}

	protected override readMode(): void {
		this.setModeByCode(this.registers.read(SPECIFIC_STATUS) & OP_MODE);
	}
}
