import { crypto } from "#hal";
import { deepEqual, describe, equal, it, ok } from "#test";
import { HttpsRequest } from "../../firmware/gateway/https-request.js";
import type { Platform } from "../../firmware/gateway/platform.js";
import { AddressTable } from "../../firmware/wire/address-table.js";
import { FakeClock } from "../support/fake-clock.js";
import { fakeTimer } from "../support/fake-timer.js";
import { address, MockNetwork, type MockSocket } from "../support/mock-socket.js";
import { Prng } from "../support/prng.js";
import { CALENDAR, certificates } from "../tls/support/certificates.js";

const HERE = address("10.0.0.2"), THERE = address("10.0.0.9"), PORT = 4433;

/** A request whose name is found when the test says so; what went to the server. */
class Rig {
	readonly clock = new FakeClock(0);
	readonly network = new MockNetwork(this.clock);
	readonly sockets: MockSocket[] = [];
	readonly ends: string[] = [];
	readonly heard: number[] = [];
	found: (address: number) => void = () => { throw new Error("no name was asked for"); };
	isBroken = false;
	readonly request: HttpsRequest;

	constructor() {
		const open = this.network.host(HERE), buffer = new Uint8Array(2000), server = this.network.host(THERE)({
			address: THERE, port: PORT, onReadable: () => {
				for (let length = server.receive(buffer); length >= 0; length = server.receive(buffer))
					this.heard.push(length);
			},
		});
		const platform: Pick<Platform, "clock" | "timer" | "crypto" | "random" | "calendar" | "addresses" | "datagramSocket" | "resolver"> = {
			clock: this.clock, timer: fakeTimer(this.clock), crypto, random: new Prng(3), calendar: CALENDAR, addresses: new AddressTable(),
			datagramSocket: options => {
				if (this.isBroken)
					throw new Error("no socket left");
				const socket = open(options) as MockSocket;
				this.sockets.push(socket);
				return socket;
			},
			resolver: { resolve: (_name, onResolved) => { this.found = onResolved; } },
		};
		this.request = new HttpsRequest(platform as Platform, { host: "server.example", port: PORT, path: "/", authority: `server.example:${PORT}` }, {
			method: "GET", roots: certificates("root"), onHead: () => {}, onBody: () => {}, onEnd: failure => this.ends.push(failure),
		});
		this.request.start();
	}

	get open(): number {
		return this.sockets.filter(socket => !socket.isClosed).length;
	}
}

describe("https request", () => {
	it("begins when the name is found, and gives up a server that says nothing", () => {
		const rig = new Rig();
		rig.clock.advance(50);
		deepEqual([rig.sockets.length, rig.ends.length], [0, 0]);
		rig.found(THERE);
		rig.clock.advance(50);
		deepEqual([rig.open, rig.heard[0]], [1, 1200]);
		rig.clock.advance(120_000);
		deepEqual([rig.open, rig.ends.length], [0, 1]);
		ok(rig.ends[0] !== "", "it is a failure");
		const sent = rig.heard.length;
		rig.clock.advance(120_000);
		equal(rig.heard.length, sent);
	});

	it("ends once where there is no such name, or no socket", () => {
		const nameless = new Rig();
		nameless.found(-1);
		nameless.request.stop();
		deepEqual(nameless.ends, ["server.example: no such name"]);
		const broken = new Rig();
		broken.isBroken = true;
		broken.found(THERE);
		broken.clock.advance(1000);
		deepEqual(broken.ends, ["no connection to server.example:4433: no socket left"]);
	});

	it("that was stopped begins nothing when the name is found after all", () => {
		const rig = new Rig();
		rig.request.stop();
		deepEqual(rig.ends, ["stopped"]);
		for (const found of [THERE, -1])
			rig.found(found);
		rig.clock.advance(60_000);
		deepEqual([rig.sockets.length, rig.heard.length, rig.ends.length], [0, 0, 1]);
	});

	it("that is stopped on the way says so to the server, and lets go of its socket", () => {
		const rig = new Rig();
		rig.found(THERE);
		rig.clock.advance(50);
		const sent = rig.heard.length;
		rig.request.stop();
		rig.request.stop();
		rig.clock.advance(60_000);
		deepEqual([rig.open, rig.ends, rig.heard.length - sent], [0, ["stopped"], 1]);
	});
});
