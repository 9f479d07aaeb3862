import { deepEqual, describe, equal, it } from "#test";
import { UPLINK_PROBE_INTERVAL } from "../../firmware/config.js";
import { UPLINK_UP } from "../../firmware/uplink/uplink.js";
import { MockTransport } from "./mock-transport.js";
import { Rig } from "./rig.js";

const FIRST = 14567, SECOND = 8883;

/** A rig whose first way lets nothing pass while `isBlocked`; `ways`: the port of each attempt. */
function blocked(): { rig: Rig; ways: number[]; block: (isBlocked: boolean) => void } {
	const ways: number[] = [];
	let isBlocked = true;
	const rig: Rig = new Rig({}, {
		fallback: { host: "other.example", port: SECOND, isStream: true, transport: () => {
			ways.push(SECOND);
			return rig.transport = new MockTransport({});
		} },
		transport: () => {
			ways.push(FIRST);
			return rig.transport = new MockTransport({});
		},
	});
	rig.onDatagram = () => !isBlocked || rig.uplink.way.port !== FIRST;
	return { rig, ways, block: value => { isBlocked = value; } };
}

describe("uplink/fallback", () => {
	it("takes the second way after two attempts, at once, with the name of that way", () => {
		const { rig, ways } = blocked();
		rig.uplink.start(rig.now);
		rig.run(3000);
		deepEqual(ways, [FIRST, FIRST, SECOND]);
		equal(rig.uplink.state, UPLINK_UP);
		deepEqual([rig.uplink.way.host, rig.uplink.way.isStream, rig.lookups], ["other.example", true, 3]);
	});

	it("tries the first again when the second is lost", () => {
		const { rig, ways, block } = blocked();
		rig.uplink.start(rig.now);
		rig.run(3000);
		block(false);
		rig.cut();
		rig.uplink.onTimeout(rig.now);
		rig.run(3000);
		deepEqual(ways, [FIRST, FIRST, SECOND, FIRST]);
		equal(rig.uplink.state, UPLINK_UP);
	});

	it("leaves the second after a while for the first, with a DISCONNECT, and comes back where that fails", () => {
		const { rig, ways } = blocked();
		rig.uplink.start(rig.now);
		rig.run(3000);
		rig.errors.length = 0;
		rig.run(UPLINK_PROBE_INTERVAL);
		deepEqual(ways, [FIRST, FIRST, SECOND, FIRST, SECOND]);
		equal(rig.uplink.state, UPLINK_UP);
		equal(rig.errors[0], "trying the first way to the broker again");
		rig.run(UPLINK_PROBE_INTERVAL);
		equal(ways.length, 5);
		rig.run(UPLINK_PROBE_INTERVAL);
		equal(ways.length, 7);
	});

	it("stays on the first once that works", () => {
		const { rig, ways, block } = blocked();
		rig.uplink.start(rig.now);
		rig.run(3000);
		block(false);
		rig.run(UPLINK_PROBE_INTERVAL * 4);
		deepEqual(ways, [FIRST, FIRST, SECOND, FIRST]);
		equal(rig.uplink.state, UPLINK_UP);
	});

	it("keeps messages over the change", () => {
		const { rig } = blocked(), topic = rig.uplink.addTopic("a");
		rig.uplink.start(rig.now);
		rig.publish(topic, 1, "kept");
		rig.run(3000);
		equal(rig.uplink.statistics.acknowledged, 1);
	});
});
