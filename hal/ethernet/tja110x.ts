import { Clause22Phy, phyIdentifierAsPrinted } from "./clause22-phy.js";
import { BMCR, BMCR_FULL_DUPLEX, BMCR_SPEED_100 } from "./mii.js";
import {
	CABLE_OK, CABLE_OPEN, CABLE_SHORT, CABLE_UNKNOWN, FEATURE_CABLE_TEST, FEATURE_COUNTERS, FEATURE_FORCED, FEATURE_LOOPBACK, FEATURE_ROLE, FEATURE_SIGNAL_QUALITY,
	MODE_100_FULL, MODE_AUTO, ROLE_MASTER, ROLE_SLAVE, ROLE_UNKNOWN,
} from "./phy.js";
import type { PhyRegisters } from "./phy-registers.js";

/** NXP, OUI 00-60-37. PHYID 0180 DC4x and DD0x. */
const OUI = 0x006037;
const TJA1100 = phyIdentifierAsPrinted(OUI, 0x04);
const TJA1101 = phyIdentifierAsPrinted(OUI, 0x10);

/** TJA1100 and TJA1101 data sheets, "SMI registers": extended control, configuration 1, symbol error counter,
 *  communication status, general status, external status, link fail counter, common configuration (TJA1101 only). */
const EXTENDED_CONTROL = 17;
const LINK_CONTROL = 0x8000;
const POWER_MODE = 0x7800;
const POWER_STANDBY = 0x6000;
const POWER_NORMAL = 0x1800;
const CABLE_TEST = 0x0020;
const LOOPBACK_MODE = 0x0018;
const CONFIG_EN = 0x0004;
const CONFIGURATION1 = 18;
const MASTER = 0x8000;
const TJA1100_AUTO_OP = 0x4000;
const SYMBOL_ERRORS = 20;
const COMMUNICATION = 23;
const LINK_UP = 0x8000;
const LOCAL_RECEIVER = 0x1000;
const REMOTE_RECEIVER = 0x0800;
const SQI_SHIFT = 5;
const GENERAL = 24;
const PLL_LOCKED = 0x4000;
const EXTERNAL = 25;
const SHORT_DETECT = 0x0100;
const OPEN_DETECT = 0x0080;
const LINK_FAILS = 26;
const COMMON_CONFIGURATION = 27;
const TJA1101_AUTO_OP = 0x8000;

export interface T1Options {
	/** ROLE_MASTER or ROLE_SLAVE; as the pins say where left out. One end of a pair is master, the other slave. */
	role?: number;
}

/** 100BASE-T1: one mode, nothing to negotiate. */
export class Tja110x extends Clause22Phy {
	#role: number;

	/** `settleTime`: an allowance; `isReset` is asked after it. */
	constructor(registers: PhyRegisters, options: T1Options = {}) {
		super(registers, {}, "TJA110x", FEATURE_FORCED | FEATURE_LOOPBACK | FEATURE_ROLE | FEATURE_SIGNAL_QUALITY | FEATURE_CABLE_TEST | FEATURE_COUNTERS, 2,
			[TJA1100, TJA1101], ["symbol errors (16 bits)", "local receiver failures (8 bits)", "remote receiver failures (8 bits)"], ["pair"]);
		this.#role = options.role ?? ROLE_UNKNOWN;
	}

	override reset(): void {
		this.registers.modify(EXTENDED_CONTROL, CONFIG_EN, CONFIG_EN);
		super.reset();
	}

	/** Link control stays off until the PLL has locked: `poll` switches it on. */
	override configure(mode: number): boolean {
		if (mode !== MODE_AUTO && mode !== MODE_100_FULL)
			return false;
		const registers = this.registers;
		registers.modify(EXTENDED_CONTROL, CONFIG_EN | LINK_CONTROL | LOOPBACK_MODE, CONFIG_EN);
		registers.write(BMCR, BMCR_SPEED_100 | BMCR_FULL_DUPLEX);
		if (this.#role !== ROLE_UNKNOWN)
			registers.modify(CONFIGURATION1, MASTER, this.#role === ROLE_MASTER ? MASTER : 0);
		this.#setAutonomous(true);
		this.#leaveStandby();
		return true;
	}

	override poll(): boolean {
		const carrier = super.poll();
		if (!this.isPresent)
			return false;
		const status = this.registers.read(COMMUNICATION);
		if (carrier && (status & LINK_UP) !== 0)
			return true;
		this.remoteFault = (status & (LOCAL_RECEIVER | REMOTE_RECEIVER)) === LOCAL_RECEIVER;
		if ((this.registers.read(GENERAL) & PLL_LOCKED) !== 0)
			this.registers.modify(EXTENDED_CONTROL, LINK_CONTROL, LINK_CONTROL);
		return false;
	}

	protected override readMode(): void {
		this.setMode(100, true);
	}

	override role(): number {
		return (this.registers.read(CONFIGURATION1) & MASTER) !== 0 ? ROLE_MASTER : ROLE_SLAVE;
	}

	/** Classes: 0 is worse than A, 7 is G, the best. */
	override signalQuality(): number {
		return this.registers.read(COMMUNICATION) >> SQI_SHIFT & 7;
	}

	override get signalQualityMax(): number {
		return 7;
	}

	override startLoopback(): void {
		this.registers.modify(EXTENDED_CONTROL, LOOPBACK_MODE, 0);
		super.startLoopback();
	}

	/** The registers are shown as they are. */
	override updateCounters(): void {
		const fails = this.registers.read(LINK_FAILS);
		this.counters[0]!.value = this.registers.read(SYMBOL_ERRORS);
		this.counters[1]!.value = fails >> 8;
		this.counters[2]!.value = fails & 255;
	}

	/** In normal mode, without the chip's own operation and without link control. */
	override startCableTest(): void {
		this.#setAutonomous(false);
		this.#leaveStandby();
		this.registers.modify(EXTENDED_CONTROL, LINK_CONTROL | CONFIG_EN, CONFIG_EN);
		this.registers.modify(EXTENDED_CONTROL, CABLE_TEST, CABLE_TEST);
	}

	override pollCableTest(): boolean {
		if ((this.registers.read(EXTENDED_CONTROL) & CABLE_TEST) !== 0)
			return false;
		this.cable[0]!.result = resultOf(this.registers.read(EXTERNAL) & (SHORT_DETECT | OPEN_DETECT));
		return true;
	}

	#setAutonomous(on: boolean): void {
		if (((this.id ^ TJA1100) & 0xfffffff0) === 0)
			this.registers.modify(CONFIGURATION1, TJA1100_AUTO_OP, on ? TJA1100_AUTO_OP : 0);
		else
			this.registers.modify(COMMON_CONFIGURATION, TJA1101_AUTO_OP, on ? TJA1101_AUTO_OP : 0);
	}

	#leaveStandby(): void {
		if ((this.registers.read(EXTENDED_CONTROL) & POWER_MODE) === POWER_STANDBY)
			this.registers.modify(EXTENDED_CONTROL, POWER_MODE, POWER_NORMAL);
	}
}

/** Short and open together: a partner was sending. */
function resultOf(bits: number): number {
	switch (bits) {
		case 0:
			return CABLE_OK;
		case SHORT_DETECT:
			return CABLE_SHORT;
		case OPEN_DETECT:
			return CABLE_OPEN;
		default:
			return CABLE_UNKNOWN;
	}
}
