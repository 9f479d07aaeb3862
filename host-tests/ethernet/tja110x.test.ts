import { deepEqual, describe, equal, it } from "#test";
import { LINK_UP } from "../../firmware/ports/link.js";
import { CABLE_OK, CABLE_OPEN, CABLE_SHORT, CABLE_UNKNOWN, ROLE_MASTER, ROLE_SLAVE } from "../../hal/ethernet/phy.js";
import { Tja110x, type T1Options } from "../../hal/ethernet/tja110x.js";
import { Tja110xModel } from "./support/automotive-chips.js";
import { onModel } from "./support/setup.js";
import { t1Contract } from "./support/t1-contract.js";

const make = (id?: number, options?: T1Options) => onModel(clock => new Tja110xModel(clock, id), registers => new Tja110x(registers, options));

describe("tja110x", () => {
	it("leaves standby, waits for the PLL, and only then lets the link come", () => {
		const { clock, model, registers, phy } = make();
		phy.identify();
		phy.reset();
		clock.advance(10);
		model.plug();
		phy.configure(0);
		equal(registers.read(17), 0x1804, "normal, configuration open, link control off");
		phy.poll();
		equal(registers.read(17) & 0x8000, 0, "the PLL has not locked");
		clock.advance(10);
		phy.poll();
		equal(registers.read(17), 0x9804);
		clock.advance(100);
		equal(phy.poll(), true);
	});

	it("is autonomous by the bit of its kind", () => {
		for (const [id, register, bit] of [[0x0180dc40, 18, 0x4000], [0x0180dd01, 27, 0x8000]] as const) {
			const { model, up } = make(id);
			up();
			deepEqual([model.isAutonomous, model.read(register) & bit], [true, bit]);
		}
	});

	it("is master or slave as it is told, else as its pins say", () => {
		for (const [role, isMaster] of [[ROLE_MASTER, true], [ROLE_SLAVE, false]] as const) {
			const { model, phy, up } = make(undefined, { role });
			up();
			deepEqual([model.isMaster, phy.role()], [isMaster, role]);
		}
		const { phy, up } = make();
		up();
		equal(phy.role(), ROLE_SLAVE);
	});

	it("says how good the signal is, and what went wrong", () => {
		const { model, rig, up } = make();
		up();
		model.quality = 3;
		model.symbolErrors = 9;
		model.fails = 0x0201;
		rig.run(1100);
		deepEqual(rig.link.describe().slice(-2), ["signal quality 3 of 7", "errors: symbol errors (16 bits) 9, local receiver failures (8 bits) 2, remote receiver failures (8 bits) 1, flaps 0"]);
	});

	t1Contract(make);

	it("tests the cable without autonomous operation, and takes it up again", () => {
		for (const id of [0x0180dc40, 0x0180dd01])
			for (const [kind, result] of [["ok", CABLE_OK], ["open", CABLE_OPEN], ["short", CABLE_SHORT], ["unknown", CABLE_UNKNOWN]] as const) {
				const { model, phy, rig, up } = make(id);
				up();
				model.pair = { kind };
				rig.link.testCable();
				rig.run(30);
				deepEqual(phy.cable.map(pair => pair.result), [result]);
				rig.run(3900);
				deepEqual([rig.link.state, model.isAutonomous], [LINK_UP, true]);
			}
	});
});
