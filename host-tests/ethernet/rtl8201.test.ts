import { deepEqual, describe, equal, it } from "#test";
import { Rtl8201 } from "../../hal/ethernet/rtl8201.js";
import { Rtl8201Model } from "./support/chips.js";
import { onModel } from "./support/setup.js";

describe("rtl8201", () => {
	it("selects page 0 before the reset: another page hides the registers of clause 22", () => {
		const { model, registers, phy } = onModel(clock => new Rtl8201Model(clock), driver => new Rtl8201(driver));
		phy.identify();
		registers.write(31, 7);
		equal(registers.read(1), 0);
		phy.reset();
		equal(model.resetCount, 1);
	});

	it("is left alone for 150 ms after its reset", () => {
		const { clock, model, rig } = onModel(fake => new Rtl8201Model(fake), registers => new Rtl8201(registers));
		const times: number[] = [], read = model.read.bind(model);
		model.read = register => {
			times.push(clock.now());
			return read(register);
		};
		rig.start().run(400);
		deepEqual([...new Set(times.filter(time => time < 200))], [0, 150]);
	});
});
