/** Services that nobody announces (feat_req_someipsd_444): they are there, at a UDP endpoint, as long as the link is up. */
import { Peer } from "./sd/peer.js";
import type { ServiceTable } from "./service-table.js";

export class PresetServices {
	/** In turn: service, instance, major version, address and port. */
	#presets: number[] = [];
	/** In place of their hosts: no message of anybody's ends them. */
	#nobody = new Peer();

	add(serviceId: number, instanceId: number, majorVersion: number, address: number, port: number): void {
		this.#presets.push(serviceId, instanceId, majorVersion, address, port);
	}

	/** Returns how many found a place. */
	start(services: ServiceTable): number {
		const presets = this.#presets;
		for (let i = 0; i < presets.length; i += 5) {
			const service = services.add(presets[i]!, presets[i + 1]!, presets[i + 2]!);
			if (service === undefined)
				return i / 5;
			service.peer = this.#nobody;
			this.#nobody.users++;
			service.limited = service.stale = false;
			// Its events are taken.
			service.subscribed = 1;
			services.place(service, presets[i + 3]!, presets[i + 4]!);
		}
		return presets.length / 5;
	}
}
