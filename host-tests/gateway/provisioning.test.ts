import { deepEqual, describe, equal, hex, it, ok, unhex } from "#test";
import { crypto, random } from "#hal";
import { PROVISIONING_TIME } from "../../firmware/config.js";
import { startBoard } from "../../firmware/gateway/start.js";
import { HASH_SHA256 } from "../../firmware/ports/crypto.js";
import type { Console } from "../../firmware/ports/console.js";
import { AddressTable } from "../../firmware/wire/address-table.js";
import { MemoryStore, ascii } from "../console/support/store.js";
import { FakeClock } from "../support/fake-clock.js";
import { fakeTimer } from "../support/fake-timer.js";
import { address, MockNetwork } from "../support/mock-socket.js";
import { CERTIFICATES } from "../tls/fixtures/certificates.js";
import { pem } from "./support/pem.js";
import { sample, type Sample } from "./support/sample.js";

const CA = pem(unhex(CERTIFICATES["root"]!));
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function base64(text: string): string {
	let out = "";
	for (let i = 0; i < text.length; i += 3) {
		const left = text.length - i, value = text.charCodeAt(i) << 16 | (left > 1 ? text.charCodeAt(i + 1) << 8 : 0) | (left > 2 ? text.charCodeAt(i + 2) : 0);
		for (let j = 0; j < 4; j++)
			out += j > left ? "=" : ALPHABET.charAt(value >> 18 - 6 * j & 63);
	}
	return out;
}

/** A board with a data folder; each `start` is a reset. */
class Device {
	readonly store = new MemoryStore();
	readonly clock = new FakeClock();
	said: string[] = [];
	exits: number[] = [];
	echoes: boolean[] = [];
	console!: Console;

	start(): this {
		this.said = [];
		this.exits = [];
		const { said, exits, echoes, clock, store } = this, network = new MockNetwork(clock);
		this.console = { onLine: undefined, print: line => { said.push(line); }, get echo() { return true; }, set echo(echo) { echoes.push(echo); } };
		startBoard(["--data", "d"], {
			platform: {
				clock, calendar: { isSet: true, seconds: () => 0 }, random, crypto, addresses: new AddressTable(), datagramSocket: network.host(address("10.0.0.2")),
				resolver: { resolve: () => undefined } as any, timer: fakeTimer(clock), console: this.console,
				log: { level: 2, write: (level, module, text) => { said.push(`${"EWID".charAt(level)} ${module}: ${text}`); } },
				system: {
					engineName: "mock", engineVersion: "1.2", engineBits: 32, arenaBytes: 0, usedBytes: () => 0, peakBytes: () => 0,
					libraryHeapBytes: () => 0, exit: status => { exits.push(status); },
				},
			},
			store, fileSize: path => store.fileSize(path), readFile: path => store.readFile(path),
			openKeyLog: () => { throw new Error("none"); },
			openCalendar: () => { throw new Error("none"); },
		});
		return this;
	}

	/** What the board says to the line. */
	type(line: string): string[] {
		const before = this.said.length;
		this.console.onLine!(line);
		return this.said.slice(before);
	}

	send(name: string, text: string): void {
		const hash = crypto.hash(HASH_SHA256), digest = new Uint8Array(32);
		hash.update(ascii(text), 0, text.length);
		hash.digest(digest, 0);
		hash.close();
		deepEqual(this.type(`file put ${name} ${text.length} ${hex(digest)}`), [`file: ready for ${name}`]);
		for (let at = 0; at < text.length; at += 192)
			deepEqual(this.type(`file data ${base64(text.slice(at, at + 192))}`), [`file: ${Math.min(at + 192, text.length)}`]);
		deepEqual(this.type("file end"), [`file: received ${name}`]);
	}

	configure(change: (sample: Sample) => void = () => undefined): void {
		const file = sample();
		change(file);
		this.send("gateway.json", JSON.stringify(file));
	}

	get isGateway(): boolean {
		return this.said.some(line => line.startsWith("I sd: looking for services"));
	}
}

/** One that has been provisioned, and works. */
function configured(): Device {
	const device = new Device().start();
	device.send("ca.pem", CA);
	device.configure();
	equal(device.type("apply")[0], "apply: took over ca.pem, gateway.json");
	device.start().clock.advance(10);
	ok(device.isGateway, device.said.join("\n"));
	return device;
}

describe("provisioning", () => {
	it("waits where there is no configuration, takes one, and is a gateway after the restart", () => {
		const device = new Device().start();
		deepEqual(device.said, ["W provision: there is no d/gateway.json: npm run provision sends it; or type help"]);
		deepEqual(device.type("status"), ["status {\"mode\":\"provisioning\",\"received\":0}"]);
		device.send("ca.pem", CA);
		device.configure();
		deepEqual(device.type("apply"), ["apply: took over ca.pem, gateway.json", "I provision: new files: ca.pem, gateway.json"]);
		deepEqual(device.type("restart"), ["restarting"]);
		deepEqual(device.exits, [85]);
		device.start().clock.advance(10);
		ok(device.isGateway, device.said.join("\n"));
		deepEqual(Object.keys(device.store.texts), ["d/ca.pem", "d/gateway.json"]);
	});

	it("refuses in the checker's words, and keeps what it has", () => {
		const device = configured(), old = device.store.texts;
		device.type("provision");
		device.clock.advance(3000);
		deepEqual(device.exits, [85]);
		device.start();
		ok(!device.isGateway, "it waits");
		device.send("ca.pem", "no certificate");
		device.configure(file => { file.vin = "SHORT"; file.routes[1].qos = 2; });
		deepEqual(device.type("apply").slice(1), ["refused: gateway.json: routes[1].qos: 2 is not a QoS; use 0 or 1", "refused"]);
		device.configure();
		deepEqual(device.type("apply"), ["refused: gateway.json: broker.ca: d/ca.pem holds no certificate; a PEM file has lines \"-----BEGIN CERTIFICATE-----\"", "refused"]);
		device.type("restart");
		deepEqual(device.store.texts, old);
		device.start().clock.advance(10);
		ok(device.isGateway, "what it had works on");
	});

	it("checks a configuration with the files that it has, where none came", () => {
		const device = configured();
		device.type("provision");
		device.clock.advance(3000);
		device.start();
		device.configure(file => { file.name = "zonal-2"; });
		equal(device.type("apply")[0], "apply: took over gateway.json");
		ok(device.store.texts["d/gateway.json"]!.includes("zonal-2"));
		device.configure(file => { file.broker.ca = "other.pem"; });
		deepEqual(device.type("apply"), ["refused: gateway.json: broker.ca: cannot read d/other.pem", "refused"]);
	});

	it("waits once: a reset in between is a gateway again, and so is a board that is left alone", () => {
		const device = configured();
		device.type("provision");
		device.clock.advance(3000);
		device.start();
		ok(!device.isGateway);
		device.clock.advance(PROVISIONING_TIME - 1);
		device.type("status");
		device.clock.advance(PROVISIONING_TIME - 1);
		deepEqual(device.exits, []);
		device.clock.advance(1);
		deepEqual(device.exits, [85]);
		device.start().clock.advance(10);
		ok(device.isGateway);
	});

	it("waits where the configuration on the board cannot be used, and says why", () => {
		const device = configured();
		device.store.files.set("d/gateway.json", ascii("{"));
		device.start();
		equal(device.said[0], "gateway.json: line 1, column 2: the file ends where a key in double quotes should be");
		deepEqual(device.exits, []);
		equal(device.type("status")[0], "status {\"mode\":\"provisioning\",\"received\":0}");
	});

	it("ends a takeover that a crash interrupted before it reads anything", () => {
		const device = configured();
		device.store.files.set("d/ca.pem.new", ascii(CA + "\n"));
		device.store.files.set("d/takeover", ascii("ca.pem\ngateway.json"));
		device.start().clock.advance(10);
		ok(device.isGateway);
		equal(device.store.texts["d/ca.pem"], CA + "\n");
		deepEqual(Object.keys(device.store.texts), ["d/ca.pem", "d/gateway.json"]);
	});

	it("shows nothing of a file that is on its way", () => {
		const device = new Device().start();
		device.send("board.key", "secret");
		deepEqual(device.echoes, [false, false, true]);
		device.type(`file put board.key 6 ${"0".repeat(64)}`);
		device.type("file data c2VjcmV0");
		device.type("file end");
		equal(device.echoes.at(-1), true);
		for (const line of device.said)
			ok(!line.includes("secret") && !line.includes("c2VjcmV0"), line);
	});

	it("says what it does not know, without an end", () => {
		const device = new Device().start();
		deepEqual(device.type("link"), ["refused: \"link\" is not known here; try help", "refused"]);
		deepEqual(device.type("apply"), ["refused: no file came whole", "refused"]);
		deepEqual(device.type(""), []);
		deepEqual(device.type("provision"), ["provision: ready"]);
		ok(device.type("help").length >= 4);
		deepEqual(device.exits, []);
	});

	it("is not there without --data", () => {
		const said: string[] = [];
		startBoard(["--data", "d"], {
			platform: { console: { onLine: undefined, print: (line: string) => { said.push(line); } }, system: { exit: () => undefined } } as any,
			fileSize: () => -1, readFile: () => undefined, openKeyLog: () => { throw new Error("none"); }, openCalendar: () => { throw new Error("none"); },
		});
		equal(said[0], "--data is for machines that keep files");
	});
});
