import { Clause22Phy, phyIdentifier } from "./clause22-phy.js";
import { REVISION_C1, REVISION_D0, setUpLan867x } from "./lan867x-setup.js";
import { BMCR, BMCR_ISOLATE, BMCR_LOOPBACK, BMCR_POWER_DOWN, MMD_PCS, MMD_VENDOR2 } from "./mii.js";
import { FEATURE_COUNTERS, FEATURE_FORCED, FEATURE_LOOPBACK, FEATURE_PLCA, MODE_10_HALF, MODE_AUTO } from "./phy.js";
import type { PhyRegisters } from "./phy-registers.js";

/** Microchip, OUI 00-80-0F, model 0x16: LAN8670, LAN8671, LAN8672. PHYID 0007 C16x. */
const LAN867X = phyIdentifier(0x00800f, 0x16);

/** LAN8670/1/2 data sheet §5.4 Miscellaneous Registers (MMD 31): LSCTL (Rev. D), STS1 (cleared by the read), CDCTL0. */
const LSCTL = 0x0012;
const LINK_BY_PLCA = 0x0800;
const LINK_BY_SEMAPHORE_UP = 0x1001;
const STS1 = 0x0018;
const PLCASYM = 0x0004;
const ESDERR = 0x0002;
const DEC5B = 0x0001;
const CDCTL0 = 0x0087;
const COLLISION_DETECTION = 0x8000;
/** PLCA registers of OPEN Alliance TC14, data sheet §5.4 PLCA_CTRL0 to PLCA_BURST. */
const PLCA_CTRL0 = 0xca01;
const PLCA_ENABLE = 0x8000;
const PLCA_CTRL1 = 0xca02;
const PLCA_STATUS = 0xca03;
const PLCA_BEACON = 0x8000;
const PLCA_TOTMR = 0xca04;
const PLCA_BURST = 0xca05;
/** §5.3.3 T1SPCSDIAG1 and §5.3.4 T1SPCSDIAG2 (MMD 3): cleared by the read, they saturate. */
const REMOTE_JABBERS = 0x08f5;
const CORRUPTED_TRANSMITS = 0x08f6;

export interface Plca {
	/** 0 is the coordinator, who sends the beacon; 254 at most. */
	nodeId: number;
	/** Nodes on the segment, 1 to 255; only the coordinator's counts. */
	nodeCount: number;
	/** Bit times of a transmit opportunity, the same at every node (default 32). */
	transmitOpportunity?: number;
	/** Further packets in one opportunity (default 0), and the bit times to wait for each (default 128). */
	burstCount?: number;
	burstTimer?: number;
}

export interface Lan867xOptions {
	/** Left out: CSMA/CD with collisions. */
	plca?: Plca;
}

/** 10BASE-T1S: 10 Mbit/s, half duplex, several nodes on one pair, nothing to negotiate. The carrier is the beacon of PLCA;
 *  without PLCA there is none to see, and the link counts as up. */
export class Lan867x extends Clause22Phy {
	#plca: Plca | undefined;

	constructor(registers: PhyRegisters, options: Lan867xOptions = {}) {
		super(registers, {}, "LAN867x", FEATURE_FORCED | FEATURE_LOOPBACK | FEATURE_PLCA | FEATURE_COUNTERS, 1, [LAN867X],
			["remote jabbers", "corrupted transmits", "polls with PLCA symbol errors", "polls with stream errors", "polls with decoding errors"]);
		const plca = options.plca;
		if (plca !== undefined) {
			check("PLCA node id", plca.nodeId, 0, 254);
			check("PLCA node count", plca.nodeCount, 1, 255);
			check("PLCA transmit opportunity", plca.transmitOpportunity ?? 32, 0, 255);
			check("PLCA burst count", plca.burstCount ?? 0, 0, 255);
			check("PLCA burst timer", plca.burstTimer ?? 128, 0, 255);
		}
		this.#plca = plca;
	}

	override configure(mode: number): boolean {
		if (mode !== MODE_AUTO && mode !== MODE_10_HALF)
			return false;
		const registers = this.registers, plca = this.#plca, revision = this.id & 15;
		registers.modify(BMCR, BMCR_LOOPBACK | BMCR_POWER_DOWN | BMCR_ISOLATE, 0);
		setUpLan867x(registers, revision);
		if (revision >= REVISION_D0)
			registers.writeMmd(MMD_VENDOR2, LSCTL, plca !== undefined ? LINK_BY_PLCA : LINK_BY_SEMAPHORE_UP);
		registers.modifyMmd(MMD_VENDOR2, PLCA_CTRL0, PLCA_ENABLE, 0);
		if (plca !== undefined) {
			registers.writeMmd(MMD_VENDOR2, PLCA_CTRL1, plca.nodeCount << 8 | plca.nodeId);
			registers.writeMmd(MMD_VENDOR2, PLCA_TOTMR, plca.transmitOpportunity ?? 32);
			registers.writeMmd(MMD_VENDOR2, PLCA_BURST, (plca.burstCount ?? 0) << 8 | (plca.burstTimer ?? 128));
			registers.writeMmd(MMD_VENDOR2, PLCA_CTRL0, PLCA_ENABLE);
		}
		// AN1699: what looks like a collision under PLCA is noise or a reflection.
		if (revision >= REVISION_C1)
			registers.modifyMmd(MMD_VENDOR2, CDCTL0, COLLISION_DETECTION, plca !== undefined ? 0 : COLLISION_DETECTION);
		return true;
	}

	override poll(): boolean {
		return super.poll() && (this.#plca === undefined || this.#hasBeacon());
	}

	protected override readMode(): void {
		this.setMode(10, false);
	}

	/** Not together with PLCA. */
	override startLoopback(): void {
		this.registers.modifyMmd(MMD_VENDOR2, PLCA_CTRL0, PLCA_ENABLE, 0);
		this.registers.modify(BMCR, BMCR_LOOPBACK, BMCR_LOOPBACK);
	}

	override updateCounters(): void {
		this.addCounter(0, this.registers.readMmd(MMD_PCS, REMOTE_JABBERS));
		this.addCounter(1, this.registers.readMmd(MMD_PCS, CORRUPTED_TRANSMITS));
		const status = this.registers.readMmd(MMD_VENDOR2, STS1);
		this.addCounter(2, (status & PLCASYM) !== 0 ? 1 : 0);
		this.addCounter(3, (status & ESDERR) !== 0 ? 1 : 0);
		this.addCounter(4, (status & DEC5B) !== 0 ? 1 : 0);
	}

	override describe(): readonly string[] {
		const plca = this.#plca;
		if (plca === undefined)
			return ["PLCA off, CSMA/CD"];
		const role = plca.nodeId === 0 ? `coordinator of ${plca.nodeCount} nodes` : `node ${plca.nodeId}`;
		return [`PLCA ${role}, ${this.#hasBeacon() ? "beacon" : "no beacon"}`];
	}

	#hasBeacon(): boolean {
		return (this.registers.readMmd(MMD_VENDOR2, PLCA_STATUS) & PLCA_BEACON) !== 0;
	}
}

function check(what: string, value: number, least: number, most: number): void {
	if (!(value >= least && value <= most))
		throw new RangeError(`${what} ${value}: ${least} to ${most}`);
}
