/** `npm run bench` and `npm run fuzz` do what they say (Node only). */
import { spawnSync } from "node:child_process";
import { describe, equal, it, ok } from "#test";

function script(name: string, ...args: string[]): { status: number | null, text: string } {
	const { status, stdout, stderr } = spawnSync(process.execPath, [`scripts/${name}.mjs`, ...args], { encoding: "utf8", timeout: 300_000 });
	return { status, text: stdout + stderr };
}

/** Beside the figures on XS. */
const FIGURES = ["roundTripsPerSecond", "p50us", "p99us", "eventsPerSecond", "rawRoundTripsPerSecond", "rawEventsPerSecond", "codecNs", "sdOfferDecodeNs"];

describe("bench and fuzz", () => {
	it("bench someip measures everything, and holds what does not depend on the machine", async function (this: any) {
		this.timeout(300_000);
		const { status, text } = script("bench", "someip", "--json", "--seconds", "0.5");
		equal(status, 0, text);
		const result = JSON.parse(text.trim().split("\n").at(-1)!), { xs } = result;
		for (const key of FIGURES)
			ok(result[key] > 0, `${key}: ${result[key]}`);
		ok("scapyCodecNs" in result);
		equal(xs.slotsPerEvent, 0);
		equal(xs.chunkBytesPerEvent, 0);
		ok(xs.meterPerEvent > 0 && xs.meterPerRequest > 0 && xs.heapPerSubscriberBytes > 0);
		ok(xs.heapPerServiceBytes <= 6 * 1024, `${xs.heapPerServiceBytes} bytes per service`);
	} as () => Promise<void>);

	it("fuzz someip ends in time, and tells its seed", async function (this: any) {
		this.timeout(60_000);
		const { status, text } = script("fuzz", "someip", "--seconds", "1", "--seed", "5");
		equal(status, 0, text);
		ok(/fuzz someip, seed 5: \d+ mutants/.test(text), text);
	} as () => Promise<void>);

	it("both list what there is where nothing or something unknown is asked for", () => {
		for (const name of ["bench", "fuzz"])
			for (const args of [[], ["toaster"]]) {
				const { status, text } = script(name, ...args);
				equal(status, 2);
				ok(/^ {2}NAME .*someip/m.test(text), text);
			}
	});
});
