/** A vehicle within the test's process: one service whose events carry a number, at the test's word. */
import { Ecu, addressOf } from "../../../scripts/demo/ecu.js";
import { SD_PORT, type GatewayFile, type Stage } from "./stage.js";

const SERVICE = 0x2001;
const SERVICE_PORT = 30601;
/** s: an offer and a subscription outlive a machine that stands still. */
const TTL = 30;
/** Where events of the eventgroup with a multicast address are sent. */
export const MULTICAST_PORT = 30602;

export class NumberedVehicle {
	/** Events sent so far; the next one carries this number. */
	sent = 0;
	readonly ecu: Ecu;
	readonly multicastGroup: string;
	#event: number;
	#multicastEvent: number;
	#subscribers: number[] = [];
	#timer: NodeJS.Timeout | undefined = undefined;

	constructor(stage: Stage) {
		this.multicastGroup = stage.group.replace(/\.1$/, ".9");
		this.ecu = new Ecu({
			address: stage.vehicleAddress, group: stage.group, port: SD_PORT,
			onSubscribers: (eventgroup, count) => { this.#subscribers[eventgroup] = count; },
		});
		const { provider } = this.ecu, service = provider.offer(SERVICE, 1, 1, 0, SERVICE_PORT, TTL);
		const unicast = provider.eventgroup(service, 1), multicast = provider.eventgroup(service, 2, addressOf(this.multicastGroup), MULTICAST_PORT);
		this.#subscribers[unicast] = this.#subscribers[multicast] = 0;
		this.#event = provider.event(0x8001, [unicast]);
		this.#multicastEvent = provider.event(0x8002, [multicast]);
		this.ecu.start([SERVICE_PORT]);
		stage.also(() => this.stop());
	}

	/** Routes both events. */
	static routes(file: GatewayFile, qos: 0 | 1): void {
		file.network.sd.ttl = TTL;
		file.routes = [1, 2].map(eventgroup => ({ service: SERVICE, instance: 1, eventgroup, event: 0x8000 + eventgroup, qos }));
	}

	get isSubscribed(): boolean {
		return this.#subscribers.every(count => count > 0);
	}

	/** Sends the next event, `size` bytes; by multicast where wanted. */
	send(size = 32, multicast = false): void {
		const payload = Buffer.alloc(size, this.sent);
		payload.writeUInt32BE(this.sent++);
		this.ecu.provider.notify(multicast ? this.#multicastEvent : this.#event, payload, 0, size);
		this.ecu.drive();
	}

	/** Sends one every `period` ms until `halt`; each tenth by multicast. */
	play(period: number, size = 32): void {
		this.#timer = setInterval(() => this.send(size, this.sent % 10 === 9), period);
	}

	halt(): void {
		clearInterval(this.#timer);
	}

	async stop(): Promise<void> {
		this.halt();
		await this.ecu.stop();
	}

	/** The numbers that were delivered, in the order they came, retained ones left out. */
	static numbers(stage: Stage): number[] {
		return stage.delivered.filter(({ topic, retained }) => topic.includes("/event/") && !retained).map(({ payload }) => payload.readUInt32BE());
	}
}
