/** CONNACK: the server's answer to CONNECT, and what it allows on this connection (MQTT 5.0 §3.2). */
import { CONNACK } from "./packet-type.js";
import type { PacketReader } from "./packet-reader.js";
import {
	ASSIGNED_CLIENT_IDENTIFIER, AUTHENTICATION_DATA, AUTHENTICATION_METHOD, MAXIMUM_PACKET_SIZE, MAXIMUM_QOS, REASON_STRING, RECEIVE_MAXIMUM,
	RETAIN_AVAILABLE, SERVER_KEEP_ALIVE, SERVER_REFERENCE, SESSION_EXPIRY_INTERVAL, TOPIC_ALIAS_MAXIMUM,
} from "./property.js";
import { PropertyReader } from "./property-reader.js";
import { FIRST_FAILURE, MALFORMED_PACKET, PROTOCOL_ERROR, UNSUPPORTED_PROTOCOL_VERSION } from "./reason-code.js";
import { decodeUtf8 } from "../wire/utf8.js";
import { VARIABLE_INTEGER_MAX } from "./variable-integer.js";

export class Connack {
	reasonCode = 0;
	sessionPresent = false;
	/** Unacknowledged QoS 1 packets that the server takes. */
	receiveMaximum = 0xffff;
	/** Bytes; the largest packet there is where the server names no limit. */
	maximumPacketSize = VARIABLE_INTEGER_MAX + 5;
	topicAliasMaximum = 0;
	/** 0, 1, or 2 where the server names none. */
	maximumQos = 2;
	retainAvailable = true;
	/** Seconds, or -1: the client's own value holds. The same for the session's expiry. */
	serverKeepAlive = -1;
	sessionExpiry = -1;
	/** Text that the server gave, "" where none. */
	assignedClientId = "";
	reasonString = "";
	serverReference = "";
	#properties: PropertyReader;

	constructor(reader: PacketReader) {
		this.#properties = new PropertyReader(reader.bytes, reader.view);
	}

	/** Reads the packet that `reader` stands on. Returns 0, or the negative reason code. */
	read(reader: PacketReader): number {
		this.#clear();
		const at = reader.bodyStart;
		// The whole answer of a server that knows MQTT 3.1.1 only (MQTT 3.1.1 §3.2.2.3: 1 = unacceptable protocol version).
		if (reader.bodyEnd - at === 2 && reader.bytes[at] === 0 && reader.bytes[at + 1] === 1) {
			this.reasonCode = UNSUPPORTED_PROTOCOL_VERSION;
			return 0;
		}
		// At least flags, reason code and an empty property list; "Bits 7-1 are reserved and MUST be set to 0" [MQTT-3.2.2-1].
		if (reader.bodyEnd - at < 3 || reader.bytes[at]! > 1)
			return -MALFORMED_PACKET;
		this.sessionPresent = reader.bytes[at] === 1;
		this.reasonCode = reader.bytes[at + 1]!;
		const fault = this.#properties.begin(CONNACK, at + 2, reader.bodyEnd);
		if (fault < 0)
			return fault;
		if (this.#properties.listEnd !== reader.bodyEnd)
			return -MALFORMED_PACKET;
		for (let id = this.#properties.next(); id !== 0; id = this.#properties.next()) {
			if (id < 0)
				return id;
			if (!this.#take(id, reader.bytes))
				return -PROTOCOL_ERROR;
		}
		// Codes below 0x80 other than success are not CONNACK's; "If a Server sends a CONNACK packet containing a non-zero
		// Reason Code it MUST set Session Present to 0" [MQTT-3.2.2-6].
		if (this.reasonCode !== 0 && (this.reasonCode < FIRST_FAILURE || this.sessionPresent))
			return -PROTOCOL_ERROR;
		return 0;
	}

	#take(id: number, bytes: Uint8Array): boolean {
		const { value, start, end } = this.#properties;
		switch (id) {
			case RECEIVE_MAXIMUM: this.receiveMaximum = value; break;
			case MAXIMUM_PACKET_SIZE: this.maximumPacketSize = value; break;
			case TOPIC_ALIAS_MAXIMUM: this.topicAliasMaximum = value; break;
			case MAXIMUM_QOS: this.maximumQos = value; break;
			case RETAIN_AVAILABLE: this.retainAvailable = value === 1; break;
			case SERVER_KEEP_ALIVE: this.serverKeepAlive = value; break;
			case SESSION_EXPIRY_INTERVAL: this.sessionExpiry = value; break;
			case ASSIGNED_CLIENT_IDENTIFIER: this.assignedClientId = decodeUtf8(bytes, start, end); break;
			case REASON_STRING: this.reasonString = decodeUtf8(bytes, start, end); break;
			case SERVER_REFERENCE: this.serverReference = decodeUtf8(bytes, start, end); break;
			// The client sent no Authentication Method, so the server must not either [MQTT-4.12.0-6].
			case AUTHENTICATION_METHOD: case AUTHENTICATION_DATA: return false;
		}
		return true;
	}

	#clear(): void {
		this.receiveMaximum = 0xffff;
		this.maximumPacketSize = VARIABLE_INTEGER_MAX + 5;
		this.topicAliasMaximum = 0;
		this.maximumQos = 2;
		this.retainAvailable = true;
		this.serverKeepAlive = this.sessionExpiry = -1;
		this.assignedClientId = this.reasonString = this.serverReference = "";
	}
}
