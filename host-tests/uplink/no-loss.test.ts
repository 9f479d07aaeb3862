import { ENGINE, deepEqual, describe, equal, it, ok } from "#test";
import { UPLINK_UP } from "../../firmware/uplink/uplink-state.js";
import type { UplinkOptions } from "../../firmware/uplink/uplink-options.js";
import { Rig } from "./rig.js";

const MESSAGES = 12;

/** Publishes while the connection breaks at the given datagrams; returns how many datagrams there were. */
function scenario(breaks: readonly number[], forgets: boolean, options: Partial<UplinkOptions> = {}): number {
	const name = `breaks at ${breaks}${forgets ? ", session forgotten" : ""}`;
	const rig = new Rig({ receiveMaximum: 3, aliasMaximum: 1 }, { backoffMaximum: 2000, ...options });
	rig.transportOptions = { ringCapacity: 128 };
	const topics = [rig.uplink.addTopic("first/topic"), rig.uplink.addTopic("second/topic")];
	let datagrams = 0, sessions = 1;
	rig.onDatagram = count => {
		datagrams = count;
		if (!breaks.includes(count))
			return true;
		if (forgets) {
			rig.broker.hasSession = false;
			sessions++;
		}
		return false;
	};
	rig.uplink.start(rig.now);
	rig.settle();
	const sent: string[] = [];
	for (let i = 0; i < MESSAGES; i++) {
		const payload = `${i}:` + "x".repeat(i % 4 === 3 ? 200 : i);
		sent.push(payload);
		ok(rig.publish(topics[i & 1]!, 1, payload) > 0, name);
		if (i % 3 === 2)
			rig.run(50);
	}
	rig.run(20000);
	const seen: string[] = [];
	for (const { payload, dup, topic } of rig.broker.received) {
		const index = seen.indexOf(payload);
		equal(topic, Number(payload.split(":")[0]) & 1 ? "second/topic" : "first/topic", name);
		if (index < 0)
			seen.push(payload);
		// A copy says so, unless the broker has forgotten the first one itself.
		else
			ok(dup || sessions > 1, `${name}: ${payload} twice without DUP`);
	}
	deepEqual(seen, sent, name);
	deepEqual(rig.broker.violations, [], name);
	const { published, acknowledged, overflowed, tooLong, pending } = rig.uplink.statistics;
	deepEqual([published, acknowledged, overflowed, tooLong, pending], [MESSAGES, MESSAGES, 0, 0, 0], name);
	equal(rig.uplink.state, UPLINK_UP, name);
	return datagrams;
}

describe("uplink/no loss", () => {
	const total = scenario([], false);

	it("loses no QoS 1 message wherever the connection breaks", () => {
		for (let at = 1; at <= total; at++)
			scenario([at], false);
	});

	it("loses none where it breaks twice", () => {
		const step = ENGINE === "xs" ? 11 : 3;
		for (let first = 1; first <= total; first += step)
			for (let second = first + 1; second <= total + 10; second += step)
				scenario([first, second], false);
	});

	it("loses none where the broker forgets the session", () => {
		for (let at = 1; at <= total; at += ENGINE === "xs" ? 3 : 1)
			scenario([at], true);
	});

	it("counts what overflows, and loses nothing else", () => {
		const rig = new Rig({}, { outboxBytes: 20 * 64 }), topic = rig.uplink.addTopic("t");
		rig.uplink.start(rig.now);
		rig.settle();
		let accepted = 0;
		const count = 200;
		for (let i = 0; i < count; i++) {
			if (i % 60 === 30)
				rig.cut();
			accepted += rig.publish(topic, 1, String(i)) > 0 ? 1 : 0;
			if (i % 10 === 0)
				rig.run(i % 60 < 30 ? 3000 : 20);
		}
		rig.run(60000);
		const distinct = new Set(rig.broker.payloads), { overflowed, acknowledged, published } = rig.uplink.statistics;
		ok(overflowed > 0, "something overflowed");
		deepEqual([distinct.size, acknowledged, published, accepted + overflowed], [accepted, accepted, accepted, count]);
	});

	it("keeps nothing of a connection over many reconnects", () => {
		const rounds = ENGINE === "xs" ? 100 : 2000;
		const rig = new Rig({}, { backoffMinimum: 1, backoffMaximum: 1 }), topic = rig.uplink.addTopic("t");
		rig.uplink.start(rig.now);
		rig.settle();
		for (let i = 0; i < rounds; i++) {
			rig.publish(topic, 1, "x");
			rig.cut();
			rig.uplink.onTimeout(rig.now);
			rig.run(5);
			equal(rig.uplink.state, UPLINK_UP, `round ${i}`);
			rig.broker.received.length = 0;
		}
		deepEqual([rig.uplink.statistics.reconnects, rig.uplink.statistics.pending], [rounds, 0]);
		equal(rig.transports.filter(transport => !transport.disposed).length, 1);
	});
});
