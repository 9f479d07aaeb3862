import { describe, deepEqual, equal, it, ok, throws } from "#test";
import { resolver } from "#hal";
import { FAMILY_ANY, FAMILY_IPV4, FAMILY_IPV6 } from "../../firmware/ports/resolver.js";
import { ipv6 } from "../support/ipv6.js";

function resolve(name: string, family?: number): Promise<number> {
	return new Promise(done => resolver.resolve(name, done, family));
}

describe("resolver", () => {
	it("takes dotted text", async () => {
		equal(await resolve("127.0.0.1"), 0x7f000001);
	});

	it("gives addresses as uint32", async () => {
		equal(await resolve("192.0.2.1"), 0xc0000201);
	});

	it("knows localhost", async () => {
		equal(await resolve("localhost"), 0x7f000001);
	});

	it("gives addresses of the family that is asked for", async () => {
		equal(await resolve("::1", FAMILY_IPV6), ipv6("::1"));
		equal(await resolve("2001:db8::7", FAMILY_ANY), ipv6("2001:db8::7"));
		equal(await resolve("192.0.2.1", FAMILY_ANY), 0xc0000201);
		equal(await resolve("::1", FAMILY_IPV4), -1);
		equal(await resolve("::1"), -1);
		equal(await resolve("::ffff:192.0.2.1", FAMILY_IPV6), 0xc0000201);
	});

	it("refuses other families", () => {
		for (const family of [5, -1, NaN, 4.5, 46])
			ok(throws(() => resolver.resolve("localhost", () => {}, family)) instanceof RangeError, `${family}`);
	});

	it("answers -1 for what is no name", async () => {
		equal(await resolve("empty..label"), -1);
		equal(await resolve("x".repeat(64) + ".example"), -1);
	});

	it("calls back once, not from within the call", async () => {
		let calls = 0;
		const done = new Promise<void>(resolve => resolver.resolve("127.0.0.2", () => {
			calls++;
			resolve();
		}));
		equal(calls, 0);
		await done;
		await resolve("127.0.0.3");
		equal(calls, 1);
	});

	it("answers four queries at once, each with its own", async () => {
		deepEqual(await Promise.all(["127.0.0.4", "127.0.0.5", "127.0.0.6", "127.0.0.7"].map(name => resolve(name))), [0x7f000004, 0x7f000005, 0x7f000006, 0x7f000007]);
	});

	it("can be asked from a callback", async () => {
		const address = await new Promise<number>(done => resolver.resolve("127.0.0.8", () => resolver.resolve("127.0.0.9", done)));
		ok(address === 0x7f000009);
	});
});
