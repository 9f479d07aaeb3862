import { deepEqual, describe, equal, it, ok } from "#test";
import { STOP_TIME_MAX } from "../../firmware/config.js";
import { Machine } from "./support/machine.js";

describe("board's end", () => {
	it("unsubscribes, sends DISCONNECT and the end of the connection, and exits with 0", () => {
		const machine = new Machine().up();
		machine.car.heard.length = 0;
		machine.type("quit");
		machine.clock.advance(100);
		equal(machine.exitStatus, 0);
		ok(machine.car.heard.some(message => message.includes("060000101234567801000000")), "StopSubscribe: TTL 0");
		deepEqual(machine.broker.heard, ["CONNECT", "DISCONNECT", "GOODBYE"]);
		equal(machine.broker.disconnectReason, 4, "with the will, that says offline");
		deepEqual(machine.lines.slice(-3), ["I board: stopping", "I uplink: down", "I board: stopped"]);
		equal(machine.network.openSockets, 3, "those of car and broker");
		equal(machine.console.onLine, undefined);
	});

	it("ends in time where the broker does not answer", () => {
		const machine = new Machine().up();
		machine.car.event("01");
		machine.broker.isAlive = false;
		machine.clock.advance(1);
		machine.type("quit");
		machine.type("quit");
		machine.clock.advance(STOP_TIME_MAX);
		equal(machine.exitStatus, 0);
		equal(machine.said("stopping").length, 1);
	});

	it("begins nothing when the broker's name is found after the end", () => {
		const machine = new Machine();
		machine.board.start();
		machine.clock.advance(1);
		deepEqual(machine.names, ["broker.example"]);
		machine.type("quit");
		machine.clock.advance(1);
		equal(machine.exitStatus, 0);
		machine.clock.advance(60_000);
		deepEqual([machine.names.length, machine.broker.connections, machine.network.openSockets], [1, 0, 3]);
		equal(machine.lines.at(-1), "I board: stopped");
	});

	it("ends at once before it was ever up", () => {
		const machine = new Machine();
		machine.broker.isAlive = false;
		machine.board.start();
		machine.clock.advance(15_000);
		machine.type("quit");
		machine.clock.advance(100);
		equal(machine.exitStatus, 0);
		deepEqual(machine.lines.slice(-3), ["I board: stopping", "I uplink: down", "I board: stopped"]);
		machine.clock.advance(100_000);
	});
});
