import type { Clock } from "../../firmware/ports/clock.js";
import { LINK_DOWN, LINK_STARTING, LINK_UP, type Link } from "../../firmware/ports/link.js";
import { LEVEL_INFO, LEVEL_WARN, type Log } from "../../firmware/ports/log.js";
import type { Timer, TimerFactory } from "../../firmware/ports/timer.js";
import { EthernetLink, LINK_EVENT_FAULT, LINK_EVENT_NONE, LINK_EVENT_REMOTE_FAULT, LINK_EVENT_STATE } from "./ethernet-link.js";
import { FAULT_NONE, faultText } from "./link-text.js";
import type { Mac } from "./mac.js";
import type { Phy } from "./phy.js";
import { RETRY_DELAY } from "./timing.js";

export interface DrivenLinkOptions {
	mac: Mac;
	clock: Clock;
	timer: TimerFactory;
	log: Log;
}

/** The Link port of a board: an EthernetLink over the PHY that answers, run by a timer; the MAC follows it. The address is the
 *  IP stack's word, be it fixed or from DHCP: before that a socket could not join a group. */
export class DrivenLink implements Link {
	onChanged: (() => void) | undefined;
	#mac: Mac;
	#clock: Clock;
	#timer: Timer;
	#log: Log;
	/** Undefined until a PHY answered. */
	#link: EthernetLink | undefined;
	#hasBegun = false;
	/** Why there is no Ethernet, or "". */
	#problem = "";
	/** What the MAC was told. */
	#isUp = false;
	#speed = 0;
	#fullDuplex = false;

	constructor({ mac, clock, timer, log }: DrivenLinkOptions) {
		this.#mac = mac;
		this.#clock = clock;
		this.#log = log;
		this.#timer = timer(() => this.#run());
	}

	begin(address: number, netmask: number, router: number, nameServer: number): void {
		try {
			this.#mac.begin(address, netmask, router, nameServer);
			this.#mac.listen(() => this.#takeAddress());
			this.#hasBegun = true;
			this.#timer.schedule(0);
		}
		catch (error) {
			this.#tell((error as Error).message);
		}
	}

	get state(): number {
		return this.#link?.state ?? (this.#hasBegun && this.#problem === "" ? LINK_STARTING : LINK_DOWN);
	}

	get address(): number {
		return this.#link?.address ?? 0;
	}

	get netmask(): number {
		return this.#link?.netmask ?? 0;
	}

	describe(): readonly string[] {
		return this.#link?.describe() ?? [this.#problem === "" ? "link starting" : `link down: ${this.#problem}`];
	}

	testCable(): string {
		if (this.#link === undefined)
			return "there is no PHY to test it";
		const line = this.#link.testCable();
		this.#timer.schedule(0);
		return line;
	}

	#run(): void {
		const now = this.#clock.now();
		if (this.#link === undefined && !this.#find(now)) {
			this.#timer.schedule(RETRY_DELAY);
			return;
		}
		this.#link!.onTimeout(now);
		this.#drain(this.#link!);
		this.#timer.schedule(this.#link!.pollTimeout(now));
	}

	#find(now: number): boolean {
		let phy: Phy | undefined, problem = "no PHY answers";
		try {
			phy = this.#mac.findPhy();
		}
		catch (error) {
			problem = (error as Error).message;
		}
		if (phy === undefined) {
			this.#tell(problem);
			return false;
		}
		this.#problem = "";
		this.#log.write(LEVEL_INFO, "link", `PHY ${phy.name}`);
		this.#link = new EthernetLink({ phy, macAddress: this.#mac.macAddress() });
		this.#link.start(now);
		return true;
	}

	/** The MAC first: who is told of the link may send at once. */
	#drain(link: EthernetLink): void {
		let hasChanged = false;
		for (let event = link.pollEvent(); event !== LINK_EVENT_NONE; event = link.pollEvent()) {
			if (event === LINK_EVENT_STATE)
				hasChanged = true;
			else if (event === LINK_EVENT_FAULT && link.fault !== FAULT_NONE)
				this.#log.write(LEVEL_WARN, "link", `PHY${faultText(link.fault)}`);
			else if (event === LINK_EVENT_REMOTE_FAULT && link.remoteFault)
				this.#log.write(LEVEL_WARN, "link", "remote fault: the partner does not receive");
		}
		this.#follow(link);
		if (hasChanged)
			this.onChanged?.();
	}

	/** Tried again at the next poll where the MAC does not take it. */
	#follow(link: EthernetLink): void {
		const isUp = link.state >= LINK_UP, { speed, fullDuplex } = link;
		if (isUp === this.#isUp && (!isUp || speed === this.#speed && fullDuplex === this.#fullDuplex))
			return;
		try {
			this.#mac.setLink(isUp, speed, fullDuplex);
			this.#isUp = isUp;
			this.#speed = speed;
			this.#fullDuplex = fullDuplex;
			this.#problem = "";
		}
		catch (error) {
			this.#tell((error as Error).message);
		}
	}

	/** An address that comes when the carrier is gone again is that of before. */
	#takeAddress(): void {
		const link = this.#link;
		if (link === undefined || link.state < LINK_UP)
			return;
		link.setAddress(this.#mac.address, this.#mac.netmask);
		this.#drain(link);
	}

	/** Each problem once. */
	#tell(problem: string): void {
		if (problem === this.#problem)
			return;
		this.#problem = problem;
		this.#log.write(LEVEL_WARN, "link", problem);
		this.onChanged?.();
	}
}
