/** An uplink, a broker and what lies between them, on a clock that the test turns. */
import {
	UPLINK_EVENT_MESSAGE, UPLINK_EVENT_NONE, UPLINK_EVENT_REFUSED, UPLINK_EVENT_STATE, Uplink,
} from "../../firmware/uplink/uplink.js";
import type { UplinkOptions } from "../../firmware/uplink/uplink-options.js";
import { MockBroker } from "../mqtt/mock-broker.js";
import type { BrokerOptions } from "../mqtt/mock-broker.js";
import { Prng } from "../support/prng.js";
import { MockServer, MockTransport } from "./mock-transport.js";
import type { MockTransportOptions } from "./mock-transport.js";

export const ADDRESS = 0x0a000002;
const STATES = ["down", "resolving", "connecting", "handshake done", "up"];

export class Rig {
	readonly broker: MockBroker;
	server: MockServer;
	/** What the probe finds, on a way of its own. */
	probed: MockServer;
	readonly uplink: Uplink;
	/** States and messages as they were told. */
	readonly told: string[] = [];
	readonly errors: string[] = [];
	readonly transports: MockTransport[] = [];
	transport!: MockTransport;
	transportOptions: MockTransportOptions = {};
	/** Called before each datagram is carried, with its number; false: it is lost and the connection breaks. */
	onDatagram: ((count: number) => boolean) | undefined;
	/** What the resolver answers; undefined: nothing. */
	address: number | undefined = ADDRESS;
	lookups = 0;
	now: number;
	#datagrams = 0;
	#datagram = new Uint8Array(1500);
	#isResolving = false;
	#generation = 0;

	constructor(broker: BrokerOptions = {}, options: Partial<UplinkOptions> = {}, start = 5000) {
		this.now = start;
		this.broker = new MockBroker(broker);
		this.server = new MockServer(this.broker);
		this.probed = new MockServer(this.broker);
		this.uplink = new Uplink({
			host: "broker.example", port: 14567, clientId: "zonal", keepAlive: 60, random: new Prng(7),
			transport: () => {
				this.transport = new MockTransport(this.transportOptions);
				this.transports.push(this.transport);
				return this.transport;
			}, ...options,
		});
	}

	/** Everything that can happen without time passing. */
	settle(): void {
		for (let moved = true; moved;) {
			moved = false;
			for (let event = this.uplink.pollEvent(); event !== UPLINK_EVENT_NONE; event = this.uplink.pollEvent()) {
				moved = true;
				this.#tell(event);
			}
			if (this.uplink.wantedName !== undefined && !this.#isResolving) {
				this.#isResolving = true;
				this.lookups++;
				if (this.address !== undefined) {
					moved = true;
					this.uplink.resolved(this.address, this.now);
					continue;
				}
			}
			if (this.uplink.wantedName === undefined)
				this.#isResolving = false;
			moved = this.#carryProbe() || moved;
			if (this.uplink.socketGeneration !== this.#generation && this.uplink.isAdopted)
				[this.server, this.probed] = [this.probed, new MockServer(this.broker)];
			this.#generation = this.uplink.socketGeneration;
			for (let length = this.uplink.pollTransmit(this.#datagram, this.now); length > 0; length = this.uplink.pollTransmit(this.#datagram, this.now)) {
				moved = true;
				if (this.#carry())
					this.server.datagram(this.#datagram.slice(0, length));
			}
			const answer = this.server.output.shift();
			if (answer !== undefined) {
				moved = true;
				if (this.#carry()) {
					this.#datagram.set(answer);
					this.uplink.receive(this.#datagram, answer.length, this.now);
				}
			}
		}
	}

	/** Lets `duration` ms pass, waking the uplink when it asked for it. */
	run(duration: number): void {
		const end = this.now + duration;
		this.settle();
		for (let turns = 0; ; turns++) {
			if (turns > 20000)
				throw new Error("the uplink asks for a time-out again and again");
			const delay = this.uplink.pollTimeout(this.now);
			if (delay > end - this.now)
				break;
			this.now += delay;
			this.uplink.onTimeout(this.now);
			this.settle();
		}
		this.now = end;
	}

	publish(topic: number, qos: 0 | 1, payload: string): number {
		const bytes = Uint8Array.from(payload, character => character.charCodeAt(0));
		return this.uplink.publish(topic, qos, false, bytes, 0, bytes.length, this.now);
	}

	/** The path between them is cut: what is on its way is lost. */
	cut(): void {
		this.server.output.length = 0;
		this.server.connection = undefined;
		this.transport.break("idle timeout");
	}

	#carryProbe(): boolean {
		const { probe } = this.uplink;
		if (probe === undefined)
			return false;
		let moved = false;
		for (let length = probe.pollTransmit(this.#datagram, this.now); length > 0; length = probe.pollTransmit(this.#datagram, this.now)) {
			moved = true;
			this.probed.datagram(this.#datagram.slice(0, length));
		}
		for (let answer = this.probed.output.shift(); answer !== undefined; answer = this.probed.output.shift()) {
			moved = true;
			probe.receive(Uint8Array.from(answer), answer.length, this.now);
		}
		if (moved)
			this.uplink.onTimeout(this.now);
		return moved;
	}

	#carry(): boolean {
		this.#datagrams++;
		if (this.onDatagram === undefined || this.onDatagram(this.#datagrams))
			return true;
		this.cut();
		// Wakes the uplink as the transport's own timer would.
		this.uplink.onTimeout(this.now);
		return false;
	}

	#tell(event: number): void {
		const { uplink } = this;
		if (event === UPLINK_EVENT_STATE) {
			this.told.push(uplink.isStopped ? "stopped" : STATES[uplink.state]!);
			if (uplink.lastError !== "" && this.errors.at(-1) !== uplink.lastError)
				this.errors.push(uplink.lastError);
		}
		else if (event === UPLINK_EVENT_MESSAGE) {
			const { message } = uplink;
			this.told.push(`${message.text(message.topicStart, message.topicEnd)}=${message.text(message.payloadStart, message.payloadEnd)}`);
		}
		else if (event === UPLINK_EVENT_REFUSED)
			this.told.push(`refused: ${uplink.lastError}`);
	}
}
