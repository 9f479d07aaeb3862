import { EthernetLink, LINK_EVENT_NONE, type EthernetLinkOptions } from "../../../hal/ethernet/ethernet-link.js";
import type { Phy } from "../../../hal/ethernet/phy.js";
import { parseMacAddress } from "../../../hal/ethernet/mac-address.js";
import { FakeClock } from "../../support/fake-clock.js";

/** A link over one PHY, with the platform that calls it when it is due. */
export class Rig {
	readonly clock: FakeClock;
	readonly link: EthernetLink;
	/** LINK_* in the order they were reached, and the LINK_EVENT_* that were polled. */
	readonly states: number[] = [];
	readonly events: number[] = [];

	constructor(clock: FakeClock, phy: Phy, options: Partial<EthernetLinkOptions> = {}) {
		this.clock = clock;
		this.link = new EthernetLink({ phy, macAddress: parseMacAddress("02:5a:4e:00:00:01"), ...options });
		this.link.onChanged = () => {
			if (this.states.at(-1) !== this.link.state)
				this.states.push(this.link.state);
		};
	}

	start(): this {
		this.link.start(this.clock.now());
		return this;
	}

	/** Lets `duration` ms pass. */
	run(duration: number): this {
		const end = (this.clock.now() + duration) | 0;
		for (let turns = 0; ; turns++) {
			if (turns > 100000)
				throw new Error("the link is always due");
			const now = this.clock.now(), left = (end - now) | 0, delay = this.link.pollTimeout(now);
			if (delay > left) {
				this.clock.advance(left);
				return this;
			}
			this.clock.advance(delay);
			this.link.onTimeout(this.clock.now());
			for (let event = this.link.pollEvent(); event !== LINK_EVENT_NONE; event = this.link.pollEvent())
				this.events.push(event);
		}
	}
}
