import { deepEqual, describe, equal, it } from "#test";
import { Dp83tc811 } from "../../hal/ethernet/dp83tc811.js";
import { CABLE_OK, CABLE_OPEN, CABLE_SHORT, CABLE_UNKNOWN, MODE_AUTO, ROLE_MASTER, ROLE_SLAVE } from "../../hal/ethernet/phy.js";
import type { T1Options } from "../../hal/ethernet/tja110x.js";
import { PhyRegisters } from "../../hal/ethernet/phy-registers.js";
import { FakeClock } from "../support/fake-clock.js";
import { Dp83tc811Model } from "./support/automotive-chips.js";
import { Clause45Bus } from "./support/phy-model.js";
import { onModel } from "./support/setup.js";
import { t1Contract } from "./support/t1-contract.js";

const make = (options?: T1Options) => onModel(clock => new Dp83tc811Model(clock), registers => new Dp83tc811(registers, options));

describe("dp83tc811", () => {
	it("starts from the reset values of the data sheet", () => {
		const { registers } = make();
		deepEqual([registers.read(0), registers.readMmd(1, 0x0834), registers.readMmd(31, 0x0133), registers.read(0x1e), registers.readMmd(31, 0x016b)], [0x2100, 0x8000, 0x05e0, 0, 0]);
	});

	it("is master or slave as it is told, in device 1", () => {
		for (const [role, value] of [[ROLE_MASTER, 0xc000], [ROLE_SLAVE, 0x8000]] as const) {
			const { model, phy, up } = make({ role });
			up();
			deepEqual([phy.role(), model.readMmd(1, 0x0834)], [role, value]);
		}
	});

	it("does the same with frames of clause 45", () => {
		const clock = new FakeClock(), model = new Dp83tc811Model(clock), bus = new Clause45Bus().add(2, model);
		const phy = new Dp83tc811(new PhyRegisters(bus, 2, true), { role: ROLE_MASTER });
		phy.identify();
		phy.configure(MODE_AUTO);
		deepEqual([model.isMaster, phy.role(), bus.frames], [true, ROLE_MASTER, 3]);
	});

	it("says how good the signal is in four steps", () => {
		const { model, rig, up } = make();
		up();
		model.quality = 2;
		deepEqual([rig.link.report().signalQuality, rig.link.report().signalQualityMax], [2, 3]);
		model.unplug();
		rig.run(300);
		equal(rig.link.report().signalQuality, 0);
	});

	t1Contract(make);

	it("finds a fault of the cable and how far away it is, 1.5 m a count", () => {
		for (const [kind, count, result, distance] of [["ok", 0, CABLE_OK, -1], ["open", 8, CABLE_OPEN, 1200], ["short", 255, CABLE_SHORT, 38250], ["unknown", 0, CABLE_UNKNOWN, -1]] as const) {
			const { model, phy, rig, up } = make();
			up();
			model.pair = { kind, count };
			rig.link.testCable();
			rig.run(60);
			deepEqual([phy.cable[0]!.result, phy.cable[0]!.distance], [result, distance]);
		}
	});
});
