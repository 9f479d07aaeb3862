import { deepEqual, describe, equal, it } from "#test";
import { Machine } from "./support/machine.js";

describe("board's console", () => {
	it("prints its status as one line of JSON", () => {
		const machine = new Machine().up();
		machine.type("status");
		equal(machine.printed.length, 1);
		const status = machine.status();
		deepEqual(Object.keys(status), ["engine", "startReason", "memory", "link", "state", "someip", "e2e", "calls", "routes", "quic", "mqtt", "lastError"]);
		deepEqual(status.engine, { name: "mock", version: "1", bits: 64 });
		deepEqual(status.memory, { arenaBytes: 4096, usedBytes: 1024, peakBytes: 2048, libraryHeapBytes: 512 });
		equal(status.link, "ready");
		equal(status.state, "up");
		deepEqual(Object.keys(status.quic), ["established", "version", "cipher", "handshakeDatagrams", "handshakeBytes", "rttMs", "packetsSent", "packetsLost"]);
		deepEqual(status.mqtt, { connected: true, published: 3, acknowledged: 3, queued: 0, overflowed: 0, reconnects: 0 });
	});

	it("knows its commands", () => {
		const machine = new Machine().up();
		machine.printed.length = 0;
		for (const line of ["help", "", "  ", "log", "log loud", "log debug", "reboot now"])
			machine.type(line);
		deepEqual(machine.printed, [
			"help            this list",
			"status          one line of JSON: memory, link, services, broker, counters",
			"cost            one line of JSON: what the engine allocated and computed so far",
			"log LEVEL       what the log shows: error, warn, info or debug",
			"restart         as quit, then start again", "quit            unsubscribe, say goodbye to the broker, end",
			"log error, log warn, log info or log debug", "log error, log warn, log info or log debug", "log debug",
			"unknown command \"reboot\"; try help",
		]);
		equal(machine.log.level, 3);
	});
});
