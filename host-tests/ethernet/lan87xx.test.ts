import { deepEqual, describe, equal, it } from "#test";
import { LINK_DOWN, LINK_UP } from "../../firmware/ports/link.js";
import { Lan87xx } from "../../hal/ethernet/lan87xx.js";
import { CABLE_OK, CABLE_OPEN, CABLE_SHORT, CABLE_UNKNOWN, FEATURE_CABLE_TEST, MODE_AUTO } from "../../hal/ethernet/phy.js";
import { Lan87xxModel } from "./support/chips.js";
import { onModel } from "./support/setup.js";

const make = (id?: number) => onModel(clock => new Lan87xxModel(clock, id), registers => new Lan87xx(registers));

describe("lan87xx", () => {
	it("tells the four modes of register 31 apart", () => {
		for (const [abilities, speed, fullDuplex] of [[0x4021, 10, false], [0x4061, 10, true], [0x4081, 100, false], [0x4101, 100, true]] as const) {
			const { rig, up } = make();
			up({ abilities });
			deepEqual([rig.link.speed, rig.link.fullDuplex], [speed, fullDuplex]);
		}
	});

	it("wakes a chip that its straps put into power-down", () => {
		const { model, rig, up } = make();
		model.strapPowerDown();
		up();
		deepEqual([rig.link.state, model.read(18)], [LINK_UP, 0x00e1]);
	});

	it("keeps energy detect power-down off", () => {
		const { model, registers, phy } = make();
		phy.identify();
		registers.write(17, 0x2000);
		phy.configure(MODE_AUTO);
		equal(model.read(17), 0);
	});

	it("sees energy before there is a link", () => {
		const { model, rig } = make();
		rig.start().run(1000);
		equal(rig.link.report().energy, 0);
		model.plug();
		rig.run(200);
		deepEqual([rig.link.report().energy, rig.link.state], [1, 1]);
	});

	it("shows the symbol error counter as it is", () => {
		const { model, phy, rig, up } = make();
		up();
		model.symbolErrors = 70000;
		rig.run(1100);
		equal(phy.counters[0]!.value, 70000 - 65536);
	});

	it("has TDR in LAN8740 and LAN8742 only", () => {
		for (const [id, has] of [[0x0007c0f1, false], [0x0007c111, true], [0x0007c120, false], [0x0007c131, true]] as const) {
			const { phy } = make(id);
			phy.identify();
			equal(phy.has(FEATURE_CABLE_TEST), has, id.toString(16));
		}
	});

	it("measures the transmit pair, then the receive pair, with the channel that belongs to it", () => {
		const { model, phy, rig, up } = make(0x0007c130);
		model.pairs = [{ kind: "short", count: 12 }, { kind: "open", count: 40 }];
		up();
		rig.link.testCable();
		rig.run(60);
		deepEqual(phy.cable.map(pair => [pair.name, pair.result, pair.distance]), [["TX", CABLE_SHORT, -1], ["RX", CABLE_OPEN, -1]]);
		rig.run(3900);
		deepEqual([rig.link.state, model.read(27) & 0xa000], [LINK_UP, 0], "auto-MDIX again");
		model.pairs = [{ kind: "ok", count: 0 }, { kind: "unknown", count: 0 }];
		rig.link.testCable();
		rig.run(1);
		equal(rig.link.state, LINK_DOWN);
		rig.run(60);
		deepEqual(phy.cable.map(pair => pair.result), [CABLE_OK, CABLE_UNKNOWN]);
		equal(rig.link.describe().at(-1), "cable: TX ok, RX could not be measured");
	});
});
