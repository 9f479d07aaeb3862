import { deepEqual, describe, equal, hex, it, throws, unhex } from "#test";
import { MQTT_TOPICS_MAX, MQTT_TOPIC_BYTES_MAX } from "../../firmware/config.js";
import { encodeConnect, setCleanStart } from "../../firmware/mqtt/connect.js";
import { PublishHeader } from "../../firmware/mqtt/publish.js";
import { putDisconnect, putPingreq, putPuback } from "../../firmware/mqtt/short-packet.js";
import { encodeSubscribe } from "../../firmware/mqtt/subscribe.js";
import { Topics } from "../../firmware/mqtt/topics.js";
import { putVariableInteger, variableIntegerSize } from "../../firmware/mqtt/variable-integer.js";
import { SendRing } from "../../firmware/wire/send-ring.js";

const PLAIN = {
	clientId: "zonal", keepAlive: 60, cleanStart: true, sessionExpiry: 0, receiveMaximum: 8, maximumPacketSize: 4096, topicAliasMaximum: 0,
};

function content(ring: SendRing): string {
	const bytes = new Uint8Array(ring.end);
	ring.copy(0, ring.end, bytes, 0);
	return hex(bytes);
}

describe("mqtt/connect", () => {
	it("encodes the smallest CONNECT", () => {
		equal(hex(encodeConnect(PLAIN)), "101a" + "00044d515454" + "05" + "02" + "003c" + "08" + "210008" + "2700001000" + "00057a6f6e616c");
	});

	it("encodes will, user name, password and session", () => {
		equal(hex(encodeConnect({ ...PLAIN, cleanStart: false, sessionExpiry: 3600, topicAliasMaximum: 5, userName: "u", password: unhex("00ff"),
			will: { topic: "s", payload: unhex("6f6666"), qos: 1, retain: true, delay: 5, contentType: "t" } })),
			"103b" + "00044d515454" + "05" + "ec" + "003c" + "10" + "1100000e10" + "210008" + "2700001000" + "220005" + "00057a6f6e616c" +
			"09" + "1800000005" + "03000174" + "000173" + "00036f6666" + "000175" + "000200ff");
	});

	it("changes Clean Start behind a length of one and of two bytes", () => {
		for (const clientId of ["zonal", "z".repeat(200)]) {
			const packet = encodeConnect({ ...PLAIN, clientId });
			setCleanStart(packet, false);
			deepEqual(packet, encodeConnect({ ...PLAIN, clientId, cleanStart: false }));
			setCleanStart(packet, true);
			deepEqual(packet, encodeConnect({ ...PLAIN, clientId }));
		}
	});

	it("says what to change where a value does not fit", () => {
		throws(() => encodeConnect({ ...PLAIN, keepAlive: 65536 }), "keepAlive is 65536");
		throws(() => encodeConnect({ ...PLAIN, receiveMaximum: 0 }), "receiveMaximum is 0");
		throws(() => encodeConnect({ ...PLAIN, sessionExpiry: 1.5 }), "sessionExpiry");
		throws(() => encodeConnect({ ...PLAIN, clientId: "a\0" }), "U+0000");
		throws(() => encodeConnect({ ...PLAIN, will: { topic: "a/#", payload: unhex(""), qos: 0, retain: false } }), "filters");
		throws(() => encodeConnect({ ...PLAIN, userName: "x".repeat(65536) }), "the user name has 65536 bytes");
	});
});

describe("mqtt/subscribe", () => {
	it("encodes SUBSCRIBE", () => {
		equal(hex(encodeSubscribe(0x8001, "a/+", 1)), "8209" + "8001" + "00" + "0003612f2b" + "01");
	});

	it("refuses filters that are none, and QoS 2", () => {
		for (const filter of ["", "a/#/b", "a#", "a+/b"])
			throws(() => encodeSubscribe(1, filter, 0), filter === "" ? "at least one" : `"${filter}"`);
		throws(() => encodeSubscribe(1, "a", 2), "QoS 2");
	});
});

describe("mqtt/short-packet", () => {
	it("puts PUBACK, PINGREQ and DISCONNECT, and nothing where there is no room", () => {
		const ring = new SendRing(16);
		equal(putPuback(ring, 0x1234) && putPingreq(ring) && putDisconnect(ring, 0) && putDisconnect(ring, 0x95), true);
		equal(content(ring), "40021234" + "c000" + "e000" + "e00195");
		equal(putPuback(ring, 1), true);
		equal(putPuback(ring, 1) || putPingreq(ring) || putDisconnect(ring, 0), false);
		equal(ring.end, 15);
	});
});

describe("mqtt/variable-integer", () => {
	it("takes the bytes of the specification's table 1-1", () => {
		for (const [value, bytes] of [[0, "00"], [127, "7f"], [128, "8001"], [16383, "ff7f"], [16384, "808001"], [2097151, "ffff7f"], [2097152, "80808001"], [268435455, "ffffff7f"]] as const) {
			const ring = new SendRing(8);
			putVariableInteger(ring, value);
			ring.commit();
			equal(content(ring), bytes);
			equal(variableIntegerSize(value), bytes.length / 2);
		}
	});
});

describe("mqtt/publish", () => {
	function encode(topics: Topics, topic: number, flags: number, packetId: number, payload: string): string {
		const ring = new SendRing(1024), header = new PublishHeader(topics), bytes = unhex(payload);
		header.plan(topic, flags, bytes.length);
		header.put(ring, packetId);
		ring.putBytes(bytes, 0, bytes.length);
		ring.commit();
		equal(ring.end, header.packetLength);
		equal(ring.end - bytes.length, header.headerLength);
		return content(ring);
	}

	it("encodes QoS 0 and 1, RETAIN and DUP", () => {
		const topics = new Topics(), topic = topics.add("a/b");
		topics.reset(0);
		equal(encode(topics, topic, 0, 0, "0102"), "3008" + "0003612f62" + "00" + "0102");
		equal(encode(topics, topic, 0x0b, 0x1234, "01"), "3b09" + "0003612f62" + "1234" + "00" + "01");
	});

	it("sends a topic with its new alias once, then the alias alone", () => {
		const topics = new Topics(), first = topics.add("a/b"), second = topics.add("c"), third = topics.add("d");
		topics.reset(2);
		equal(encode(topics, second, 0, 0, ""), "3007" + "000163" + "03" + "230001");
		equal(encode(topics, second, 0, 0, ""), "3006" + "0000" + "03" + "230001");
		equal(encode(topics, first, 0, 0, ""), "3009" + "0003612f62" + "03" + "230002");
		equal(encode(topics, third, 0, 0, ""), "3004" + "000164" + "00");
		topics.reset(2);
		equal(encode(topics, third, 0, 0, ""), "3007" + "000164" + "03" + "230001");
	});

	it("gives no alias to a topic that wants none", () => {
		const topics = new Topics(), rare = topics.add("r", { alias: false });
		topics.reset(10);
		equal(encode(topics, rare, 0, 0, ""), "3004" + "000172" + "00");
		topics.reset(10);
		equal(encode(topics, rare, 0, 0, ""), "3004" + "000172" + "00");
	});

	it("puts a topic's own properties behind the alias", () => {
		const topics = new Topics();
		const topic = topics.add("t", { messageExpiry: 60, contentType: "c", userProperties: [["k", "v"]] });
		topics.reset(1);
		equal(encode(topics, topic, 0, 0, "ff"), "3018" + "000174" + "13" + "230001" + "020000003c" + "03000163" + "2600016b000176" + "ff");
	});

	it("holds as many topics as fit, with all their bytes", () => {
		const topics = new Topics(), names: string[] = [];
		for (let i = 0; i < MQTT_TOPICS_MAX; i++) {
			names.push(`vehicle/${i}/${"x".repeat(i % 90)}`);
			equal(topics.add(names[i]!, i % 7 === 0 ? { contentType: "c" } : {}), i);
		}
		names.forEach((name, i) => {
			equal(topics.textOf(i), name);
			deepEqual([topics.nameLength(i), topics.propertyLength(i)], [name.length + 2, i % 7 === 0 ? 4 : 0]);
		});
		throws(() => topics.add("one/more"), "MQTT_TOPICS_MAX is");
		const long = new Topics();
		throws(() => long.add("x".repeat(MQTT_TOPIC_BYTES_MAX - 1)), "MQTT_TOPIC_BYTES_MAX is");
		for (let i = 0; i < 63; i++)
			long.add("y".repeat(MQTT_TOPIC_BYTES_MAX - 2));
		throws(() => long.add("y".repeat(MQTT_TOPIC_BYTES_MAX - 2)), "may have 65535 bytes");
		equal(long.add("z"), 63);
		equal(long.textOf(63), "z");
	});

	it("refuses topics that are none", () => {
		throws(() => new Topics().add(""), "at least one");
		throws(() => new Topics().add("a/+"), "filters");
		throws(() => new Topics().add("a", { messageExpiry: -1 }), "messageExpiry");
	});
});
