/** A small MQTT 5 server in memory that is strict with its client: what it must not do is noted in `violations`. */
import { connack, pingresp, puback, publish, suback, u16, u32, text } from "./server-packets.js";
import type { Property, PublishFields } from "./server-packets.js";

export interface BrokerOptions {
	receiveMaximum?: number;
	aliasMaximum?: number;
	maximumQos?: number;
	retainAvailable?: boolean;
	maximumPacketSize?: number;
	serverKeepAlive?: number;
	assignedClientId?: string;
	connackCode?: number;
	/** False: QoS 1 waits for `acknowledge`. */
	acknowledges?: boolean;
	answersPing?: boolean;
	pubackCode?: number;
	subackCode?: number;
}

export interface Received {
	topic: string;
	payload: string;
	qos: number;
	retain: boolean;
	dup: boolean;
	id: number;
	/** Bytes of the topic name on the wire, and the alias (0: none). */
	nameLength: number;
	alias: number;
}

export class MockBroker {
	options: BrokerOptions;
	readonly received: Received[] = [];
	readonly violations: string[] = [];
	readonly subscribed: string[] = [];
	/** "CONNECT", "PINGREQ", "DISCONNECT 4" …, but PUBLISH and PUBACK. */
	readonly log: string[] = [];
	readonly pubacks: number[] = [];
	hasSession = false;
	/** The bytes of the last CONNECT's variable header and payload. */
	connect: number[] = [];
	current: BrokerConnection | undefined;

	constructor(options: BrokerOptions = {}) {
		this.options = { ...options };
	}

	open(): BrokerConnection {
		return this.current = new BrokerConnection(this);
	}

	/** Topics and payloads, each first arrival once. */
	get payloads(): string[] {
		return this.received.map(message => message.payload);
	}
}

export class BrokerConnection {
	/** Bytes for the client; the caller empties it. */
	output: number[] = [];
	isOpen = true;
	readonly #broker: MockBroker;
	#input: number[] = [];
	#connected = false;
	#aliases = new Map<number, string>();
	#unacknowledged: number[] = [];

	constructor(broker: MockBroker) {
		this.#broker = broker;
	}

	feed(bytes: ArrayLike<number>, offset = 0, end = bytes.length): void {
		for (let i = offset; i < end; i++)
			this.#input.push(bytes[i]!);
		for (;;) {
			const input = this.#input;
			let length = 0, at = 1;
			for (let shift = 0;; shift += 7) {
				if (at >= input.length)
					return;
				const byte = input[at++]!;
				length |= (byte & 127) << shift;
				if (byte < 128)
					break;
			}
			if (input.length < at + length)
				return;
			this.#input = input.slice(at + length);
			this.#packet(input[0]!, input.slice(at, at + length), at + length);
		}
	}

	/** Acknowledges what waits for it. */
	acknowledge(count = this.#unacknowledged.length): void {
		for (const id of this.#unacknowledged.splice(0, count))
			this.output.push(...puback(id, this.#broker.options.pubackCode));
	}

	get unacknowledged(): number {
		return this.#unacknowledged.length;
	}

	publish(fields: PublishFields): void {
		this.output.push(...publish(fields));
	}

	#packet(first: number, body: number[], size: number): void {
		const broker = this.#broker, { options } = broker;
		const type = first >> 4;
		if (!this.#connected && type !== 1)
			broker.violations.push(`packet ${type} before CONNECT`);
		if (options.maximumPacketSize !== undefined && type !== 1 && size > options.maximumPacketSize)
			broker.violations.push(`packet of ${size} bytes`);
		switch (type) {
			case 1: this.#connect(body); break;
			case 3: this.#publish(first & 15, body); break;
			case 4: broker.pubacks.push(body[0]! << 8 | body[1]!); break;
			case 8: {
				const length = body[3]! << 8 | body[4]!;
				broker.subscribed.push(String.fromCharCode(...body.slice(5, 5 + length)));
				broker.log.push("SUBSCRIBE");
				this.output.push(...suback(body[0]! << 8 | body[1]!, [options.subackCode ?? body[5 + length]!]));
				break;
			}
			case 12:
				broker.log.push("PINGREQ");
				if (options.answersPing !== false)
					this.output.push(...pingresp());
				break;
			case 14:
				broker.log.push(`DISCONNECT ${body[0] ?? 0}`);
				if ((body[0] ?? 0) < 0x80 && body[0] !== 4)
					broker.log.push("will deleted");
				this.isOpen = false;
				break;
			default: broker.violations.push(`packet type ${type}`);
		}
	}

	#connect(body: number[]): void {
		const broker = this.#broker, { options } = broker;
		broker.connect = body;
		const cleanStart = (body[7]! & 2) !== 0, present = broker.hasSession && !cleanStart;
		broker.log.push(cleanStart ? "CONNECT clean" : "CONNECT");
		if (this.#connected)
			broker.violations.push("second CONNECT");
		this.#connected = true;
		if (options.connackCode) {
			this.output.push(...connack(options.connackCode));
			return;
		}
		if (!present)
			broker.subscribed.length = 0;
		broker.hasSession = true;
		const properties: Property[] = [];
		if (options.receiveMaximum !== undefined)
			properties.push([0x21, ...u16(options.receiveMaximum)]);
		if (options.aliasMaximum !== undefined)
			properties.push([0x22, ...u16(options.aliasMaximum)]);
		if (options.maximumQos !== undefined)
			properties.push([0x24, options.maximumQos]);
		if (options.retainAvailable !== undefined)
			properties.push([0x25, options.retainAvailable ? 1 : 0]);
		if (options.maximumPacketSize !== undefined)
			properties.push([0x27, ...u32(options.maximumPacketSize)]);
		if (options.serverKeepAlive !== undefined)
			properties.push([0x13, ...u16(options.serverKeepAlive)]);
		if (options.assignedClientId !== undefined)
			properties.push([0x12, ...text(options.assignedClientId)]);
		this.output.push(...connack(0, properties, present));
	}

	#publish(flags: number, body: number[]): void {
		const broker = this.#broker, { options } = broker;
		const qos = flags >> 1 & 3, nameLength = body[0]! << 8 | body[1]!;
		let at = 2 + nameLength, id = 0, alias = 0;
		let topic = String.fromCharCode(...body.slice(2, at));
		if (qos > 0) {
			id = body[at]! << 8 | body[at + 1]!;
			at += 2;
			if (id === 0)
				broker.violations.push("packet id 0");
			if (this.#unacknowledged.includes(id))
				broker.violations.push(`packet id ${id} is in use`);
		}
		let propertyEnd = body[at]! + at + 1;
		at++;
		if (body[at] === 0x23) {
			alias = body[at + 1]! << 8 | body[at + 2]!;
			if (alias === 0 || alias > (options.aliasMaximum ?? 0))
				broker.violations.push(`alias ${alias}`);
		}
		if (alias > 0 && nameLength > 0)
			this.#aliases.set(alias, topic);
		else if (nameLength === 0) {
			topic = this.#aliases.get(alias) ?? "";
			if (topic === "")
				broker.violations.push(`alias ${alias} is not known`);
		}
		if (qos > (options.maximumQos ?? 2))
			broker.violations.push(`QoS ${qos}`);
		if ((flags & 1) !== 0 && options.retainAvailable === false)
			broker.violations.push("RETAIN");
		broker.received.push({
			topic, payload: String.fromCharCode(...body.slice(propertyEnd)), qos, id, alias, nameLength,
			retain: (flags & 1) !== 0, dup: (flags & 8) !== 0,
		});
		if (qos === 0)
			return;
		this.#unacknowledged.push(id);
		if (this.#unacknowledged.length > (options.receiveMaximum ?? 65535))
			broker.violations.push("Receive Maximum exceeded");
		if (options.acknowledges !== false)
			this.acknowledge();
	}
}

