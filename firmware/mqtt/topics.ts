/** The topics that are published to: encoded once, with an alias where the server allows one (MQTT 5.0 §3.3.2.3.4). */
import { MQTT_TOPICS_MAX } from "../config.js";
import { OVERFLOW_DROP_NEWEST, OVERFLOW_DROP_OLDEST } from "./outbox.js";
import { PacketBuilder } from "./packet-builder.js";
import { CONTENT_TYPE, MESSAGE_EXPIRY_INTERVAL, USER_PROPERTY } from "./property.js";
import { checkTopicName } from "./topic.js";
import { decodeUtf8 } from "./utf8.js";

export interface TopicOptions {
	/** What is dropped where the outbox is full: OVERFLOW_DROP_OLDEST or OVERFLOW_DROP_NEWEST. Default: the oldest for
	 *  QoS 0, the newest for QoS 1 (what was accepted stays). */
	overflow?: number | undefined;
	/** False for a topic that is published to rarely: it takes no alias from others. Default true. */
	alias?: boolean | undefined;
	/** The same in every message. Expiry in seconds. */
	contentType?: string | undefined;
	messageExpiry?: number | undefined;
	userProperties?: readonly (readonly [string, string])[] | undefined;
}

const NO_ALIAS = 0xffff;

export class Topics {
	// Each with its two bytes of length.
	#names: Uint8Array[] = [];
	#properties: Uint8Array[] = [];
	#overflow: number[] = [];
	// 0: none yet on this connection; NO_ALIAS: never.
	#aliases = new Uint16Array(MQTT_TOPICS_MAX);
	#nextAlias = 1;
	#aliasMaximum = 0;

	/** Returns the topic's handle; throws a RangeError that says what to change. At set-up only. */
	add(topic: string, options: TopicOptions = {}): number {
		checkTopicName(topic);
		const handle = this.#names.length;
		if (handle === MQTT_TOPICS_MAX)
			throw new RangeError(`no room for topic "${topic}": MQTT_TOPICS_MAX is ${MQTT_TOPICS_MAX}`);
		const name = new PacketBuilder();
		name.text(topic, "a topic");
		this.#names.push(name.finish());
		this.#properties.push(encodeProperties(options));
		this.#overflow.push(options.overflow ?? 0);
		if (options.alias === false)
			this.#aliases[handle] = NO_ALIAS;
		return handle;
	}

	get count(): number {
		return this.#names.length;
	}

	/** A new connection: "Topic Alias mappings exist only within a Network Connection" (§3.3.2.3.4). */
	reset(aliasMaximum: number): void {
		this.#aliasMaximum = aliasMaximum < MQTT_TOPICS_MAX ? aliasMaximum : MQTT_TOPICS_MAX;
		this.#nextAlias = 1;
		for (let i = 0; i < this.#names.length; i++)
			if (this.#aliases[i] !== NO_ALIAS)
				this.#aliases[i] = 0;
	}

	/** The topic's bytes with their length before them. */
	nameOf(topic: number): Uint8Array {
		return this.#names[topic]!;
	}

	/** The topic's text, for the log. Allocates. */
	textOf(topic: number): string {
		const name = this.#names[topic]!;
		return decodeUtf8(name, 2, name.length);
	}

	/** The topic's own properties, without a length. */
	propertiesOf(topic: number): Uint8Array {
		return this.#properties[topic]!;
	}

	overflowOf(topic: number, qos: number): number {
		return this.#overflow[topic] || (qos === 0 ? OVERFLOW_DROP_OLDEST : OVERFLOW_DROP_NEWEST);
	}

	/** Whether the server knows the topic's alias, so that the name need not be sent. */
	isKnown(topic: number): boolean {
		const alias = this.#aliases[topic]!;
		return alias !== 0 && alias !== NO_ALIAS;
	}

	/** The alias to send with the next message, known or new; 0 for none. */
	aliasFor(topic: number): number {
		const alias = this.#aliases[topic]!;
		if (alias === NO_ALIAS)
			return 0;
		return alias !== 0 ? alias : this.#nextAlias <= this.#aliasMaximum ? this.#nextAlias : 0;
	}

	/** What `aliasFor` gave is on its way to the server. */
	establish(topic: number): void {
		if (this.#aliases[topic] === 0 && this.#nextAlias <= this.#aliasMaximum)
			this.#aliases[topic] = this.#nextAlias++;
	}
}

function encodeProperties(options: TopicOptions): Uint8Array {
	const properties = new PacketBuilder();
	if (options.messageExpiry !== undefined) {
		if (!Number.isInteger(options.messageExpiry) || options.messageExpiry < 0 || options.messageExpiry > 0xffffffff)
			throw new RangeError(`messageExpiry is ${options.messageExpiry}: whole seconds are wanted`);
		properties.uint8(MESSAGE_EXPIRY_INTERVAL);
		properties.uint32(options.messageExpiry);
	}
	if (options.contentType !== undefined) {
		properties.uint8(CONTENT_TYPE);
		properties.text(options.contentType, "the content type");
	}
	for (const [name, value] of options.userProperties ?? []) {
		properties.uint8(USER_PROPERTY);
		properties.text(name, "a user property's name");
		properties.text(value, "a user property's value");
	}
	return properties.finish();
}
