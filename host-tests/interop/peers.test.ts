/** Our client with every other implementation that can be had, feature by feature. What was seen is written to
 *  build/peers.json, of which scripts/generate/peers.mjs makes docs/peers.md. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { X509Certificate } from "node:crypto";
import { clock, crypto } from "#hal";
import { after, before, describe, equal, it, ok, skip } from "#test";
import { EVENT_DATAGRAM, EVENT_PATH_VALIDATED } from "../../firmware/quic/connection.js";
import { clientCertificate } from "../../firmware/uplink/client-certificate.js";
import { issue, makeCa, type Authority } from "../../scripts/demo/certificates.js";
import { freePort, ngtcp2 } from "./peers/ngtcp2.js";
import { FEATURES, pattern, type Feature, type PeerKind } from "./peers/peer.js";
import { quicGo } from "./peers/quic-go.js";
import { quiche } from "./peers/quiche.js";
import { quinn } from "./peers/quinn.js";
import { PeerCertificates, Place } from "./support/place.js";

const KINDS: readonly PeerKind[] = [ngtcp2, quicGo, quiche, quinn];
const RESULT = "build/peers.json";
const VERSION_2 = 0x6b3343cf;

/** By peer: its version and what it did. */
const seen: Record<string, { version: string, features: Partial<Record<Feature, string>> }> = {};

let certificates: PeerCertificates, fleet: Authority;
const fleetFile = (): string => join(certificates.folder, "fleet.pem");

before(async () => {
	[certificates, fleet] = [await PeerCertificates.make(), await makeCa({ name: "Fleet CA" })];
	writeFileSync(fleetFile(), fleet.pem);
});
after(() => {
	certificates.remove();
	mkdirSync("build", { recursive: true });
	if (Object.keys(seen).length === KINDS.length)
		writeFileSync(RESULT, `${JSON.stringify(seen, undefined, "\t")}\n`);
});

const TESTS: Record<Feature, (place: Place) => Promise<void>> = {
	async handshake(place) {
		const { port } = await place.serve(), client = await place.dial(port);
		await client.confirmed();
		equal(client.connection.statistics.version, "1");
		equal(client.connection.statistics.cipher, "TLS_AES_128_GCM_SHA256");
	},
	async down(place) {
		const client = await place.dial((await place.serve()).port);
		await client.get(500_000);
		equal(client.connection.statistics.droppedForged, 0);
	},
	async up(place) {
		const client = await place.dial((await place.serve()).port, place.kind.echo === "" ? {} : { alpn: place.kind.echo });
		await client.put(pattern(300_000));
	},
	async retry(place) {
		const { port } = await place.serve({ retry: true }), client = await place.dial(port, place.kind.echo === "" ? {} : { alpn: place.kind.echo });
		await client.confirmed();
		equal(client.connection.statistics.retried, true);
	},
	async resumption(place) {
		const { port } = await place.serve(), session = await place.session(port), client = await place.dial(port, { session });
		await client.get(1000);
		equal(client.connection.statistics.resumed, true);
	},
	async early(place) {
		const { port } = await place.serve({ early: true }), session = await place.session(port);
		const client = await place.dial(port, { session, earlyData: true });
		await client.get(5000);
		equal(client.connection.statistics.earlyAccepted, true);
	},
	async keyUpdate(place) {
		const client = await place.dial((await place.serve()).port);
		await client.confirmed();
		for (let i = 0; i < 3; i++) {
			await client.get(5000);
			ok(client.connection.updateKeys(), `update ${i} is not allowed`);
			await client.get(10_000);
		}
		equal(client.connection.statistics.droppedForged, 0);
	},
	async chacha(place) {
		const client = await place.dial((await place.serve()).port, { suites: [0x1303] });
		await client.get(20_000);
		equal(client.connection.statistics.cipher, "TLS_CHACHA20_POLY1305_SHA256");
	},
	async aes256(place) {
		const client = await place.dial((await place.serve()).port, { suites: [0x1302] });
		await client.get(20_000);
		equal(client.connection.statistics.cipher, "TLS_AES_256_GCM_SHA384");
	},
	async rebinding(place) {
		const proxy = await place.proxy({ port: (await place.serve()).port }), client = await place.dial(proxy.port);
		for (let i = 0; i < 3; i++) {
			await client.get(20_000);
			proxy.rebind();
		}
		await client.get(20_000);
		equal(client.connection.closed, false);
	},
	async migration(place) {
		const client = await place.dial((await place.serve()).port);
		await client.get(5000);
		await client.confirmed();
		ok(await client.driver.migrate(), "no migration is allowed");
		await client.driver.until(() => client.driver.events.includes(EVENT_PATH_VALIDATED), "validated path");
		await client.get(20_000);
	},
	async preferred(place) {
		const preferredPort = await freePort(), { port } = await place.serve({ preferredPort }), client = await place.dial(port);
		await client.confirmed();
		const address = client.connection.preferredAddress;
		equal(address?.slice(0, 6).join(), [127, 0, 0, 1, preferredPort >> 8, preferredPort & 255].join());
		client.driver.preferredPort = preferredPort;
		ok(client.connection.probePreferredAddress(clock.now()), "it cannot be probed");
		client.driver.drive();
		await client.driver.until(() => client.driver.events.includes(EVENT_PATH_VALIDATED), "validated path");
		await client.get(20_000);
	},
	async loss(place) {
		const proxy = await place.proxy({ port: (await place.serve()).port, seed: 5, loss: 0.1, delay: 3 }), client = await place.dial(proxy.port, { handshakeTimeout: 60_000 });
		await client.get(100_000);
		ok(proxy.up.statistics.lost + proxy.down.statistics.lost > 5, "nothing was lost");
	},
	async client(place) {
		const { port } = await place.serve({ clientCa: fleetFile() }), { chain, keyPem } = await issue(fleet, { name: "board", extendedKeyUsage: ["1.3.6.1.5.5.7.3.2"] });
		writeFileSync(join(certificates.folder, "board.key"), keyPem);
		const key = crypto.signingKey(join(certificates.folder, "board.key"));
		const certificate = clientCertificate([new Uint8Array(new X509Certificate(chain).raw)], key);
		const client = await place.dial(port, { certificate });
		await client.get(5000);
		// The session stands on the certificate: its secret depends on it.
		if (place.kind.cannot.resumption === undefined) {
			await client.driver.until(() => client.driver.sessions.length > 0, "session");
			const again = await place.dial(port, { certificate, session: client.driver.sessions[0]! });
			await again.get(5000);
			equal(again.connection.statistics.resumed, true);
		}
		key.close();
		if (place.kind.notes.client !== undefined)
			return;
		const without = await place.dial(port);
		await without.driver.until(() => without.connection.closed, "refusal");
		ok(without.connection.closeReason.includes("certificate"), without.connection.closeReason);
	},
	async datagrams(place) {
		const client = await place.dial((await place.serve()).port, { datagrams: 4096, alpn: place.kind.echo });
		await client.confirmed();
		ok(client.connection.maxDatagram > 1000, `longest is ${client.connection.maxDatagram}`);
		const bytes = new Uint8Array(pattern(700)), into = new Uint8Array(1500);
		ok(client.connection.sendDatagram(bytes, 0, bytes.length));
		client.driver.drive();
		await client.driver.until(() => client.driver.events.includes(EVENT_DATAGRAM), "datagram");
		equal(client.connection.readDatagram(into, 0), bytes.length);
		ok(Buffer.from(into.slice(0, bytes.length)).equals(pattern(700)), "it came as other bytes");
	},
	async negotiation(place) {
		const client = await place.dial((await place.serve()).port, { versions: [VERSION_2, 1], firstVersion: VERSION_2 });
		await client.get(5000);
		equal(client.connection.statistics.version, "1");
	},
	async version2(place) {
		const client = await place.dial((await place.serve()).port, { versions: [VERSION_2], firstVersion: VERSION_2 });
		await client.get(5000);
		equal(client.connection.statistics.version, "2");
	},
};

for (const kind of KINDS)
	describe(`peer ${kind.name}`, function (this: any) {
		this.timeout(200_000);
		const missing = kind.missing();
		if (missing !== "") {
			skip("all features", missing);
			return;
		}
		before(async function (this: any) {
			this.timeout(300_000);
			await kind.prepare();
			seen[kind.name] = { version: kind.version(), features: { ...kind.cannot } };
		} as () => Promise<void>);
		for (const feature of Object.keys(FEATURES) as Feature[]) {
			// What it cannot do stands in the table only.
			if (kind.cannot[feature] !== undefined)
				continue;
			it(FEATURES[feature], async () => {
				const { features } = seen[kind.name]!;
				features[feature] = "failed";
				const place = new Place(kind, certificates);
				try {
					await TESTS[feature](place);
					features[feature] = kind.notes[feature] === undefined ? "yes" : `yes: ${kind.notes[feature]}`;
				}
				finally {
					await place.stop();
				}
			});
		}
	} as () => void);
