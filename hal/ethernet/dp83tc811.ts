import { Clause22Phy, phyIdentifierAsPrinted } from "./clause22-phy.js";
import { BMCR, BMCR_FULL_DUPLEX, BMCR_SPEED_100, MMD_PMA, MMD_VENDOR2, NO_ANSWER } from "./mii.js";
import {
	CABLE_OK, CABLE_OPEN, CABLE_SHORT, CABLE_UNKNOWN, FEATURE_CABLE_TEST, FEATURE_FORCED, FEATURE_LOOPBACK, FEATURE_ROLE, FEATURE_SIGNAL_QUALITY,
	MODE_100_FULL, MODE_AUTO, ROLE_MASTER, ROLE_SLAVE, ROLE_UNKNOWN,
} from "./phy.js";
import type { PhyRegisters } from "./phy-registers.js";
import type { T1Options } from "./tja110x.js";

/** Texas Instruments, OUI 08-00-28, model 0x25. PHYID 2000 A25x. */
const DP83TC811 = phyIdentifierAsPrinted(0x080028, 0x25);

/** DP83TC811R-Q1 data sheet SNLS551B, register maps: "TDR Register 0x001E", "PHYRCR Register 0x001F", and with MMD access
 *  "LSR Register 0x0133", "TDRR Register 0x016B", "SQI Register 0x0198" (device 31), "PMA_CTRL2 Register 0x0834" (device 1). */
const TDR = 0x1e;
const TDR_START = 0x8000;
const TDR_DONE = 0x0002;
const TDR_FAILED = 0x0001;
const PHYRCR = 0x1f;
const HARDWARE_RESET = 0x8000;
const LSR = 0x0133;
const LOCAL_RECEIVER = 0x0002;
const REMOTE_RECEIVER = 0x0001;
const TDRR = 0x016b;
const FAULT = 0x0200;
const FAULT_SHORT = 0x0100;
const FAULT_LOCATION = 0x00ff;
const CENTIMETRES_PER_COUNT = 150;
const SQI = 0x0198;
const SQI_STATUS_SHIFT = 8;
const PMA_CTRL2 = 0x0834;
const MASTER = 0x4000;

/** 100BASE-T1: one mode, nothing to negotiate. */
export class Dp83tc811 extends Clause22Phy {
	#role: number;

	constructor(registers: PhyRegisters, options: T1Options = {}) {
		super(registers, {}, "DP83TC811", FEATURE_FORCED | FEATURE_LOOPBACK | FEATURE_ROLE | FEATURE_SIGNAL_QUALITY | FEATURE_CABLE_TEST, 2,
			[DP83TC811], [], ["pair"]);
		this.#role = options.role ?? ROLE_UNKNOWN;
	}

	/** All registers, not those of clause 22 alone. */
	override reset(): void {
		this.registers.write(PHYRCR, HARDWARE_RESET);
	}

	override isReset(): boolean {
		return (this.registers.read(PHYRCR) & HARDWARE_RESET) === 0 && super.isReset();
	}

	override configure(mode: number): boolean {
		if (mode !== MODE_AUTO && mode !== MODE_100_FULL)
			return false;
		this.registers.write(BMCR, BMCR_SPEED_100 | BMCR_FULL_DUPLEX);
		if (this.#role !== ROLE_UNKNOWN)
			this.registers.modifyMmd(MMD_PMA, PMA_CTRL2, MASTER, this.#role === ROLE_MASTER ? MASTER : 0);
		return true;
	}

	override poll(): boolean {
		if (super.poll())
			return true;
		if (this.isPresent)
			this.remoteFault = (this.registers.readMmd(MMD_VENDOR2, LSR) & (LOCAL_RECEIVER | REMOTE_RECEIVER)) === LOCAL_RECEIVER;
		return false;
	}

	protected override readMode(): void {
		this.setMode(100, true);
	}

	override role(): number {
		return (this.registers.readMmd(MMD_PMA, PMA_CTRL2) & MASTER) !== 0 ? ROLE_MASTER : ROLE_SLAVE;
	}

	/** §8.3.3.1: 0 no link, 1 poor, 2 good, 3 excellent. */
	override signalQuality(): number {
		return this.registers.readMmd(MMD_VENDOR2, SQI) >> SQI_STATUS_SHIFT & 3;
	}

	override get signalQualityMax(): number {
		return 3;
	}

	override startCableTest(): void {
		this.cable[0]!.distance = -1;
		this.registers.write(TDR, TDR_START);
	}

	override pollCableTest(): boolean {
		const status = this.registers.read(TDR), pair = this.cable[0]!;
		if (status === NO_ANSWER || (status & TDR_DONE) === 0)
			return false;
		if ((status & TDR_FAILED) !== 0) {
			pair.result = CABLE_UNKNOWN;
			return true;
		}
		const result = this.registers.readMmd(MMD_VENDOR2, TDRR);
		if ((result & FAULT) === 0) {
			pair.result = CABLE_OK;
			return true;
		}
		pair.result = (result & FAULT_SHORT) !== 0 ? CABLE_SHORT : CABLE_OPEN;
		pair.distance = (result & FAULT_LOCATION) * CENTIMETRES_PER_COUNT;
		return true;
	}
}
