import { describe, equal, it, ok, throws } from "#test";
import { Backoff } from "../../firmware/uplink/backoff.js";
import { Prng } from "../support/prng.js";

const constant = (byte: number) => ({ fill: (bytes: Uint8Array): void => { bytes.fill(byte); } });

describe("uplink/backoff", () => {
	it("doubles its bound up to the maximum", () => {
		const latest = new Backoff(constant(255), 500, 60000), bounds = [];
		for (let i = 0; i < 9; i++)
			bounds.push(latest.next(false));
		equal(bounds.join(), "1000,2000,4000,8000,16000,32000,60000,60000,60000");
		latest.reset();
		equal(latest.next(false), 1000);
	});

	it("never waits less than the minimum", () => {
		const earliest = new Backoff(constant(0), 500, 60000);
		for (let i = 0; i < 9; i++)
			equal(earliest.next(false), 500);
	});

	it("spreads over the whole range", () => {
		const backoff = new Backoff(new Prng(3), 500, 60000);
		for (let i = 0; i < 10; i++)
			backoff.next(false);
		let low = 0, sum = 0;
		for (let i = 0; i < 1000; i++) {
			const delay = backoff.next(false);
			ok(delay >= 500 && delay <= 60000 && Number.isInteger(delay), String(delay));
			sum += delay;
			low += delay < 15375 ? 1 : 0;
		}
		ok(low > 200 && low < 300 && sum > 27e6 && sum < 33e6, `${low} ${sum}`);
	});

	it("waits at the slow end for what will not heal soon, and stays there", () => {
		const backoff = new Backoff(constant(0), 500, 60000);
		equal(backoff.next(true), 30000);
		const late = new Backoff(constant(255), 500, 60000);
		equal(late.next(true), 60000);
		equal(late.next(false), 60000);
	});

	it("refuses ranges that cannot be", () => {
		throws(() => new Backoff(constant(0), 0, 10), "0 to 10");
		throws(() => new Backoff(constant(0), 10, 5), "10 to 5");
	});
});
