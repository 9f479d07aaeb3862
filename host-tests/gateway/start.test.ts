import { deepEqual, describe, equal, it, ok, unhex } from "#test";
import { crypto, random } from "#hal";
import { CONFIGURATION_FILE_MAX } from "../../firmware/config.js";
import { startBoard } from "../../firmware/gateway/start.js";
import { encodeUtf8 } from "../../firmware/wire/utf8.js";
import type { Console } from "../../firmware/ports/console.js";
import type { Storage } from "../../firmware/ports/storage.js";
import { AddressTable } from "../../firmware/wire/address-table.js";
import { FakeClock } from "../support/fake-clock.js";
import { fakeTimer } from "../support/fake-timer.js";
import { address, MockNetwork } from "../support/mock-socket.js";
import { CERTIFICATES } from "../tls/fixtures/certificates.js";
import { pem } from "./support/pem.js";
import { sample, type Sample } from "./support/sample.js";

const CA = pem(unhex(CERTIFICATES["root"]!));

/** Starts a board from files in memory, on a machine with the address 10.0.0.2; returns what it said and did. */
function start(args: string[], change: (sample: Sample) => void = () => undefined, files: Record<string, string> = {}, storage?: Storage) {
	const clock = new FakeClock(), network = new MockNetwork(clock), value = sample();
	change(value);
	const said: string[] = [], opened: string[] = [], exits: number[] = [];
	const all: Record<string, string> = { "etc/gateway.json": JSON.stringify(value), "etc/ca.pem": CA, ...files };
	const console: Console = { onLine: undefined, print: line => { said.push(line); } };
	const board = startBoard(args, {
		platform: {
			clock, calendar: { isSet: true, seconds: () => 0 }, random, crypto, addresses: new AddressTable(),
			datagramSocket: network.host(address("10.0.0.2")),
			resolver: { resolve: (_name, onResolved) => { clock.at(1, () => onResolved(address("10.0.0.9"))); } },
			...storage === undefined ? {} : { storage },
			timer: fakeTimer(clock), console, log: { level: 2, write: (level, module, text) => { said.push(`${"EWID".charAt(level)} ${module}: ${text}`); } },
			system: {
				engineName: "mock", engineVersion: "1.2", engineBits: 32, arenaBytes: 162 * 1024, usedBytes: () => 0, peakBytes: () => 0,
				libraryHeapBytes: () => 0, exit: status => { exits.push(status); },
			},
		},
		fileSize: path => all[path] === undefined ? -1 : encodeUtf8(all[path]!).length,
		readFile: path => all[path] === undefined ? undefined : encodeUtf8(all[path]!),
		openKeyLog: path => {
			if (path === "nowhere/keys.txt")
				throw new Error("cannot write the key log nowhere/keys.txt: No such file or directory");
			opened.push(path);
			return { write: () => { opened.push("secret"); } };
		},
		openCalendar: wallClock => {
			opened.push(`${wallClock}`);
			return { isSet: false, seconds: () => 0 };
		},
	});
	return { board, said, opened, exits, clock, network };
}

const USAGE = "options: --config FILE or --data FOLDER, [--keylog FILE] [--storage FOLDER] [--trace FILE [--trace-limit MIB]] [--wall-clock unset|SECONDS]";

describe("start", () => {
	it("runs a board from its files", () => {
		const { board, said, exits, clock, network } = start(["--config", "etc/gateway.json"]);
		if (board === undefined)
			throw new Error("not started: " + said.join("; "));
		clock.advance(10);
		deepEqual(exits, []);
		deepEqual(said.slice(0, 3), [
			"I board: zonal-1: mock 1.2, 32-bit, 162 KiB; 10.0.0.2, 2 routes",
			`I sd: looking for services on 224.244.224.245:30490; events come to 10.0.0.2:${49152}`,
			"I uplink: looking up broker.example",
		]);
		equal(network.openSockets, 4);
		board.stop();
		clock.advance(3000);
		deepEqual(exits, [0]);
		equal(network.openSockets, 0);
	});

	it("opens the key log and another calendar where it is asked to", () => {
		deepEqual(start(["--keylog", "keys.txt", "--config", "etc/gateway.json", "--wall-clock", "unset"]).opened, ["keys.txt", "unset"]);
		deepEqual(start(["--config", "etc/gateway.json", "--wall-clock", "1800000000"]).opened, ["1800000000"]);
	});

	it("says at once that a key log cannot be written, and ends with 2", () => {
		const { said, exits, network } = start(["--config", "etc/gateway.json", "--keylog", "nowhere/keys.txt"]);
		deepEqual(said, ["--keylog: cannot write the key log nowhere/keys.txt: No such file or directory"]);
		deepEqual(exits, [2]);
		equal(network.openSockets, 0);
	});

	it("explains the command line, and ends with 2", () => {
		for (const [args, line] of [
			[[], "--config is missing"], [["--config"], "--config wants a value"], [["--verbose"], "--verbose is not an option"],
			[["--config", "etc/gateway.json", "--wall-clock", "soon"], "--wall-clock soon: unset, or seconds since 1970"],
		] as const) {
			const { said, exits, network } = start([...args]);
			deepEqual(said, [line, USAGE]);
			deepEqual(exits, [2]);
			equal(network.openSockets, 0);
		}
	});

	it("is in safe mode after five starts that came to no good, which a wrong configuration and a quit are not", () => {
		const values = new Map<string, Uint8Array>(), storage: Storage = {
			read: key => values.get(key), write: (key, value) => values.set(key, value) === values, delete: key => { values.delete(key); },
		};
		const boots = () => values.get("boots")?.[0] ?? 0, begin = (change?: (sample: Sample) => void) => start(["--config", "etc/gateway.json"], change, {}, storage);
		begin(sample => { sample.vin = ""; });
		equal(boots(), 0);
		const { board, clock } = begin();
		equal(boots(), 1);
		board!.stop();
		clock.advance(3000);
		equal(boots(), 0);
		for (let i = 0; i < 5; i++)
			begin(sample => { sample.network.address = "10.0.0.7"; });
		const { said, exits, network } = begin();
		ok(said[0]!.startsWith("E board: safe mode: the last 5 starts ended within 60 s each;"), said[0]);
		deepEqual([said.length, exits, network.openSockets, boots()], [1, [], 0, 5]);
	});

	it("says what is wrong in the configuration before a socket opens", () => {
		const { board, said, exits, network } = start(["--config", "etc/gateway.json"], sample => {
			sample.broker.url = "mqtt://x";
			sample.routes[1].qos = 2;
		});
		equal(board, undefined);
		deepEqual(said, [
			"gateway.json: broker.url: \"mqtt://x\" is not a broker's URL; begin with mqtt-quic:// or mqtts://", "gateway.json: routes[1].qos: 2 is not a QoS; use 0 or 1",
		]);
		deepEqual(exits, [2]);
		equal(network.openSockets, 0);
	});

	it("has no DHCP on a PC", () => {
		const { said, exits } = start(["--config", "etc/gateway.json"], sample => { sample.network.address = "dhcp"; });
		deepEqual([said, exits], [["network.address: \"dhcp\" is for boards; write an address of this machine"], [2]]);
	});

	it("says which file cannot be read, and where JSON ends", () => {
		deepEqual(start(["--config", "nowhere.json"]).said, ["cannot read nowhere.json"]);
		deepEqual(start(["--config", "g.json"], undefined, { "g.json": "{" }).said, ["g.json: line 1, column 2: the file ends where a key in double quotes should be"]);
		deepEqual(start(["--config", "etc/gateway.json"], sample => { sample.broker.ca = "other.pem"; }).said, ["gateway.json: broker.ca: cannot read etc/other.pem"]);
	});

	it("refuses a configuration that is longer than memory allows", () => {
		deepEqual(start(["--config", "g.json"], undefined, { "g.json": " ".repeat(CONFIGURATION_FILE_MAX + 1) }).said, ["g.json has 65537 bytes, at most 65536 are read: is it the configuration?"]);
	});

	it("ends with 78 where address or port cannot be had", () => {
		const { board, said, exits } = start(["--config", "etc/gateway.json"], sample => { sample.network.address = "10.0.0.7"; });
		equal(board, undefined);
		equal(said.at(-1), "E board: cannot bind 10.0.0.7:30490: not an address of this machine");
		deepEqual(exits, [78]);
	});
});
