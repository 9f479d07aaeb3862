/** Which driver is for the PHY that answers: the one that the board's definition names, or the one that knows it. */
import type { Mdio } from "../../firmware/ports/mdio.js";
import { Clause22Phy } from "./clause22-phy.js";
import { Dp83848 } from "./dp83848.js";
import { Dp83tc811 } from "./dp83tc811.js";
import { Ip101 } from "./ip101.js";
import { Ksz8081 } from "./ksz8081.js";
import { Lan867x } from "./lan867x.js";
import { Lan87xx } from "./lan87xx.js";
import { idText } from "./link-text.js";
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

export const PHY_AUTO = "auto";
export const PHY_GENERIC = "generic";

/** The driver of the PHY at `address`. PHY_AUTO: by OUI and model, else the generic one; PHY_GENERIC: that one, whatever answers; a
 *  chip's, as "ip101". Undefined where none answers; throws where there is no such driver, or where it is not for what answers. */
export function selectPhy(mdio: Mdio, address: number, name = PHY_AUTO): Phy | undefined {
	const registers = new PhyRegisters(mdio, address);
	const generic = new Clause22Phy(registers);
	const known = [new Ip101(registers), new Lan87xx(registers), new Rtl8201(registers), new Dp83848(registers), new Ksz8081(registers), new Lan867x(registers), new Tja110x(registers), new Dp83tc811(registers)];
	const named = known.find(phy => phy.name.toLowerCase() === name);
	if (named === undefined && name !== PHY_AUTO && name !== PHY_GENERIC)
		throw new Error(`there is no PHY driver "${name}": use ${[PHY_AUTO, PHY_GENERIC, ...known.map(phy => phy.name.toLowerCase())].join(", ")}`);
	if (generic.identify() === PHY_ABSENT)
		return undefined;
	if (named !== undefined && named.identify() !== PHY_FOUND)
		throw new Error(`the PHY at address ${address} is no ${named.name}: its identifier is ${idText(generic.id)}`);
	return named ?? (name === PHY_GENERIC ? generic : known.find(phy => phy.identify() === PHY_FOUND) ?? generic);
}
