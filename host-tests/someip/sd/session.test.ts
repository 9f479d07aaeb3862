import { deepEqual, describe, equal, it } from "#test";
import { ReceiveSession, SendSessions } from "../../../firmware/someip/sd/session.js";
import { DEFAULT_TIMINGS, Delay, lifetime } from "../../../firmware/someip/sd/timing.js";
import { OfferPhases } from "../../../firmware/someip/sd/offer-phases.js";
import { Prng } from "../../support/prng.js";

describe("sd sessions", () => {
	it("count from 1 per peer and for multicast, and lose the reboot flag at the wrap", () => {
		const sessions = new SendSessions(), seen: [number, boolean][] = [];
		const note = () => { seen.push([sessions.sessionId, sessions.reboot]); };
		sessions.nextMulticast();
		note();
		sessions.nextUnicast(1);
		note();
		sessions.nextUnicast(2);
		note();
		sessions.nextUnicast(1);
		note();
		for (let i = 2; i < 0xffff; i++)
			sessions.nextUnicast(1);
		note();
		sessions.nextUnicast(1);
		note();
		sessions.nextUnicast(2);
		note();
		deepEqual(seen, [[1, true], [1, true], [1, true], [2, true], [0xffff, true], [1, false], [2, true]]);
	});

	it("peers beyond the table share a counter that never goes back", () => {
		const sessions = new SendSessions();
		for (let peer = 1; peer <= 32; peer++)
			sessions.nextUnicast(peer);
		const seen = [100, 101, 100, 102].map(peer => {
			sessions.nextUnicast(peer);
			return sessions.sessionId;
		});
		deepEqual(seen, [1, 2, 3, 4]);
		sessions.nextUnicast(32);
		equal(sessions.sessionId, 2);
	});

	// feat_req_someipsd_764
	it("a reboot is what the specification says", () => {
		const table: [number, boolean, number, boolean, boolean][] = [
			[5, true, 6, true, false], [5, true, 9, true, false], [5, true, 5, true, true], [5, true, 1, true, true], [0xffff, true, 1, false, false], [0xfff0, true, 3, false, false],
			[5, false, 6, false, false], [5, false, 1, false, false], [5, false, 1, true, true], [5, false, 6, true, true], [1, true, 0xffff, true, false],
		];
		for (const [oldId, oldFlag, newId, newFlag, reboot] of table) {
			const session = new ReceiveSession();
			equal(session.update(oldId, oldFlag), false);
			equal(session.update(newId, newFlag), reboot, `${oldId} ${oldFlag} ${newId} ${newFlag}`);
		}
	});

	it("session 0 tells nothing", () => {
		const session = new ReceiveSession();
		session.update(7, true);
		equal(session.update(0, true), false);
		equal(session.update(0, true), false);
		equal(session.update(8, true), false);
	});
});

describe("sd timing", () => {
	it("lifetimes are ms, and too long ones unlimited", () => {
		deepEqual([1, 3, 86400, 1_073_741, 1_073_742, 0xfffffe, 0xffffff].map(lifetime), [1000, 3000, 86_400_000, 1_073_741_000, -1, -1, -1]);
	});

	it("delays lie between their limits, both reached", () => {
		const delay = new Delay(new Prng(1)), seen = new Set<number>();
		for (let i = 0; i < 200; i++)
			seen.add(delay.between(3, 6));
		deepEqual([...seen].sort(), [3, 4, 5, 6]);
		equal(delay.between(4, 4), 4);
	});

	it("an offer cycle that slept does not catch up", () => {
		const phases = new OfferPhases(), timings = { ...DEFAULT_TIMINGS, repetitionsMax: 0, cyclicOfferDelay: 1000 };
		phases.start(0x7fffff00, 0x80);
		phases.onTimeout(0x7fffff80, timings);
		equal(phases.at, (0x7fffff80 + 1000) | 0);
		phases.onTimeout((0x7fffff80 + 1003) | 0, timings);
		equal(phases.at, (0x7fffff80 + 2000) | 0);
		phases.onTimeout((0x7fffff80 + 60_000) | 0, timings);
		equal(phases.at, (0x7fffff80 + 61_000) | 0);
	});
});
