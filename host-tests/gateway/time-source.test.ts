import { deepEqual, describe, equal, it } from "#test";
import { TimeSource } from "../../firmware/gateway/time-source.js";
import type { Platform } from "../../firmware/gateway/platform.js";
import { NTP_PORT, ORIGIN, RECEIVE, STRATUM, TRANSMIT, writeTimestamp } from "../../firmware/sntp/ntp-packet.js";
import { FakeClock } from "../support/fake-clock.js";
import { address, MockNetwork } from "../support/mock-socket.js";
import { Prng } from "../support/prng.js";

const BOARD = address("10.0.0.2"), SERVER = address("10.0.0.9");

/** A board's time source, and a server that knows the time where `answers`. */
function rig(server: string, answers = true) {
	const clock = new FakeClock(), network = new MockNetwork(clock), lines: string[] = [], firsts: number[] = [];
	const calendar = { isSet: false, seconds: () => 0, at: 0, set(seconds: number) { this.isSet = true; this.at = seconds; } };
	const request = new Uint8Array(64), answer = new Uint8Array(48);
	let asked = 0, ports: number[] = [];
	const socket = network.host(SERVER)({ address: SERVER, port: NTP_PORT, onReadable: () => {
		while (socket.receive(request) === 48) {
			asked++;
			ports.push(socket.sourcePort);
			if (!answers)
				continue;
			answer[0] = 0x24;
			answer[STRATUM] = 1;
			answer.set(request.subarray(TRANSMIT, TRANSMIT + 8), ORIGIN);
			writeTimestamp(answer, RECEIVE, 1_800_000_000_000);
			writeTimestamp(answer, TRANSMIT, 1_800_000_000_000);
			socket.send(answer, 0, 48, socket.sourceAddress, socket.sourcePort);
		}
	} });
	const platform = {
		clock, calendar, random: new Prng(1), datagramSocket: network.host(BOARD),
		resolver: { resolve: (name: string, onResolved: (address: number) => void) => {
			if (name === "busy.example")
				throw new Error("too many lookups");
			clock.at(5, () => onResolved(name === "time.example" ? SERVER : -1));
		} },
		log: { level: 2, write: (_level: number, module: string, text: string) => { lines.push(`${module}: ${text}`); } },
	} as unknown as Platform;
	const turn = () => {
		if (source.turn(clock.now()))
			firsts.push(clock.now());
	};
	const source = new TimeSource(platform, server, new Uint8Array(2048), () => clock.at(0, turn));
	const run = (duration: number) => {
		for (const end = clock.now() + duration; clock.now() < end;) {
			turn();
			clock.advance(Math.min(end - clock.now(), Math.max(1, Math.min(source.timeout(clock.now()), 1000))));
		}
	};
	return { clock, network, calendar, source, lines, firsts, run, asked: () => asked, ports };
}

describe("time source", () => {
	it("sets the calendar by the server's time and says so once", () => {
		const { calendar, source, lines, firsts, run, network } = rig("time.example");
		source.start(0);
		run(1000);
		deepEqual([calendar.isSet, calendar.at, lines], [true, 1_800_000_000, ["time: the clock is set by time.example"]]);
		equal(firsts.length, 1);
		equal(network.openSockets, 1);
		run(5_000_000);
		deepEqual([lines.length, firsts.length], [1, 1]);
	});

	it("asks the address itself where one is given", () => {
		const { calendar, source, run } = rig("10.0.0.9");
		source.start(0);
		run(100);
		equal(calendar.isSet, true);
	});

	it("says once why the clock is not set, and goes on", () => {
		const { source, lines, run, asked, ports } = rig("10.0.0.9", false);
		source.start(0);
		run(120_000);
		deepEqual(lines, ["time: 10.0.0.9: no answer"]);
		equal(asked() > 2, true);
		equal(new Set(ports).size, ports.length);
	});

	it("goes on where the name is not found or cannot be looked up", () => {
		for (const name of ["other.example", "busy.example"]) {
			const { source, lines, run } = rig(name);
			source.start(0);
			run(60_000);
			deepEqual(lines, [`time: ${name}: the name was not found`]);
		}
	});

	it("has no socket while the network is away", () => {
		const { source, run, network, clock, asked } = rig("10.0.0.9", false);
		source.start(0);
		run(100);
		equal(network.openSockets, 2);
		source.stop();
		equal(network.openSockets, 1);
		run(60_000);
		equal(asked(), 1);
		source.start(clock.now());
		run(100);
		equal(asked(), 2);
	});
});
