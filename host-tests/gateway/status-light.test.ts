import { deepEqual, describe, equal, it, ok } from "#test";
import { LIGHT_FAULT, LIGHT_LINK, LIGHT_OFF, LIGHT_STARTING, LIGHT_UP, StatusLight } from "../../firmware/gateway/status-light.js";
import { LINK_DOWN, LINK_READY, LINK_STARTING } from "../../firmware/ports/link.js";
import { NO_TIMEOUT } from "../../firmware/wire/time.js";
import { FakeClock } from "../support/fake-clock.js";
import { BOARD, Machine } from "./support/machine.js";

/** A LED that writes down when it changed, and what a second of a state looks like. */
function pattern(state: number, duration = 2000): string[] {
	const clock = new FakeClock(0x7ffffe00), start = clock.now(), changes: string[] = [];
	let was: boolean | undefined;
	const light = new StatusLight({ set: on => {
		if (on !== was)
			changes.push(`${(clock.now() - start) | 0} ${on ? "on" : "off"}`);
		was = on;
	} });
	for (let now = clock.now(); ((now - start) | 0) < duration; now = clock.now()) {
		light.show(state, now);
		const delay = light.timeout(now);
		if (delay === NO_TIMEOUT)
			break;
		ok(delay > 0);
		clock.advance(delay);
	}
	return changes;
}

describe("status light", () => {
	it("has a pattern for each state", () => {
		deepEqual(pattern(LIGHT_OFF), ["0 off"]);
		deepEqual(pattern(LIGHT_UP), ["0 on"]);
		deepEqual(pattern(LIGHT_STARTING, 400), ["0 on", "100 off", "200 on", "300 off"]);
		deepEqual(pattern(LIGHT_LINK), ["0 on", "500 off", "1000 on", "1500 off"]);
		deepEqual(pattern(LIGHT_FAULT), ["0 on", "100 off", "200 on", "300 off", "1000 on", "1100 off", "1200 on", "1300 off"]);
	});

	it("begins a new pattern at once, and wants nothing while the light is steady", () => {
		const sets: boolean[] = [], light = new StatusLight({ set: on => { sets.push(on); } });
		equal(light.timeout(0), NO_TIMEOUT);
		light.show(LIGHT_LINK, 0);
		equal(light.timeout(100), 400);
		light.show(LIGHT_UP, 100);
		equal(light.timeout(100), NO_TIMEOUT);
		light.show(LIGHT_UP, 200);
		deepEqual(sets, [true, true]);
		light.show(LIGHT_FAULT, 300);
		equal(light.timeout(350), 50);
	});

	it("shows the board's state, and is dark when the board has ended", () => {
		const link = { state: LINK_DOWN, address: 0, netmask: 0, onChanged: undefined as (() => void) | undefined };
		let on = false, changes = 0;
		const machine = new Machine({ link, ports: { led: { set: value => { changes++; on = value; } } } });
		const count = (duration: number) => {
			changes = 0;
			machine.clock.advance(duration);
			return changes;
		};
		machine.board.start();
		equal(count(2000), 9);
		link.state = LINK_STARTING;
		link.onChanged!();
		equal(count(1000), 10);
		link.state = LINK_READY;
		link.address = BOARD;
		machine.isNamed = false;
		link.onChanged!();
		equal(count(2000), 4);
		machine.isNamed = true;
		machine.clock.advance(60_000);
		deepEqual([machine.status().state, on, count(10_000)], ["up", true, 0]);
		machine.type("quit");
		machine.clock.advance(5000);
		deepEqual([machine.exitStatus, on], [0, false]);
	});
});

describe("a board's watchdog", () => {
	it("is fed by the loop, whatever there is to do", () => {
		let fed = 0, last = 0, longest = 0;
		const machine: Machine = new Machine({ time: 0, ports: { watchdog: { feed: () => {
			const now = machine.clock.now();
			longest = Math.max(longest, now - last);
			last = now;
			fed++;
		} } } });
		machine.up();
		machine.clock.advance(600_000);
		ok(fed > 200 && longest <= 3000, `${fed} ${longest}`);
	});
});
