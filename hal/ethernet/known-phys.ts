/** Which driver is for the PHY that answers. A board's definition names its PHY; this is for boards that do not. */
import type { Mdio } from "../../firmware/ports/mdio.js";
import { Clause22Phy } from "./clause22-phy.js";
import { Dp83848 } from "./dp83848.js";
import { Dp83tc811 } from "./dp83tc811.js";
import { Ip101 } from "./ip101.js";
import { Ksz8081 } from "./ksz8081.js";
import { Lan867x } from "./lan867x.js";
import { Lan87xx } from "./lan87xx.js";
import { PHY_ABSENT, PHY_FOUND, type Phy } from "./phy.js";
import { PhyRegisters } from "./phy-registers.js";
import { Rtl8201 } from "./rtl8201.js";
import { Tja110x } from "./tja110x.js";

/** The lowest address from `first` on at which a PHY answers, or -1. */
export function findPhyAddress(mdio: Mdio, first = 0): number {
	for (let address = first; address < 32; address++)
		if (new Clause22Phy(new PhyRegisters(mdio, address)).identify() !== PHY_ABSENT)
			return address;
	return -1;
}

/** The driver of the PHY at `address`: by OUI and model, or the generic one. Undefined where none answers. */
export function selectPhy(mdio: Mdio, address: number): Phy | undefined {
	const registers = new PhyRegisters(mdio, address);
	const generic = new Clause22Phy(registers);
	if (generic.identify() === PHY_ABSENT)
		return undefined;
	const known = [new Ip101(registers), new Lan87xx(registers), new Rtl8201(registers), new Dp83848(registers), new Ksz8081(registers), new Lan867x(registers), new Tja110x(registers), new Dp83tc811(registers)];
	for (let i = 0; i < known.length; i++)
		if (known[i]!.identify() === PHY_FOUND)
			return known[i];
	return generic;
}
