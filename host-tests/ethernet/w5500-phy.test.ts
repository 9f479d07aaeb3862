import { deepEqual, describe, equal, it } from "#test";
import { LINK_UP } from "../../firmware/ports/link.js";
import { MODE_100_FULL, MODE_100_HALF, MODE_10_FULL, MODE_10_HALF, MODE_AUTO } from "../../hal/ethernet/phy.js";
import { W5500Phy } from "../../hal/ethernet/w5500-phy.js";
import { FakeClock } from "../support/fake-clock.js";
import { W5500Model } from "./support/chips.js";
import { Rig } from "./support/rig.js";

function make(mode: number) {
	const clock = new FakeClock(), model = new W5500Model(clock);
	return { model, rig: new Rig(clock, new W5500Phy(model), { mode }) };
}

describe("w5500-phy", () => {
	it("starts from the reset value of the data sheet", () => {
		equal(make(MODE_AUTO).model.read(0x2e), 0xb8);
	});

	it("sets each mode by register, taken over by a reset", () => {
		for (const [mode, value, speed, fullDuplex] of [
			[MODE_10_HALF, 0xc0, 10, false], [MODE_10_FULL, 0xc8, 10, true], [MODE_100_HALF, 0xd0, 100, false], [MODE_100_FULL, 0xd8, 100, true], [MODE_AUTO, 0xf8, 100, true],
		] as const) {
			const { model, rig } = make(mode);
			model.plug();
			rig.start().run(3000);
			equal(model.read(0x2e) & 0xf8, value);
			deepEqual([rig.link.state, rig.link.speed, rig.link.fullDuplex], [LINK_UP, speed, fullDuplex]);
		}
	});

	it("takes 0xff for a link where the version says that the chip is there", () => {
		const { model, rig } = make(MODE_AUTO);
		model.plug();
		rig.start().run(3000);
		equal(model.read(0x2e), 0xff);
		equal(rig.link.state, LINK_UP);
	});
});
