import { ENGINE, deepEqual, describe, equal, hex, it, ok } from "#test";
import { MQTT_INFLIGHT_MAX, MQTT_PACKET_MAX } from "../../firmware/config.js";
import { DROPPED_OVERFLOW, DROPPED_TOO_LONG, PUBLISHED, QUEUED } from "../../firmware/mqtt/publisher.js";
import { SESSION_FAILED, SESSION_MESSAGE, SESSION_NONE, SESSION_REFUSED, SESSION_UP, Session } from "../../firmware/mqtt/session.js";
import type { SessionOptions } from "../../firmware/mqtt/session.js";
import { SendRing } from "../../firmware/wire/send-ring.js";
import { Prng } from "../support/prng.js";
import { MockBroker } from "./mock-broker.js";
import type { BrokerConnection, BrokerOptions } from "./mock-broker.js";
import { ascii, connack, disconnect, packet, puback, publish, suback, text } from "./server-packets.js";

const OPTIONS: SessionOptions = { clientId: "zonal", keepAlive: 60 };

/** A session and a broker with nothing but a ring between them. */
class Pair {
	readonly session: Session;
	readonly broker: MockBroker;
	ring!: SendRing;
	connection!: BrokerConnection;
	now = 1000;
	#taken = 0;

	constructor(broker: BrokerOptions = {}, session: Partial<SessionOptions> = {}) {
		this.broker = new MockBroker(broker);
		this.session = new Session({ ...OPTIONS, ...session });
	}

	open(capacity = 8192): number {
		this.ring = new SendRing(capacity);
		this.connection = this.broker.open();
		this.#taken = 0;
		ok(this.session.open(this.ring, this.now));
		return this.exchange();
	}

	/** Carries bytes both ways until nothing moves; returns the last event that was one. */
	exchange(): number {
		let last = SESSION_NONE;
		for (let moved = true; moved;) {
			moved = this.toBroker() > 0;
			for (let event = this.toSession(); event !== SESSION_NONE; event = this.session.next(this.now)) {
				last = event;
				moved = true;
				if (event === SESSION_FAILED)
					return last;
			}
			this.session.drain(this.now);
			moved ||= this.ring.end > this.#taken;
		}
		return last;
	}

	/** What was put goes to the broker, and its room comes back. */
	toBroker(): number {
		const count = this.ring.end - this.#taken, bytes = new Uint8Array(count);
		this.ring.copy(this.#taken, this.ring.end, bytes, 0);
		this.#taken = this.ring.end;
		this.ring.release(this.#taken);
		this.connection.feed(bytes);
		return count;
	}

	/** What the broker has put goes to the session; returns the first event. */
	toSession(): number {
		const { output } = this.connection;
		let event = this.session.next(this.now);
		while (output.length > 0 && event === SESSION_NONE) {
			const { reader } = this.session, count = Math.min(output.length, reader.fillEnd - reader.fillStart);
			reader.bytes.set(output.splice(0, count), reader.fillStart);
			this.session.filled(count, this.now);
			event = this.session.next(this.now);
		}
		return event;
	}

	publish(topic: number, qos: number, payload: string, retain = false): number {
		const bytes = Uint8Array.from(ascii(payload));
		return this.session.publish(topic, qos, retain, bytes, 0, bytes.length, this.now);
	}

	finish(): void {
		deepEqual(this.broker.violations, []);
	}
}

function feed(session: Session, bytes: readonly number[]): number {
	session.reader.bytes.set(bytes, session.reader.fillStart);
	session.filled(bytes.length, 0);
	return session.next(0);
}

describe("mqtt/session", () => {
	it("is up with CONNACK, and says why it is not", () => {
		const pair = new Pair();
		equal(pair.open(), SESSION_UP);
		deepEqual(pair.broker.log, ["CONNECT clean"]);
		for (const [code, words, isPassing] of [
			[0x87, "the broker refused CONNECT: not authorized (0x87)", false], [0x86, "check user name and password", false],
			[0x89, "server busy (0x89)", true], [0x84, "MQTT 5", false], [0xfe, "reason code not in MQTT 5 (0xfe)", false],
		] as const) {
			const refused = new Pair({ connackCode: code });
			equal(refused.open(), SESSION_FAILED);
			ok(refused.session.error.includes(words), refused.session.error);
			equal(refused.session.isPassing, isPassing, words);
			equal(refused.ring.end, refused.ring.base);
		}
	});

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

	it("connects again with the client id that the server assigned", () => {
		const pair = new Pair({ assignedClientId: "auto-7" }, { clientId: "" });
		pair.open();
		pair.session.lost();
		pair.open();
		ok(String.fromCharCode(...pair.broker.connect).includes("auto-7"));
	});

	it("subscribes, keeps subscriptions with the session, and renews them without", () => {
		const pair = new Pair();
		pair.session.subscriptions.add("a/#", 1);
		pair.session.subscriptions.add("b", 0);
		pair.open();
		deepEqual([pair.broker.subscribed, pair.session.subscriptions.granted], [["a/#", "b"], 2]);
		pair.session.lost();
		pair.open();
		equal(pair.broker.log.filter(line => line === "SUBSCRIBE").length, 2);
		pair.session.lost();
		pair.broker.hasSession = false;
		pair.open();
		deepEqual(pair.broker.subscribed, ["a/#", "b"]);
	});

	it("tells of refused subscriptions and messages in words", () => {
		const pair = new Pair({ subackCode: 0x87, pubackCode: 0x97 });
		const topic = pair.session.publisher.topics.add("vehicle/x");
		pair.session.subscriptions.add("a/#", 1);
		equal(pair.open(), SESSION_REFUSED);
		equal(pair.session.error, "the broker refused the subscription to \"a/#\": not authorized (0x87)");
		pair.publish(topic, 1, "m");
		equal(pair.exchange(), SESSION_REFUSED);
		equal(pair.session.error, "the broker refused a message to \"vehicle/x\": quota exceeded (0x97)");
		pair.publish(topic, 1, "m");
		equal(pair.exchange(), SESSION_NONE);
		deepEqual([pair.session.publisher.statistics.refused, pair.session.publisher.statistics.acknowledged, pair.session.publisher.pending], [2, 0, 0]);
	});

	it("gives messages of the broker one by one and acknowledges QoS 1", () => {
		const pair = new Pair();
		pair.open();
		for (let i = 0; i < 3; i++)
			pair.connection.publish({ topic: `down/${i}`, payload: [i], qos: i & 1, id: i });
		const seen = [];
		for (let event = pair.toSession(); event === SESSION_MESSAGE; event = pair.session.next(0)) {
			const { message } = pair.session;
			seen.push([message.text(message.topicStart, message.topicEnd), hex(message.bytes, message.payloadStart, message.payloadEnd)]);
		}
		deepEqual(seen, [["down/0", "00"], ["down/1", "01"], ["down/2", "02"]]);
		pair.exchange();
		deepEqual(pair.broker.pubacks, [1]);
	});

	it("reads no further while the ring has no room for a PUBACK", () => {
		const session = new Session(OPTIONS), ring = new SendRing(64);
		session.open(ring, 0);
		equal(feed(session, connack()), SESSION_UP);
		while (ring.room > 0)
			ring.putUint8(0);
		ring.commit();
		equal(feed(session, [...publish({ topic: "a", qos: 1, id: 5 }), ...publish({ topic: "b", qos: 1, id: 6 })]), SESSION_MESSAGE);
		equal(session.next(0), SESSION_NONE);
		ring.release(8);
		equal(session.next(0), SESSION_MESSAGE);
		equal(session.message.packetId, 6);
		equal(ring.room, 0);
	});

	it("pings in silence and gives up without an answer", () => {
		const pair = new Pair({ serverKeepAlive: 10 });
		pair.open();
		pair.now += pair.session.pollTimeout(pair.now);
		equal(pair.now, 1000 + 7500);
		equal(pair.session.onTimeout(pair.now), SESSION_NONE);
		pair.exchange();
		equal(pair.broker.log.at(-1), "PINGREQ");
		pair.broker.options.answersPing = false;
		pair.now += pair.session.pollTimeout(pair.now);
		pair.session.onTimeout(pair.now);
		pair.exchange();
		pair.now += pair.session.pollTimeout(pair.now);
		equal(pair.session.onTimeout(pair.now), SESSION_FAILED);
		equal(pair.session.error, "the broker did not answer PINGREQ within 10 s");
	});

	it("lets the server publish the will when it leaves", () => {
		const will = { topic: "status", payload: Uint8Array.from(ascii("off")), qos: 1 as const, retain: true };
		for (const [options, line] of [[{ will }, "DISCONNECT 4"], [{}, "will deleted"]] as const) {
			const pair = new Pair({}, options);
			pair.open();
			ok(pair.session.leave());
			pair.toBroker();
			equal(pair.broker.log.at(-1), line);
		}
	});

	const FAULTS: readonly (readonly [what: string, bytes: readonly number[], code: number])[] = [
		["a second CONNACK", connack(), 0x82],
		["AUTH", packet(0xf0, []), 0x82],
		["PUBREC", packet(0x50, [0, 1]), 0x82],
		["PUBREL", packet(0x62, [0, 1]), 0x82],
		["PINGRESP with a body", packet(0xd0, [0]), 0x81],
		["PUBLISH with an alias", publish({ topic: "a", properties: [[0x23, 0, 1]] }), 0x94],
		["a packet that is too large", [0x30, 0xff, 0x7f], 0x95],
		["two codes in SUBACK", suback(0x8000, [0, 0]), 0x82],
	];

	it("answers a fault of the broker with DISCONNECT and its reason code", () => {
		for (const [what, bytes, code] of FAULTS) {
			const pair = new Pair();
			pair.session.subscriptions.add("a", 0);
			pair.open();
			pair.connection.output.push(...bytes);
			equal(pair.exchange(), SESSION_FAILED, what);
			pair.toBroker();
			equal(pair.broker.log.at(-1), `DISCONNECT ${code}`, what);
			equal(pair.session.next(0), SESSION_NONE);
		}
		const early = new Session(OPTIONS), ring = new SendRing(256);
		early.open(ring, 0);
		equal(feed(early, [0xd0, 0]), SESSION_FAILED);
	});

	it("says why the broker ended the connection", () => {
		const pair = new Pair();
		pair.open();
		pair.connection.output.push(...disconnect(0x8e, [[0x1f, ...text("by\nanother")]]));
		equal(pair.exchange(), SESSION_FAILED);
		equal(pair.session.error, "the broker ended the connection: session taken over (0x8e), in its words \"by?another\": " +
			"another client has connected with the same client id");
		equal(pair.session.isPassing, false);
	});

	it("survives anything that a server may send, and never throws", () => {
		const rounds = ENGINE === "xs" ? 150 : 4000;
		const seeds = [connack(0, [[0x21, 0, 3], [0x22, 0, 4]]), publish({ topic: "abc", payload: [1, 2], qos: 1, id: 4, properties: [[0x08, ...text("r")]] }),
			puback(1, 0x10, []), suback(0x8000, [0]), disconnect(0x80, [[0x1f, ...text("w")]]), [0xd0, 0], packet(0xb0, [0, 1, 0, 0])];
		for (const seed of [11, 12, 13]) {
			const prng = new Prng(seed), session = new Session({ ...OPTIONS, outboxBytes: 1024 }), topic = session.publisher.topics.add("t");
			session.subscriptions.add("a", 1);
			for (let round = 0; round < rounds; round++) {
				const ring = new SendRing(512);
				ok(session.open(ring, round));
				let event = prng.chance(0.8) ? feed(session, connack(0, [[0x22, 0, 1]], round > 20 && prng.chance(0.5))) : SESSION_NONE;
				for (let step = 0; step < 6 && event !== SESSION_FAILED; step++) {
					const payload = new Uint8Array(prng.below(120));
					session.publish(topic, prng.below(2), false, payload, 0, payload.length, round);
					const bytes = seeds[prng.below(seeds.length)]!.slice();
					for (let flips = prng.below(3); flips > 0; flips--)
						bytes[prng.below(bytes.length)] = prng.below(256);
					if (prng.chance(0.1))
						bytes.length = prng.below(bytes.length);
					if (session.reader.fillEnd - session.reader.fillStart >= bytes.length) {
						session.reader.bytes.set(bytes, session.reader.fillStart);
						session.filled(bytes.length, round);
					}
					do
						event = session.next(round);
					while (event !== SESSION_NONE && event !== SESSION_FAILED);
					session.drain(round);
					ring.release(ring.end);
				}
				session.lost();
			}
			const { statistics } = session.publisher;
			ok(statistics.published > 0 && session.publisher.pending <= 16, `seed ${seed}`);
		}
	});

	it("takes up no session that it knows nothing of", () => {
		const session = new Session(OPTIONS), ring = new SendRing(256);
		session.open(ring, 0);
		equal(feed(session, connack(0, [], true)), SESSION_FAILED);
		ok(session.error.includes("protocol error (0x82)"), session.error);
	});

	it("says so where the server's packets are too short for a subscription", () => {
		const pair = new Pair({ maximumPacketSize: 20 });
		pair.session.subscriptions.add("a/long/topic/filter", 0);
		equal(pair.open(), SESSION_FAILED);
		equal(pair.session.error, "the broker takes packets of 20 bytes, and the subscription to \"a/long/topic/filter\" has more");
		pair.finish();
	});

	it("says so where CONNECT does not fit the ring", () => {
		const session = new Session({ ...OPTIONS, password: new Uint8Array(300) });
		equal(session.open(new SendRing(256), 0), false);
		ok(session.error.includes("CONNECT has"));
		ok(MQTT_PACKET_MAX >= 1024);
	});
});
