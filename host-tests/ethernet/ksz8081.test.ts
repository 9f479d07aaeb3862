import { deepEqual, describe, equal, it, ok } from "#test";
import { LINK_UP } from "../../firmware/ports/link.js";
import { Ksz8081 } from "../../hal/ethernet/ksz8081.js";
import { CABLE_OK, CABLE_OPEN, CABLE_SHORT, CABLE_UNKNOWN } from "../../hal/ethernet/phy.js";
import { Ksz8081Model } from "./support/chips.js";
import { onModel } from "./support/setup.js";

const make = () => onModel(clock => new Ksz8081Model(clock), registers => new Ksz8081(registers));

describe("ksz8081", () => {
	it("leaves the factory test and the NAND tree that straps have set, and no longer takes broadcasts", () => {
		const { model, rig, up } = make();
		equal(model.read(0x16), 0x8020);
		up();
		deepEqual([model.read(0x16), rig.link.state], [0x0200, LINK_UP]);
	});

	it("tells the four modes of register 1Eh apart", () => {
		for (const [abilities, speed, fullDuplex] of [[0x4021, 10, false], [0x4061, 10, true], [0x4081, 100, false], [0x4101, 100, true]] as const) {
			const { rig, up } = make();
			up({ abilities });
			deepEqual([rig.link.speed, rig.link.fullDuplex], [speed, fullDuplex]);
		}
	});

	it("adds up receive errors", () => {
		const { model, phy, rig, up } = make();
		up();
		for (const errors of [5, 0, 6]) {
			model.receiveErrors = errors;
			rig.run(1000);
		}
		equal(phy.counters[0]!.value, 11);
	});

	it("finds an open and a short pair and how far away they are", () => {
		const { model, phy, rig, up } = make();
		model.pairs = [{ kind: "open", count: 31 }, { kind: "short", count: 511 }];
		up();
		rig.link.testCable();
		rig.run(120);
		deepEqual(phy.cable.map(pair => [pair.name, pair.result, pair.distance]), [["MDI", CABLE_OPEN, 1240], ["MDI-X", CABLE_SHORT, 20440]]);
		ok((model.read(0) & 0x1000) !== 0 || model.resetCount > 1, "negotiates again");
	});

	it("tries again while the partner's pulses spoil a test, and gives up in the end", () => {
		const { model, phy, rig, up } = make();
		up();
		model.spoiled = 19;
		rig.link.testCable();
		rig.run(1200);
		deepEqual(phy.cable.map(pair => pair.result), [CABLE_OK, CABLE_OK]);
		rig.run(4000);
		model.spoiled = 20;
		rig.link.testCable();
		rig.run(1200);
		deepEqual(phy.cable.map(pair => pair.result), [CABLE_UNKNOWN, CABLE_OK]);
	});

	it("swaps its pairs by itself again after the test", () => {
		const { model, rig, up } = make();
		up();
		rig.link.testCable();
		rig.run(3900);
		equal(model.read(0x1f) & 0x6000, 0);
	});
});
