import { deepEqual, describe, equal, it, ok } from "#test";
import { startExample } from "../../firmware/examples/start.js";
import { AddressTable } from "../../firmware/wire/address-table.js";
import { encodeUtf8 } from "../../firmware/wire/utf8.js";
import type { Console } from "../../firmware/ports/console.js";
import { FakeClock } from "../support/fake-clock.js";
import { fakeTimer } from "../support/fake-timer.js";
import { address, MockNetwork } from "../support/mock-socket.js";
import { Prng } from "../support/prng.js";
import { sample } from "../gateway/support/sample.js";

class Machines {
	readonly clock = new FakeClock();
	readonly network = new MockNetwork(this.clock);

	/** Starts a machine with these arguments. */
	start(host: string, args: string[], files: Record<string, string> = {}) {
		const said: string[] = [], exits: number[] = [], { clock, network } = this;
		const console: Console = { onLine: undefined, print: line => { said.push(line); } };
		const stop = startExample(args, {
			platform: {
				addresses: new AddressTable(), clock, random: new Prng(address(host)), datagramSocket: network.host(address(host)), timer: fakeTimer(clock), console,
				log: { level: 2, write: (_level, module, text) => { said.push(`${module}: ${text}`); } },
				system: {
					engineName: "mock", engineVersion: "1.2", engineBits: 32, arenaBytes: 0, usedBytes: () => 0, peakBytes: () => 0,
					libraryHeapBytes: () => 0, exit: status => { exits.push(status); },
				},
			},
			fileSize: path => files[path]?.length ?? -1,
			readFile: path => files[path] === undefined ? undefined : encodeUtf8(files[path]),
		});
		return { stop, said, exits, console };
	}
}

describe("examples", () => {
	it("thermometer and caller find each other, call, set the field, and end", () => {
		const machines = new Machines();
		const server = machines.start("10.0.0.1", ["--example", "thermometer", "--address", "10.0.0.1"]);
		const client = machines.start("10.0.0.2", ["--example", "caller", "--address", "10.0.0.2", "--netmask", "255.255.0.0", "--topology-check", "on"]);
		machines.clock.advance(2100);
		deepEqual(client.said.filter(line => line.startsWith("caller: ")).slice(1), [
			"caller: the thermometer is there", "caller: the limit is 28.0 °C now", "caller: subscribed", "caller: limit: 28.0 °C",
			"caller: measurement 1: 26.0 °C are 78.8 °F", "caller: measurement 2: 27.0 °C are 80.6 °F",
		]);
		ok(server.said.includes("thermometer: 27.0 °C to 1 subscribers"));
		server.console.onLine!("help");
		equal(server.said.at(-1), "commands: status, quit");
		server.console.onLine!("status");
		equal(server.said.at(-1), "status {\"memory\":{\"arenaBytes\":0,\"usedBytes\":0,\"peakBytes\":0},\"dropped\":0}");
		server.console.onLine!("quit");
		machines.clock.advance(10);
		equal(client.said.at(-1), "caller: the thermometer is gone");
		client.stop!();
		deepEqual([...server.exits, ...client.exits], [0, 0]);
		equal(machines.network.openSockets, 0);
	});

	it("needs nothing but its name on one machine", () => {
		const machines = new Machines(), server = machines.start("127.0.0.1", ["--example", "thermometer"]), client = machines.start("127.0.0.2", ["--example", "caller"]);
		machines.clock.advance(1500);
		deepEqual([...server.exits, ...client.exits], []);
		ok(client.said.includes("caller: measurement 1: 26.0 °C are 78.8 °F"), client.said.join("\n"));
	});

	it("takes the network of a configuration", () => {
		const value = sample(), machines = new Machines();
		value.network.address = "10.0.0.7";
		const { said, exits } = machines.start("10.0.0.7", ["--example", "thermometer", "--config", "g.json"], { "g.json": JSON.stringify(value) });
		deepEqual(exits, []);
		equal(said[0], "thermometer: mock 1.2, 32-bit; discovery on 224.244.224.245, port 30490");
		value.network.address = "dhcp";
		const leased = machines.start("10.0.0.7", ["--example", "thermometer", "--config", "g.json"], { "g.json": JSON.stringify(value) });
		deepEqual(leased.exits, [2]);
		equal(leased.said[0], "network.address: \"dhcp\" is for boards; write an address of this machine");
	});

	it("lists the examples where none is asked for; where an unknown one is, it ends with 2", () => {
		for (const [name, first, status] of [["", "examples:", 0], ["toaster", "there is no example \"toaster\"", 2]] as const) {
			const { said, exits } = new Machines().start("10.0.0.1", ["--example", name]);
			equal(said[0], first);
			ok(said.some(line => line.startsWith("  thermometer ")) && said.some(line => line.startsWith("  caller ")));
			deepEqual(exits, [status]);
		}
	});

	it("explains the command line, and ends with 2", () => {
		for (const [args, line] of [
			[["--example", "caller", "--address"], "--address wants a value"],
			[["--example", "caller", "--address", "10.0.0.256"], "one of the addresses or ports is none"], [["--keylog", "x"], "--keylog is not an option of an example"],
			[["--example", "caller", "--address", "10.0.0.1", "--trace", "x", "--trace-limit", "0"], "--trace-limit 0: MiB, 1 to 65535"],
			[["--example", "caller", "--config", "nowhere.json"], "cannot read nowhere.json"],
		] as const) {
			const { said, exits } = new Machines().start("10.0.0.1", [...args]);
			equal(said[0], line);
			deepEqual(exits, [2]);
		}
	});

	it("ends with 78 where an address cannot be had", () => {
		const { said, exits } = new Machines().start("10.0.0.1", ["--example", "caller", "--address", "10.0.0.9"]);
		equal(said.at(-1), "board: cannot bind 10.0.0.9:30490: not an address of this machine");
		deepEqual(exits, [78]);
	});
});
