/** SUBSCRIBE (MQTT 5.0 §3.8), made once. */
import { SUBSCRIBE } from "./packet-type.js";
import { PacketBuilder } from "./packet-builder.js";
import { checkTopicFilter } from "./topic.js";

/** One filter in one packet: a refusal names its filter, and no server's Maximum Packet Size is in the way. */
export function encodeSubscribe(packetId: number, filter: string, qos: number): Uint8Array {
	if (qos !== 0 && qos !== 1)
		throw new RangeError(`cannot subscribe to "${filter}" with QoS ${qos}: 0 and 1 are supported`);
	checkTopicFilter(filter);
	const packet = new PacketBuilder();
	packet.uint16(packetId);
	packet.uint8(0);
	packet.text(filter, "the topic filter");
	// No Local, Retain As Published and Retain Handling stay 0: retained messages come at every SUBSCRIBE.
	packet.uint8(qos);
	return packet.packet(SUBSCRIBE << 4 | 2);
}
