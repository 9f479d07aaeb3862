/** Our packets read, and packets for us written, by npm's mqtt-packet: somebody else's reading of the specification. */
import mqttPacket from "mqtt-packet";
import { deepEqual, describe, equal, it, ok } from "#test";
import { Acknowledgement } from "../../firmware/mqtt/acknowledgement.js";
import { Connack } from "../../firmware/mqtt/connack.js";
import { encodeConnect } from "../../firmware/mqtt/connect.js";
import { Message } from "../../firmware/mqtt/message.js";
import { PacketReader } from "../../firmware/mqtt/packet-reader.js";
import { PublishHeader } from "../../firmware/mqtt/publish.js";
import { putDisconnect, putPingreq, putPuback } from "../../firmware/mqtt/short-packet.js";
import { encodeSubscribe } from "../../firmware/mqtt/subscribe.js";
import { Topics } from "../../firmware/mqtt/topics.js";
import { SendRing } from "../../firmware/wire/send-ring.js";
import { Prng } from "../support/prng.js";

const V5 = { protocolVersion: 5 };

function parse(bytes: Uint8Array): any[] {
	const packets: any[] = [], parser = mqttPacket.parser(V5);
	parser.on("packet", (packet: unknown) => packets.push(packet));
	parser.on("error", (error: Error) => { throw error; });
	equal(parser.parse(Buffer.from(bytes)), 0, "bytes left over");
	return packets;
}

function taken(ring: SendRing): Uint8Array {
	const bytes = new Uint8Array(ring.end - ring.base);
	ring.copy(ring.base, ring.end, bytes, 0);
	return bytes;
}

function readerOn(packet: object): PacketReader {
	const bytes = mqttPacket.generate(packet as mqttPacket.Packet, V5), reader = new PacketReader(4096);
	reader.bytes.set(bytes);
	reader.filled(bytes.length);
	ok(reader.next() > 0);
	return reader;
}

describe("mqtt with mqtt-packet", () => {
	it("writes CONNECT as it is read elsewhere", () => {
		const [packet] = parse(encodeConnect({
			clientId: "zonal-ä", userName: "user", password: Buffer.from([0, 255, 1]), keepAlive: 77, cleanStart: false, sessionExpiry: 86400,
			receiveMaximum: 9, maximumPacketSize: 4096, topicAliasMaximum: 3,
			will: { topic: "vehicle/v/status", payload: Buffer.from("off"), qos: 1, retain: true, delay: 3, contentType: "application/json" },
		}));
		deepEqual([packet.cmd, packet.protocolVersion, packet.clientId, packet.username, packet.password.toString("hex"), packet.keepalive, packet.clean],
			["connect", 5, "zonal-ä", "user", "00ff01", 77, false]);
		deepEqual({ ...packet.properties }, { sessionExpiryInterval: 86400, receiveMaximum: 9, maximumPacketSize: 4096, topicAliasMaximum: 3 });
		deepEqual([packet.will.topic, packet.will.payload.toString(), packet.will.qos, packet.will.retain], ["vehicle/v/status", "off", 1, true]);
		deepEqual({ ...packet.will.properties }, { willDelayInterval: 3, contentType: "application/json" });
	});

	it("writes SUBSCRIBE, PUBACK, PINGREQ and DISCONNECT", () => {
		const [subscribe] = parse(encodeSubscribe(77, "a/+/b/#", 1));
		deepEqual([subscribe.cmd, subscribe.messageId, subscribe.subscriptions[0].topic, subscribe.subscriptions[0].qos], ["subscribe", 77, "a/+/b/#", 1]);
		// One at a time: mqtt-packet 9.0 takes the packet behind a DISCONNECT without a body for its reason code.
		const written = [(ring: SendRing) => putPuback(ring, 0xfedc), putPingreq, (ring: SendRing) => putDisconnect(ring, 0), (ring: SendRing) => putDisconnect(ring, 0x82)].map(put => {
			const ring = new SendRing(64);
			ok(put(ring));
			const [packet] = parse(taken(ring));
			return [packet.cmd, packet.messageId, packet.reasonCode ?? 0];
		});
		deepEqual(written, [["puback", 0xfedc, 0], ["pingreq", undefined, 0], ["disconnect", undefined, 0], ["disconnect", undefined, 0x82]]);
	});

	it("writes random PUBLISH packets that are read the same", () => {
		const prng = new Prng(21), topics = new Topics();
		const handles = Array.from({ length: 12 }, (_, i) => topics.add(`t${"/x".repeat(i * 6)}`,
			i % 3 === 0 ? { contentType: "c".repeat(i), userProperties: [["k", "v".repeat(i * 4)]], messageExpiry: i } : {}));
		topics.reset(7);
		const names = new Map<number, string>(), header = new PublishHeader(topics);
		for (let round = 0; round < 1000; round++) {
			const index = prng.below(handles.length), qos = prng.below(2), payload = new Uint8Array(prng.below(prng.chance(0.1) ? 20000 : 200));
			prng.fill(payload);
			const flags = qos << 1 | prng.below(2) | (qos === 1 ? prng.below(2) << 3 : 0), ring = new SendRing(32768);
			header.plan(handles[index]!, flags, payload.length);
			header.put(ring, 1 + round);
			ring.putBytes(payload, 0, payload.length);
			ring.commit();
			const [packet] = parse(taken(ring)), alias = packet.properties?.topicAlias;
			if (packet.topic !== "" && alias !== undefined)
				names.set(alias, packet.topic);
			equal(packet.topic || names.get(alias), `t${"/x".repeat(index * 6)}`);
			deepEqual([packet.qos, packet.retain, packet.dup, packet.messageId], [qos, (flags & 1) === 1, (flags & 8) === 8, qos === 1 ? 1 + round : undefined]);
			ok(packet.payload.equals(payload), `round ${round}`);
			if (index % 3 === 0)
				deepEqual([packet.properties.contentType, packet.properties.messageExpiryInterval], ["c".repeat(index), index]);
		}
	});

	it("reads CONNACK, PUBACK, SUBACK, UNSUBACK and DISCONNECT written elsewhere", () => {
		const connackReader = readerOn({ cmd: "connack", reasonCode: 0, sessionPresent: true, properties: {
			sessionExpiryInterval: 99, receiveMaximum: 30, maximumQoS: 1, retainAvailable: false, maximumPacketSize: 5000, assignedClientIdentifier: "id",
			topicAliasMaximum: 4, reasonString: "fine", userProperties: { a: ["1", "2"] }, wildcardSubscriptionAvailable: true,
			subscriptionIdentifiersAvailable: true, sharedSubscriptionAvailable: false, serverKeepAlive: 44, responseInformation: "r", serverReference: "s",
		} });
		const connack = new Connack(connackReader);
		equal(connack.read(connackReader), 0);
		deepEqual([connack.sessionPresent, connack.sessionExpiry, connack.receiveMaximum, connack.maximumQos, connack.retainAvailable, connack.maximumPacketSize],
			[true, 99, 30, 1, false, 5000]);
		deepEqual([connack.assignedClientId, connack.topicAliasMaximum, connack.reasonString, connack.serverKeepAlive, connack.serverReference], ["id", 4, "fine", 44, "s"]);
		for (const [type, packet, expected] of [
			[4, { cmd: "puback", messageId: 300, reasonCode: 0x97, properties: { reasonString: "full" } }, [300, 0x97, "full"]],
			[4, { cmd: "puback", messageId: 300 }, [300, 0, ""]],
			[9, { cmd: "suback", messageId: 5, granted: [1], properties: { reasonString: "s" } }, [5, 1, "s"]],
			[11, { cmd: "unsuback", messageId: 6, granted: [0x11] }, [6, 0x11, ""]],
			[14, { cmd: "disconnect", reasonCode: 0x8b, properties: { reasonString: "bye" } }, [0, 0x8b, "bye"]],
		] as const) {
			const reader = readerOn(packet), answer = new Acknowledgement(reader);
			equal(answer.read(type, reader), 0, packet.cmd);
			deepEqual([answer.packetId, answer.reasonCode, answer.reasonString], expected, packet.cmd);
		}
	});

	it("reads random PUBLISH packets written elsewhere", () => {
		const prng = new Prng(22);
		for (let round = 0; round < 1000; round++) {
			const payload = Buffer.alloc(prng.below(prng.chance(0.1) ? 3000 : 100)), correlation = Buffer.alloc(1 + prng.below(40));
			prng.fill(payload);
			prng.fill(correlation);
			const qos = prng.below(2), withReply = prng.chance(0.5), topic = `vehicle/${"ä€𝄞x".repeat(1 + prng.below(5))}`;
			const reader = readerOn({ cmd: "publish", topic, payload, qos, dup: qos === 1 && prng.chance(0.5), retain: prng.chance(0.5), messageId: 1 + round, properties: {
				payloadFormatIndicator: prng.chance(0.5), messageExpiryInterval: prng.next(), userProperties: { k: "v" },
				...(withReply ? { responseTopic: `reply/${round}`, correlationData: correlation, contentType: "json" } : {}),
			} });
			const message = new Message(reader);
			equal(message.read(reader), 0, `round ${round}`);
			equal(message.text(message.topicStart, message.topicEnd), topic);
			deepEqual([message.qos, message.packetId], [qos, qos === 1 ? 1 + round : 0]);
			ok(payload.equals(message.bytes.slice(message.payloadStart, message.payloadEnd)));
			equal(message.text(message.responseTopicStart, message.responseTopicEnd), withReply ? `reply/${round}` : "");
			if (withReply)
				ok(correlation.equals(message.bytes.slice(message.correlationStart, message.correlationEnd)));
		}
	});
});
