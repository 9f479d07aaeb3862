/** PHYs as register models: what an MDIO bus shows of them, with the time that they take and the faults that they can have. */
import type { Mdio } from "../../../firmware/ports/mdio.js";
import { FakeClock } from "../../support/fake-clock.js";

/** What is at the other end of the cable. */
export interface Partner {
	/** ANLPAR as the partner sends it; 0: it does not negotiate, and is found by parallel detection. */
	abilities: number;
	/** What parallel detection finds. */
	detected?: number;
}

export const PARTNER_100: Partner = { abilities: 0x45e1 };

export interface ModelOptions {
	id: number;
	/** Reset values: [register, value]. */
	resets: readonly (readonly [register: number, value: number])[];
	mmdResets?: readonly (readonly [device: number, register: number, value: number])[];
	resetTime?: number;
	linkTime?: number;
}

/** The registers of clause 22 and MMD access; a chip's own come in classes that extend it. */
export class PhyModel {
	/** Faults. */
	isAbsent = false;
	isResetStuck = false;
	remoteFault = false;
	partner: Partner | undefined;
	resetCount = 0;
	protected readonly clock: FakeClock;
	protected registers: number[] = [];
	protected mmd = new Map<number, number>();
	protected options: ModelOptions;
	#link = false;
	#latchedLoss = false;
	#latchedFault = false;
	#isComplete = false;
	#isResetting = false;
	#generation = 0;
	#mmdAddress = 0;

	constructor(clock: FakeClock, options: ModelOptions) {
		this.clock = clock;
		this.options = options;
		this.setDefaults();
	}

	get link(): boolean {
		return this.#link;
	}

	plug(partner: Partner = PARTNER_100): void {
		this.partner = partner;
		this.negotiate();
	}

	unplug(): void {
		this.partner = undefined;
		this.negotiate();
	}

	/** A loss that is over before anybody looks. */
	flap(): void {
		this.#latchedLoss = true;
	}

	/** Power was lost: everything as after a reset, and the link has to come again. */
	setDefaults(): void {
		this.registers = new Array(32).fill(0);
		this.mmd.clear();
		this.registers[2] = this.options.id >>> 16;
		this.registers[3] = this.options.id & 0xffff;
		for (const [register, value] of this.options.resets)
			this.registers[register] = value;
		for (const [device, register, value] of this.options.mmdResets ?? [])
			this.mmd.set(device * 65536 + register, value);
		this.negotiate();
	}

	read(register: number): number {
		if (this.isAbsent)
			return 0xffff;
		switch (register) {
			case 0:
				return this.registers[0]! & 0x7dff | (this.#isResetting || this.isResetStuck && this.resetCount > 0 ? 0x8000 : 0);
			case 1:
				return this.#status();
			case 5:
				return this.#isComplete ? this.partner!.abilities || this.partner!.detected! : 0;
			case 6:
				return this.#isComplete && this.partner!.abilities !== 0 ? 1 : 0;
			case 13:
				return 0;
			case 14:
				return (this.registers[13]! & 0xc000) === 0 ? this.#mmdAddress : this.readMmd(this.registers[13]! & 31, this.#mmdAddress);
			default:
				return this.readVendor(register);
		}
	}

	write(register: number, value: number): void {
		if (this.isAbsent)
			return;
		switch (register) {
			case 0:
				this.writeControl(value);
				return;
			case 1: case 2: case 3: case 5: case 6:
				return;
			case 13:
				this.registers[13] = value;
				return;
			case 14:
				if ((this.registers[13]! & 0xc000) === 0)
					this.#mmdAddress = value;
				else
					this.writeMmd(this.registers[13]! & 31, this.#mmdAddress, value);
				return;
			default:
				this.writeVendor(register, value);
		}
	}

	readMmd(device: number, register: number): number {
		return this.mmd.get(device * 65536 + register) ?? 0;
	}

	writeMmd(device: number, register: number, value: number): void {
		this.mmd.set(device * 65536 + register, value);
	}

	protected readVendor(register: number): number {
		return this.registers[register]!;
	}

	protected writeVendor(register: number, value: number): void {
		this.registers[register] = value;
	}

	protected writeControl(value: number): void {
		if ((value & 0x8000) !== 0) {
			this.startReset();
			return;
		}
		const before = this.registers[0]!;
		this.registers[0] = value;
		if (value !== before || (value & 0x0200) !== 0)
			this.negotiate();
	}

	protected startReset(): void {
		this.resetCount++;
		this.#isResetting = true;
		this.setDefaults();
		this.clock.at(this.options.resetTime ?? 3, () => {
			this.#isResetting = false;
			this.negotiate();
		});
	}

	/** Whether a link can come at all, beside a partner. */
	protected mayLink(): boolean {
		return (this.registers[0]! & 0x4c00) === 0;
	}

	/** Starts anew: the link falls, and comes when its time is over. */
	protected negotiate(): void {
		if (this.#link)
			this.#latchedLoss = true;
		this.#link = false;
		this.#isComplete = false;
		const generation = ++this.#generation;
		if (this.partner === undefined || this.#isResetting || !this.mayLink())
			return;
		const negotiates = (this.registers[0]! & 0x1000) !== 0;
		this.clock.at(this.options.linkTime ?? (negotiates ? 1500 : 50), () => {
			if (generation !== this.#generation)
				return;
			this.#link = true;
			this.#isComplete = negotiates;
		});
	}

	/** Speed and duplex as the three-bit code of several chips. */
	protected get modeCode(): number {
		if (!this.#link)
			return 0;
		let abilities = this.registers[4]! & (this.partner!.abilities || this.partner!.detected || 0) & 0x1e0;
		if ((this.registers[0]! & 0x1000) === 0)
			return (this.registers[0]! & 0x2000 ? 2 : 1) | (this.registers[0]! & 0x0100 ? 4 : 0);
		if (this.partner!.abilities === 0)
			abilities &= 0xa0;
		return abilities & 0x100 ? 6 : abilities & 0x80 ? 2 : abilities & 0x40 ? 5 : 1;
	}

	#status(): number {
		const latchedLoss = this.#latchedLoss, fault = this.remoteFault || this.#latchedFault;
		this.#latchedLoss = false;
		this.#latchedFault = this.remoteFault;
		return this.registers[1]! & ~0x34 | (this.#isComplete ? 0x20 : 0) | (fault ? 0x10 : 0) | (this.#link && !latchedLoss ? 4 : 0);
	}
}

/** Up to 32 PHYs on one pair of wires. */
export class ModelBus implements Mdio {
	accesses = 0;
	#phys: (PhyModel | undefined)[] = [];

	add(address: number, phy: PhyModel): this {
		this.#phys[address] = phy;
		return this;
	}

	read(address: number, register: number): number {
		this.accesses++;
		return this.#phys[address]?.read(register) ?? 0xffff;
	}

	write(address: number, register: number, value: number): void {
		this.accesses++;
		if (!(value >= 0 && value <= 0xffff))
			throw new RangeError(`${value} written to register ${register}`);
		this.#phys[address]?.write(register, value);
	}
}

/** A bus with frames of clause 45 as well. */
export class Clause45Bus extends ModelBus {
	frames = 0;
	#phys: (PhyModel | undefined)[] = [];

	override add(address: number, phy: PhyModel): this {
		this.#phys[address] = phy;
		return super.add(address, phy);
	}

	readC45(address: number, device: number, register: number): number {
		this.frames++;
		return this.#phys[address]?.readMmd(device, register) ?? 0xffff;
	}

	writeC45(address: number, device: number, register: number, value: number): void {
		this.frames++;
		this.#phys[address]?.writeMmd(device, register, value);
	}
}
