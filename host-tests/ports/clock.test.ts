import { describe, equal, it, ok } from "#test";
import { clock, timer } from "#hal";

describe("clock", () => {
	it("is an int32", () => {
		const now = clock.now();
		equal(now, now | 0);
	});

	it("does not go back", () => {
		let last = clock.now();
		for (let i = 0; i < 1000; i++) {
			const now = clock.now();
			ok(((now - last) | 0) >= 0, `${last} then ${now}`);
			last = now;
		}
	});

	it("goes on by milliseconds", () => new Promise<void>((resolve, reject) => {
		const start = clock.now();
		const once = timer(() => {
			once.close();
			const passed = (clock.now() - start) | 0;
			if (passed >= 29 && passed < 20_000)
				resolve();
			else
				reject(new Error(`${passed} ms passed, expected 30`));
		});
		once.schedule(30);
	}));
});
