/** The topics that are published to: encoded once, with an alias where the server allows one (MQTT 5.0 §3.3.2.3.4). */
import { MQTT_TOPICS_MAX, MQTT_TOPIC_BYTES_MAX } from "../config.js";
import type { SendRing } from "../wire/send-ring.js";
import { OVERFLOW_DROP_NEWEST, OVERFLOW_DROP_OLDEST } from "./outbox.js";
import { PacketBuilder } from "./packet-builder.js";
import { CONTENT_TYPE, MESSAGE_EXPIRY_INTERVAL, USER_PROPERTY } from "./property.js";
import { checkTopicName } from "./topic.js";
import { decodeUtf8 } from "../wire/utf8.js";

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
/** Names and properties lie one behind another: 16-bit offsets. */
const POOL_MAX = 0xffff;
/** Not by doubling: while the old and the new one exist a board has no room for more. */
const POOL_STEP = 1024;

export class Topics {
	// For each topic its name with two bytes of length, then its properties. Grows at set-up only.
	#bytes = new Uint8Array(256);
	#starts = new Uint16Array(MQTT_TOPICS_MAX + 1);
	#propertyStarts = new Uint16Array(MQTT_TOPICS_MAX);
	#overflow = new Uint8Array(MQTT_TOPICS_MAX);
	// 0: none yet on this connection; NO_ALIAS: never.
	#aliases = new Uint16Array(MQTT_TOPICS_MAX);
	#count = 0;
	#nextAlias = 1;
	#aliasMaximum = 0;

	/** Returns the topic's handle; throws a RangeError that says what to change. At set-up only. */
	add(topic: string, options: TopicOptions = {}): number {
		checkTopicName(topic);
		const handle = this.#count;
		if (handle === MQTT_TOPICS_MAX)
			throw new RangeError(`no room for topic "${topic}": MQTT_TOPICS_MAX is ${MQTT_TOPICS_MAX}`);
		const builder = new PacketBuilder();
		builder.text(topic, "a topic");
		const start = this.#starts[handle]!, nameLength = builder.length;
		encodeProperties(builder, options);
		const bytes = builder.finish(), end = start + bytes.length;
		if (bytes.length > MQTT_TOPIC_BYTES_MAX)
			throw new RangeError(`topic "${topic}" and its properties have ${bytes.length} bytes: MQTT_TOPIC_BYTES_MAX is ${MQTT_TOPIC_BYTES_MAX}`);
		if (end > POOL_MAX)
			throw new RangeError(`no room for topic "${topic}": all topics and their properties may have ${POOL_MAX} bytes`);
		if (end > this.#bytes.length) {
			const larger = new Uint8Array(Math.min(POOL_MAX, Math.max(end, this.#bytes.length + POOL_STEP)));
			larger.set(this.#bytes);
			this.#bytes = larger;
		}
		this.#bytes.set(bytes, start);
		this.#propertyStarts[handle] = start + nameLength;
		this.#starts[handle + 1] = end;
		this.#overflow[handle] = options.overflow ?? 0;
		if (options.alias === false)
			this.#aliases[handle] = NO_ALIAS;
		this.#count++;
		return handle;
	}

	get count(): number {
		return this.#count;
	}

	/** A new connection: "Topic Alias mappings exist only within a Network Connection" (§3.3.2.3.4). */
	reset(aliasMaximum: number): void {
		this.#aliasMaximum = aliasMaximum < MQTT_TOPICS_MAX ? aliasMaximum : MQTT_TOPICS_MAX;
		this.#nextAlias = 1;
		for (let i = 0; i < this.#count; i++)
			if (this.#aliases[i] !== NO_ALIAS)
				this.#aliases[i] = 0;
	}

	/** The topic's text, for the log. Allocates. */
	textOf(topic: number): string {
		return decodeUtf8(this.#bytes, this.#starts[topic]! + 2, this.#propertyStarts[topic]!);
	}

	/** Bytes of the topic's name with its length before it. */
	nameLength(topic: number): number {
		return this.#propertyStarts[topic]! - this.#starts[topic]!;
	}

	/** Bytes of the topic's own properties. */
	propertyLength(topic: number): number {
		return this.#starts[topic + 1]! - this.#propertyStarts[topic]!;
	}

	putName(ring: SendRing, topic: number): void {
		ring.putBytes(this.#bytes, this.#starts[topic]!, this.#propertyStarts[topic]!);
	}

	putProperties(ring: SendRing, topic: number): void {
		ring.putBytes(this.#bytes, this.#propertyStarts[topic]!, this.#starts[topic + 1]!);
	}

	overflowOf(topic: number, qos: number): number {
		return this.#overflow[topic]! || (qos === 0 ? OVERFLOW_DROP_OLDEST : OVERFLOW_DROP_NEWEST);
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

function encodeProperties(properties: PacketBuilder, options: TopicOptions): void {
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
}
