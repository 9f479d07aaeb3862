/** CONNECT (MQTT 5.0 §3.1), made once and sent at every connection. */
import { CONNECT } from "./packet-type.js";
import { PacketBuilder } from "./packet-builder.js";
import {
	CONTENT_TYPE, MAXIMUM_PACKET_SIZE, RECEIVE_MAXIMUM, SESSION_EXPIRY_INTERVAL, TOPIC_ALIAS_MAXIMUM, WILL_DELAY_INTERVAL,
} from "./property.js";
import { checkTopicName } from "./topic.js";

export interface Will {
	topic: string;
	payload: Uint8Array;
	qos: 0 | 1;
	retain: boolean;
	/** Seconds that the server waits before it publishes the will; default 0. */
	delay?: number;
	contentType?: string;
}

export interface ConnectOptions {
	/** "" lets the server assign one. */
	clientId: string;
	userName?: string | undefined;
	password?: Uint8Array | undefined;
	/** Seconds, 0 = off. */
	keepAlive: number;
	cleanStart: boolean;
	/** Seconds that the server keeps the session after the connection ends. */
	sessionExpiry: number;
	/** QoS 1 packets that the server may have open towards us; 1…65535. */
	receiveMaximum: number;
	/** Bytes of the longest packet that we take. */
	maximumPacketSize: number;
	/** Aliases that the server may use towards us; 0 = none. */
	topicAliasMaximum: number;
	will?: Will | undefined;
}

const CLEAN_START = 0x02, WILL = 0x04, WILL_RETAIN = 0x20, PASSWORD = 0x40, USER_NAME = 0x80;

/** Throws a RangeError that says what to change where a value does not fit. */
export function encodeConnect(options: ConnectOptions): Uint8Array {
	check("keepAlive", options.keepAlive, 0, 0xffff);
	check("sessionExpiry", options.sessionExpiry, 0, 0xffffffff);
	check("receiveMaximum", options.receiveMaximum, 1, 0xffff);
	check("maximumPacketSize", options.maximumPacketSize, 1, 0xffffffff);
	check("topicAliasMaximum", options.topicAliasMaximum, 0, 0xffff);
	const packet = new PacketBuilder(), { will } = options;
	packet.text("MQTT", "the protocol name");
	packet.uint8(5);
	packet.uint8((options.cleanStart ? CLEAN_START : 0) | (will === undefined ? 0 : WILL | will.qos << 3 | (will.retain ? WILL_RETAIN : 0)) |
		(options.password === undefined ? 0 : PASSWORD) | (options.userName === undefined ? 0 : USER_NAME));
	packet.uint16(options.keepAlive);
	const properties = new PacketBuilder();
	if (options.sessionExpiry > 0) {
		properties.uint8(SESSION_EXPIRY_INTERVAL);
		properties.uint32(options.sessionExpiry);
	}
	properties.uint8(RECEIVE_MAXIMUM);
	properties.uint16(options.receiveMaximum);
	properties.uint8(MAXIMUM_PACKET_SIZE);
	properties.uint32(options.maximumPacketSize);
	if (options.topicAliasMaximum > 0) {
		properties.uint8(TOPIC_ALIAS_MAXIMUM);
		properties.uint16(options.topicAliasMaximum);
	}
	packet.list(properties);
	packet.text(options.clientId, "the client id");
	if (will !== undefined)
		putWill(packet, will);
	if (options.userName !== undefined)
		packet.text(options.userName, "the user name");
	if (options.password !== undefined)
		packet.binary(options.password, "the password");
	return packet.packet(CONNECT << 4);
}

/** Changes Clean Start in a packet that `encodeConnect` made. */
export function setCleanStart(packet: Uint8Array, cleanStart: boolean): void {
	let at = 1;
	while (packet[at]! >= 0x80)
		at++;
	// Behind the Remaining Length: "MQTT" with its length, and the version.
	at += 1 + 6 + 1;
	packet[at] = packet[at]! & ~CLEAN_START | (cleanStart ? CLEAN_START : 0);
}

function putWill(packet: PacketBuilder, will: Will): void {
	checkTopicName(will.topic);
	const properties = new PacketBuilder();
	if (will.delay !== undefined && will.delay > 0) {
		check("will.delay", will.delay, 0, 0xffffffff);
		properties.uint8(WILL_DELAY_INTERVAL);
		properties.uint32(will.delay);
	}
	if (will.contentType !== undefined) {
		properties.uint8(CONTENT_TYPE);
		properties.text(will.contentType, "the will's content type");
	}
	packet.list(properties);
	packet.text(will.topic, "the will's topic");
	packet.binary(will.payload, "the will's payload");
}

function check(name: string, value: number, least: number, most: number): void {
	if (!Number.isInteger(value) || value < least || value > most)
		throw new RangeError(`${name} is ${value}: MQTT wants a whole number from ${least} to ${most}`);
}
