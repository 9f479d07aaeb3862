/** The client's cases of the QUIC Interop Runner, over a UDP proxy that is bad by a seed, with the runner's conditions: what is
 *  fetched is what the server has, on as many connections as it says. Longer files are shorter than the runner's. */
import { readFileSync } from "node:fs";
import { after, before, describe, equal, ok, skip } from "#test";
import { clock } from "#hal";
import { EVENT_PATH_VALIDATED } from "../../firmware/quic/connection.js";
import { freePort, ngtcp2 } from "./peers/ngtcp2.js";
import type { PeerKind } from "./peers/peer.js";
import { quicGo } from "./peers/quic-go.js";
import { quiche } from "./peers/quiche.js";
import { quinn } from "./peers/quinn.js";
import type { UdpProxy } from "../support/udp-proxy.js";
import type { PeerClient } from "./support/peer-client.js";
import { PeerCertificates, Place } from "./support/place.js";
import { together } from "./support/stage.js";

const MB = 1_000_000;
/** A link like the runner's, 30 ms there and back, and receive buffers that fill it. */
const LINK = { delay: 15 }, WIDE = { receiveMemory: 65536 };
/** ms for a case. */
const LIMIT = 120_000;
const PATIENT = { handshakeTimeout: LIMIT, idleTimeout: LIMIT };

interface Case {
	/** Peers that it can be played with: the first that is here. */
	peers: readonly PeerKind[];
	play(place: Place): Promise<void>;
	/** It mostly waits. */
	isLight?: boolean;
}

let certificates: PeerCertificates, large: { chain: string, key: string };

const wait = (ms: number) => new Promise(resolve => { setTimeout(resolve, ms); });

/** One handshake, without Retry. */
function once({ connection }: PeerClient, told?: readonly { event: string }[]): void {
	equal(connection.statistics.retried, false, "Retry");
	equal(connection.closed, false, connection.closeReason);
	ok(told === undefined || told.filter(each => each.event === "first").length <= 1, "several connections");
}

/** `count` connections, each with one small file, through a link that does this to both ways. */
async function connections(place: Place, count: number, faults: { loss?: number, corrupt?: number }): Promise<void> {
	const { port } = await place.serve(), proxies = await Promise.all(Array.from({ length: count }, (_, i) => place.proxy({ port, seed: 100 + 2 * i, ...LINK, burst: 3, ...faults })));
	await Promise.all(proxies.map(async (proxy, i) => {
		const client = await place.dial(proxy.port, PATIENT);
		await client.get(1000, LIMIT).catch(error => { throw new Error(`seed ${100 + 2 * i}: ${error.message}`); });
		once(client);
		await client.stop();
	}));
	const hit = proxies.reduce((sum, { up, down }) => sum + up.statistics.lost + down.statistics.lost + up.statistics.corrupted + down.statistics.corrupted, 0);
	ok(hit > count, `only ${hit} datagrams were hit`);
}

async function file(place: Place, bytes: number, faults: object, during: (proxy: UdpProxy, part: (percent: number) => Promise<void>) => Promise<void> = async () => {}): Promise<PeerClient> {
	const server = await place.serve(), proxy = await place.proxy({ port: server.port, ...LINK, ...faults }), client = await place.dial(proxy.port, { ...WIDE, ...PATIENT });
	const done = client.get(bytes, LIMIT);
	done.catch(() => {});
	// What is to happen meanwhile happens when so much has arrived.
	await during(proxy, percent => client.driver.until(() => [...client.driver.received.values()].some(({ length }) => length * 100 >= bytes * percent), `${percent} %`, LIMIT));
	await done;
	once(client);
	return client;
}

const CASES: Record<string, Case> = {
	handshake: { isLight: true, peers: [quicGo, quiche], async play(place) {
		const server = await place.serve(), client = await place.dial((await place.proxy({ port: server.port, ...LINK })).port);
		await client.get(1000);
		once(client, server.told);
	} },
	transfer: { peers: [quicGo, quiche], async play(place) {
		const server = await place.serve(), client = await place.dial(server.port, WIDE);
		await Promise.all([MB, 1.5 * MB, 2.5 * MB].map(bytes => client.get(bytes, LIMIT)));
		once(client, server.told);
	} },
	longrtt: { isLight: true, peers: [quicGo, quiche], async play(place) {
		const server = await place.serve(), client = await place.dial((await place.proxy({ port: server.port, delay: 750 })).port, PATIENT);
		await client.get(1000);
		once(client, server.told);
		ok(client.connection.statistics.rttMs >= 1400, `RTT ${client.connection.statistics.rttMs} ms`);
	} },
	chacha20: { peers: [quicGo, quiche], async play(place) {
		const client = await place.dial((await place.serve()).port, { ...WIDE, suites: [0x1303] });
		await client.get(MB, LIMIT);
		equal(client.connection.statistics.cipher, "TLS_CHACHA20_POLY1305_SHA256");
	} },
	multiplexing: { peers: [quicGo, quiche], async play(place) {
		const server = await place.serve({ streams: 100 }), client = await place.dial(server.port, { streams: 50 });
		let left = 1999;
		await Promise.all(Array.from({ length: 50 }, async () => {
			while (left-- > 0)
				await client.get(32, LIMIT);
		}));
		once(client, server.told);
	} },
	retry: { isLight: true, peers: [quicGo, ngtcp2], async play(place) {
		const client = await place.dial((await place.proxy({ port: (await place.serve({ retry: true })).port, ...LINK })).port);
		await client.get(1000);
		equal(client.connection.statistics.retried, true);
	} },
	resumption: { isLight: true, peers: [quicGo, ngtcp2], async play(place) {
		const { port } = await place.serve(), session = await place.session(port), client = await place.dial(port, { session });
		await client.get(5000);
		// Without a Certificate: the server has taken the pre-shared key.
		equal(client.connection.statistics.resumed, true);
	} },
	zerortt: { peers: [quinn, quicGo], async play(place) {
		const { port } = await place.serve({ early: true }), session = await place.session(port), client = await place.dial(port, { session, earlyData: true, streams: 40 });
		let late = 0;
		client.driver.onDatagram = bytes => { late += bytes[0]! < 0x80 ? bytes.length : 0; };
		// The first datagram has left already; the names follow.
		await Promise.all(Array.from({ length: 40 }, (_, i) => client.get(32 + i, LIMIT, `?${"n".repeat(240)}`)));
		equal(client.connection.statistics.earlyAccepted, true);
		ok(late <= 5000, `${late} bytes in 1-RTT packets`);
	} },
	http3: { peers: [ngtcp2], async play(place) {
		const server = await place.serve(), client = await place.dial((await place.proxy({ port: server.port, ...LINK })).port, WIDE);
		await Promise.all([5000, 10_000, 500_000].map(bytes => client.get(bytes, LIMIT)));
		once(client);
	} },
	blackhole: { peers: [quicGo, quiche], async play(place) {
		await file(place, 2 * MB, {}, async (proxy, part) => {
			await part(30);
			proxy.blackhole = true;
			await wait(2000);
			proxy.blackhole = false;
		});
	} },
	keyupdate: { peers: [quicGo, ngtcp2], async play(place) {
		const client = await place.dial((await place.serve()).port, WIDE);
		await client.get(5000);
		ok(client.connection.updateKeys(), "no update is allowed");
		await client.get(500_000, LIMIT);
		// A further one is allowed only where the server has acknowledged with the keys of the first.
		ok(client.connection.updateKeys(), "the server has not followed");
		await client.get(500_000, LIMIT);
		equal(client.connection.statistics.droppedForged, 0);
	} },
	amplificationlimit: { isLight: true, peers: [quicGo, ngtcp2], async play(place) {
		let count = 0;
		const server = await place.serve(large), proxy = await place.proxy({ port: server.port, ...LINK, onDatagram(_bytes, _client, isFromClient) {
			if (isFromClient && ++count === 2)
				proxy.up.loseNext = 6;
		} });
		const client = await place.dial(proxy.port, PATIENT);
		await client.get(5000, LIMIT);
		equal(proxy.up.statistics.lost, 6);
		once(client);
	} },
	handshakeloss: { isLight: true, peers: [quicGo, quiche], play: place => connections(place, 50, { loss: 0.3 }) },
	transferloss: { peers: [quicGo, quiche], async play(place) { await file(place, MB, { loss: 0.02, burst: 3, seed: 21 }); } },
	handshakecorruption: { isLight: true, peers: [quicGo, quiche], play: place => connections(place, 50, { corrupt: 0.3 }) },
	transfercorruption: { peers: [quicGo, quiche], async play(place) { await file(place, MB, { corrupt: 0.02, burst: 3, seed: 22 }); } },
	ipv6: { isLight: true, peers: [quicGo, ngtcp2], async play(place) {
		const server = await place.serve({ host: "::1" }), client = await place.dial(server.port, { host: "::1" });
		await client.get(20_000);
		once(client, server.told);
	} },
	"rebind-port": { peers: [quinn, quiche], async play(place) {
		await file(place, 2 * MB, {}, async (proxy, part) => {
			for (const percent of [25, 50]) {
				await part(percent);
				proxy.rebind();
			}
		});
	} },
	"rebind-addr": { peers: [quinn, quiche], async play(place) {
		await file(place, 2 * MB, {}, async (proxy, part) => {
			await part(25);
			proxy.rebind("127.0.0.2");
			await part(50);
			proxy.rebind("127.0.0.3");
		});
	} },
	connectionmigration: { peers: [ngtcp2], async play(place) {
		const preferredPort = await freePort(), { port } = await place.serve({ preferredPort }), client = await place.dial(port, WIDE);
		const ids = [new Set<string>(), new Set<string>()];
		let path = 0;
		client.driver.onDatagram = (bytes, to) => {
			if (bytes[0]! < 0x80)
				ids[path | to]!.add(Buffer.from(bytes.subarray(1, 9)).toString("hex"));
		};
		await client.get(5000);
		await client.confirmed();
		client.driver.preferredPort = preferredPort;
		ok(client.connection.probePreferredAddress(clock.now()), "no preferred address");
		client.driver.drive();
		client.driver.onEvent = event => { path = event === EVENT_PATH_VALIDATED ? 1 : path; };
		await client.driver.until(() => path === 1, "validated path");
		await client.get(500_000, LIMIT);
		ok(ids[0]!.size > 0 && ids[1]!.size > 0 && ![...ids[1]!].some(id => ids[0]!.has(id)), "the new path has no connection id of its own");
	} },
	versionnegotiation: { isLight: true, peers: [quicGo, ngtcp2], async play(place) {
		const client = await place.dial((await place.proxy({ port: (await place.serve()).port, ...LINK })).port, { versions: [0x6b3343cf, 1], firstVersion: 0x6b3343cf });
		await client.get(1000);
		equal(client.connection.statistics.version, "1");
	} },
	"small MTU": { peers: [quicGo, quiche], async play(place) { await file(place, MB, { mtu: 1280 }); } },
	reordering: { peers: [quicGo, quiche], async play(place) { await file(place, MB, { reorder: 0.1, duplicate: 0.05, jitter: 5, seed: 23 }); } },
};

describe("interop scenarios", function (this: any) {
	this.timeout(300_000);
	before(async () => {
		certificates = await PeerCertificates.make();
		large = await certificates.issue({ dns: ["localhost", ...Array.from({ length: 80 }, (_, i) => `${"x".repeat(50)}${i}.example`)] });
		ok(readFileSync(large.chain).length > 6000, "the certificate is not large");
		for (const kind of [quicGo, ngtcp2, quinn, quiche])
			if (kind.missing() === "")
				await kind.prepare();
	});
	after(() => certificates.remove());
	skip("ecn", "sockets of Node do not give the ECN field; on the XS engine http3-ngtcp2.test.ts has it");
	skip("v2", "no peer here speaks version 2; see host-tests/quic/versions.test.ts");

	const tests: Record<string, () => Promise<void>> = {};
	let heavy = Promise.resolve();
	for (const [name, { peers, play, isLight = false }] of Object.entries(CASES)) {
		const kind = peers.find(each => each.missing() === "");
		if (kind === undefined) {
			skip(name, peers.map(each => each.missing()).join("; "));
			continue;
		}
		const run = async (): Promise<void> => {
			const place = new Place(kind, certificates);
			try {
				await play(place);
			}
			finally {
				await place.stop();
			}
		};
		// Those that keep a core busy go one after the other.
		tests[`${name} (${kind.name})`] = isLight ? run : () => {
			const mine = heavy.then(run);
			heavy = mine.catch(() => {});
			return mine;
		};
	}
	together(tests);
} as () => void);
