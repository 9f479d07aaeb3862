import { ENGINE, deepEqual, describe, equal, hex, it, ok } from "#test";
import { MQTT_PACKET_MAX } from "../../firmware/config.js";
import { SESSION_FAILED, SESSION_MESSAGE, SESSION_NONE, SESSION_REFUSED, SESSION_UP, Session } from "../../firmware/mqtt/session.js";
import { SendRing } from "../../firmware/wire/send-ring.js";
import { Prng } from "../support/prng.js";
import { ascii, connack, disconnect, packet, puback, publish, suback, text } from "./server-packets.js";
import { OPTIONS, Pair } from "./session-pair.js";

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
