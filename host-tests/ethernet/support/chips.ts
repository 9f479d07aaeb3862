/** Register models of 10BASE-T and 100BASE-TX chips with the reset values of their data sheets (auto-negotiation strapped on). */
import type { ByteRegisters } from "../../../firmware/ports/mdio.js";
import type { FakeClock } from "../../support/fake-clock.js";
import { PhyModel } from "./phy-model.js";

/** What a cable test finds on one pair. */
export interface PairFault {
	kind: "ok" | "open" | "short" | "unknown";
	/** As the chip counts it. */
	count?: number;
}

export class GenericModel extends PhyModel {
	constructor(clock: FakeClock, id = 0x00112230) {
		super(clock, { id, resets: [[0, 0x3100], [1, 0x7849], [4, 0x01e1]] });
	}
}

export class Ip101Model extends PhyModel {
	constructor(clock: FakeClock) {
		super(clock, { id: 0x02430c54, resets: [[0, 0x3100], [1, 0x7849], [4, 0x05e1], [20, 16]] });
	}

	protected override readVendor(register: number): number {
		return register === 30 && this.registers[20] === 16 ? this.modeCode | (this.link ? 0x0100 : 0) : super.readVendor(register);
	}
}

export class Rtl8201Model extends PhyModel {
	constructor(clock: FakeClock) {
		super(clock, { id: 0x001cc816, resets: [[0, 0x3100], [1, 0x7849], [4, 0x01e1]], resetTime: 20 });
	}

	/** A page register left by someone else hides what is not on that page. */
	override read(register: number): number {
		return this.registers[31] === 0 || register === 31 || this.isAbsent ? super.read(register) : 0;
	}

	override write(register: number, value: number): void {
		if (this.registers[31] === 0 || register === 31)
			super.write(register, value);
	}
}

export class Lan87xxModel extends PhyModel {
	symbolErrors = 0;
	pairs: PairFault[] = [{ kind: "ok" }, { kind: "ok" }];

	/** 0x0007c0f1 is a LAN8720A, 0x0007c130 a LAN8742A. */
	constructor(clock: FakeClock, id = 0x0007c0f1, address = 1) {
		super(clock, { id, resets: [[0, 0x3000], [1, 0x7809], [4, 0x01e1], [17, 0x0002], [18, 0x00e0 | address]] });
	}

	/** Straps 110: powered down after a reset. */
	strapPowerDown(): void {
		this.registers[18] = this.registers[18]! & ~0xe0 | 0xc0;
	}

	protected override mayLink(): boolean {
		return super.mayLink() && (this.registers[18]! & 0xe0) !== 0xc0;
	}

	/** The mode bits are not reset by software (NASR). */
	override setDefaults(): void {
		const modes = this.registers[18];
		super.setDefaults();
		if (modes !== undefined && this.resetCount > 0)
			this.registers[18] = modes;
	}

	protected override readVendor(register: number): number {
		switch (register) {
			case 17:
				return this.registers[17]! & ~2 | (this.partner !== undefined ? 2 : 0);
			case 26:
				return this.symbolErrors & 0xffff;
			case 31:
				return this.modeCode << 2 | (this.link ? 0x1000 : 0);
			default:
				return super.readVendor(register);
		}
	}

	protected override writeVendor(register: number, value: number): void {
		super.writeVendor(register, value);
		if (register !== 25 || (value & 0x8000) === 0)
			return;
		const indications = this.registers[27]!, pair = this.pairs[(indications & 0x2000) !== 0 ? 1 : 0]!;
		const isReady = (indications & 0x8000) !== 0 && (this.registers[0]! & 0x1000) === 0;
		const type = { ok: 0x0600, open: 0x0400, short: 0x0200, unknown: 0 }[pair.kind];
		this.clock.at(15, () => {
			if (isReady)
				this.registers[25] = 0x8100 | type | pair.count!;
		});
	}
}

export class Dp83848Model extends PhyModel {
	receiveErrors = 0;
	falseCarriers = 0;

	constructor(clock: FakeClock) {
		super(clock, { id: 0x20005c90, resets: [[0, 0x3100], [1, 0x7849], [4, 0x01e1], [25, 0x8021]] });
	}

	protected override readVendor(register: number): number {
		let value: number;
		switch (register) {
			case 16:
				value = this.modeCode;
				return (this.link ? 1 : 0) | ((value & 3) === 1 ? 2 : 0) | ((value & 4) !== 0 ? 4 : 0) | (this.partner !== undefined ? 0x0400 : 0);
			case 20:
				value = Math.min(255, this.falseCarriers);
				this.falseCarriers = 0;
				return value;
			case 21:
				value = Math.min(255, this.receiveErrors);
				this.receiveErrors = 0;
				return value;
			default:
				return super.readVendor(register);
		}
	}
}

export class Ksz8081Model extends PhyModel {
	receiveErrors = 0;
	pairs: PairFault[] = [{ kind: "ok" }, { kind: "ok" }];
	/** How many tests the partner spoils. */
	spoiled = 0;

	constructor(clock: FakeClock) {
		super(clock, { id: 0x00221560, resets: [[0, 0x3100], [1, 0x7849], [4, 0x01e1], [0x16, 0x8020], [0x1f, 0x8100]] });
	}

	/** Neither the factory test nor the NAND tree lets a link come. */
	protected override mayLink(): boolean {
		return super.mayLink() && (this.registers[0x16]! & 0x8020) === 0;
	}

	protected override readVendor(register: number): number {
		switch (register) {
			case 0x15: {
				const value = this.receiveErrors;
				this.receiveErrors = 0;
				return value;
			}
			case 0x1e:
				return this.modeCode | (this.partner !== undefined ? 0x0010 : 0) | (this.link ? 0x0100 : 0);
			default:
				return super.readVendor(register);
		}
	}

	protected override writeVendor(register: number, value: number): void {
		super.writeVendor(register, value);
		if (register === 0x16)
			this.negotiate();
		if (register !== 0x1d || (value & 0x8000) === 0)
			return;
		const isReady = (this.registers[0x1f]! & 0x2000) !== 0 && (this.registers[0]! & 0x1000) === 0;
		const pair = this.pairs[(this.registers[0x1f]! & 0x4000) !== 0 ? 1 : 0]!;
		const isSpoiled = this.spoiled > 0;
		this.spoiled--;
		const code = isSpoiled ? 3 : { ok: 0, open: 1, short: 2, unknown: 3 }[pair.kind];
		this.clock.at(30, () => {
			if (isReady)
				this.registers[0x1d] = code << 13 | (pair.count ?? 0);
		});
	}
}

/** PHYCFGR and VERSIONR; the PHY starts again when RST goes from 0 to 1, in the mode that is set then. */
export class W5500Model implements ByteRegisters {
	isAbsent = false;
	isResetStuck = false;
	version = 4;
	resetCount = 0;
	/** Speed 100 and full duplex are what the partner offers. */
	isPlugged = false;
	#clock: FakeClock;
	#configuration = 0xb8;
	#mode = 7;
	#link = false;
	#generation = 0;

	constructor(clock: FakeClock) {
		this.#clock = clock;
	}

	plug(): void {
		this.isPlugged = true;
		this.#start();
	}

	unplug(): void {
		this.isPlugged = false;
		this.#start();
	}

	read(register: number): number {
		if (this.isAbsent)
			return 0xff;
		if (register === 0x39)
			return this.version;
		const isFast = this.#mode === 7 || this.#mode === 4 || (this.#mode & 2) !== 0;
		const isFull = this.#mode === 7 || this.#mode === 1 || this.#mode === 3;
		return this.#configuration & (this.isResetStuck ? 0x78 : 0xf8) | (this.#link ? 1 | (isFast ? 2 : 0) | (isFull ? 4 : 0) : 0);
	}

	write(register: number, value: number): void {
		if (this.isAbsent || register !== 0x2e)
			return;
		const rises = (this.#configuration & 0x80) === 0 && (value & 0x80) !== 0;
		this.#configuration = value & 0xf8;
		if (!rises)
			return;
		this.resetCount++;
		this.#mode = (value & 0x40) !== 0 ? value >> 3 & 7 : 7;
		this.#start();
	}

	#start(): void {
		this.#link = false;
		const generation = ++this.#generation;
		if (this.isPlugged)
			this.#clock.at(1500, () => {
				this.#link = generation === this.#generation;
			});
	}
}
