import { CLAUSE22_FEATURES, Clause22Phy, phyIdentifierAsPrinted, type Clause22Options } from "./clause22-phy.js";
import { FEATURE_COUNTERS, FEATURE_ENERGY } from "./phy.js";
import type { PhyRegisters } from "./phy-registers.js";

/** Texas Instruments (National), OUI 08-00-17: PHYID 2000 5C9x (DP83848C) and 5CAx. */
const OUI = 0x080017;

/** DP83848C data sheet §7.2.1 PHYSTS, §7.2.4 FCSCR, §7.2.5 RECR; both counters are cleared by the read and stick at 255. */
const PHYSTS = 16;
const PHYSTS_SIGNAL_DETECT = 0x0400;
const PHYSTS_FULL_DUPLEX = 0x0004;
const PHYSTS_SPEED_10 = 0x0002;
const FCSCR = 20;
const RECR = 21;

export class Dp83848 extends Clause22Phy {
	constructor(registers: PhyRegisters, options?: Clause22Options) {
		super(registers, options, "DP83848", CLAUSE22_FEATURES | FEATURE_ENERGY | FEATURE_COUNTERS, 1,
			[phyIdentifierAsPrinted(OUI, 0x09), phyIdentifierAsPrinted(OUI, 0x0a)], ["receive errors", "false carriers"]);
	}

	protected override readMode(): void {
		const status = this.registers.read(PHYSTS);
		this.setMode((status & PHYSTS_SPEED_10) !== 0 ? 10 : 100, (status & PHYSTS_FULL_DUPLEX) !== 0);
	}

	/** 100BASE-TX only: "unconditional Signal Detect from PMD". */
	override energy(): number {
		return (this.registers.read(PHYSTS) & PHYSTS_SIGNAL_DETECT) !== 0 ? 1 : 0;
	}

	override updateCounters(): void {
		this.addCounter(0, this.registers.read(RECR));
		this.addCounter(1, this.registers.read(FCSCR));
	}
}
