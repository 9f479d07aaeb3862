import { deepEqual, describe, equal, it } from "#test";
import { BOOT_TIME } from "../../firmware/config.js";
import { BootGuard } from "../../firmware/gateway/boot-guard.js";
import { SafeMode } from "../../firmware/gateway/safe-mode.js";
import type { Platform } from "../../firmware/gateway/platform.js";
import { LINK_READY } from "../../firmware/ports/link.js";
import type { Storage } from "../../firmware/ports/storage.js";
import { FakeClock } from "../support/fake-clock.js";
import { fakeTimer } from "../support/fake-timer.js";
import { address } from "../support/mock-socket.js";

class Memory implements Storage {
	readonly values = new Map<string, Uint8Array>();
	isBroken = false;
	isFull = false;

	read(key: string): Uint8Array | undefined {
		this.#check();
		return this.values.get(key);
	}

	write(key: string, value: Uint8Array): boolean {
		this.#check();
		if (this.isFull)
			return false;
		this.values.set(key, value);
		return true;
	}

	delete(key: string): void {
		this.#check();
		this.values.delete(key);
	}

	#check(): void {
		if (this.isBroken)
			throw new Error("storage: broken");
	}
}

/** A start that ends after `life` ms. */
function start(storage: Storage, life: number): boolean {
	const clock = new FakeClock(), guard = new BootGuard(storage, fakeTimer(clock));
	clock.advance(life);
	return guard.isSafe;
}

describe("boot guard", () => {
	it("is safe after five starts that ended within a minute, and stays so", () => {
		const storage = new Memory();
		deepEqual([0, 1, 2, 3, 4, 5, 6, 7].map(() => start(storage, BOOT_TIME - 1)), [false, false, false, false, false, true, true, true]);
		deepEqual([start(storage, BOOT_TIME * 10), start(storage, 0)], [true, true]);
	});

	it("forgets them at a start that lives a minute", () => {
		const storage = new Memory();
		for (let i = 0; i < 4; i++)
			start(storage, 0);
		start(storage, BOOT_TIME);
		equal(storage.values.size, 0);
		deepEqual([0, 1, 2, 3, 4, 5].map(() => start(storage, 0)), [false, false, false, false, false, true]);
	});

	it("does not count a start that ended as it was asked to", () => {
		const storage = new Memory();
		for (let i = 0; i < 20; i++)
			new BootGuard(storage, fakeTimer(new FakeClock())).clear();
		equal(start(storage, 0), false);
	});

	it("lets the board start where the store is full, broken or holds something else", () => {
		const storage = new Memory();
		storage.isFull = true;
		for (let i = 0; i < 9; i++)
			equal(start(storage, 0), false);
		storage.isFull = false;
		storage.isBroken = true;
		equal(start(storage, BOOT_TIME), false);
		storage.isBroken = false;
		storage.values.set("boots", new Uint8Array(3));
		equal(start(storage, 0), false);
	});
});

describe("safe mode", () => {
	function safe(extra: Partial<Platform> = {}) {
		const storage = new Memory(), clock = new FakeClock(), said: string[] = [], exits: number[] = [], begun: number[][] = [];
		storage.values.set("boots", new Uint8Array([5]));
		const link = {
			state: 0, address: 0, netmask: 0, onChanged: undefined as (() => void) | undefined, begin: (...values: number[]) => { begun.push(values); },
			describe: () => ["link down"], testCable: () => "testing",
		};
		const console = { onLine: undefined as ((line: string) => void) | undefined, print: (line: string) => { said.push(line); } };
		const platform = {
			clock, console, link, timer: fakeTimer(clock), log: { level: 2, write: (_level: number, module: string, text: string) => { said.push(`${module}: ${text}`); } },
			system: { exit: (status: number) => { exits.push(status); }, startReason: "crash" }, ...extra,
		} as unknown as Platform;
		new SafeMode(platform, new BootGuard(storage, fakeTimer(clock))).start();
		return { storage, clock, said, exits, begun, link, type: (line: string) => console.onLine!(line) };
	}

	it("says why, and has link and console", () => {
		const { said, begun, link, type } = safe();
		deepEqual(said.splice(0), ["board: safe mode: the last 5 starts ended within 60 s each, the last one: crash; the gateway is off until \"safe-mode clear\""]);
		deepEqual(begun, [[0, 0, 0, 0]]);
		link.state = LINK_READY;
		link.address = address("10.0.0.7");
		link.onChanged!();
		for (const line of ["status", "link", "link test", "publish", " "])
			type(line);
		deepEqual(said, [
			"link: ready, 10.0.0.7", "status {\"mode\":\"safe\",\"failures\":5,\"startReason\":\"crash\"}", "link down", "link: testing",
			"safe mode: unknown command \"publish\"; try help",
		]);
	});

	it("goes on as a gateway when it is told to", () => {
		const { storage, exits, type, said } = safe();
		type("safe-mode");
		deepEqual([exits, said.at(-1)], [[], "safe-mode clear"]);
		type("safe-mode clear");
		deepEqual([exits, storage.values.size], [[85], 0]);
	});

	it("takes a new configuration where the board can", () => {
		let asked = 0;
		const { exits, type } = safe({ provision: () => { asked++; } });
		type("help");
		type("provision");
		deepEqual([asked, exits], [1, [85]]);
		const other = safe();
		other.type("provision");
		deepEqual([other.said.at(-1), other.exits], ["provision: not with --config; start with --data FOLDER", []]);
	});

	it("flashes its fault", () => {
		let changes = 0;
		const { clock } = safe({ led: { set: () => { changes++; } } });
		clock.advance(9999);
		equal(changes, 40);
	});
});
