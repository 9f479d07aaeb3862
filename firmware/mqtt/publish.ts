/** PUBLISH to the server (MQTT 5.0 §3.3): everything before the payload. */
import type { SendRing } from "../wire/send-ring.js";
import { PUBLISH, PUBLISH_QOS1 } from "./packet-type.js";
import { TOPIC_ALIAS } from "./property.js";
import type { Topics } from "./topics.js";
import { putVariableInteger, variableIntegerSize } from "./variable-integer.js";

const ALIAS_LENGTH = 3;

/** Works out lengths before anything is put, so that room can be asked for. */
export class PublishHeader {
	/** Bytes of the whole packet, and of what comes before the payload. Set by `plan`. */
	packetLength = 0;
	headerLength = 0;
	#topics: Topics;
	#topic = 0;
	#flags = 0;
	#alias = 0;
	#withName = true;
	#propertyLength = 0;
	#remaining = 0;

	constructor(topics: Topics) {
		this.#topics = topics;
	}

	/** `flags`: PUBLISH_* bits; `length`: bytes of the payload. */
	plan(topic: number, flags: number, length: number): void {
		const topics = this.#topics, alias = topics.aliasFor(topic);
		this.#topic = topic;
		this.#flags = flags;
		this.#alias = alias;
		this.#withName = alias === 0 || !topics.isKnown(topic);
		this.#propertyLength = topics.propertyLength(topic) + (alias === 0 ? 0 : ALIAS_LENGTH);
		this.#remaining = (this.#withName ? topics.nameLength(topic) : 2) + ((flags & PUBLISH_QOS1) === 0 ? 0 : 2) +
			variableIntegerSize(this.#propertyLength) + this.#propertyLength + length;
		this.packetLength = 1 + variableIntegerSize(this.#remaining) + this.#remaining;
		this.headerLength = this.packetLength - length;
	}

	/** Puts `headerLength` bytes; the caller has asked for room, and commits. */
	put(ring: SendRing, packetId: number): void {
		const topics = this.#topics;
		ring.putUint8(PUBLISH << 4 | this.#flags);
		putVariableInteger(ring, this.#remaining);
		if (this.#withName)
			topics.putName(ring, this.#topic);
		else
			ring.putUint16(0);
		if ((this.#flags & PUBLISH_QOS1) !== 0)
			ring.putUint16(packetId);
		putVariableInteger(ring, this.#propertyLength);
		if (this.#alias !== 0) {
			ring.putUint8(TOPIC_ALIAS);
			ring.putUint16(this.#alias);
			topics.establish(this.#topic);
		}
		topics.putProperties(ring, this.#topic);
	}
}
