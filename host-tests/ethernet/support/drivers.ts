/** Every driver with the model of its chip, for the contract. */
import type { FakeClock } from "../../support/fake-clock.js";
import { Clause22Phy } from "../../../hal/ethernet/clause22-phy.js";
import { Dp83848 } from "../../../hal/ethernet/dp83848.js";
import { Dp83tc811 } from "../../../hal/ethernet/dp83tc811.js";
import { Ip101 } from "../../../hal/ethernet/ip101.js";
import { Ksz8081 } from "../../../hal/ethernet/ksz8081.js";
import { Lan867x } from "../../../hal/ethernet/lan867x.js";
import { Lan87xx } from "../../../hal/ethernet/lan87xx.js";
import type { Phy } from "../../../hal/ethernet/phy.js";
import { PhyRegisters } from "../../../hal/ethernet/phy-registers.js";
import { Rtl8201 } from "../../../hal/ethernet/rtl8201.js";
import { Tja110x } from "../../../hal/ethernet/tja110x.js";
import { W5500Phy } from "../../../hal/ethernet/w5500-phy.js";
import { Dp83tc811Model, Lan867xModel, Tja110xModel } from "./automotive-chips.js";
import { Dp83848Model, GenericModel, Ip101Model, Ksz8081Model, Lan87xxModel, Rtl8201Model, W5500Model } from "./chips.js";
import { ModelBus, type PhyModel } from "./phy-model.js";

export interface Subject {
	phy: Phy;
	/** The faults of the chip; the cable. */
	chip: { isAbsent: boolean; isResetStuck: boolean; resetCount: number };
	/** Undefined: the W5500. */
	model: PhyModel | undefined;
	plug(): void;
	unplug(): void;
	/** Another chip at the same place. */
	replace(): void;
}

export interface Driver {
	name: string;
	speed: number;
	fullDuplex: boolean;
	make(clock: FakeClock): Subject;
}

export const ADDRESS = 1;

function onBus(model: PhyModel, driver: (registers: PhyRegisters) => Phy, clock: FakeClock): Subject {
	const bus = new ModelBus().add(ADDRESS, model);
	return {
		phy: driver(new PhyRegisters(bus, ADDRESS)), chip: model, model,
		plug: () => model.plug(), unplug: () => model.unplug(),
		replace: () => { bus.add(ADDRESS, new GenericModel(clock)); },
	};
}

export const DRIVERS: readonly Driver[] = [
	{ name: "generic", speed: 100, fullDuplex: true, make: clock => onBus(new GenericModel(clock), registers => new Clause22Phy(registers), clock) },
	{ name: "IP101", speed: 100, fullDuplex: true, make: clock => onBus(new Ip101Model(clock), registers => new Ip101(registers), clock) },
	{ name: "LAN8720", speed: 100, fullDuplex: true, make: clock => onBus(new Lan87xxModel(clock), registers => new Lan87xx(registers), clock) },
	{ name: "LAN8742", speed: 100, fullDuplex: true, make: clock => onBus(new Lan87xxModel(clock, 0x0007c130), registers => new Lan87xx(registers), clock) },
	{ name: "RTL8201", speed: 100, fullDuplex: true, make: clock => onBus(new Rtl8201Model(clock), registers => new Rtl8201(registers), clock) },
	{ name: "DP83848", speed: 100, fullDuplex: true, make: clock => onBus(new Dp83848Model(clock), registers => new Dp83848(registers), clock) },
	{ name: "KSZ8081", speed: 100, fullDuplex: true, make: clock => onBus(new Ksz8081Model(clock), registers => new Ksz8081(registers), clock) },
	{ name: "TJA1100", speed: 100, fullDuplex: true, make: clock => onBus(new Tja110xModel(clock, 0x0180dc40), registers => new Tja110x(registers), clock) },
	{ name: "TJA1101", speed: 100, fullDuplex: true, make: clock => onBus(new Tja110xModel(clock), registers => new Tja110x(registers), clock) },
	{ name: "DP83TC811", speed: 100, fullDuplex: true, make: clock => onBus(new Dp83tc811Model(clock), registers => new Dp83tc811(registers), clock) },
	lan867x("LAN867x Rev. B1", 0x0007c162), lan867x("LAN867x Rev. C2", 0x0007c165), lan867x("LAN867x Rev. D0", 0x0007c166),
	{
		name: "W5500", speed: 100, fullDuplex: true, make: clock => {
			const model = new W5500Model(clock);
			return { phy: new W5500Phy(model), chip: model, model: undefined, plug: () => model.plug(), unplug: () => model.unplug(), replace: () => { model.version = 0x51; } };
		},
	},
];

function lan867x(name: string, id: number): Driver {
	return {
		name, speed: 10, fullDuplex: false, make: clock => {
			const model = new Lan867xModel(clock, id);
			return {
				...onBus(model, registers => new Lan867x(registers, { plca: { nodeId: 1, nodeCount: 8 } }), clock),
				plug: () => { model.hasBeacon = true; }, unplug: () => { model.hasBeacon = false; },
			};
		},
	};
}
