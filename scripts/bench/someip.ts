/** `npm run bench -- someip`: the whole stack between two processes on one core, beside raw sockets in the same run; the codec
 *  beside scapy's; and the costs on the 32-bit XS engine. */
import { execFileSync } from "node:child_process";
import { median, Pinned } from "./pinned.js";
import { scapyCodecNs } from "./scapy.js";

/** Each figure is the median of so many turns, which take turns. */
const TURNS = 5;

export interface Options {
	/** Path of the 32-bit XS engine. */
	engine: string;
	/** For each figure. */
	seconds: number;
}

export async function bench({ engine, seconds }: Options): Promise<object> {
	const network = await measureNetwork(seconds);
	const codec = new Pinned("someip-codec.js"), { codecNs, sdOfferDecodeNs } = await codec.ask<{ codecNs: number, sdOfferDecodeNs: number }>({});
	codec.stop();
	const xs = JSON.parse(execFileSync(engine, ["--grow", "--root", "build", "--entry", "scripts/bench/someip-xs.js"], { encoding: "utf8" }));
	const result = { ...network, codecNs: round(codecNs), scapyCodecNs: round(scapyCodecNs()), sdOfferDecodeNs: round(sdOfferDecodeNs), xs };
	print(result);
	return result;
}

type Kind = "raw" | "someip";

async function measureNetwork(seconds: number) {
	const peer = new Pinned("someip-peer.js"), driver = new Pinned("someip-driver.js");
	const rates: Record<Kind, number[]> = { raw: [], someip: [] }, events: Record<Kind, number[]> = { raw: [], someip: [] }, times: number[] = [];
	let tripCpu = 0, trips = 0, eventCpu = 0, eventCount = 0;
	try {
		await peer.ask({ flood: "none" });
		await driver.ask({ what: "up" });
		// The compiler has seen it all before the first turn counts.
		for (let turn = -2; turn < TURNS; turn++)
			for (const kind of ["raw", "someip"] as const) {
				const part = turn < 0 ? 0.3 : seconds / TURNS, before = await peer.ask<number>({ flood: "none" });
				const { result, cpu } = await driver.ask<{ result: number[], cpu: number }>({ what: "trips", kind, seconds: part });
				const between = await peer.ask<number>({ flood: kind });
				const flood = await driver.ask<{ result: number, cpu: number }>({ what: "events", kind, seconds: part });
				const after = await peer.ask<number>({ flood: "none" });
				if (turn < 0)
					continue;
				rates[kind].push(result.length / result.reduce((sum, time) => sum + time, 0) * 1e6);
				events[kind].push(flood.result);
				if (kind === "raw")
					continue;
				times.push(...result);
				tripCpu += cpu + between - before;
				trips += result.length;
				eventCpu += flood.cpu + after - between;
				eventCount += flood.result * part;
			}
	}
	finally {
		peer.stop();
		driver.stop();
	}
	times.sort((a, b) => a - b);
	return {
		roundTripsPerSecond: Math.round(median(rates.someip)), p50us: round(times[times.length >> 1]), p99us: round(times[Math.floor(times.length * 0.99)]),
		eventsPerSecond: Math.round(median(events.someip)),
		rawRoundTripsPerSecond: Math.round(median(rates.raw)), rawEventsPerSecond: Math.round(median(events.raw)),
		// Of both ends together; a round trip has two messages.
		cpuUsPerMessage: round(tripCpu / trips / 2), cpuUsPerEvent: round(eventCpu / eventCount),
	};
}

function round(value: number | undefined): number | null {
	return value === undefined ? null : Math.round(value * 10) / 10;
}

function print(result: any): void {
	const { xs } = result, row = (name: string, value: unknown, note = ""): void => console.log(`  ${name.padEnd(44)}${String(value).padStart(10)}${note && `  ${note}`}`);
	const share = (part: number, whole: number): string => `${Math.round(100 * part / whole)} % of raw sockets, which reach ${whole}`;
	console.log("\nNode, client and server on one core, payloads of 32 bytes");
	row("round trips per second", result.roundTripsPerSecond, share(result.roundTripsPerSecond, result.rawRoundTripsPerSecond));
	row("p50 µs", result.p50us);
	row("p99 µs", result.p99us);
	row("CPU µs per message", result.cpuUsPerMessage);
	row("events per second", result.eventsPerSecond, share(result.eventsPerSecond, result.rawEventsPerSecond));
	row("CPU µs per event, both ends", result.cpuUsPerEvent);
	row("request written and read, ns", result.codecNs, `scapy ${result.scapyCodecNs ?? "is not here"}`);
	row("SD offer with four options read, ns", result.sdOfferDecodeNs);
	console.log("\nXS, 32-bit: sender and receiver together");
	row("event: units, slots, bytes of chunks", xs.meterPerEvent, `${xs.slotsPerEvent} ${xs.chunkBytesPerEvent}`);
	row("request and response", xs.meterPerRequest, `${xs.slotsPerRequest} ${xs.chunkBytesPerRequest}`);
	row("SD offer", xs.meterPerOffer, `${xs.slotsPerOffer} ${xs.chunkBytesPerOffer}`);
	row("heap per service, bytes", xs.heapPerServiceBytes, "one method, one field, one event, one group, four subscribers");
	row("heap per further subscriber, bytes", xs.heapPerSubscriberBytes);
}
