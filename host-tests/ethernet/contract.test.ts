import { deepEqual, describe, equal, it, ok } from "#test";
import { LINK_DOWN, LINK_READY, LINK_STARTING, LINK_UP } from "../../firmware/ports/link.js";
import { LINK_EVENT_CABLE, LINK_EVENT_FAULT } from "../../hal/ethernet/ethernet-link.js";
import { FAULT_ABSENT, FAULT_LOST, FAULT_MODE, FAULT_NONE, FAULT_OTHER, FAULT_RESET } from "../../hal/ethernet/link-text.js";
import { CABLE_OK, CABLE_UNKNOWN, FEATURE_AUTONEG, FEATURE_CABLE_TEST, FEATURE_ENERGY, FEATURE_LOOPBACK, FEATURE_ROLE, FEATURE_SIGNAL_QUALITY, MODE_100_HALF, PHY_ABSENT, PHY_FOUND, PHY_OTHER, ROLE_UNKNOWN } from "../../hal/ethernet/phy.js";
import { FakeClock } from "../support/fake-clock.js";
import { DRIVERS } from "./support/drivers.js";
import { Rig } from "./support/rig.js";

for (const driver of DRIVERS)
	describe(`PHY driver contract: ${driver.name}`, () => {
		// The clock wraps in the middle of what follows.
		const subject = () => {
			const clock = new FakeClock(0x7fffffff - 900), made = driver.make(clock);
			return { clock, ...made, rig: new Rig(clock, made.phy) };
		};

		it("identifies its chip, an empty bus and another chip", () => {
			const { phy, chip, replace } = subject();
			equal(phy.identify(), PHY_FOUND);
			chip.isAbsent = true;
			equal(phy.identify(), PHY_ABSENT);
			chip.isAbsent = false;
			replace();
			equal(phy.identify(), driver.name === "generic" ? PHY_FOUND : PHY_OTHER);
		});

		it("brings the link up after one reset, with its speed and duplex", () => {
			const { rig, chip, plug } = subject();
			plug();
			rig.start().run(3900);
			deepEqual(rig.states, [LINK_STARTING, LINK_UP]);
			deepEqual([rig.link.speed, rig.link.fullDuplex, rig.link.fault], [driver.speed, driver.fullDuplex, FAULT_NONE]);
			ok(chip.resetCount >= 1, "reset");
		});

		it("is starting, then down, while there is no cable", () => {
			const { rig } = subject();
			rig.start().run(3000);
			deepEqual(rig.states, [LINK_STARTING]);
			rig.run(2000);
			deepEqual(rig.states, [LINK_STARTING, LINK_DOWN]);
			deepEqual([rig.link.speed, rig.link.fullDuplex], [0, false]);
		});

		it("goes down within 300 ms and comes back", () => {
			const { rig, plug, unplug } = subject();
			plug();
			rig.start().run(3900);
			unplug();
			rig.run(300);
			equal(rig.link.state, LINK_DOWN);
			plug();
			rig.run(3900);
			equal(rig.link.state, LINK_UP);
			deepEqual(rig.states, [LINK_STARTING, LINK_UP, LINK_DOWN, LINK_UP]);
		});

		it("is ready at once with a fixed address, and again after a loss", () => {
			const { clock, phy, plug, unplug } = subject();
			const rig = new Rig(clock, phy, { address: 0x0a4d0002, netmask: 0xffffff00 });
			plug();
			rig.start();
			equal(rig.link.address, 0);
			rig.run(3900);
			deepEqual([rig.link.state, rig.link.address, rig.link.netmask], [LINK_READY, 0x0a4d0002, 0xffffff00]);
			unplug();
			rig.run(300);
			deepEqual([rig.link.state, rig.link.address], [LINK_DOWN, 0]);
			plug();
			rig.run(3900);
			equal(rig.link.state, LINK_READY);
		});

		it("says that nothing answers, looks again, and finds it", () => {
			const { rig, chip, plug } = subject();
			chip.isAbsent = true;
			rig.start().run(2500);
			deepEqual([rig.link.state, rig.link.fault], [LINK_DOWN, FAULT_ABSENT]);
			equal(rig.events.filter(event => event === LINK_EVENT_FAULT).length, 1);
			chip.isAbsent = false;
			plug();
			rig.run(5000);
			deepEqual([rig.link.state, rig.link.fault], [LINK_UP, FAULT_NONE]);
		});

		it("says that a PHY stopped answering, and takes it up again", () => {
			const { rig, chip, plug } = subject();
			plug();
			rig.start().run(3900);
			chip.isAbsent = true;
			rig.run(150);
			deepEqual([rig.link.state, rig.link.fault], [LINK_DOWN, FAULT_LOST]);
			chip.isAbsent = false;
			rig.run(5000);
			deepEqual([rig.link.state, rig.link.fault], [LINK_UP, FAULT_NONE]);
		});

		it("gives a reset up that does not end, and tries again", () => {
			const { rig, chip, plug } = subject();
			chip.isResetStuck = true;
			plug();
			rig.start().run(800);
			deepEqual([rig.link.state, rig.link.fault], [LINK_DOWN, FAULT_RESET]);
			chip.isResetStuck = false;
			rig.run(6000);
			deepEqual([rig.link.state, rig.link.fault], [LINK_UP, FAULT_NONE]);
		});

		it("refuses another chip", () => {
			const { rig, replace } = subject();
			replace();
			rig.start().run(500);
			equal(rig.link.fault, driver.name === "generic" ? FAULT_NONE : FAULT_OTHER);
		});

		it("takes a mode by force, or says that it cannot", () => {
			const { clock, phy, plug } = subject();
			const rig = new Rig(clock, phy, { mode: MODE_100_HALF });
			plug();
			rig.start().run(3900);
			if (phy.has(FEATURE_AUTONEG))
				deepEqual([rig.link.state, rig.link.speed, rig.link.fullDuplex], [LINK_UP, 100, false]);
			else
				deepEqual([rig.link.state, rig.link.fault], [LINK_DOWN, FAULT_MODE]);
		});

		it("loops back where it can, and ends it", () => {
			const { rig, phy, model, plug } = subject();
			plug();
			equal(rig.link.startLoopback(), false, "before the start");
			rig.start().run(3900);
			equal(rig.link.startLoopback(), phy.has(FEATURE_LOOPBACK));
			if (!phy.has(FEATURE_LOOPBACK))
				return;
			equal(rig.link.state, LINK_DOWN);
			ok((model!.read(0) & 0x4000) !== 0, "BMCR.14");
			rig.run(1000);
			equal(rig.link.state, LINK_DOWN);
			rig.link.endLoopback(rig.clock.now());
			rig.run(3900);
			equal(model!.read(0) & 0x4000, 0);
			equal(rig.link.state, LINK_UP);
		});

		it("tests a good cable where it can, and the link comes back", () => {
			const { rig, phy, plug } = subject();
			plug();
			rig.start().run(3900);
			if (!phy.has(FEATURE_CABLE_TEST)) {
				equal(rig.link.testCable(), `a ${phy.name} has no cable test`);
				return;
			}
			equal(rig.link.testCable(), "testing the cable: the link goes down for it");
			rig.run(400);
			equal(rig.events.filter(event => event === LINK_EVENT_CABLE).length, 1);
			deepEqual(phy.cable.map(pair => pair.result), phy.cable.map(() => CABLE_OK));
			rig.run(3900);
			equal(rig.link.state, LINK_UP);
		});

		it("gives a cable test up that does not end", () => {
			const { rig, phy, chip, plug } = subject();
			plug();
			rig.start().run(3900);
			if (!phy.has(FEATURE_CABLE_TEST))
				return;
			rig.link.testCable();
			rig.run(5);
			chip.isAbsent = true;
			rig.run(2100);
			deepEqual(phy.cable.map(pair => pair.result), phy.cable.map(() => CABLE_UNKNOWN));
			chip.isAbsent = false;
			rig.run(6000);
			equal(rig.link.state, LINK_UP);
		});

		it("knows what its features promise, and says so", () => {
			const { rig, phy, plug } = subject();
			plug();
			rig.start().run(3900);
			const report = rig.link.report();
			equal(report.energy, phy.has(FEATURE_ENERGY) ? 1 : -1);
			equal(report.signalQuality >= 0, phy.has(FEATURE_SIGNAL_QUALITY));
			ok(report.signalQuality <= report.signalQualityMax);
			equal(report.role !== ROLE_UNKNOWN, phy.has(FEATURE_ROLE));
			const lines = rig.link.describe();
			equal(lines[0], `link up, no address yet, ${driver.speed} Mbit/s ${driver.fullDuplex ? "full" : "half"} duplex`);
			ok(lines[1]!.startsWith(`PHY ${phy.name}, id `), lines[1]);
		});

		it("wants nothing when it is stopped, and starts again", () => {
			const { rig, plug } = subject();
			plug();
			rig.start().run(3900);
			rig.link.stop();
			deepEqual([rig.link.state, rig.link.pollTimeout(rig.clock.now())], [LINK_DOWN, 0x7fffffff]);
			rig.start().run(3900);
			equal(rig.link.state, LINK_UP);
		});
	});
