import type { Phy } from "../../../hal/ethernet/phy.js";
import { PhyRegisters } from "../../../hal/ethernet/phy-registers.js";
import type { EthernetLinkOptions } from "../../../hal/ethernet/ethernet-link.js";
import { FakeClock } from "../../support/fake-clock.js";
import { ModelBus, type Partner, type PhyModel } from "./phy-model.js";
import { Rig } from "./rig.js";

/** One chip at address 1 with a running link. */
export function onModel<Model extends PhyModel, Driver extends Phy>(makeModel: (clock: FakeClock) => Model, makeDriver: (registers: PhyRegisters) => Driver, options: Partial<EthernetLinkOptions> = {}) {
	const clock = new FakeClock(), model = makeModel(clock), registers = new PhyRegisters(new ModelBus().add(1, model), 1);
	const phy = makeDriver(registers), rig = new Rig(clock, phy, options);
	return {
		clock, model, registers, phy, rig,
		up(partner?: Partner): void {
			model.plug(partner);
			rig.start().run(3900);
		},
	};
}
