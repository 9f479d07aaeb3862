import { deepEqual, describe, equal, it } from "#test";
import { Ip101 } from "../../hal/ethernet/ip101.js";
import { Ip101Model } from "./support/chips.js";
import { onModel } from "./support/setup.js";

describe("ip101", () => {
	const make = () => onModel(clock => new Ip101Model(clock), registers => new Ip101(registers));

	it("reads speed and duplex on page 16, whatever page was left", () => {
		const { model, registers, rig, up } = make();
		registers.write(20, 1);
		up({ abilities: 0x4061 });
		equal(model.read(20), 16);
		deepEqual([rig.link.speed, rig.link.fullDuplex], [10, true]);
	});

	it("tells the four modes of the operation mode field apart", () => {
		for (const [abilities, speed, fullDuplex] of [[0x4021, 10, false], [0x4061, 10, true], [0x4081, 100, false], [0x4101, 100, true]] as const) {
			const { rig, up } = make();
			up({ abilities });
			deepEqual([rig.link.speed, rig.link.fullDuplex], [speed, fullDuplex]);
		}
	});
});
