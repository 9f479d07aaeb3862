import { CLAUSE22_FEATURES, Clause22Phy, phyIdentifier, type Clause22Options } from "./clause22-phy.js";
import { BMCR } from "./mii.js";
import { CABLE_OK, CABLE_OPEN, CABLE_SHORT, CABLE_UNKNOWN, FEATURE_CABLE_TEST, FEATURE_COUNTERS, FEATURE_ENERGY } from "./phy.js";
import type { PhyRegisters } from "./phy-registers.js";

/** Microchip (Micrel), OUI 00-10-A1, model 0x16: KSZ8081, and KSZ8051 and KSZ8091 of the same registers. PHYID 0022 156x. */
const KSZ8081 = phyIdentifier(0x0010a1, 0x16);

/** KSZ8081MNX/RNB data sheet DS00002202C, register descriptions 15h, 16h, 1Dh, 1Eh, 1Fh. */
const RXER_COUNTER = 0x15;
const STRAP_OVERRIDE = 0x16;
const FACTORY_TEST = 0x8000;
const BROADCAST_OFF = 0x0200;
const NAND_TREE = 0x0020;
const CONTROL1 = 0x1e;
const ENERGY_DETECT = 0x0010;
const OPERATION_MODE = 0x0007;
const CONTROL2 = 0x1f;
const MDIX_SELECT = 0x4000;
const PAIR_SWAP_DISABLE = 0x2000;

/** §3.9 LinkMD cable diagnostic. Metres per count: 0.4, as the KSZ8795CLX's data sheet has it (DS00002112B §3.1.9.2: it "may be
 *  calibrated for different cabling conditions"). */
const LINKMD = 0x1d;
const LINKMD_ENABLE = 0x8000;
const LINKMD_RESULT_SHIFT = 13;
const LINKMD_COUNT = 0x01ff;
const CENTIMETRES_PER_COUNT = 40;
/** "the device is unable to shut down the link partner": how often a pair is tried until its result stays unknown. */
const TRIES = 20;

export class Ksz8081 extends Clause22Phy {
	#pair = 0;
	#tries = 0;

	constructor(registers: PhyRegisters, options?: Clause22Options) {
		super(registers, options, "KSZ8081", CLAUSE22_FEATURES | FEATURE_ENERGY | FEATURE_COUNTERS | FEATURE_CABLE_TEST, 1,
			[KSZ8081], ["receive errors"], ["MDI", "MDI-X"]);
	}

	/** A missing pull-down straps the chip into a test mode; and PHY address 0 is a broadcast, unless it is told otherwise. */
	protected override prepare(): void {
		this.registers.modify(STRAP_OVERRIDE, FACTORY_TEST | NAND_TREE | BROADCAST_OFF, BROADCAST_OFF);
		this.registers.modify(CONTROL2, PAIR_SWAP_DISABLE | MDIX_SELECT, 0);
	}

	protected override readMode(): void {
		this.setModeByCode(this.registers.read(CONTROL1) & OPERATION_MODE);
	}

	override energy(): number {
		return (this.registers.read(CONTROL1) & ENERGY_DETECT) !== 0 ? 1 : 0;
	}

	override updateCounters(): void {
		this.addCounter(0, this.registers.read(RXER_COUNTER));
	}

	/** Without autonegotiation, so that the partner's pulses do not bring a link up in the middle of it. */
	override startCableTest(): void {
		this.registers.write(BMCR, 0);
		this.#tries = TRIES;
		this.#startPair(0);
	}

	override pollCableTest(): boolean {
		const status = this.registers.read(LINKMD);
		if ((status & LINKMD_ENABLE) !== 0)
			return false;
		const pair = this.cable[this.#pair]!;
		pair.result = resultOf(status >> LINKMD_RESULT_SHIFT & 3);
		if (pair.result === CABLE_UNKNOWN && --this.#tries > 0) {
			this.#startPair(this.#pair);
			return false;
		}
		if (pair.result === CABLE_OPEN || pair.result === CABLE_SHORT)
			pair.distance = (status & LINKMD_COUNT) * CENTIMETRES_PER_COUNT;
		if (this.#pair !== 0)
			return true;
		this.#tries = TRIES;
		this.#startPair(1);
		return false;
	}

	#startPair(pair: number): void {
		this.#pair = pair;
		this.cable[pair]!.distance = -1;
		this.registers.modify(CONTROL2, PAIR_SWAP_DISABLE | MDIX_SELECT, PAIR_SWAP_DISABLE | (pair === 0 ? 0 : MDIX_SELECT));
		this.registers.write(LINKMD, LINKMD_ENABLE);
	}
}

function resultOf(code: number): number {
	switch (code) {
		case 0:
			return CABLE_OK;
		case 1:
			return CABLE_OPEN;
		case 2:
			return CABLE_SHORT;
		default:
			return CABLE_UNKNOWN;
	}
}
