import { describe, equal, it } from "#test";
import { UPLINK_FALLBACK_ATTEMPTS, UPLINK_PROBE_INTERVAL, UPLINK_PROBE_INTERVAL_MAX } from "../../firmware/config.js";
import { type Way, Ways } from "../../firmware/uplink/ways.js";

const way = (host: string): Way => ({ host, port: 1, transport: () => { throw new Error("not called"); } });
const FIRST = way("first"), SECOND = way("second");

/** Begins an attempt that fails; returns its way. */
function fail(ways: Ways): string {
	ways.next();
	ways.failed();
	return ways.way.host;
}

function reachSecond(ways: Ways): void {
	for (let i = 0; i < UPLINK_FALLBACK_ATTEMPTS; i++)
		equal(fail(ways), "first");
	ways.next();
	equal(ways.way.host, "second");
}

describe("uplink/ways", () => {
	it("stays on the only way, however often it fails", () => {
		const ways = new Ways(FIRST, undefined);
		for (let i = 0; i < 10; i++)
			equal(fail(ways), "first");
		equal(ways.isSecond, false);
	});

	it("takes the second after so many failures, then both in turn", () => {
		const ways = new Ways(FIRST, SECOND);
		reachSecond(ways);
		ways.failed();
		equal(fail(ways), "first");
		equal(fail(ways), "second");
		equal(fail(ways), "first");
	});

	it("tells when the other way is to be tried without a wait", () => {
		const ways = new Ways(FIRST, SECOND);
		for (let i = 1; i < UPLINK_FALLBACK_ATTEMPTS; i++) {
			ways.next();
			equal(ways.failed(), false);
		}
		ways.next();
		equal(ways.failed(), true);
		ways.next();
		equal(ways.failed(), false);
	});

	it("counts anew after a success of the first", () => {
		const ways = new Ways(FIRST, SECOND);
		fail(ways);
		ways.next();
		ways.up(0);
		reachSecond(ways);
	});

	it("wants the first again after a while, ever less often", () => {
		const ways = new Ways(FIRST, SECOND);
		reachSecond(ways);
		let interval = UPLINK_PROBE_INTERVAL;
		for (let i = 0; i < 8; i++) {
			ways.up(0x7fffff00);
			equal(ways.pollTimeout(0x7fffff00, true), interval);
			equal(fail(ways), "first");
			ways.next();
			equal(ways.way.host, "second");
			interval = Math.min(2 * interval, UPLINK_PROBE_INTERVAL_MAX);
		}
		ways.next();
		ways.up(0);
		reachSecond(ways);
		ways.up(0);
		equal(ways.pollTimeout(0, true), UPLINK_PROBE_INTERVAL);
	});
});
