import { deepEqual, describe, equal, it, unhex } from "#test";
import { Acknowledgement } from "../../firmware/mqtt/acknowledgement.js";
import { Connack } from "../../firmware/mqtt/connack.js";
import { Message } from "../../firmware/mqtt/message.js";
import { PacketReader } from "../../firmware/mqtt/packet-reader.js";
import { ascii, connack, disconnect, packet, puback, publish, suback, text, u16, u32 } from "./server-packets.js";
import type { Property } from "./server-packets.js";

function readerOn(bytes: readonly number[]): PacketReader {
	const reader = new PacketReader(1024);
	reader.bytes.set(bytes);
	reader.filled(bytes.length);
	reader.next();
	return reader;
}

/** The body cut at every length, in a packet of that length: never a throw, and never taken for whole at `needed` or below. */
function truncate(bytes: readonly number[], needed: number, read: (reader: PacketReader) => number): void {
	const body = bytes.slice(2);
	for (let length = 0; length < body.length; length++) {
		const result = read(readerOn(packet(bytes[0]!, body.slice(0, length))));
		if (length < needed)
			equal(result < 0, true, `${length} of ${body.length} bytes`);
	}
}

describe("mqtt/connack", () => {
	const read = (bytes: readonly number[]): Connack | number => {
		const reader = readerOn(bytes), answer = new Connack(reader), fault = answer.read(reader);
		return fault < 0 ? fault : answer;
	};

	it("reads what a server allows", () => {
		const answer = read(connack(0, [
			[0x21, ...u16(20)], [0x22, ...u16(10)], [0x24, 1], [0x25, 0], [0x27, ...u32(70000)], [0x13, ...u16(30)], [0x11, ...u32(0xffffffff)],
			[0x12, ...text("auto-1")], [0x26, ...text("k"), ...text("v")], [0x26, ...text("k"), ...text("v")], [0x28, 1], [0x29, 0], [0x2a, 1],
			[0x1a, ...text("r")],
		], true)) as Connack;
		deepEqual([answer.sessionPresent, answer.receiveMaximum, answer.topicAliasMaximum, answer.maximumQos, answer.retainAvailable],
			[true, 20, 10, 1, false]);
		deepEqual([answer.maximumPacketSize, answer.serverKeepAlive, answer.sessionExpiry, answer.assignedClientId], [70000, 30, 0xffffffff, "auto-1"]);
	});

	it("takes the defaults of the specification for what is absent", () => {
		const answer = read(connack()) as Connack;
		deepEqual([answer.sessionPresent, answer.receiveMaximum, answer.topicAliasMaximum, answer.maximumQos, answer.retainAvailable],
			[false, 65535, 0, 2, true]);
		deepEqual([answer.maximumPacketSize, answer.serverKeepAlive, answer.assignedClientId], [268435460, -1, ""]);
	});

	it("reads a refusal with its reason and another server", () => {
		const answer = read(connack(0x9c, [[0x1f, ...text("go there")], [0x1c, ...text("b.example")]])) as Connack;
		deepEqual([answer.reasonCode, answer.reasonString, answer.serverReference], [0x9c, "go there", "b.example"]);
	});

	it("understands the refusal of a server that knows MQTT 3.1.1 only", () => {
		equal((read([0x20, 2, 0, 1]) as Connack).reasonCode, 0x84);
	});

	const FAULTS: readonly (readonly [string, readonly number[], number])[] = [
		["reserved flags", packet(0x20, [2, 0, 0]), 0x81],
		["bytes after the properties", packet(0x20, [0, 0, 0, 0]), 0x81],
		["a refusal with a session", connack(0x87, [], true), 0x82],
		["a code that is not CONNACK's", connack(0x10), 0x82],
		["Receive Maximum 0", connack(0, [[0x21, 0, 0]]), 0x82],
		["Maximum Packet Size 0", connack(0, [[0x27, 0, 0, 0, 0]]), 0x82],
		["Maximum QoS 2", connack(0, [[0x24, 2]]), 0x82],
		["Retain Available 2", connack(0, [[0x25, 2]]), 0x82],
		["a property twice", connack(0, [[0x21, 0, 1], [0x21, 0, 1]]), 0x82],
		["a property above 0x20 twice", connack(0, [[0x2a, 1], [0x22, 0, 1], [0x2a, 1]]), 0x82],
		["authentication that nobody asked for", connack(0, [[0x15, ...text("x")]]), 0x82],
		["a property of PUBLISH", connack(0, [[0x23, 0, 1]]), 0x81],
		["no such property", connack(0, [[0x04, 1]]), 0x81],
		["text that is not UTF-8", connack(0, [[0x12, 0, 1, 0xff]]), 0x81],
		["text longer than the list", connack(0, [[0x12, 0, 9, 0x41]]), 0x81],
		["a list longer than the packet", packet(0x20, [0, 0, 9]), 0x81],
		["a list's length in a longer form than needed", packet(0x20, [0, 0, 0x80, 0]), 0x81],
	];

	it("answers the reason code for each fault", () => {
		for (const [what, bytes, code] of FAULTS)
			equal(read(bytes), -code, what);
	});

	it("takes no prefix for the whole", () => {
		truncate(connack(0, [[0x21, ...u16(20)], [0x12, ...text("id")]]), 12, reader => new Connack(reader).read(reader));
	});
});

describe("mqtt/message", () => {
	const read = (bytes: readonly number[]): Message | number => {
		const reader = readerOn(bytes), message = new Message(reader), fault = message.read(reader);
		return fault < 0 ? fault : message;
	};

	it("gives the ranges of topic, payload and request properties", () => {
		const message = read(publish({ topic: "vehicle/x/request", payload: [1, 2, 3], qos: 1, id: 0xabcd, retain: true, dup: true, properties: [
			[0x01, 1], [0x02, ...u32(60)], [0x08, ...text("reply/to")], [0x09, 0, 2, 0xca, 0xfe], [0x03, ...text("application/json")], [0x0b, 5], [0x0b, 6],
		] })) as Message;
		deepEqual([message.qos, message.retain, message.duplicate, message.packetId], [1, true, true, 0xabcd]);
		equal(message.text(message.topicStart, message.topicEnd), "vehicle/x/request");
		equal(message.text(message.responseTopicStart, message.responseTopicEnd), "reply/to");
		equal(message.text(message.contentTypeStart, message.contentTypeEnd), "application/json");
		deepEqual(message.bytes.slice(message.correlationStart, message.correlationEnd), unhex("cafe"));
		deepEqual(message.bytes.slice(message.payloadStart, message.payloadEnd), unhex("010203"));
	});

	it("gives empty ranges for what is absent", () => {
		const message = read(publish({ topic: "t" })) as Message;
		deepEqual([message.responseTopicStart, message.responseTopicEnd, message.correlationStart, message.correlationEnd], [0, 0, 0, 0]);
		equal(message.payloadStart, message.payloadEnd);
	});

	const RESPONSE = (topic: string): Property => [0x08, ...text(topic)];
	const FAULTS: readonly (readonly [string, readonly number[], number])[] = [
		["QoS 2", publish({ topic: "t", qos: 2, id: 1 }), 0x82],
		["packet id 0", publish({ topic: "t", qos: 1, id: 0 }), 0x82],
		["no topic and no alias", publish({ topic: "" }), 0x82],
		["a wildcard in the topic", publish({ topic: "a/+" }), 0x82],
		["a wildcard in the response topic", publish({ topic: "a", properties: [RESPONSE("a/#")] }), 0x82],
		["an alias where none is allowed", publish({ topic: "a", properties: [[0x23, 0, 1]] }), 0x94],
		["Payload Format Indicator 2", publish({ topic: "a", properties: [[0x01, 2]] }), 0x82],
		["Subscription Identifier 0", publish({ topic: "a", properties: [[0x0b, 0]] }), 0x82],
		["two response topics", publish({ topic: "a", properties: [RESPONSE("a"), RESPONSE("b")] }), 0x82],
		["U+0000 in the topic", packet(0x30, [...u16(1), 0, 0]), 0x81],
		["a property of CONNACK", publish({ topic: "a", properties: [[0x21, 0, 1]] }), 0x81],
		["a user property without a value", publish({ topic: "a", properties: [[0x26, ...text("k")]] }), 0x81],
	];

	it("answers the reason code for each fault", () => {
		for (const [what, bytes, code] of FAULTS)
			equal(read(bytes), -code, what);
	});

	it("takes no prefix for the whole", () => {
		truncate(publish({ topic: "topic", qos: 1, id: 1, properties: [RESPONSE("a")] }), 14, reader => new Message(reader).read(reader));
	});
});

describe("mqtt/acknowledgement", () => {
	const read = (type: number, bytes: readonly number[]): Acknowledgement | number => {
		const reader = readerOn(bytes), answer = new Acknowledgement(reader), fault = answer.read(type, reader);
		return fault < 0 ? fault : answer;
	};

	it("reads PUBACK in all three lengths", () => {
		for (const [bytes, code, reason] of [[puback(0x1234), 0, ""], [puback(0x1234, 0x10), 0x10, ""], [puback(0x1234, 0x87, [[0x1f, ...text("no")]]), 0x87, "no"]] as const) {
			const answer = read(4, bytes) as Acknowledgement;
			deepEqual([answer.packetId, answer.reasonCode, answer.reasonString], [0x1234, code, reason]);
		}
	});

	it("reads SUBACK's and UNSUBACK's lists", () => {
		const answer = read(9, suback(9, [1, 0x87])) as Acknowledgement;
		deepEqual([answer.packetId, answer.reasonCode, answer.codesEnd - answer.codesStart], [9, 1, 2]);
		equal((read(11, packet(0xb0, [0, 9, 0, 0x11])) as Acknowledgement).reasonCode, 0x11);
	});

	it("reads DISCONNECT in all three lengths", () => {
		equal((read(14, disconnect()) as Acknowledgement).reasonCode, 0);
		equal((read(14, disconnect(0x8e)) as Acknowledgement).reasonCode, 0x8e);
		const answer = read(14, disconnect(0x9d, [[0x1c, ...text("c")], [0x1f, ...text("moved")]])) as Acknowledgement;
		deepEqual([answer.reasonCode, answer.reasonString, answer.serverReference], [0x9d, "moved", "c"]);
	});

	const FAULTS: readonly (readonly [string, number, readonly number[], number])[] = [
		["PUBACK without an id", 4, packet(0x40, [0]), 0x81],
		["PUBACK of id 0", 4, puback(0), 0x82],
		["PUBACK with bytes behind", 4, packet(0x40, [0, 1, 0, 0, 0]), 0x81],
		["SUBACK without codes", 9, suback(1, []), 0x81],
		["SUBACK with a foreign property", 9, suback(1, [0], [[0x21, 0, 1]]), 0x81],
		["a session expiry in DISCONNECT", 14, disconnect(0, [[0x11, 0, 0, 0, 1]]), 0x81],
		["two reason strings", 14, disconnect(0, [[0x1f, ...text("a")], [0x1f, ...text("b")]]), 0x82],
	];

	it("answers the reason code for each fault", () => {
		for (const [what, type, bytes, code] of FAULTS)
			equal(read(type, bytes), -code, what);
	});

	it("takes no prefix for the whole", () => {
		truncate(suback(1, [0], [[0x1f, ...text("words")]]), 12, reader => new Acknowledgement(reader).read(9, reader));
		truncate(disconnect(0x80, [[0x1f, ...ascii("\0\x02ab")]]), 0, reader => new Acknowledgement(reader).read(14, reader));
	});
});
