import { deepEqual, describe, equal, it, throws } from "#test";
import { LINK_DOWN, LINK_READY, LINK_STARTING, LINK_UP } from "../../firmware/ports/link.js";
import { NO_TIMEOUT } from "../../firmware/wire/time.js";
import { Clause22Phy, type Clause22Options } from "../../hal/ethernet/clause22-phy.js";
import { EthernetLink, LINK_EVENT_REMOTE_FAULT, LINK_EVENT_STATE } from "../../hal/ethernet/ethernet-link.js";
import { FAULT_MODE } from "../../hal/ethernet/link-text.js";
import { MODE_100_FULL, MODE_100_HALF, MODE_10_FULL, MODE_10_HALF, MODE_AUTO } from "../../hal/ethernet/phy.js";
import { PhyRegisters } from "../../hal/ethernet/phy-registers.js";
import { FakeClock } from "../support/fake-clock.js";
import { GenericModel } from "./support/chips.js";
import { ModelBus, type Partner } from "./support/phy-model.js";
import { Rig } from "./support/rig.js";

function setUp(partner?: Partner, mode = MODE_AUTO, options: Clause22Options = {}) {
	const clock = new FakeClock(), model = new GenericModel(clock), bus = new ModelBus().add(0, model);
	if (partner !== undefined)
		model.plug(partner);
	return { clock, model, bus, rig: new Rig(clock, new Clause22Phy(new PhyRegisters(bus, 0), options), { mode }) };
}

describe("ethernet-link", () => {
	it("takes the best of what both can, by the priority of Annex 28B.3", () => {
		const table: readonly (readonly [abilities: number, speed: number, fullDuplex: boolean])[] = [
			[0x41e1, 100, true], [0x40e1, 100, false], [0x4061, 10, true], [0x4021, 10, false], [0x4141, 100, true], [0x40c1, 100, false], [0x4161, 100, true],
		];
		for (const [abilities, speed, fullDuplex] of table) {
			const { rig } = setUp({ abilities });
			rig.start().run(3000);
			deepEqual([rig.link.state, rig.link.speed, rig.link.fullDuplex], [LINK_UP, speed, fullDuplex], abilities.toString(16));
		}
	});

	it("is half duplex with a partner that does not negotiate", () => {
		for (const [detected, speed] of [[0x80, 100], [0x20, 10]] as const) {
			const { rig } = setUp({ abilities: 0, detected });
			rig.start().run(3000);
			deepEqual([rig.link.speed, rig.link.fullDuplex], [speed, false]);
		}
	});

	it("offers no more than it is told", () => {
		const { rig, model } = setUp({ abilities: 0x41e1 }, MODE_AUTO, { advertise: 0x0060 });
		rig.start().run(3000);
		equal(model.read(4), 0x0061);
		deepEqual([rig.link.speed, rig.link.fullDuplex], [10, true]);
	});

	it("forces each mode that the PHY has", () => {
		for (const [mode, control, speed, fullDuplex] of [[MODE_10_HALF, 0x0000, 10, false], [MODE_10_FULL, 0x0100, 10, true], [MODE_100_HALF, 0x2000, 100, false], [MODE_100_FULL, 0x2100, 100, true]] as const) {
			const { rig, model } = setUp({ abilities: 0x41e1 }, mode);
			rig.start().run(1000);
			deepEqual([model.read(0), rig.link.speed, rig.link.fullDuplex], [control, speed, fullDuplex]);
		}
	});

	it("does not force what the PHY has not, nor negotiate where it cannot", () => {
		for (const mode of [MODE_100_FULL, MODE_AUTO]) {
			const { rig, model } = setUp({ abilities: 0x41e1 }, mode);
			const read = model.read.bind(model);
			model.read = register => register === 1 ? read(1) & ~0x6008 : read(register);
			rig.start().run(500);
			deepEqual([rig.link.state, rig.link.fault], [LINK_DOWN, FAULT_MODE]);
		}
	});

	it("counts a loss that was over before the next poll, and keeps the link", () => {
		const { rig, model } = setUp({ abilities: 0x41e1 });
		rig.start().run(3000);
		model.flap();
		rig.run(500);
		deepEqual([rig.link.state, rig.link.flaps, rig.states.length], [LINK_UP, 1, 2]);
	});

	it("needs two polls to believe a carrier, and two to believe its loss", () => {
		const { rig, model } = setUp();
		rig.start().run(1040);
		const read = model.read.bind(model);
		let isUp = true;
		model.read = register => register === 1 ? 0x7849 | (isUp ? 0x24 : 0) : register === 5 ? 0x41e1 : register === 6 ? 1 : read(register);
		rig.run(100);
		equal(rig.link.state, LINK_STARTING);
		rig.run(100);
		equal(rig.link.state, LINK_UP);
		isUp = false;
		rig.run(100);
		equal(rig.link.state, LINK_UP);
		isUp = true;
		rig.run(100);
		deepEqual([rig.link.state, rig.link.flaps], [LINK_UP, 1]);
		isUp = false;
		rig.run(200);
		equal(rig.link.state, LINK_DOWN);
	});

	it("waits for a carrier that stays", () => {
		const { rig, model } = setUp({ abilities: 0x41e1 });
		const { clock } = rig;
		const shake = () => {
			model.flap();
			clock.at(90, shake);
		};
		clock.at(0, shake);
		rig.start().run(3500);
		deepEqual(rig.states, [LINK_STARTING]);
		equal(rig.link.flaps, 0, "nothing to lose yet");
	});

	it("goes down where another partner brings another speed within one flap", () => {
		const { rig, model } = setUp({ abilities: 0x41e1 });
		rig.start().run(3000);
		model.partner = { abilities: 0x4061 };
		model.flap();
		rig.run(500);
		deepEqual(rig.states, [LINK_STARTING, LINK_UP, LINK_DOWN, LINK_UP]);
		deepEqual([rig.link.speed, rig.link.fullDuplex], [10, true]);
	});

	it("says that the partner has a fault, and when it has none any more", () => {
		const { rig, model } = setUp({ abilities: 0x41e1 });
		rig.start().run(3000);
		model.remoteFault = true;
		rig.run(200);
		equal(rig.link.remoteFault, true);
		model.remoteFault = false;
		rig.run(300);
		deepEqual([rig.link.remoteFault, rig.link.state], [false, LINK_UP]);
		equal(rig.events.filter(event => event === LINK_EVENT_REMOTE_FAULT).length, 2);
		model.partner!.abilities |= 0x2000;
		rig.run(200);
		equal(rig.link.remoteFault, true, "in the partner's page");
	});

	it("is ready with the address that DHCP has found, and loses it with the carrier", () => {
		const { rig, model } = setUp({ abilities: 0x41e1 });
		let calls = 0;
		rig.link.onChanged = () => { calls++; };
		rig.start().run(3000);
		equal(calls, 2);
		rig.link.setAddress(0x0a4d0002, 0xffffff00);
		deepEqual([rig.link.state, rig.link.address, rig.link.netmask, calls], [LINK_READY, 0x0a4d0002, 0xffffff00, 3]);
		rig.link.setAddress(0x0a4d0003, 0xffffff00);
		deepEqual([rig.link.address, calls], [0x0a4d0003, 4]);
		model.unplug();
		rig.run(300);
		deepEqual([rig.link.state, rig.link.address], [LINK_DOWN, 0]);
		model.plug({ abilities: 0x41e1 });
		rig.run(3000);
		equal(rig.link.state, LINK_UP);
		rig.link.setAddress(0x0a4d0004, 0xffffff00);
		rig.link.setAddress(0, 0);
		deepEqual([rig.link.state, rig.link.address], [LINK_UP, 0], "the lease ended");
	});

	it("gives each event once, the state's first", () => {
		const { rig } = setUp({ abilities: 0x41e1 });
		rig.link.start(0);
		deepEqual([rig.link.pollEvent(), rig.link.pollEvent()], [LINK_EVENT_STATE, 0]);
	});

	it("asks for nothing before it is due", () => {
		const { rig, bus } = setUp({ abilities: 0x41e1 });
		rig.start().run(3000);
		const before = bus.accesses, now = rig.clock.now(), delay = rig.link.pollTimeout(now);
		rig.link.onTimeout((now + delay - 1) | 0);
		equal(bus.accesses, before);
		rig.link.onTimeout((now + delay) | 0);
		equal(bus.accesses > before, true);
	});

	it("takes few register reads in steady state", () => {
		const { rig, bus } = setUp({ abilities: 0x41e1 });
		rig.start().run(3000);
		const before = bus.accesses;
		rig.run(1000);
		equal(bus.accesses - before <= 40, true, String(bus.accesses - before));
	});

	it("has the same word for no timeout as the firmware", () => {
		equal(setUp().rig.link.pollTimeout(0), NO_TIMEOUT);
	});

	it("refuses a MAC address of another length", () => {
		throws(() => new EthernetLink({ phy: new Clause22Phy(new PhyRegisters(new ModelBus(), 0)), macAddress: new Uint8Array(5) }), "a MAC address has 6 bytes, not 5");
	});
});
