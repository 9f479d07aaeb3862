/** Properties (MQTT 5.0 §2.2.2.2): which there are, what they hold, and where they may stand. */
import * as packet from "./packet-type.js";

export const PAYLOAD_FORMAT_INDICATOR = 0x01;
export const MESSAGE_EXPIRY_INTERVAL = 0x02;
export const CONTENT_TYPE = 0x03;
export const RESPONSE_TOPIC = 0x08;
export const CORRELATION_DATA = 0x09;
export const SUBSCRIPTION_IDENTIFIER = 0x0b;
export const SESSION_EXPIRY_INTERVAL = 0x11;
export const ASSIGNED_CLIENT_IDENTIFIER = 0x12;
export const SERVER_KEEP_ALIVE = 0x13;
export const AUTHENTICATION_METHOD = 0x15;
export const AUTHENTICATION_DATA = 0x16;
export const WILL_DELAY_INTERVAL = 0x18;
export const RESPONSE_INFORMATION = 0x1a;
export const SERVER_REFERENCE = 0x1c;
export const REASON_STRING = 0x1f;
export const RECEIVE_MAXIMUM = 0x21;
export const TOPIC_ALIAS_MAXIMUM = 0x22;
export const TOPIC_ALIAS = 0x23;
export const MAXIMUM_QOS = 0x24;
export const RETAIN_AVAILABLE = 0x25;
export const USER_PROPERTY = 0x26;
export const MAXIMUM_PACKET_SIZE = 0x27;
export const WILDCARD_SUBSCRIPTION_AVAILABLE = 0x28;
export const SUBSCRIPTION_IDENTIFIER_AVAILABLE = 0x29;
export const SHARED_SUBSCRIPTION_AVAILABLE = 0x2a;

/** What a property's value is. */
export const SHAPE_NONE = 0;
export const SHAPE_UINT8 = 1;
export const SHAPE_UINT16 = 2;
export const SHAPE_UINT32 = 3;
export const SHAPE_VARIABLE = 4;
export const SHAPE_TEXT = 5;
export const SHAPE_BINARY = 6;
export const SHAPE_PAIR = 7;

const ON_CONNACK = 1 << packet.CONNACK;
const ON_PUBLISH = 1 << packet.PUBLISH;
const ON_DISCONNECT = 1 << packet.DISCONNECT;
const ON_AUTH = 1 << packet.AUTH;
const ON_ANSWERS = ON_CONNACK | 1 << packet.PUBACK | 1 << packet.PUBREC | 1 << packet.PUBREL | 1 << packet.PUBCOMP |
	1 << packet.SUBACK | 1 << packet.UNSUBACK | ON_DISCONNECT | ON_AUTH;

/** The shape of property `id` in a packet of `type` that a server sends; SHAPE_NONE where it must not be there. */
export function shapeOf(id: number, type: number): number {
	switch (id) {
		case PAYLOAD_FORMAT_INDICATOR: return on(type, ON_PUBLISH, SHAPE_UINT8);
		case MESSAGE_EXPIRY_INTERVAL: return on(type, ON_PUBLISH, SHAPE_UINT32);
		case CONTENT_TYPE: return on(type, ON_PUBLISH, SHAPE_TEXT);
		case RESPONSE_TOPIC: return on(type, ON_PUBLISH, SHAPE_TEXT);
		case CORRELATION_DATA: return on(type, ON_PUBLISH, SHAPE_BINARY);
		case SUBSCRIPTION_IDENTIFIER: return on(type, ON_PUBLISH, SHAPE_VARIABLE);
		case SESSION_EXPIRY_INTERVAL: return on(type, ON_CONNACK, SHAPE_UINT32);
		case ASSIGNED_CLIENT_IDENTIFIER: return on(type, ON_CONNACK, SHAPE_TEXT);
		case SERVER_KEEP_ALIVE: return on(type, ON_CONNACK, SHAPE_UINT16);
		case AUTHENTICATION_METHOD: return on(type, ON_CONNACK | ON_AUTH, SHAPE_TEXT);
		case AUTHENTICATION_DATA: return on(type, ON_CONNACK | ON_AUTH, SHAPE_BINARY);
		case RESPONSE_INFORMATION: return on(type, ON_CONNACK, SHAPE_TEXT);
		case SERVER_REFERENCE: return on(type, ON_CONNACK | ON_DISCONNECT, SHAPE_TEXT);
		case REASON_STRING: return on(type, ON_ANSWERS, SHAPE_TEXT);
		case RECEIVE_MAXIMUM: return on(type, ON_CONNACK, SHAPE_UINT16);
		case TOPIC_ALIAS_MAXIMUM: return on(type, ON_CONNACK, SHAPE_UINT16);
		case TOPIC_ALIAS: return on(type, ON_PUBLISH, SHAPE_UINT16);
		case MAXIMUM_QOS: return on(type, ON_CONNACK, SHAPE_UINT8);
		case RETAIN_AVAILABLE: return on(type, ON_CONNACK, SHAPE_UINT8);
		case USER_PROPERTY: return on(type, ON_ANSWERS | ON_PUBLISH, SHAPE_PAIR);
		case MAXIMUM_PACKET_SIZE: return on(type, ON_CONNACK, SHAPE_UINT32);
		case WILDCARD_SUBSCRIPTION_AVAILABLE: return on(type, ON_CONNACK, SHAPE_UINT8);
		case SUBSCRIPTION_IDENTIFIER_AVAILABLE: return on(type, ON_CONNACK, SHAPE_UINT8);
		case SHARED_SUBSCRIPTION_AVAILABLE: return on(type, ON_CONNACK, SHAPE_UINT8);
		default: return SHAPE_NONE;
	}
}

function on(type: number, packets: number, shape: number): number {
	return (packets >> type & 1) === 1 ? shape : SHAPE_NONE;
}
