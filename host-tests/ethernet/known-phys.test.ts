import { deepEqual, describe, equal, it, throws } from "#test";
import { phyIdentifier, phyIdentifierAsPrinted } from "../../hal/ethernet/clause22-phy.js";
import { findPhyAddress, selectPhy } from "../../hal/ethernet/known-phys.js";
import { FakeClock } from "../support/fake-clock.js";
import { GenericModel } from "./support/chips.js";
import { ModelBus } from "./support/phy-model.js";

describe("known-phys", () => {
	it("knows each chip by the identifier of its data sheet, of any revision", () => {
		const table: readonly (readonly [id: number, name: string])[] = [
			[0x02430c54, "IP101"], [0x02430c50, "IP101"], [0x0007c0f1, "LAN87xx"], [0x0007c111, "LAN87xx"], [0x0007c120, "LAN87xx"], [0x0007c130, "LAN87xx"],
			[0x001cc816, "RTL8201"], [0x001cc815, "RTL8201"], [0x20005c90, "DP83848"], [0x20005ca2, "DP83848"], [0x00221560, "KSZ8081"], [0x00221561, "KSZ8081"],
			[0x0007c162, "LAN867x"], [0x0007c166, "LAN867x"], [0x0180dc40, "TJA110x"], [0x0180dd01, "TJA110x"], [0x2000a253, "DP83TC811"],
			[0x0007c1b3, "generic PHY"], [0x0180dc80, "generic PHY"], [0x00112230, "generic PHY"],
		];
		for (const [id, name] of table)
			equal(selectPhy(new ModelBus().add(7, new GenericModel(new FakeClock(), id)), 7)!.name, name, id.toString(16));
	});

	it("takes the driver that a board names, where the identifier is of its chip", () => {
		const bus = (id: number) => new ModelBus().add(7, new GenericModel(new FakeClock(), id));
		const table: readonly (readonly [name: string, id: number])[] = [
			["ip101", 0x02430c54], ["lan87xx", 0x0007c0f1], ["lan87xx", 0x0007c130], ["rtl8201", 0x001cc816], ["dp83848", 0x20005c90], ["ksz8081", 0x00221561],
			["lan867x", 0x0007c162], ["tja110x", 0x0180dc40], ["dp83tc811", 0x2000a253],
		];
		for (const [name, id] of table)
			equal(selectPhy(bus(id), 7, name)!.name.toLowerCase(), name);
		equal(selectPhy(bus(0x02430c54), 7, "generic")!.name, "generic PHY");
		equal(selectPhy(bus(0x02430c54), 7, "auto")!.name, "IP101");
		for (const name of ["generic", "ip101", "auto"])
			equal(selectPhy(bus(0x02430c54), 8, name), undefined);
	});

	it("refuses a name that is none, and one that the identifier contradicts, in words", () => {
		const bus = new ModelBus().add(1, new GenericModel(new FakeClock(), 0x0007c0f1));
		throws(() => selectPhy(bus, 1, "ip101"), "the PHY at address 1 is no IP101: its identifier is 0007c0f1");
		for (const name of ["", "lan8720", "LAN87xx", "generic PHY"])
			throws(() => selectPhy(bus, 1, name), `there is no PHY driver "${name}": use auto, generic, ip101, lan87xx, rtl8201, dp83848, ksz8081, lan867x, tja110x, dp83tc811`);
	});

	it("makes the identifier of OUI and model in both orders that vendors use", () => {
		deepEqual([phyIdentifier(0x00800f, 0x0f), phyIdentifier(0x00e04c, 1, 6), phyIdentifier(0x0010a1, 0x16)], [0x0007c0f0, 0x001cc816, 0x00221560]);
		deepEqual([phyIdentifierAsPrinted(0x006037, 0x10, 2), phyIdentifierAsPrinted(0x080028, 0x25, 3), phyIdentifierAsPrinted(0x0090c3, 5)], [0x0180dd02, 0x2000a253, 0x02430c50]);
	});

	it("finds where PHYs answer", () => {
		const clock = new FakeClock(), bus = new ModelBus().add(1, new GenericModel(clock)).add(31, new GenericModel(clock));
		deepEqual([findPhyAddress(bus), findPhyAddress(bus, 2), findPhyAddress(new ModelBus())], [1, 31, -1]);
		equal(selectPhy(bus, 2), undefined);
	});
});
