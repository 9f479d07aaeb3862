import { CLAUSE22_FEATURES, Clause22Phy, controlOf, phyIdentifier, type Clause22Options } from "./clause22-phy.js";
import { BMCR, NO_ANSWER } from "./mii.js";
import { CABLE_OK, CABLE_OPEN, CABLE_SHORT, CABLE_UNKNOWN, FEATURE_CABLE_TEST, FEATURE_COUNTERS, FEATURE_ENERGY, MODE_100_FULL } from "./phy.js";
import type { PhyRegisters } from "./phy-registers.js";

/** Microchip (SMSC), OUI 00-80-0F. PHYID 0007 C0Fx, C11x, C12x, C13x. */
const OUI = 0x00800f;
const LAN8710_LAN8720 = phyIdentifier(OUI, 0x0f);
const LAN8740 = phyIdentifier(OUI, 0x11);
const LAN8741 = phyIdentifier(OUI, 0x12);
const LAN8742 = phyIdentifier(OUI, 0x13);

/** LAN8720A data sheet DS00002165B §4.2.8 Mode Control/Status, §4.2.9 Special Modes, §4.2.10 Symbol Error Counter,
 *  §4.2.11 Special Control/Status Indications, §4.2.14 PHY Special Control/Status. */
const MODE_CONTROL = 17;
const EDPWRDOWN = 0x2000;
const ENERGYON = 0x0002;
const SPECIAL_MODES = 18;
const MODE_FIELD = 0x00e0;
const MODE_POWER_DOWN = 0x00c0;
const MODE_ALL = 0x00e0;
const SYMBOL_ERRORS = 26;
const INDICATIONS = 27;
const AMDIX_OFF = 0x8000;
const CHANNEL_MDIX = 0x2000;
const SPECIAL_STATUS = 31;
const SPEED_SHIFT = 2;

/** LAN8740A and LAN8742A data sheets, TDR Control/Status Register (25) and "Cable Diagnostics": the transmit pair is
 *  measured in MDI mode, the receive pair in MDIX mode. Metres per count depend on the kind of cable and are left out. */
const TDR_CONTROL = 25;
const TDR_ENABLE = 0x8000;
const TDR_TYPE = 0x0600;
const TDR_TYPE_SHORT = 0x0200;
const TDR_TYPE_OPEN = 0x0400;
const TDR_TYPE_MATCH = 0x0600;
const TDR_DONE = 0x0100;

export class Lan87xx extends Clause22Phy {
	#pair = 0;

	constructor(registers: PhyRegisters, options?: Clause22Options) {
		super(registers, options, "LAN87xx", CLAUSE22_FEATURES | FEATURE_ENERGY | FEATURE_COUNTERS | FEATURE_CABLE_TEST, 1,
			[LAN8710_LAN8720, LAN8740, LAN8741, LAN8742], ["symbol errors (16 bits)"], ["TX", "RX"]);
	}

	/** The small ones have no TDR; which one it is shows after `identify`. */
	override has(feature: number): boolean {
		const model = (this.id & 0xfffffff0) >>> 0;
		return super.has(feature) && (feature !== FEATURE_CABLE_TEST || model === LAN8740 || model === LAN8742);
	}

	/** Straps can put the chip into power-down, which a reset would enter again. */
	override reset(): void {
		if ((this.registers.read(SPECIAL_MODES) & MODE_FIELD) === MODE_POWER_DOWN)
			this.registers.modify(SPECIAL_MODES, MODE_FIELD, MODE_ALL);
		super.reset();
	}

	/** Energy detect power-down stays off: in it, the chip may miss a cable that is plugged in. */
	protected override prepare(): void {
		this.registers.modify(MODE_CONTROL, EDPWRDOWN, 0);
		this.registers.modify(INDICATIONS, AMDIX_OFF | CHANNEL_MDIX, 0);
	}

	protected override readMode(): void {
		this.setModeByCode(this.registers.read(SPECIAL_STATUS) >> SPEED_SHIFT & 7);
	}

	override energy(): number {
		return (this.registers.read(MODE_CONTROL) & ENERGYON) !== 0 ? 1 : 0;
	}

	/** The register is shown as it is: the read does not clear it, and it wraps. */
	override updateCounters(): void {
		this.counters[0]!.value = this.registers.read(SYMBOL_ERRORS);
	}

	override startCableTest(): void {
		this.registers.write(BMCR, controlOf(MODE_100_FULL));
		this.#startPair(0);
	}

	override pollCableTest(): boolean {
		const status = this.registers.read(TDR_CONTROL);
		if (status === NO_ANSWER || (status & TDR_DONE) === 0)
			return false;
		this.cable[this.#pair]!.result = resultOf(status & TDR_TYPE);
		if (this.#pair === 0) {
			this.#startPair(1);
			return false;
		}
		this.registers.write(TDR_CONTROL, 0);
		return true;
	}

	#startPair(pair: number): void {
		this.#pair = pair;
		this.registers.modify(INDICATIONS, AMDIX_OFF | CHANNEL_MDIX, AMDIX_OFF | (pair === 0 ? 0 : CHANNEL_MDIX));
		this.registers.write(TDR_CONTROL, 0);
		this.registers.write(TDR_CONTROL, TDR_ENABLE);
	}
}

function resultOf(type: number): number {
	switch (type) {
		case TDR_TYPE_SHORT:
			return CABLE_SHORT;
		case TDR_TYPE_OPEN:
			return CABLE_OPEN;
		case TDR_TYPE_MATCH:
			return CABLE_OK;
		default:
			return CABLE_UNKNOWN;
	}
}
