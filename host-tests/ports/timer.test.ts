import { describe, equal, it, ok, throws } from "#test";
import { clock, timer } from "#hal";

/** Resolves `delay` ms from now. */
function after(delay: number): Promise<void> {
	return new Promise(resolve => {
		const once = timer(() => {
			once.close();
			resolve();
		});
		once.schedule(delay);
	});
}

describe("timer", () => {
	it("calls once, never before its time", async () => {
		const start = clock.now();
		let calls = 0;
		let passed = -1;
		const one = timer(() => {
			calls++;
			passed = (clock.now() - start) | 0;
		});
		one.schedule(20);
		await after(60);
		equal(calls, 1);
		ok(passed >= 19, `called after ${passed} ms`);
		one.close();
	});

	it("does not call from within schedule(0)", async () => {
		let calls = 0;
		const one = timer(() => { calls++; });
		one.schedule(0);
		equal(calls, 0);
		await after(20);
		equal(calls, 1);
		one.close();
	});

	it("replaces what was scheduled", async () => {
		let calls = 0;
		const one = timer(() => { calls++; });
		one.schedule(5);
		one.schedule(30);
		await after(15);
		equal(calls, 0);
		await after(40);
		equal(calls, 1);
		one.close();
	});

	it("can be scheduled again from its own call", async () => {
		let calls = 0;
		const one = timer(() => {
			if (++calls < 3)
				one.schedule(1);
		});
		one.schedule(1);
		for (let i = 0; i < 200 && calls < 3; i++)
			await after(5);
		await after(20);
		equal(calls, 3);
		one.close();
	});

	it("does not call once cancelled or closed; both may be repeated", async () => {
		let calls = 0;
		const cancelled = timer(() => { calls++; });
		const closed = timer(() => { calls++; });
		cancelled.schedule(1);
		closed.schedule(1);
		cancelled.cancel();
		cancelled.cancel();
		closed.close();
		closed.close();
		await after(20);
		equal(calls, 0);
		cancelled.schedule(1);
		await after(20);
		equal(calls, 1, "a cancelled timer can be scheduled again");
		cancelled.close();
	});

	it("keeps several timers in order", async () => {
		let order = "";
		const a = timer(() => { order += "a"; });
		const b = timer(() => { order += "b"; });
		const c = timer(() => { order += "c"; });
		c.schedule(45);
		a.schedule(5);
		b.schedule(25);
		await after(80);
		equal(order, "abc");
		a.close();
		b.close();
		c.close();
	});

	it("may close another from its call", async () => {
		let calls = 0;
		const victim = timer(() => { calls++; });
		const killer = timer(() => { victim.close(); });
		killer.schedule(5);
		victim.schedule(6);
		const start = clock.now();
		while (((clock.now() - start) | 0) < 12)
			; // both are due when the loop comes round
		await after(10);
		equal(calls, 0);
		killer.close();
	});

	it("refuses a negative delay", () => {
		const one = timer(() => {});
		throws(() => one.schedule(-1));
		one.close();
	});
});
