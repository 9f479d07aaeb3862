import type { Mdio } from "../../firmware/ports/mdio.js";
import { MMD_ADDRESS, MMD_CONTROL, MMD_DATA, MMD_NO_INCREMENT } from "./mii.js";

/** The registers of one PHY. Its MMDs are reached through registers 13 and 14 (IEEE 802.3 Annex 22D), or with clause 45
 *  frames where `clause45` is set: not every PHY answers those, so the bus alone does not decide. */
export class PhyRegisters {
	readonly address: number;
	#mdio: Mdio;
	#clause45: boolean;

	/** Throws where `address` is none, or where the bus has no clause 45 frames. */
	constructor(mdio: Mdio, address: number, clause45 = false) {
		if (!(address >= 0 && address < 32))
			throw new RangeError(`PHY address ${address}: 0 to 31`);
		if (clause45 && (mdio.readC45 === undefined || mdio.writeC45 === undefined))
			throw new Error("this MDIO bus has no clause 45 frames: leave clause45 out");
		this.address = address;
		this.#mdio = mdio;
		this.#clause45 = clause45;
	}

	read(register: number): number {
		return this.#mdio.read(this.address, register) & 0xffff;
	}

	write(register: number, value: number): void {
		this.#mdio.write(this.address, register, value & 0xffff);
	}

	/** Replaces the bits of `mask` by those of `value`; writes only where something changes. */
	modify(register: number, mask: number, value: number): void {
		const before = this.read(register), after = before & ~mask | value & mask;
		if (after !== before)
			this.write(register, after);
	}

	readMmd(device: number, register: number): number {
		if (this.#clause45)
			return this.#mdio.readC45!(this.address, device, register) & 0xffff;
		this.#select(device, register);
		return this.read(MMD_DATA);
	}

	writeMmd(device: number, register: number, value: number): void {
		if (this.#clause45) {
			this.#mdio.writeC45!(this.address, device, register, value & 0xffff);
			return;
		}
		this.#select(device, register);
		this.write(MMD_DATA, value);
	}

	modifyMmd(device: number, register: number, mask: number, value: number): void {
		const before = this.readMmd(device, register), after = before & ~mask | value & mask;
		if (after !== before)
			this.writeMmd(device, register, after);
	}

	#select(device: number, register: number): void {
		this.write(MMD_CONTROL, MMD_ADDRESS | device);
		this.write(MMD_DATA, register);
		this.write(MMD_CONTROL, MMD_NO_INCREMENT | device);
	}
}
