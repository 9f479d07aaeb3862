/** Drives an Uplink over a real socket (Node only): what the gateway's loop does on the board. */
import { createSocket, type Socket as DatagramSocket } from "node:dgram";
import { connect, type Socket as StreamSocket } from "node:net";
import { clock, random } from "#hal";
import { QUIC_SEND_DATAGRAM } from "../../../firmware/config.js";
import { addressText } from "../../../firmware/wire/ipv4-address.js";
import { UPLINK_EVENT_MESSAGE, UPLINK_EVENT_NONE, UPLINK_EVENT_REFUSED, Uplink } from "../../../firmware/uplink/uplink.js";
import type { UplinkOptions } from "../../../firmware/uplink/uplink-options.js";
import { UPLINK_DOWN, UPLINK_UP } from "../../../firmware/uplink/uplink-state.js";
import { NO_TIMEOUT } from "../../../firmware/wire/time.js";
import { Waiting } from "../../support/patience.js";

export interface Downlink {
	topic: string;
	payload: Buffer;
	qos: number;
	responseTopic: string;
	correlation: Buffer;
}

export interface UplinkDriverOptions extends Partial<UplinkOptions> {
	port: number;
	transport: UplinkOptions["transport"];
	/** Set-up: topics and subscriptions. */
	prepare?: (uplink: Uplink) => void;
	/** True: the transport's bytes go over TCP instead of UDP datagrams. */
	tcp?: boolean;
}

export class UplinkDriver {
	readonly uplink: Uplink;
	readonly messages: Downlink[] = [];
	/** What went wrong, in the uplink's words. */
	readonly errors: string[] = [];
	/** A state for each change. */
	readonly states: number[] = [];
	#tcp: boolean;
	#generation = 0;
	#datagrams: DatagramSocket | undefined;
	#stream: StreamSocket | undefined;
	#timer: NodeJS.Timeout | undefined;
	#into = new Uint8Array(QUIC_SEND_DATAGRAM);
	#waiting = new Waiting();

	constructor(options: UplinkDriverOptions) {
		const { prepare, tcp = false, ...rest } = options;
		this.#tcp = tcp;
		this.uplink = new Uplink({ host: "127.0.0.1", clientId: `zonal-${process.pid}`, keepAlive: 30, random, backoffMaximum: 1000, ...rest });
		prepare?.(this.uplink);
	}

	start(): this {
		this.uplink.start(clock.now());
		this.drive();
		return this;
	}

	publish(topic: number, qos: 0 | 1, payload: string | Buffer, retain = false): number {
		const bytes = new Uint8Array(Buffer.from(payload as string));
		const result = this.uplink.publish(topic, qos, retain, bytes, 0, bytes.length, clock.now());
		this.drive();
		return result;
	}

	drive(): void {
		const { uplink } = this;
		for (let event = uplink.pollEvent(); event !== UPLINK_EVENT_NONE; event = uplink.pollEvent())
			this.#tell(event);
		if (uplink.socketGeneration !== this.#generation)
			this.#open();
		for (let length = uplink.pollTransmit(this.#into, clock.now()); length > 0; length = uplink.pollTransmit(this.#into, clock.now())) {
			const bytes = Buffer.from(this.#into.subarray(0, length));
			this.#datagrams?.send(bytes, uplink.peer.toPort, addressText(uplink.peer.toAddress));
			this.#stream?.write(bytes);
		}
		clearTimeout(this.#timer);
		const delay = uplink.pollTimeout(clock.now());
		if (delay !== NO_TIMEOUT)
			this.#timer = setTimeout(() => {
				uplink.onTimeout(clock.now());
				this.drive();
			}, delay);
		this.#waiting.check();
	}

	/** The TCP connection breaks. */
	cut(): void {
		this.#stream?.destroy();
	}

	up(): Promise<void> {
		return this.until(() => this.uplink.state === UPLINK_UP, "CONNACK");
	}

	until(condition: () => boolean, what: string, limit?: number): Promise<void> {
		return this.#waiting.until(() => `${what} (${this.errors.at(-1) ?? "no error"})`, condition, limit);
	}

	async stop(): Promise<void> {
		this.uplink.stop(clock.now());
		this.drive();
		await this.until(() => this.uplink.isStopped, "end");
		clearTimeout(this.#timer);
		await new Promise(resolve => { setImmediate(resolve); });
		this.#close();
	}

	#tell(event: number): void {
		const { uplink } = this;
		if (event === UPLINK_EVENT_MESSAGE) {
			const { message } = uplink;
			this.messages.push({
				topic: message.text(message.topicStart, message.topicEnd), qos: message.qos,
				payload: Buffer.from(message.bytes.slice(message.payloadStart, message.payloadEnd)),
				responseTopic: message.text(message.responseTopicStart, message.responseTopicEnd),
				correlation: Buffer.from(message.bytes.slice(message.correlationStart, message.correlationEnd)),
			});
			return;
		}
		if (event === UPLINK_EVENT_REFUSED || uplink.state === UPLINK_DOWN && uplink.lastError !== "")
			this.errors.push(uplink.lastError);
		if (event !== UPLINK_EVENT_REFUSED)
			this.states.push(uplink.state);
	}

	#open(): void {
		const { uplink } = this, generation = this.#generation = uplink.socketGeneration;
		this.#close();
		const take = (bytes: Buffer) => {
			if (generation !== uplink.socketGeneration)
				return;
			uplink.receive(new Uint8Array(bytes), bytes.length, clock.now());
			this.drive();
		};
		if (this.#tcp) {
			const stream = this.#stream = connect(uplink.way.port, addressText(uplink.peer.address));
			// The transport is told nothing of TCP's own handshake: it has its first event ready.
			stream.on("connect", () => {
				uplink.onTimeout(clock.now());
				this.drive();
			});
			stream.on("data", take);
			// An empty piece stands for the end of the stream.
			stream.on("close", () => { take(Buffer.alloc(0)); });
			stream.on("error", () => {});
			return;
		}
		this.#datagrams = createSocket("udp4");
		this.#datagrams.on("message", take);
		this.#datagrams.on("error", () => {});
		this.#datagrams.bind(0, "127.0.0.1");
	}

	#close(): void {
		this.#datagrams?.close();
		this.#stream?.destroy();
		this.#datagrams = this.#stream = undefined;
	}
}
