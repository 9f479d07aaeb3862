/** A PUBLISH from the server, read where it lies (MQTT 5.0 §3.3). */
import { PUBLISH, PUBLISH_DUP, PUBLISH_RETAIN } from "./packet-type.js";
import type { PacketReader } from "./packet-reader.js";
import { CONTENT_TYPE, CORRELATION_DATA, RESPONSE_TOPIC, TOPIC_ALIAS } from "./property.js";
import { PropertyReader } from "./property-reader.js";
import { MALFORMED_PACKET, PROTOCOL_ERROR, TOPIC_ALIAS_INVALID } from "./reason-code.js";
import { decodeUtf8, isUtf8 } from "../wire/utf8.js";

const PLUS = 0x2b, HASH = 0x23;

/** Ranges lie in `bytes`; an empty range whose start is 0 stands for a property that is not there. */
export class Message {
	readonly bytes: Uint8Array;
	topicStart = 0;
	topicEnd = 0;
	payloadStart = 0;
	payloadEnd = 0;
	/** 0 or 1. */
	qos = 0;
	retain = false;
	duplicate = false;
	packetId = 0;
	responseTopicStart = 0;
	responseTopicEnd = 0;
	correlationStart = 0;
	correlationEnd = 0;
	contentTypeStart = 0;
	contentTypeEnd = 0;
	#properties: PropertyReader;

	constructor(reader: PacketReader) {
		this.bytes = reader.bytes;
		this.#properties = new PropertyReader(reader.bytes, reader.view);
	}

	/** Text of bytes[start, end): a topic, a content type. Allocates. */
	text(start: number, end: number): string {
		return decodeUtf8(this.bytes, start, end);
	}

	/** Reads the packet that `reader` stands on. Returns 0, or the negative reason code. */
	read(reader: PacketReader): number {
		const end = reader.bodyEnd, flags = reader.flags;
		let at = reader.bodyStart;
		this.qos = flags >> 1 & 3;
		this.retain = (flags & PUBLISH_RETAIN) !== 0;
		this.duplicate = (flags & PUBLISH_DUP) !== 0;
		if (end - at < 2)
			return -MALFORMED_PACKET;
		this.topicStart = at + 2;
		this.topicEnd = at = at + 2 + reader.view.getUint16(at);
		if (at > end || !isUtf8(this.bytes, this.topicStart, at))
			return -MALFORMED_PACKET;
		// No filter of ours asks for QoS 2, so nothing can come with it [MQTT-3.8.4-8].
		if (this.qos === 2)
			return -PROTOCOL_ERROR;
		this.packetId = 0;
		if (this.qos === 1) {
			if (end - at < 2)
				return -MALFORMED_PACKET;
			this.packetId = reader.view.getUint16(at);
			at += 2;
			// "MUST contain a non-zero Packet Identifier" [MQTT-2.2.1-3].
			if (this.packetId === 0)
				return -PROTOCOL_ERROR;
		}
		const fault = this.#readProperties(at, end);
		if (fault < 0)
			return fault;
		// "The Topic Name in the PUBLISH packet MUST NOT contain wildcard characters" [MQTT-3.3.2-2]; empty needs an alias,
		// and we allow none.
		if (this.topicStart === this.topicEnd || this.#hasWildcard(this.topicStart, this.topicEnd))
			return -PROTOCOL_ERROR;
		this.payloadStart = this.#properties.listEnd;
		this.payloadEnd = end;
		return 0;
	}

	#readProperties(at: number, end: number): number {
		this.responseTopicStart = this.responseTopicEnd = this.correlationStart = this.correlationEnd = 0;
		this.contentTypeStart = this.contentTypeEnd = 0;
		const properties = this.#properties;
		const fault = properties.begin(PUBLISH, at, end);
		if (fault < 0)
			return fault;
		for (let id = properties.next(); id !== 0; id = properties.next()) {
			if (id < 0)
				return id;
			if (id === RESPONSE_TOPIC) {
				this.responseTopicStart = properties.start;
				this.responseTopicEnd = properties.end;
				// "The Response Topic MUST NOT contain wildcard characters" [MQTT-3.3.2-14].
				if (this.#hasWildcard(properties.start, properties.end))
					return -PROTOCOL_ERROR;
			}
			else if (id === CORRELATION_DATA) {
				this.correlationStart = properties.start;
				this.correlationEnd = properties.end;
			}
			else if (id === CONTENT_TYPE) {
				this.contentTypeStart = properties.start;
				this.contentTypeEnd = properties.end;
			}
			// Topic Alias Maximum is absent from our CONNECT: "the Server MUST NOT send any Topic Aliases" [MQTT-3.1.2-27].
			else if (id === TOPIC_ALIAS)
				return -TOPIC_ALIAS_INVALID;
		}
		return 0;
	}

	#hasWildcard(at: number, end: number): boolean {
		for (; at < end; at++)
			if (this.bytes[at] === PLUS || this.bytes[at] === HASH)
				return true;
		return false;
	}
}
