import { deepEqual, describe, equal, it, throws } from "#test";
import { LINK_DOWN, LINK_UP } from "../../firmware/ports/link.js";
import { Lan867x, type Lan867xOptions } from "../../hal/ethernet/lan867x.js";
import { MODE_AUTO } from "../../hal/ethernet/phy.js";
import { PhyRegisters } from "../../hal/ethernet/phy-registers.js";
import { Lan867xModel } from "./support/automotive-chips.js";
import { ModelBus } from "./support/phy-model.js";
import { onModel } from "./support/setup.js";

const make = (options?: Lan867xOptions, id?: number) => onModel(clock => new Lan867xModel(clock, id), registers => new Lan867x(registers, options));
const vendor = (model: Lan867xModel, ...addresses: number[]) => addresses.map(address => model.readMmd(31, address));

describe("lan867x", () => {
	it("configures PLCA: count and id, opportunity, burst, then the switch", () => {
		const { model, up } = make({ plca: { nodeId: 3, nodeCount: 8, transmitOpportunity: 24, burstCount: 2, burstTimer: 100 } });
		up();
		deepEqual(vendor(model, 0xca01, 0xca02, 0xca04, 0xca05), [0x8000, 0x0803, 24, 0x0264]);
	});

	it("leaves transmit opportunity and burst at the data sheet's values", () => {
		const { model, up } = make({ plca: { nodeId: 0, nodeCount: 5 } });
		up();
		deepEqual(vendor(model, 0xca02, 0xca04, 0xca05), [0x0500, 0x0020, 0x0080]);
	});

	it("has a carrier while there is a beacon, and without PLCA always", () => {
		const { model, rig, up } = make({ plca: { nodeId: 1, nodeCount: 8 } });
		up();
		rig.run(1000);
		equal(rig.link.state, LINK_DOWN);
		model.hasBeacon = true;
		rig.run(300);
		equal(rig.link.state, LINK_UP);
		deepEqual(rig.link.describe()[3], "PLCA node 1, beacon");
		const alone = make({});
		alone.rig.start().run(500);
		deepEqual([alone.rig.link.state, alone.rig.link.describe()[3]], [LINK_UP, "PLCA off, CSMA/CD"]);
	});

	it("says what the coordinator is", () => {
		const { rig, up } = make({ plca: { nodeId: 0, nodeCount: 6 } });
		up();
		equal(rig.link.describe()[3], "PLCA coordinator of 6 nodes, no beacon");
	});

	it("switches collision detection off under PLCA and on without it, from Rev. C on", () => {
		for (const id of [0x0007c164, 0x0007c165, 0x0007c166]) {
			const plca = make({ plca: { nodeId: 1, nodeCount: 8 } }, id), alone = make({}, id);
			plca.up();
			alone.up();
			deepEqual([vendor(plca.model, 0x87)[0]! >> 15, vendor(alone.model, 0x87)[0]! >> 15], [0, 1], id.toString(16));
		}
	});

	it("lets PLCA or its semaphore be the link status of Rev. D0", () => {
		const plca = make({ plca: { nodeId: 1, nodeCount: 8 } }, 0x0007c166), alone = make({}, 0x0007c166);
		plca.up();
		alone.up();
		deepEqual([vendor(plca.model, 0x12), vendor(alone.model, 0x12), alone.rig.link.state], [[0x0800], [0x1001], LINK_UP]);
	});

	it("sets Rev. B1 up as AN1699 says, within the masks", () => {
		const { model, up } = make({}, 0x0007c162);
		up();
		deepEqual(vendor(model, 0xd0, 0xd1, 0x84, 0x85, 0x8a, 0x87, 0x88, 0x8b, 0x80, 0xf1, 0x96, 0x99), [2, 0, 0x3380, 6, 0xc000, 0x801c, 0x033f, 0x0404, 0x0600, 0x2400, 0x2000, 0x7f80]);
	});

	it("calculates the settings of Rev. C1 and C2 from what was measured in production", () => {
		for (const id of [0x0007c164, 0x0007c165]) {
			const { model, up } = make({}, id);
			model.measured = { 4: 0x1e, 8: 0x02 };
			up();
			// Offsets -2 and 2.
			deepEqual(vendor(model, 0x84, 0x8a, 0xad, 0xae, 0xaf), [7 << 10 | 12 << 4 | 3, 42 << 10, 3 << 8 | 7, 7 << 8 | 12, 15 << 8 | 20]);
			deepEqual(vendor(model, 0xd0, 0xe0, 0xe9, 0xf5, 0xf4, 0xf8, 0xf9, 0x81, 0x91), [0x3f31, 0xc000, 0x9e50, 0x1cf8, 0xc020, 0xb900, 0x4e53, 0x0080, 0x9660]);
			deepEqual(vendor(model, 0xb0, 0xb5, 0xbb), [0x0103, 0x070d, 0x002b]);
		}
	});

	it("sets Rev. D0 up in order: one register is written twice", () => {
		const { model, phy, clock } = make({}, 0x0007c166);
		const written: number[] = [], write = model.writeMmd.bind(model);
		model.writeMmd = (device, register, value) => {
			if (register === 0xfd)
				written.push(value);
			write(device, register, value);
		};
		phy.identify();
		phy.reset();
		clock.advance(5);
		phy.configure(0);
		deepEqual(written, [0x0c0b, 0x8c07]);
	});

	it("adds up what the PCS has counted", () => {
		const { model, phy, rig } = make({});
		rig.start().run(500);
		model.remoteJabbers = 2;
		model.corruptedTransmits = 3;
		model.status1 = 0x0007;
		rig.run(1000);
		model.corruptedTransmits = 4;
		rig.run(1000);
		deepEqual(phy.counters.map(counter => counter.value), [2, 7, 1, 1, 1]);
	});

	it("leaves power-down and isolation", () => {
		const { model, registers, phy } = make({});
		phy.identify();
		registers.write(0, 0x4c00);
		phy.configure(MODE_AUTO);
		equal(model.read(0), 0);
	});

	it("ends PLCA for the loopback", () => {
		const { model, rig, up } = make({ plca: { nodeId: 0, nodeCount: 2 } });
		model.hasBeacon = true;
		up();
		rig.link.startLoopback();
		deepEqual([vendor(model, 0xca01)[0]! & 0x8000, model.read(0) & 0x4000], [0, 0x4000]);
	});

	it("refuses PLCA settings that the registers cannot hold", () => {
		const registers = new PhyRegisters(new ModelBus(), 1);
		throws(() => new Lan867x(registers, { plca: { nodeId: 255, nodeCount: 8 } }), "PLCA node id 255: 0 to 254");
		throws(() => new Lan867x(registers, { plca: { nodeId: 0, nodeCount: 0 } }), "PLCA node count 0: 1 to 255");
		throws(() => new Lan867x(registers, { plca: { nodeId: 0, nodeCount: 8, burstCount: 256 } }), "PLCA burst count 256: 0 to 255");
	});
});
