import { deepEqual, describe, equal, it, throws } from "#test";
import { PhyRegisters } from "../../hal/ethernet/phy-registers.js";
import { FakeClock } from "../support/fake-clock.js";
import { GenericModel } from "./support/chips.js";
import { Clause45Bus, ModelBus } from "./support/phy-model.js";

/** Remembers what is written, in the order of the wire. */
class Recorder {
	readonly wire: string[] = [];
	read(address: number, register: number): number {
		this.wire.push(`r${address}.${register}`);
		return 0x1234;
	}
	write(address: number, register: number, value: number): void {
		this.wire.push(`w${address}.${register}=${value.toString(16)}`);
	}
}

describe("phy-registers", () => {
	it("reads an MMD through registers 13 and 14 in the order of Annex 22D", () => {
		const bus = new Recorder();
		equal(new PhyRegisters(bus, 5).readMmd(31, 0xca03), 0x1234);
		deepEqual(bus.wire, ["w5.13=1f", "w5.14=ca03", "w5.13=401f", "r5.14"]);
	});

	it("writes an MMD likewise", () => {
		const bus = new Recorder();
		new PhyRegisters(bus, 0).writeMmd(1, 0x0834, 0xc000);
		deepEqual(bus.wire, ["w0.13=1", "w0.14=834", "w0.13=4001", "w0.14=c000"]);
	});

	it("writes only where bits change", () => {
		const bus = new Recorder(), registers = new PhyRegisters(bus, 1);
		registers.modify(17, 0x00f0, 0x0030);
		registers.modify(17, 0x00f0, 0x0050);
		deepEqual(bus.wire, ["r1.17", "r1.17", "w1.17=1254"]);
	});

	it("reaches the same MMD with frames of clause 45", () => {
		const bus = new Clause45Bus().add(3, new GenericModel(new FakeClock()));
		new PhyRegisters(bus, 3, true).writeMmd(3, 0x08f3, 0x4000);
		deepEqual([bus.frames, bus.accesses], [1, 0]);
		equal(new PhyRegisters(bus, 3, true).readMmd(3, 0x08f3), 0x4000);
		equal(new PhyRegisters(bus, 3).readMmd(3, 0x08f3), 0x4000);
		equal(new PhyRegisters(bus, 4, true).readMmd(3, 0x08f3), 0xffff, "nobody there");
		deepEqual([bus.frames, bus.accesses], [3, 4]);
	});

	it("changes bits of an MMD", () => {
		const bus = new Clause45Bus().add(3, new GenericModel(new FakeClock())), registers = new PhyRegisters(bus, 3, true);
		registers.writeMmd(31, 0x87, 0x801c);
		registers.modifyMmd(31, 0x87, 0x8000, 0);
		equal(registers.readMmd(31, 0x87), 0x001c);
	});

	it("refuses addresses that do not exist, and clause 45 where the bus has none", () => {
		throws(() => new PhyRegisters(new ModelBus(), 32), "PHY address 32: 0 to 31");
		throws(() => new PhyRegisters(new ModelBus(), -1), "PHY address -1: 0 to 31");
		throws(() => new PhyRegisters(new ModelBus(), 0, true), "this MDIO bus has no clause 45 frames: leave clause45 out");
	});
});
