import { deepEqual, describe, equal, it, ok } from "#test";
import { UPLINK_HANDSHAKE_TIMEOUT, UPLINK_PROBE_INTERVAL } from "../../firmware/config.js";
import { FakeClock } from "../support/fake-clock.js";
import { MockBroker, MockTransport } from "./support/mock-broker.js";
import { MockTcp } from "./support/mock-tcp.js";
import { BROKER, Machine } from "./support/machine.js";

const TOPIC = "vehicle/ZNLDEM00000000001/someip/1234/5678/event/8778";

/** A machine that has come up by TCP, as no UDP answered. */
function byTcp(): { machine: Machine, tcp: MockTcp, second: MockBroker } {
	const clock = new FakeClock(0x7ffff000), tcp = new MockTcp(clock);
	const machine = new Machine({ clock, ports: { streamSocket: tcp.streamSocket }, fallback: { host: "broker.example", port: 8883, isStream: true, transport: () => new MockTransport() } });
	const second = new MockBroker(tcp.datagramSocket, BROKER, 8883);
	machine.broker.isAlive = false;
	machine.board.start();
	clock.advance(25_000);
	deepEqual([machine.status().mqtt.connected, tcp.connections, tcp.port, second.connections], [true, 1, 8883, 1]);
	return { machine, tcp, second };
}
/** The service is there, and subscribed to. */
function revive(machine: Machine): void {
	machine.car.offer();
	machine.clock.advance(20);
	machine.car.acknowledge();
	machine.clock.advance(20);
}
const open = (machine: Machine) => machine.sockets.filter(socket => !socket.isClosed).length;

describe("board: the fallback", () => {
	it("goes on by TCP while QUIC is probed in vain, on a socket that is closed again", () => {
		const { machine, tcp, second } = byTcp(), before = machine.lines.length, sockets = machine.sockets.length, opened = open(machine);
		machine.clock.advance(UPLINK_PROBE_INTERVAL);
		deepEqual([machine.sockets.length - sockets, open(machine) - opened], [1, 1]);
		revive(machine);
		machine.car.event("0a");
		machine.clock.advance(UPLINK_HANDSHAKE_TIMEOUT + 100);
		deepEqual([machine.sockets.length - sockets, open(machine) - opened], [1, 0]);
		revive(machine);
		machine.car.event("0b");
		machine.clock.advance(100);
		deepEqual(second.payloadsOf(TOPIC), ["0a", "0b"]);
		deepEqual(machine.lines.slice(before).filter(line => line.includes("uplink")), []);
		deepEqual([tcp.connections, tcp.finished, tcp.closed, machine.status().mqtt.reconnects], [1, 0, 0, 0]);
	});

	it("goes over to QUIC on the probe's socket, with a goodbye by TCP, and loses no event on the way", () => {
		const { machine, tcp, second } = byTcp(), sockets = machine.sockets.length;
		machine.broker.isAlive = true;
		machine.clock.advance(UPLINK_PROBE_INTERVAL - 6000);
		let sent = 0;
		for (; sent < 800; sent++) {
			if (sent % 100 === 0)
				revive(machine);
			machine.car.event((0x10000 + sent).toString(16).slice(1));
			machine.clock.advance(10);
		}
		machine.clock.advance(1000);
		const all = [...second.payloadsOf(TOPIC), ...machine.broker.payloadsOf(TOPIC)];
		deepEqual([new Set(all).size, all.length], [sent, sent]);
		ok(machine.broker.payloadsOf(TOPIC).length > 100 && second.payloadsOf(TOPIC).length > 100, "by both ways");
		deepEqual([second.heard.at(-2), second.heard.at(-1), machine.broker.heard[0]], ["DISCONNECT", "GOODBYE", "CONNECT"]);
		deepEqual([machine.sockets.length - sockets, tcp.connections, tcp.finished, tcp.closed, machine.broker.connections], [1, 1, 1, 1, 1]);
		equal(machine.said("W uplink: QUIC leads to the broker again; next try in 0 s").length, 1);
		equal(machine.status().mqtt.reconnects, 1);
	});

	it("looks the name up for the probe, and gives it up where there is none", () => {
		const { machine, second } = byTcp(), names = machine.names.length, sockets = machine.sockets.length;
		machine.isNamed = false;
		machine.clock.advance(UPLINK_PROBE_INTERVAL + 1000);
		revive(machine);
		deepEqual([machine.names.length - names, machine.sockets.length - sockets], [1, 0]);
		machine.car.event("0a");
		machine.clock.advance(100);
		deepEqual(second.payloadsOf(TOPIC), ["0a"]);
	});

	it("begins anew where TCP is lost beside the probe", () => {
		const { machine, tcp } = byTcp(), opened = open(machine);
		machine.clock.advance(UPLINK_PROBE_INTERVAL);
		equal(open(machine) - opened, 1);
		machine.broker.isAlive = true;
		tcp.cut();
		machine.clock.advance(5000);
		deepEqual([machine.status().mqtt.connected, machine.board.cloud.uplink.way.port, open(machine) - opened], [true, 14567, 1]);
	});

	it("stops while the probe is on its way: both are told", () => {
		const { machine, tcp, second } = byTcp(), opened = open(machine);
		machine.clock.advance(UPLINK_PROBE_INTERVAL);
		equal(open(machine) - opened, 1);
		machine.broker.isAlive = true;
		machine.type("quit");
		machine.clock.advance(3000);
		deepEqual([machine.exitStatus, open(machine), second.heard.at(-1), tcp.finished, machine.broker.heard.at(-1)], [0, 0, "GOODBYE", 1, "GOODBYE"]);
	});
});
