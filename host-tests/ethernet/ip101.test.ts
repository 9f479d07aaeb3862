import { deepEqual, describe, equal, it } from "#test";
import { Ip101 } from "../../hal/ethernet/ip101.js";
import { MODE_AUTO } from "../../hal/ethernet/phy.js";
import { Ip101Model } from "./support/chips.js";
import { onModel } from "./support/setup.js";

describe("ip101", () => {
	const make = () => onModel(clock => new Ip101Model(clock), registers => new Ip101(registers));

	it("reads speed and duplex on page 16, whatever page was left", () => {
		const { clock, model, registers, phy } = make();
		model.plug({ abilities: 0x4061 });
		phy.identify();
		registers.write(20, 1);
		phy.configure(MODE_AUTO);
		clock.advance(3000);
		phy.poll();
		equal(model.read(20), 16);
		deepEqual([phy.poll(), phy.speed, phy.fullDuplex], [true, 10, true]);
	});

	it("tells the four modes of the operation mode field apart", () => {
		for (const [abilities, speed, fullDuplex] of [[0x4021, 10, false], [0x4061, 10, true], [0x4081, 100, false], [0x4101, 100, true]] as const) {
			const { rig, up } = make();
			up({ abilities });
			deepEqual([rig.link.speed, rig.link.fullDuplex], [speed, fullDuplex]);
		}
	});
});
