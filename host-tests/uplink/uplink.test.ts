import { deepEqual, describe, equal, it, ok, throws } from "#test";
import { UPLINK_STABLE_TIME } from "../../firmware/config.js";
import { DROPPED_STOPPED, PUBLISHED, QUEUED } from "../../firmware/uplink/uplink.js";
import { UPLINK_DOWN, UPLINK_HANDSHAKE_DONE, UPLINK_UP } from "../../firmware/uplink/uplink-state.js";
import { ascii, disconnect, packet, publish } from "../mqtt/server-packets.js";
import { Rig } from "./rig.js";

function up(rig = new Rig()): Rig {
	rig.uplink.start(rig.now);
	rig.settle();
	equal(rig.uplink.state, UPLINK_UP);
	rig.told.length = 0;
	return rig;
}

describe("uplink/uplink", () => {
	it("looks the name up, connects, waits for CONNACK, and is up", () => {
		const rig = new Rig();
		equal(rig.uplink.isStopped, true);
		rig.uplink.start(rig.now);
		rig.settle();
		deepEqual(rig.told, ["resolving", "connecting", "handshake done", "up"]);
		deepEqual([rig.lookups, rig.uplink.peer.address, rig.uplink.way.port, rig.uplink.socketGeneration], [1, 0x0a000002, 14567, 1]);
		deepEqual([rig.uplink.statistics.connected, rig.uplink.quic?.established, rig.uplink.lastError], [true, true, ""]);
	});

	it("asks nobody for a dotted address", () => {
		const rig = up(new Rig({}, { host: "10.9.8.7" }));
		deepEqual([rig.lookups, rig.uplink.peer.address], [0, 0x0a090807]);
		for (const host of ["10.9.8", "10.9.8.07", "10.9.8.256", "1.2.3.4.5", "a.b.c.d", "1..2.3"]) {
			const named = new Rig({}, { host });
			named.uplink.start(named.now);
			equal(named.uplink.wantedName, host);
		}
	});

	it("tries again at once where it is told that what stood in its way is gone", () => {
		const rig = new Rig();
		rig.address = -1;
		rig.uplink.start(rig.now);
		rig.run(300_000);
		const lookups = rig.lookups, delay = rig.uplink.retryDelay(rig.now);
		ok(delay > 0 && rig.uplink.state === UPLINK_DOWN);
		rig.address = 0x0a000002;
		rig.uplink.retry(rig.now);
		equal(rig.uplink.pollTimeout(rig.now), 0);
		rig.uplink.onTimeout(rig.now);
		rig.settle();
		deepEqual([rig.uplink.state, rig.lookups], [UPLINK_UP, lookups + 1]);
		rig.uplink.retry(rig.now);
		equal(rig.uplink.state, UPLINK_UP);
	});

	it("waits for a stream that is granted late", () => {
		const rig = new Rig();
		rig.server.credit = 0;
		rig.uplink.start(rig.now);
		rig.run(3000);
		equal(rig.uplink.state, UPLINK_HANDSHAKE_DONE);
		deepEqual(rig.broker.log, []);
		rig.server.grant();
		rig.settle();
		equal(rig.uplink.state, UPLINK_UP);
	});

	it("says what failed and what to do, and goes on trying", () => {
		const cases: readonly (readonly [prepare: (rig: Rig) => void, words: string])[] = [
			[rig => { rig.address = -1; }, "name not found: broker.example"],
			[rig => { rig.address = undefined; }, "no answer to the name lookup of broker.example within 10 s: is the DNS server reachable?"],
			[rig => { rig.server.isThere = false; },
				"no UDP answer from broker.example (10.0.0.2:14567) within 10 s: is the broker's QUIC listener on, is UDP open?"],
			[rig => { rig.server.accepts = false; }, "no end of the handshake with broker.example (10.0.0.2:14567) within 10 s: much is lost on the way, or the server is overloaded"],
			[rig => { rig.server.credit = 0; }, "no stream allowed by broker.example (10.0.0.2:14567) within 10 s: is it an MQTT broker?"],
			[rig => { rig.server.answers = false; }, "no answer to CONNECT from broker.example (10.0.0.2:14567) within 10 s: is it an MQTT broker?"],
			[rig => { rig.broker.options.connackCode = 0x89; }, "the broker refused CONNECT: server busy (0x89)"],
		];
		for (const [prepare, words] of cases) {
			const rig = new Rig();
			prepare(rig);
			rig.uplink.start(rig.now);
			rig.run(11000);
			equal(rig.errors[0], words);
			equal(rig.uplink.statistics.connected, false);
			rig.run(300000);
			ok(rig.lookups >= 5, `${words}: ${rig.lookups} attempts`);
			ok(rig.transports.every((transport, index) => transport.disposed || index === rig.transports.length - 1), `${words}: connections are let go`);
			// Whatever it was passes.
			rig.address = 0x0a000002;
			rig.server.isThere = rig.server.accepts = rig.server.answers = true;
			rig.server.credit = 1;
			delete rig.broker.options.connackCode;
			rig.run(75000);
			deepEqual([rig.uplink.state, rig.uplink.lastError], [UPLINK_UP, ""], words);
		}
	});

	it("goes on trying slowly where an attempt soon would fail alike", () => {
		for (const prepare of [
			(rig: Rig) => { rig.broker.options.connackCode = 0x87; },
			(rig: Rig) => { rig.transportOptions = { broken: true }; },
			(rig: Rig) => { rig.onDatagram = () => { rig.transport.break("certificate is for a.example, not for broker.example", false); return true; }; },
		]) {
			const rig = new Rig();
			prepare(rig);
			rig.uplink.start(rig.now);
			rig.run(29000);
			equal(rig.lookups, 1);
			rig.run(120000);
			ok(rig.lookups >= 3 && rig.lookups <= 5, String(rig.lookups));
			equal(rig.uplink.state, UPLINK_DOWN);
			ok(/^(the broker refused CONNECT: not authorized \(0x87\)|no connection to broker.example \(10.0.0.2:14567\): (no CA certificate|certificate is for a))/.test(rig.errors[0]!), rig.errors[0]);
		}
	});

	it("comes back when the connection was lost, on a fresh socket, and counts it", () => {
		const rig = up();
		rig.cut();
		rig.uplink.onTimeout(rig.now);
		rig.settle();
		deepEqual(rig.told, ["down"]);
		deepEqual(rig.errors, ["lost the connection to broker.example (10.0.0.2:14567): idle timeout"]);
		rig.run(5000);
		deepEqual(rig.told, ["down", "resolving", "connecting", "handshake done", "up"]);
		deepEqual([rig.uplink.socketGeneration, rig.uplink.statistics.reconnects, rig.lookups], [2, 1, 2]);
		deepEqual(rig.broker.log, ["CONNECT clean", "CONNECT"]);
		equal(rig.transports[0]!.disposed, true);
	});

	it("comes back from an ended or broken stream and from a closed connection", () => {
		for (const end of ["finish", "reset", "close"] as const) {
			const rig = up();
			rig.server.connection!.output.push(...disconnect(0x8b));
			if (end === "finish")
				rig.server.flush();
			rig.server[end]();
			rig.run(100);
			equal(rig.uplink.state, UPLINK_DOWN);
			equal(rig.errors[0], end === "finish" ? "the broker ended the connection: server shutting down (0x8b)" :
				end === "reset" ? "the broker closed the MQTT stream without giving a reason" :
				"lost the connection to broker.example (10.0.0.2:14567): closed by the server");
			rig.run(5000);
			equal(rig.uplink.state, UPLINK_UP, end);
		}
	});

	it("starts the backoff anew only after a connection that lasted", () => {
		for (const [lasted, most] of [[100, 5], [UPLINK_STABLE_TIME, 30]] as const) {
			const rig = up();
			let count = 0;
			for (const end = rig.now + lasted * 30; rig.now < end && count < 30; count++) {
				rig.run(lasted);
				if (rig.uplink.state !== UPLINK_UP)
					continue;
				rig.cut();
				rig.uplink.onTimeout(rig.now);
			}
			ok(rig.uplink.socketGeneration <= most && rig.uplink.socketGeneration > most / 5, `${lasted}: ${rig.uplink.socketGeneration}`);
		}
	});

	it("pings, and reconnects where no answer comes", () => {
		const rig = up(new Rig({ serverKeepAlive: 20 }));
		rig.run(16000);
		equal(rig.broker.log.at(-1), "PINGREQ");
		rig.broker.options.answersPing = false;
		rig.run(26000);
		deepEqual(rig.errors, ["the broker did not answer PINGREQ within 10 s"]);
		rig.broker.options.answersPing = true;
		rig.run(5000);
		equal(rig.uplink.state, UPLINK_UP);
	});

	it("queues while there is no broker and drains when there is", () => {
		const rig = new Rig(), topic = rig.uplink.addTopic("t");
		equal(rig.publish(topic, 1, "early"), QUEUED);
		rig.server.isThere = false;
		rig.uplink.start(rig.now);
		rig.run(20000);
		equal(rig.publish(topic, 0, "zero"), QUEUED);
		equal(rig.uplink.statistics.queued, 2);
		rig.server.isThere = true;
		rig.run(60000);
		deepEqual(rig.broker.payloads, ["early", "zero"]);
		equal(rig.publish(topic, 1, "now"), PUBLISHED);
		rig.settle();
		const { published, acknowledged, queued, overflowed, pending } = rig.uplink.statistics;
		deepEqual([published, acknowledged, queued, overflowed, pending], [3, 2, 0, 0, 0]);
	});

	it("gives messages one at a time, however many a datagram holds", () => {
		const rig = new Rig();
		rig.uplink.addSubscription("vehicle/+/request", 1);
		up(rig);
		for (let i = 0; i < 4; i++)
			rig.server.connection!.publish({ topic: "vehicle/x/request", payload: ascii(`call ${i}`), qos: i & 1, id: 100 + i });
		rig.server.flush();
		rig.run(10);
		deepEqual(rig.told, ["call 0", "call 1", "call 2", "call 3"].map(call => `vehicle/x/request=${call}`));
		deepEqual(rig.broker.pubacks, [101, 103]);
	});

	it("wants to send at once what reading has put, whatever the order of polls", () => {
		const rig = up(), datagram = new Uint8Array(1500);
		const bytes = Uint8Array.from([4, ...publish({ topic: "a", qos: 1, id: 9 })]);
		rig.uplink.receive(bytes, bytes.length, rig.now);
		ok(rig.uplink.pollTransmit(datagram, rig.now) > 0 || rig.uplink.pollTimeout(rig.now) === 0);
	});

	it("tells the broker what it did wrong, then closes and comes back", () => {
		const rig = up();
		rig.server.connection!.output.push(...packet(0x62, [0, 1]));
		rig.server.flush();
		rig.run(600);
		deepEqual(rig.errors, ["the broker sent what MQTT 5 does not allow: protocol error (0x82)"]);
		equal(rig.broker.log.at(-1), "DISCONNECT 130");
		equal(rig.server.closes, 1);
		rig.run(5000);
		equal(rig.uplink.state, UPLINK_UP);
	});

	it("stops with everything sent, DISCONNECT, then CONNECTION_CLOSE", () => {
		const rig = up(new Rig({ acknowledges: false })), topic = rig.uplink.addTopic("t");
		rig.publish(topic, 1, "last");
		rig.uplink.stop(rig.now);
		rig.run(200);
		equal(rig.uplink.isStopped, false);
		equal(rig.publish(topic, 0, "too late"), DROPPED_STOPPED);
		rig.server.connection!.acknowledge();
		rig.server.flush();
		rig.run(10);
		deepEqual([rig.uplink.isStopped, rig.uplink.state, rig.server.closes], [true, UPLINK_DOWN, 1]);
		deepEqual(rig.broker.log.slice(-2), ["DISCONNECT 0", "will deleted"]);
		equal(rig.told.at(-1), "stopped");
		equal(rig.uplink.pollTimeout(rig.now), 0x7fffffff);
		rig.uplink.start(rig.now);
		rig.settle();
		equal(rig.uplink.state, UPLINK_UP);
		equal(rig.publish(topic, 1, "again"), PUBLISHED);
	});

	it("stops in bounded time from any state, with anything missing", () => {
		const prepare: readonly ((rig: Rig) => void)[] = [
			rig => { rig.address = undefined; },
			rig => { rig.address = -1; },
			rig => { rig.server.isThere = false; },
			rig => { rig.server.credit = 0; },
			rig => { rig.server.answers = false; },
			rig => { rig.broker.options.acknowledges = false; },
			rig => { rig.server.acknowledges = false; },
			rig => { rig.broker.options.connackCode = 0x87; },
			() => {},
		];
		prepare.forEach((change, index) => {
			for (const wait of [0, 1, 5000, 10001]) {
				const rig = new Rig(), topic = rig.uplink.addTopic("t");
				change(rig);
				rig.uplink.start(rig.now);
				if (wait > 0)
					rig.run(wait);
				rig.publish(topic, 1, "x");
				rig.publish(topic, 1, "y".repeat(3000));
				rig.uplink.stop(rig.now);
				rig.run(1999);
				equal(rig.uplink.isStopped, true, `case ${index} after ${wait} ms`);
				equal(rig.transports.every(transport => transport.disposed), true);
				const { hellos } = rig.server;
				rig.run(100000);
				equal(rig.server.hellos, hellos);
			}
		});
	});

	it("gives the configuration's faults at set-up", () => {
		throws(() => new Rig({}, { keepAlive: 100000 }), "keepAlive");
		throws(() => new Rig({}, { backoffMinimum: 0 }), "backoff");
		throws(() => new Rig().uplink.addTopic("a/#"), "filters");
		throws(() => new Rig().uplink.addSubscription("a", 2), "QoS 2");
	});

	it("works over the turn of the clock", () => {
		const rig = up(new Rig({ serverKeepAlive: 10 }, {}, 0x7fffffff - 3000));
		rig.run(60000);
		deepEqual([rig.uplink.state, rig.errors.length], [UPLINK_UP, 0]);
		rig.cut();
		rig.run(60000);
		equal(rig.uplink.state, UPLINK_UP);
	});
});
