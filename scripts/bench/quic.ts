/** `npm run bench -- quic`: ours and other clients through the same proxy to the same server in the same run; recovery in a
 *  simulation and in real time; a rebinding; and the 32-bit XS engine. A goal that is missed is told, and is no failure. */
import { quicGoMissing } from "../../host-tests/interop/peers/quic-go.js";
import { measureBroker } from "./quic-broker.js";
import { measureEngine } from "./quic-engine.js";
import { measureRecovery, recoveryGoal } from "./quic-recovery.js";
import { middle, ngtcp2Visits, type Visit, WireBench } from "./quic-wire.js";

/** Times there and back, ms, and visits at each. */
const ROUND_TRIPS = [[0, 20], [50, 8], [200, 4]] as const;
const SEEDS = 100;

interface Client {
	oneRtt: Visit[][];
	zeroRtt: Visit[][];
}

export interface Options {
	/** Path of the 32-bit XS engine. */
	engine: string;
}

export async function bench({ engine }: Options): Promise<object> {
	if (quicGoMissing() !== "")
		throw new Error(`${quicGoMissing()}: the server that all clients are measured with`);
	const { clients, broker } = await measureNetwork();
	const outages = [200, 2000].map(outage => ({ outage, goal: recoveryGoal(outage), ...measureRecovery(outage, SEEDS) }));
	const xs = await measureEngine(engine), ours = figures(clients["zonal"]!);
	const recovery = (i: number) => {
		const { times, newHandshakes, goal } = outages[i]!;
		return { p50ms: times[SEEDS / 2]!, p95ms: times[Math.ceil(SEEDS * 0.95) - 1]!, newHandshakes, goalMs: goal };
	};
	const peers = Object.fromEntries(Object.entries(clients).filter(([name]) => name !== "zonal").map(([name, client]) => [name, figures(client)]));
	if (clients["zonal"]!.zeroRtt.some(visits => !middle(visits).early))
		console.log("not every second visit of ours was at 0-RTT");
	const result = {
		oneRtt: wire(ours.oneRtt!), zeroRtt: wire(ours.zeroRtt!),
		firstByteMs: { ...ours.zeroRtt!.firstByteMs, oneRtt: ours.oneRtt!.firstByteMs, zeroRtt: ours.zeroRtt!.firstByteMs, ...Object.fromEntries(Object.entries(peers).map(([name, { oneRtt, zeroRtt }]) =>
			[name, { oneRtt: oneRtt?.firstByteMs ?? null, zeroRtt: zeroRtt?.firstByteMs ?? null }])) },
		peers,
		// Of both outages, the worse; each beside it.
		recovery: {
			p50ms: Math.max(recovery(0).p50ms, recovery(1).p50ms), p95ms: Math.max(recovery(0).p95ms, recovery(1).p95ms),
			newHandshakes: recovery(0).newHandshakes + recovery(1).newHandshakes + broker.newHandshakes,
			after200ms: recovery(0), after2000ms: recovery(1), seeds: SEEDS, realTimeMs: broker.realTime,
		},
		rebind: broker.rebind,
		xs,
	};
	print(result);
	return result;
}

async function measureNetwork() {
	const bench = await WireBench.start(), clients: Record<string, Client> = {};
	const add = (name: string, kind: "oneRtt" | "zeroRtt", turn: number, visits: Visit[]): void => {
		const client = clients[name] ??= { oneRtt: [], zeroRtt: [] };
		(client[kind][turn] ??= []).push(...visits);
	};
	try {
		// The compiler has seen it all before the first visit counts.
		await bench.ours();
		await bench.ours();
		await bench.quiche();
		for (const [turn, [rtt, count]] of ROUND_TRIPS.entries()) {
			bench.setRtt(rtt);
			for (let i = 0; i < count / 4; i++) {
				for (let j = 0; j < 4; j++) {
					const [first, second] = await bench.ours();
					add("zonal", "oneRtt", turn, [first!]);
					add("zonal", "zeroRtt", turn, [second!]);
					add("quiche", "oneRtt", turn, [await bench.quiche()]);
				}
				const [first, ...more] = await bench.quicGo(3);
				add("quic-go", "oneRtt", turn, [first!]);
				add("quic-go", "zeroRtt", turn, more);
				const visits = i < 2 ? await ngtcp2Visits(bench.files, rtt) : undefined;
				if (visits !== undefined) {
					add("gtlsclient", "oneRtt", turn, [visits[0]]);
					add("gtlsclient", "zeroRtt", turn, [visits[1]]);
				}
			}
		}
		return { clients, broker: await measureBroker(bench.files) };
	}
	finally {
		await bench.stop();
	}
}

type Figures = { datagrams: number, bytes: number, firstByteMs: Record<string, number> };
const wire = ({ datagrams, bytes }: Figures) => ({ datagrams, bytes });

function figures({ oneRtt, zeroRtt }: Client) {
	const of = (turns: Visit[][]): Figures | undefined => {
		if (turns.length === 0)
			return undefined;
		const { datagrams, bytes } = middle(turns[0]!);
		return { datagrams, bytes, firstByteMs: Object.fromEntries(turns.map((visits, turn) => [`rtt${ROUND_TRIPS[turn]![0]}`, middle(visits).firstByteMs])) };
	};
	return { oneRtt: of(oneRtt), zeroRtt: of(zeroRtt) };
}

function print(result: any): void {
	const { oneRtt, zeroRtt, firstByteMs, peers, recovery, rebind, xs } = result;
	const row = (name: string, value: unknown, goal: string, isMet: boolean | undefined, note = ""): void =>
		console.log(`  ${name.padEnd(46)}${String(value).padStart(9)}  ${goal === "" ? "" : `goal ${goal}: ${isMet ? "met" : "MISSED"}`}${note && `  ${note}`}`);
	const beside = (key: "datagrams" | "bytes", kind: "oneRtt" | "zeroRtt"): string => Object.entries<any>(peers).filter(([, each]) => each[kind]).map(([name, each]) => `${name} ${each[kind][key]}`).join(", ");
	const least = (key: "datagrams" | "bytes", kind: "oneRtt" | "zeroRtt"): number => Math.min(...["quic-go", "quiche"].map(name => peers[name]?.[kind]?.[key] ?? Infinity));
	console.log("\nConnect, publish, close: what the client sends (UDP payload; gtlsclient: a GET by HTTP/3)");
	row("1-RTT: datagrams", oneRtt.datagrams, "5", oneRtt.datagrams <= 5, beside("datagrams", "oneRtt"));
	row("1-RTT: bytes", oneRtt.bytes, "1800", oneRtt.bytes <= 1800, beside("bytes", "oneRtt"));
	row("0-RTT: datagrams", zeroRtt.datagrams, "3", zeroRtt.datagrams <= 3, beside("datagrams", "zeroRtt"));
	row("0-RTT: bytes", zeroRtt.bytes, "1450", zeroRtt.bytes <= 1450, beside("bytes", "zeroRtt"));
	row("never more than a peer with the same ALPN", "", "fewer", oneRtt.bytes <= least("bytes", "oneRtt") && oneRtt.datagrams <= least("datagrams", "oneRtt")
		&& zeroRtt.bytes <= least("bytes", "zeroRtt") && zeroRtt.datagrams <= least("datagrams", "zeroRtt"));
	console.log("\nSocket open to the first application byte at the server, ms (gtlsclient: from its first datagram)");
	for (const [rtt] of ROUND_TRIPS)
		for (const kind of ["oneRtt", "zeroRtt"] as const) {
			const mine = firstByteMs[kind][`rtt${rtt}`], others = Object.entries<any>(peers).filter(([, each]) => each[kind]).map(([name, each]) => `${name} ${each[kind].firstByteMs[`rtt${rtt}`]}`).join(", ");
			row(`RTT ${rtt}, ${kind === "oneRtt" ? "1-RTT" : "0-RTT"}`, mine, kind === "oneRtt" ? "" : `${rtt / 2 + 10}`, mine <= rtt / 2 + 10, others);
		}
	console.log(`\nA message every 100 ms through an outage, simulated, ${recovery.seeds} seeds: ms from its end to the next acknowledgment`);
	for (const [name, { p50ms, p95ms, newHandshakes, goalMs }] of [["0.2 s", recovery.after200ms], ["2 s", recovery.after2000ms]] as [string, any][]) {
		row(`${name}: p50`, p50ms, "", undefined);
		row(`${name}: p95`, p95ms, `${goalMs}`, p95ms <= goalMs, "backed-off PTO and RTT");
		row(`${name}: new handshakes`, newHandshakes, "0", newHandshakes === 0);
	}
	console.log(`  in real time with quiche: ${JSON.stringify(recovery.realTimeMs)}`);
	console.log("\nA NAT's rebinding, five times, RTT 50 ms");
	row("added, ms, median", rebind.addedMs, "75", rebind.addedMs <= 75, `RTT + 25 ms; at worst ${rebind.worstMs}`);
	row("messages lost", rebind.lost, "0", rebind.lost === 0);
	console.log("\nXS, 32-bit");
	row("idle connection: bytes of state", xs.heapIdleBytes, "6000", xs.heapIdleBytes <= 6000, `and ${xs.heapIdleBufferBytes} of buffers, one stream's included`);
	row("handshake with client certificate: bytes", xs.handshakeWatermarkBytes, "24000", xs.handshakeWatermarkBytes <= 24000, `heap ${xs.handshakeHeapBytes}, crypto library ${xs.handshakeLibraryBytes}; ${xs.handshakeLeftBytes} stay`);
	row("byte code of QUIC and TLS", xs.byteCodeBytes, "96000", xs.byteCodeBytes <= 96_000);
	row("natives' .text", xs.nativeTextBytes, "", undefined);
	row("meter units per packet", xs.meterPerPacket, "", undefined);
	row("slots per packet", xs.slotsPerPacket, "0", xs.slotsPerPacket === 0);
	row("bytes of chunks per packet", xs.chunkBytesPerPacket, "0", xs.chunkBytesPerPacket === 0);
}
