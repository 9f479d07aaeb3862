import { deepEqual, describe, equal, it, ok } from "#test";
import { UPLINK_HANDSHAKE_TIMEOUT, UPLINK_PROBE_INTERVAL } from "../../firmware/config.js";
import { UPLINK_UP } from "../../firmware/uplink/uplink-state.js";
import { type MockServer, MockTransport } from "./mock-transport.js";
import { Rig } from "./rig.js";

const FIRST = 14567, SECOND = 8883;

/** A rig whose first way lets nothing pass while `isBlocked`; `ways`: the port of each attempt, of which one may throw. */
function blocked(broken = -1): { rig: Rig; ways: number[]; block: (isBlocked: boolean) => void } {
	const ways: number[] = [];
	let isBlocked = true;
	const make = (): MockTransport => {
		const made = new MockTransport({ broken: ways.length - 1 === broken });
		// A probe's becomes that of the uplink later.
		if (!rig.uplink.isOpen)
			rig.transport = made;
		rig.transports.push(made);
		return made;
	};
	const rig: Rig = new Rig({}, {
		fallback: { host: "other.example", port: SECOND, isStream: true, transport: () => {
			ways.push(SECOND);
			return make();
		} },
		transport: () => {
			ways.push(FIRST);
			return make();
		},
	});
	rig.onDatagram = () => !isBlocked || rig.uplink.way.port !== FIRST;
	rig.probed.isThere = false;
	return { rig, ways, block: value => { isBlocked = value; rig.probed.isThere = !value; } };
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

	it("tries the first beside the second, which goes on untouched where that fails, ever less often", () => {
		const { rig, ways } = blocked();
		rig.uplink.start(rig.now);
		rig.run(3000);
		rig.told.length = rig.errors.length = 0;
		for (const [intervals, probes] of [[1, 1], [1, 1], [1, 2], [3, 2], [1, 3]] as const) {
			rig.run(intervals * UPLINK_PROBE_INTERVAL + UPLINK_HANDSHAKE_TIMEOUT);
			equal(ways.length, 3 + probes);
		}
		deepEqual([rig.told.length, rig.errors.length, rig.server.closes, rig.uplink.statistics.reconnects], [0, 0, 0, 0]);
		deepEqual([rig.uplink.state, rig.uplink.way.port, rig.uplink.probe], [UPLINK_UP, SECOND, undefined]);
		ok(rig.transports.slice(3).every(transport => transport.disposed));
	});

	it("goes over to the first once that leads to a stream, with a DISCONNECT on the second, and stays there", () => {
		const { rig, ways, block } = blocked(), topic = rig.uplink.addTopic("a");
		rig.uplink.start(rig.now);
		rig.run(3000);
		block(false);
		rig.told.length = 0;
		const second = rig.server, generation = rig.uplink.socketGeneration;
		rig.run(UPLINK_PROBE_INTERVAL * 4);
		deepEqual(ways, [FIRST, FIRST, SECOND, FIRST]);
		deepEqual(rig.told, ["down", "handshake done", "up"]);
		deepEqual([rig.uplink.way.port, rig.uplink.peer.port, rig.uplink.isAdopted, rig.uplink.socketGeneration - generation], [FIRST, FIRST, true, 1]);
		deepEqual([second.closes, rig.broker.log.filter(entry => entry.startsWith("DISCONNECT")).length, rig.lookups], [1, 1, 4]);
		rig.publish(topic, 1, "on the first");
		rig.run(100);
		equal(rig.uplink.statistics.acknowledged, 1);
		equal(rig.server.hellos, 1);
	});

	for (const [what, prepare] of [
		["is not confirmed", (server: MockServer) => { server.confirms = false; }],
		["gives no stream", (server: MockServer) => { server.credit = 0; }],
		["never comes to an end", (server: MockServer) => { server.accepts = false; }],
	] as const)
		it(`keeps the second where the handshake of the first ${what}, and tells the server`, () => {
			const { rig, ways, block } = blocked();
			rig.uplink.start(rig.now);
			rig.run(3000);
			block(false);
			prepare(rig.probed);
			rig.told.length = 0;
			rig.run(UPLINK_PROBE_INTERVAL + UPLINK_HANDSHAKE_TIMEOUT);
			deepEqual([ways.length, rig.told.length, rig.uplink.way.port, rig.probed.closes, rig.server.closes], [4, 0, SECOND, 1, 0]);
		});

	it("goes over as soon as the server of the first gives a stream", () => {
		const { rig, block } = blocked();
		rig.uplink.start(rig.now);
		rig.run(3000);
		block(false);
		rig.probed.credit = 0;
		rig.run(UPLINK_PROBE_INTERVAL);
		equal(rig.uplink.way.port, SECOND);
		rig.probed.grant();
		rig.run(1000);
		deepEqual([rig.uplink.state, rig.uplink.way.port], [UPLINK_UP, FIRST]);
	});

	it("gives the probe up where its name is not found, or the transport cannot be made", () => {
		for (const how of ["name", "transport"]) {
			const { rig, ways } = blocked(how === "transport" ? 3 : undefined);
			rig.uplink.start(rig.now);
			rig.run(3000);
			rig.address = how === "name" ? -1 : rig.address;
			rig.told.length = 0;
			rig.run(UPLINK_PROBE_INTERVAL + 1000);
			deepEqual([rig.told.length, rig.uplink.state, rig.uplink.way.port, rig.uplink.probe, ways.length], [0, UPLINK_UP, SECOND, undefined, how === "name" ? 3 : 4]);
		}
	});

	it("takes up the ordinary attempts where the second is lost beside a probe", () => {
		const { rig, ways, block } = blocked();
		rig.uplink.start(rig.now);
		rig.run(3000);
		rig.run(UPLINK_PROBE_INTERVAL - rig.uplink.pollTimeout(rig.now) % 2);
		equal(ways.length, 4);
		block(false);
		rig.server.close();
		rig.run(10_000);
		deepEqual([rig.uplink.state, rig.uplink.way.port, ways.length], [UPLINK_UP, FIRST, 5]);
		ok(rig.transports.slice(0, -1).every(transport => transport.disposed));
	});

	it("stops with the probe on its way: both servers are told", () => {
		const { rig, ways } = blocked();
		rig.uplink.start(rig.now);
		rig.run(3000);
		rig.probed.isThere = true;
		rig.probed.accepts = false;
		rig.run(UPLINK_PROBE_INTERVAL);
		equal(ways.length, 4);
		const { probed, server } = rig;
		rig.uplink.stop(rig.now);
		rig.run(1000);
		deepEqual([rig.uplink.isStopped, probed.closes, server.closes, rig.uplink.probe], [true, 1, 1, undefined]);
		ok(rig.transports.every(transport => transport.disposed));
	});

	it("keeps messages over the change", () => {
		const { rig } = blocked(), topic = rig.uplink.addTopic("a");
		rig.uplink.start(rig.now);
		rig.publish(topic, 1, "kept");
		rig.run(3000);
		equal(rig.uplink.statistics.acknowledged, 1);
	});
});
