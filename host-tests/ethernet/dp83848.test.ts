import { deepEqual, describe, equal, it } from "#test";
import { Dp83848 } from "../../hal/ethernet/dp83848.js";
import { Dp83848Model } from "./support/chips.js";
import { onModel } from "./support/setup.js";

const make = () => onModel(clock => new Dp83848Model(clock), registers => new Dp83848(registers));

describe("dp83848", () => {
	it("takes speed and duplex from PHYSTS, where 1 is 10 Mbit/s", () => {
		for (const [abilities, speed, fullDuplex] of [[0x4021, 10, false], [0x4061, 10, true], [0x4081, 100, false], [0x4101, 100, true]] as const) {
			const { rig, up } = make();
			up({ abilities });
			deepEqual([rig.link.speed, rig.link.fullDuplex], [speed, fullDuplex]);
		}
	});

	it("adds up counters that each read clears, also where they have stuck at 255", () => {
		const { model, phy, rig, up } = make();
		up();
		model.receiveErrors = 3;
		model.falseCarriers = 400;
		rig.run(1100);
		model.receiveErrors = 4;
		rig.run(1100);
		deepEqual(phy.counters.map(({ name, value }) => [name, value]), [["receive errors", 7], ["false carriers", 255]]);
		equal(model.receiveErrors, 0);
	});

	it("keeps what it has counted through a time without answers", () => {
		const { model, phy, rig, up } = make();
		up();
		model.receiveErrors = 3;
		rig.run(1100);
		model.isAbsent = true;
		rig.run(2500);
		equal(phy.counters[0]!.value, 3);
	});
});
