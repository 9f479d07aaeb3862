import { deepEqual, describe, equal, it, ok } from "#test";
import { MQTT_INFLIGHT_MAX } from "../../firmware/config.js";
import { DROPPED_OVERFLOW, DROPPED_TOO_LONG, PUBLISHED, QUEUED } from "../../firmware/mqtt/publisher.js";
import { SESSION_MESSAGE } from "../../firmware/mqtt/session.js";
import { encodeUtf8 } from "../../firmware/wire/utf8.js";
import { puback } from "./server-packets.js";
import { Pair } from "./session-pair.js";

describe("mqtt/publisher", () => {
	it("sends topic and alias once, then the alias; names where the aliases have run out", () => {
		const pair = new Pair({ aliasMaximum: 2 });
		const topics = ["a/first", "b/second", "c/third"].map(topic => pair.session.publisher.topics.add(topic));
		pair.open();
		for (let round = 0; round < 3; round++)
			for (const topic of topics)
				equal(pair.publish(topic, round & 1, `${topic}`), PUBLISHED);
		pair.exchange();
		deepEqual(pair.broker.received.map(({ topic, alias, nameLength }) => [topic, alias, nameLength]), [
			["a/first", 1, 7], ["b/second", 2, 8], ["c/third", 0, 7],
			["a/first", 1, 0], ["b/second", 2, 0], ["c/third", 0, 7],
			["a/first", 1, 0], ["b/second", 2, 0], ["c/third", 0, 7],
		]);
		pair.session.lost();
		pair.open();
		pair.publish(topics[1]!, 0, "x");
		pair.exchange();
		deepEqual([pair.broker.received.at(-1)!.alias, pair.broker.received.at(-1)!.nameLength], [1, 8]);
		pair.finish();
	});

	it("reserved handles get topic and correlation data anew, between topics that stay", () => {
		const pair = new Pair(), { publisher } = pair.session, { topics } = publisher, options = { contentType: "c", userProperties: [["rc", "0x00"]] as const };
		const before = topics.add("a/before"), first = topics.reserve(3, 40, options), after = topics.add("z/after", { contentType: "t" });
		pair.open();
		const name = encodeUtf8("-to/here-and-there-"), data = new Uint8Array([9, 8, 7, 6]);
		ok(topics.rewrite(first, name, 1, 8, data, 1, 3));
		ok(topics.rewrite(first + 1, name, 1, 18, data, 0, 0));
		ok(topics.rewrite(first + 2, encodeUtf8("x".repeat(40)), 0, 40, data, 0, 0));
		topics.writeHex(first, 0x5e);
		for (const topic of [before, first, first + 1, first + 2, after])
			pair.publish(topic, 0, "p");
		pair.exchange();
		deepEqual(pair.broker.received.map(({ topic }) => topic), ["a/before", "to/here", "to/here-and-there", "x".repeat(40), "z/after"]);
		equal(topics.propertyLength(first), 3 + 2 + 4 + 11);
		equal(topics.propertyLength(first + 1), 4 + 11);
		equal(topics.propertyLength(before), 0);
		equal(topics.propertyLength(after), 4);
		ok(!topics.rewrite(first + 1, encodeUtf8("y".repeat(44)), 0, 44, data, 0, 0));
		ok(!topics.rewrite(first + 1, encodeUtf8("y".repeat(40)), 0, 40, data, 1, 4));
		ok(topics.rewrite(first + 1, encodeUtf8("y"), 0, 1, data, 1, 4));
		pair.publish(first + 1, 0, "q");
		pair.exchange();
		equal(pair.broker.received.at(-1)!.topic, "y");
		pair.finish();
	});

	it("knows which topics have messages under way", () => {
		const pair = new Pair({ acknowledges: false }), { publisher } = pair.session, one = publisher.topics.add("1"), two = publisher.topics.add("2");
		pair.open();
		pair.publish(one, 1, "p");
		pair.publish(two, 0, "p");
		pair.exchange();
		deepEqual([publisher.isInUse(one), publisher.isInUse(two)], [true, false]);
		pair.connection.acknowledge(1);
		pair.exchange();
		equal(publisher.isInUse(one), false);
		pair.session.lost();
		pair.publish(two, 0, "p");
		equal(publisher.isInUse(two), true);
	});

	it("keeps to the server's Receive Maximum and to its own", () => {
		for (const receiveMaximum of [1, 3, undefined]) {
			const pair = new Pair({ acknowledges: false, ...(receiveMaximum === undefined ? {} : { receiveMaximum }) });
			const topic = pair.session.publisher.topics.add("t");
			pair.open();
			const window = receiveMaximum ?? MQTT_INFLIGHT_MAX;
			for (let i = 0; i < window + 5; i++)
				equal(pair.publish(topic, 1, String(i)), i < window ? PUBLISHED : QUEUED);
			pair.exchange();
			equal(pair.connection.unacknowledged, window);
			equal(pair.session.publisher.queued, 5);
			while (pair.connection.unacknowledged > 0) {
				pair.connection.acknowledge(1);
				pair.exchange();
			}
			deepEqual(pair.broker.payloads, Array.from({ length: window + 5 }, (_, i) => String(i)));
			deepEqual([pair.session.publisher.statistics.acknowledged, pair.session.publisher.pending], [window + 5, 0]);
			pair.finish();
		}
	});

	it("lets QoS 0 pass where QoS 1 waits for its PUBACKs", () => {
		const pair = new Pair({ acknowledges: false, receiveMaximum: 1 });
		const topic = pair.session.publisher.topics.add("t");
		pair.open();
		pair.publish(topic, 1, "a");
		pair.publish(topic, 1, "b");
		equal(pair.publish(topic, 0, "zero"), PUBLISHED);
		pair.exchange();
		deepEqual(pair.broker.payloads, ["a", "zero"]);
	});

	it("takes PUBACKs in any order, and those of unknown ids without harm", () => {
		const pair = new Pair({ acknowledges: false }), topic = pair.session.publisher.topics.add("t");
		pair.open();
		for (let i = 0; i < 5; i++)
			pair.publish(topic, 1, String(i));
		pair.exchange();
		const ids = pair.broker.received.map(message => message.id);
		pair.connection.output.push(...puback(ids[3]!), ...puback(0x7777), ...puback(ids[0]!), ...puback(ids[3]!));
		pair.exchange();
		deepEqual([pair.session.publisher.pending, pair.session.publisher.statistics.acknowledged], [3, 2]);
		pair.session.lost();
		pair.open();
		deepEqual(pair.broker.received.slice(5).map(message => [message.payload, message.dup]), [["1", true], ["2", true], ["4", true]]);
	});

	it("repeats what has no PUBACK with DUP, in order, before what waited", () => {
		const pair = new Pair({ acknowledges: false, receiveMaximum: 3 }), topic = pair.session.publisher.topics.add("t");
		pair.open();
		for (let i = 0; i < 5; i++)
			pair.publish(topic, 1, String(i));
		pair.exchange();
		pair.session.lost();
		equal(pair.publish(topic, 1, "5"), QUEUED);
		pair.broker.options.receiveMaximum = 10;
		pair.open();
		deepEqual(pair.broker.log, ["CONNECT clean", "CONNECT"]);
		deepEqual(pair.broker.received.map(message => message.payload + (message.dup ? "+" : "")), ["0", "1", "2", "0+", "1+", "2+", "3", "4", "5"]);
		deepEqual(pair.broker.received.slice(3, 6).map(message => message.id), pair.broker.received.slice(0, 3).map(message => message.id));
		pair.connection.acknowledge();
		pair.exchange();
		deepEqual([pair.session.publisher.pending, pair.session.publisher.statistics.published, pair.session.publisher.statistics.repeated], [0, 6, 3]);
		pair.finish();
	});

	it("publishes anew, without DUP, where the server has lost the session", () => {
		const pair = new Pair({ acknowledges: false }), topic = pair.session.publisher.topics.add("t");
		pair.open();
		pair.publish(topic, 1, "a");
		pair.publish(topic, 1, "b");
		pair.exchange();
		pair.session.lost();
		pair.broker.hasSession = false;
		pair.broker.options.acknowledges = true;
		pair.open();
		deepEqual(pair.broker.received.slice(2).map(message => [message.payload, message.dup]), [["a", false], ["b", false]]);
		deepEqual([pair.session.publisher.pending, pair.session.publisher.statistics.published], [0, 2]);
		pair.finish();
	});

	it("sends what waited while there was no broker: QoS 1 first, each in its order", () => {
		const pair = new Pair(), topic = pair.session.publisher.topics.add("t");
		for (const [payload, qos] of [["a", 0], ["b", 1], ["c", 0], ["d", 1]] as const)
			equal(pair.publish(topic, qos, payload), QUEUED);
		equal(pair.session.publisher.queued, 4);
		pair.open();
		deepEqual(pair.broker.payloads, ["b", "d", "a", "c"]);
		deepEqual([pair.session.publisher.queued, pair.session.publisher.statistics.published], [0, 4]);
	});

	it("counts every message that the outbox could not keep", () => {
		const pair = new Pair({}, { outboxBytes: 10 * 64 }), topic = pair.session.publisher.topics.add("t");
		for (let i = 0; i < 25; i++)
			equal(pair.publish(topic, 0, `zero ${i}`), QUEUED);
		equal(pair.session.publisher.statistics.overflowed, 15);
		for (let i = 0; i < 8; i++)
			equal(pair.publish(topic, 1, `one ${i}`), QUEUED);
		equal(pair.session.publisher.statistics.overflowed, 23);
		for (let i = 8; i < 12; i++)
			equal(pair.publish(topic, 1, `one ${i}`), i < 10 ? QUEUED : DROPPED_OVERFLOW);
		equal(pair.publish(topic, 0, "late"), DROPPED_OVERFLOW);
		equal(pair.session.publisher.statistics.overflowed, 28);
		equal(pair.publish(topic, 0, "x".repeat(1000)), DROPPED_TOO_LONG);
		equal(pair.session.publisher.statistics.tooLong, 1);
		pair.open();
		deepEqual(pair.broker.payloads, Array.from({ length: 10 }, (_, i) => `one ${i}`));
	});

	it("sends messages in pieces where the ring is smaller, and nothing between them", () => {
		const pair = new Pair({ acknowledges: false }, {}), topic = pair.session.publisher.topics.add("topic");
		pair.open(256);
		const long = "abcdefghij".repeat(300);
		equal(pair.publish(topic, 1, long), PUBLISHED);
		equal(pair.publish(topic, 0, long + "0"), QUEUED);
		pair.connection.publish({ topic: "down", qos: 1, id: 9 });
		equal(pair.toSession(), SESSION_MESSAGE);
		pair.exchange();
		deepEqual(pair.broker.payloads, [long, long + "0"]);
		deepEqual(pair.broker.pubacks, [9]);
		pair.session.leave();
		pair.finish();
	});

	it("begins a message again that was cut off with the connection", () => {
		const pair = new Pair({}), topic = pair.session.publisher.topics.add("t"), long = "0123456789".repeat(100);
		pair.open(128);
		pair.publish(topic, 0, long);
		pair.toBroker();
		pair.session.lost();
		pair.open(128);
		deepEqual(pair.broker.payloads, [long]);
		deepEqual([pair.session.publisher.statistics.published, pair.session.publisher.statistics.repeated], [1, 1]);
		pair.finish();
	});

	it("sends no longer packet than the server takes, and counts what it drops", () => {
		const pair = new Pair({ maximumPacketSize: 60 }), topic = pair.session.publisher.topics.add("t");
		pair.publish(topic, 1, "y".repeat(100));
		pair.publish(topic, 1, "short");
		pair.open();
		equal(pair.publish(topic, 0, "x".repeat(100)), DROPPED_TOO_LONG);
		equal(pair.publish(topic, 1, "x".repeat(54)), DROPPED_TOO_LONG);
		equal(pair.publish(topic, 1, "x".repeat(52)), PUBLISHED);
		pair.exchange();
		equal(pair.session.publisher.statistics.tooLong, 3);
		equal(pair.broker.received.length, 2);
		pair.finish();
	});

	it("goes down to the server's Maximum QoS and leaves RETAIN out where there is none", () => {
		const pair = new Pair({ maximumQos: 0, retainAvailable: false }), topic = pair.session.publisher.topics.add("t");
		pair.publish(topic, 1, "queued", true);
		pair.open();
		pair.publish(topic, 1, "direct", true);
		pair.exchange();
		deepEqual(pair.broker.received.map(message => [message.payload, message.qos, message.retain]), [["queued", 0, false], ["direct", 0, false]]);
		equal(pair.session.publisher.pending, 0);
		pair.finish();
	});
});
