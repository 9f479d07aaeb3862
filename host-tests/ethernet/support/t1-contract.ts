import { deepEqual, equal, it } from "#test";
import { LINK_DOWN } from "../../../firmware/ports/link.js";
import type { Rig } from "./rig.js";

/** What every chip for two wires tells alike. */
export function t1Contract(make: () => { model: { isDeaf: boolean, isTraining: boolean }, rig: Rig, up(): void }): void {
	it("tells that the partner does not hear it", () => {
		const { model, rig, up } = make();
		model.isDeaf = true;
		up();
		rig.run(1000);
		deepEqual([rig.link.state, rig.link.remoteFault], [LINK_DOWN, true]);
		model.isTraining = true;
		rig.run(200);
		equal(rig.link.remoteFault, false);
	});
}
