import { describe, equal, it, ok } from "#test";
import { calendar } from "#hal";

describe("calendar", () => {
	it("gives whole seconds of the present", () => {
		const seconds = calendar("system").seconds();
		equal(seconds, Math.floor(seconds));
		ok(Math.abs(seconds - Date.now() / 1000) < 60);
	});

	it("is set where the system's clock is later than the program", () => {
		equal(calendar("system").isSet, Date.now() >= Date.UTC(2026, 0, 1));
		equal(calendar(Date.UTC(2025, 11, 31) / 1000).isSet, false);
		equal(calendar(0).isSet, false);
	});

	it("can be told that it is not set", () => {
		equal(calendar("unset").isSet, false);
	});

	it("is set by what SNTP found", () => {
		const clock = calendar("unset");
		clock.set!(1893456000, 250);
		ok(clock.isSet && clock.seconds() >= 1893456000 && clock.seconds() < 1893456003);
		clock.set!(0, 0);
		equal(clock.isSet, false);
	});

	it("goes on from the second it was set to", () => {
		const set = calendar(1893456000);
		equal(set.isSet, true);
		ok(set.seconds() >= 1893456000 && set.seconds() < 1893456003);
	});
});
