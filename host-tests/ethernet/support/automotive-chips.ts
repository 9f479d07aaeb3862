/** Register models of 100BASE-T1 and 10BASE-T1S chips with the reset values of their data sheets. */
import type { FakeClock } from "../../support/fake-clock.js";
import type { PairFault } from "./chips.js";
import { PhyModel } from "./phy-model.js";

/** Standby after power-on, configuration locked, slave. */
export class Tja110xModel extends PhyModel {
	pair: PairFault = { kind: "ok" };
	quality = 7;
	symbolErrors = 0;
	/** Local and remote failures. */
	fails = 0;
	/** The partner's receiver does not hear this end. */
	isDeaf = false;
	/** Both receivers are fine, the link is about to come. */
	isTraining = false;
	/** Set anew by the reset that the constructor begins with. */
	protected pll = false;

	/** 0x0180dc40 is a TJA1100, 0x0180dd01 a TJA1101. */
	constructor(clock: FakeClock, id = 0x0180dd01) {
		super(clock, { id, resets: [[0, 0x2100], [1, 0x0141], [15, 0x0080], [17, 0x6000], [18, 0x0000]], linkTime: 60 });
	}

	get isMaster(): boolean {
		return (this.registers[18]! & 0x8000) !== 0;
	}

	get isAutonomous(): boolean {
		return this.options.id >>> 4 === 0x0180dc4 ? (this.registers[18]! & 0x4000) !== 0 : (this.registers[27]! & 0x8000) !== 0;
	}

	protected override mayLink(): boolean {
		return super.mayLink() && (this.registers[17]! & 0x8000) !== 0 && this.pll && !this.isDeaf;
	}

	protected override readVendor(register: number): number {
		switch (register) {
			case 20:
				return this.symbolErrors;
			case 23:
				return (this.link ? 0x9c00 : this.isTraining ? 0x1800 : this.isDeaf && this.partner !== undefined ? 0x1000 : 0) | (this.link ? this.quality << 5 : 0);
			case 24:
				return this.pll ? 0x4000 : 0;
			case 26:
				return this.fails;
			default:
				return super.readVendor(register);
		}
	}

	protected override writeVendor(register: number, value: number): void {
		const isUnlocked = (this.registers[17]! & 4) !== 0;
		if ((register === 18 || register === 19 || register === 27 || register === 28) && !isUnlocked)
			return;
		const before = this.registers[register]!;
		super.writeVendor(register, value);
		if (register !== 17)
			return;
		if ((value & 0x7800) === 0x1800 && (before & 0x7800) === 0x6000)
			this.clock.at(8, () => { this.pll = true; });
		if ((value & 0x0020) !== 0 && (before & 0x0020) === 0 && (value & 0x8000) === 0 && !this.isAutonomous)
			this.clock.at(1, () => {
				this.registers[17]! &= ~0x0020;
				this.registers[25] = { ok: 0, open: 0x0080, short: 0x0100, unknown: 0x0180 }[this.pair.kind];
			});
		if (((value ^ before) & 0x8000) !== 0)
			this.negotiate();
	}

	override setDefaults(): void {
		super.setDefaults();
		this.pll = false;
	}
}

export class Dp83tc811Model extends PhyModel {
	pair: PairFault = { kind: "ok" };
	quality = 3;
	isDeaf = false;
	isTraining = false;
	/** The strap of LED_0. */
	isStrappedMaster = false;

	constructor(clock: FakeClock) {
		super(clock, { id: 0x2000a253, resets: [[0, 0x2100], [1, 0x0041]], mmdResets: [[1, 0x0834, 0x8000]], linkTime: 60 });
	}

	get isMaster(): boolean {
		return (this.readMmd(1, 0x0834) & 0x4000) !== 0;
	}

	override readMmd(device: number, register: number): number {
		if (device === 31 && register === 0x0133)
			return 0x05e0 | (this.link ? 0x1007 : this.isTraining ? 3 : this.isDeaf && this.partner !== undefined ? 2 : 0);
		if (device === 31 && register === 0x0198)
			return this.link ? this.quality << 8 | 80 : 0;
		return super.readMmd(device, register);
	}

	protected override mayLink(): boolean {
		return super.mayLink() && !this.isDeaf;
	}

	protected override readVendor(register: number): number {
		return register === 31 && this.isResetStuck && this.resetCount > 0 ? 0x8000 : super.readVendor(register);
	}

	protected override writeVendor(register: number, value: number): void {
		if (register === 31 && (value & 0x8000) !== 0) {
			this.startReset();
			return;
		}
		super.writeVendor(register, value);
		if (register !== 30 || (value & 0x8000) === 0)
			return;
		this.clock.at(20, () => {
			const { kind, count } = this.pair;
			this.registers[30] = kind === "unknown" ? 3 : 2;
			this.writeMmd(31, 0x016b, kind === "open" ? 0x0200 | count! : kind === "short" ? 0x0300 | count! : 0);
		});
	}
}

export class Lan867xModel extends PhyModel {
	/** A coordinator sends the beacon, here or elsewhere. */
	hasBeacon = false;
	remoteJabbers = 0;
	corruptedTransmits = 0;
	status1 = 0;
	/** What was measured in production, by indirect address. */
	measured: Record<number, number> = { 4: 0x1e, 8: 0x02 };

	/** 0x0007c162 is Rev. B1, 164 and 165 C1 and C2, 166 D0. */
	constructor(clock: FakeClock, id = 0x0007c164) {
		super(clock, { id, resets: [[0, 0x0000], [1, 0x0805]], mmdResets: [[31, 0xca00, 0x0a10], [31, 0xca02, 0x0800], [31, 0xca04, 0x0020], [31, 0xca05, 0x0080]], linkTime: 0, resetTime: 1 });
	}

	override read(register: number): number {
		// "always reports link up"; Rev. D0 reports what LSCTL selects.
		const value = super.read(register);
		if (register !== 1 || this.isAbsent)
			return value;
		const control = this.readMmd(31, 0x0012) >> 11 & 3;
		const isUp = (this.options.id & 15) < 6 || (control === 2 ? (this.readMmd(31, 0x0012) & 1) !== 0 : control === 1 && this.hasBeacon);
		return value & ~4 | (isUp ? 4 : 0);
	}

	override readMmd(device: number, register: number): number {
		if (device === 3 && register === 0x08f5)
			return this.#take("remoteJabbers");
		if (device === 3 && register === 0x08f6)
			return this.#take("corruptedTransmits");
		if (device === 31 && register === 0x0018)
			return this.#take("status1");
		if (device === 31 && register === 0xca03)
			return this.hasBeacon && (super.readMmd(31, 0xca01) & 0x8000) !== 0 ? 0x8000 : 0;
		return super.readMmd(device, register);
	}

	override writeMmd(device: number, register: number, value: number): void {
		super.writeMmd(device, register, value);
		if (device === 31 && register === 0x00da && value === 2)
			super.writeMmd(31, 0x00d9, this.measured[super.readMmd(31, 0x00d8)] ?? 0);
	}

	#take(counter: "remoteJabbers" | "corruptedTransmits" | "status1"): number {
		const value = this[counter];
		this[counter] = 0;
		return value;
	}
}
