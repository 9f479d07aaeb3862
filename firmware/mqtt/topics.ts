/** The topics that are published to: encoded once, with an alias where the server allows one (MQTT 5.0 §3.3.2.3.4). */
import { MQTT_TOPICS_MAX, MQTT_TOPIC_BYTES_MAX } from "../config.js";
import { copyBytes, putUint16 } from "../wire/big-endian.js";
import type { SendRing } from "../wire/send-ring.js";
import { OVERFLOW_DROP_NEWEST, OVERFLOW_DROP_OLDEST } from "./outbox.js";
import { PacketBuilder } from "./packet-builder.js";
import { CONTENT_TYPE, CORRELATION_DATA, MESSAGE_EXPIRY_INTERVAL, USER_PROPERTY } from "./property.js";
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
const NONE_RESERVED = 0xffff;
/** What stands before the bytes of a name, and of correlation data. */
const NAME_LENGTH = 2, CORRELATION_LENGTH = 3;
const DIGITS = "0123456789abcdef";
/** Names and properties lie one behind another: 16-bit offsets. */
const POOL_MAX = 0xffff;
/** Not by doubling: while the old and the new one exist a board has no room for more. */
const POOL_STEP = 1024;

export class Topics {
	// For each topic its name with two bytes of length, then its properties. Grows at set-up only.
	#bytes = new Uint8Array(256);
	#starts = new Uint16Array(MQTT_TOPICS_MAX + 1);
	#propertyStarts = new Uint16Array(MQTT_TOPICS_MAX);
	#used = 0;
	// The reserved handles, where their bytes are, how many each has, and how many of them are properties that stay.
	#reservedFirst = NONE_RESERVED;
	#reservedEnd = NONE_RESERVED;
	#reservedStart = 0;
	#reservedLength = 0;
	#reservedProperties = 0;
	#overflow = new Uint8Array(MQTT_TOPICS_MAX);
	// 0: none yet on this connection; NO_ALIAS: never.
	#aliases = new Uint16Array(MQTT_TOPICS_MAX);
	#count = 0;
	#nextAlias = 1;
	#aliasMaximum = 0;

	/** Returns the topic's handle; throws a RangeError that says what to change. At set-up only. */
	add(topic: string, options: TopicOptions = {}): number {
		checkTopicName(topic);
		const builder = new PacketBuilder();
		builder.text(topic, "a topic");
		const nameLength = builder.length;
		encodeProperties(builder, options);
		return this.#append(topic, builder.finish(), nameLength, options);
	}

	/** Reserves handles for topics that `rewrite` gives anew for each message: room for `length` bytes of name and
	 *  correlation data each; `options` holds for all of them. Returns the first handle. Once, at set-up. */
	reserve(count: number, length: number, options: TopicOptions = {}): number {
		const builder = new PacketBuilder(), first = this.#count;
		for (let i = 0; i < NAME_LENGTH + CORRELATION_LENGTH + length; i++)
			builder.uint8(0);
		const nameLength = builder.length;
		encodeProperties(builder, options);
		this.#reservedProperties = builder.length - nameLength;
		const bytes = builder.finish();
		this.#reservedStart = this.#used;
		this.#reservedLength = bytes.length;
		for (let i = 0; i < count; i++)
			this.#append("of a reserved handle", bytes, nameLength, { ...options, alias: false });
		this.#reservedFirst = first;
		this.#reservedEnd = this.#count;
		return first;
	}

	/** Gives a reserved handle the topic name[start, end), which is well formed, and correlation data (none where the range
	 *  begins at 0). No message of it may be under way. False where there is no room. */
	rewrite(handle: number, name: Uint8Array, start: number, end: number, correlation: Uint8Array, correlationStart: number, correlationEnd: number): boolean {
		// Right before the properties that stay.
		const bytes = this.#bytes, length = end - start, correlationLength = correlationEnd - correlationStart;
		const properties = this.#endOf(handle) - this.#reservedProperties - (correlationStart === 0 ? 0 : CORRELATION_LENGTH + correlationLength);
		const first = properties - NAME_LENGTH - length;
		if (first < this.#endOf(handle) - this.#reservedLength)
			return false;
		putUint16(bytes, first, length);
		copyBytes(name, start, end, bytes, first + NAME_LENGTH);
		if (correlationStart !== 0) {
			bytes[properties] = CORRELATION_DATA;
			putUint16(bytes, properties + 1, correlationLength);
			copyBytes(correlation, correlationStart, correlationEnd, bytes, properties + CORRELATION_LENGTH);
		}
		this.#starts[handle] = first;
		this.#propertyStarts[handle] = properties;
		return true;
	}

	/** Writes `value`, 0…255, as the two hex digits that a handle's properties end with. */
	writeHex(handle: number, value: number): void {
		const end = this.#endOf(handle);
		this.#bytes[end - 2] = DIGITS.charCodeAt(value >> 4);
		this.#bytes[end - 1] = DIGITS.charCodeAt(value & 15);
	}

	// Where the next handle's bytes start, but for reserved ones: those begin later where their topic is short.
	#endOf(topic: number): number {
		if (topic < this.#reservedFirst - 1 || topic >= this.#reservedEnd)
			return this.#starts[topic + 1]!;
		return this.#reservedStart + (topic - this.#reservedFirst + 1) * this.#reservedLength;
	}

	#append(topic: string, bytes: Uint8Array, nameLength: number, options: TopicOptions): number {
		const handle = this.#count, start = this.#used, end = start + bytes.length;
		if (handle === MQTT_TOPICS_MAX)
			throw new RangeError(`no room for topic "${topic}": MQTT_TOPICS_MAX is ${MQTT_TOPICS_MAX}`);
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
		this.#starts[handle] = start;
		this.#starts[handle + 1] = this.#used = end;
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
		return this.#endOf(topic) - this.#propertyStarts[topic]!;
	}

	putName(ring: SendRing, topic: number): void {
		ring.putBytes(this.#bytes, this.#starts[topic]!, this.#propertyStarts[topic]!);
	}

	putProperties(ring: SendRing, topic: number): void {
		ring.putBytes(this.#bytes, this.#propertyStarts[topic]!, this.#endOf(topic));
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
