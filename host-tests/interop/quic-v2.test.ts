/** QUIC version 2 (RFC 9369) and both ways of version negotiation (RFC 9368) with a server that is not ours. */
import { after, before, describe, equal, it, skip } from "#test";
import type { ConnectionOptions } from "../../firmware/quic/connection.js";
import { VERSION_1, VERSION_2 } from "../../firmware/quic/versions.js";
import { aioquicMissing, startAioquic } from "./peers/aioquic.js";
import { pattern, type Peer } from "./peers/peer.js";
import { PeerClient } from "./support/peer-client.js";
import { PeerCertificates } from "./support/place.js";

const BOTH: Partial<ConnectionOptions> = { versions: [VERSION_2, VERSION_1] };

describe("quic version 2 with aioquic", function (this: any) {
	this.timeout(60_000);
	const missing = aioquicMissing();
	if (missing !== "") {
		skip("everything", missing);
		return;
	}
	let certificates: PeerCertificates;
	before(async () => { certificates = await PeerCertificates.make(); });
	after(() => certificates.remove());

	async function dial(server: Peer, options: Partial<ConnectionOptions>): Promise<PeerClient> {
		const client = await PeerClient.start({ port: server.port, roots: [certificates.ca.der], serverName: "localhost", alpn: "mqtt", ...options });
		await client.put(pattern(30_000));
		await client.confirmed();
		return client;
	}

	const cases: [name: string, versions: string, retry: boolean, options: Partial<ConnectionOptions>, version: string, retried: boolean][] = [
		["is spoken from the first packet on", "6b3343cf,1", false, { ...BOTH, firstVersion: VERSION_2 }, "2", false],
		["takes the place of version 1 in the first flight, where the server prefers it", "6b3343cf,1", false, BOTH, "2", false],
		["is chosen from a Version Negotiation packet of a server that has nothing else", "6b3343cf", false, BOTH, "2", false],
		["gives way where the server has version 1 alone", "1", false, { ...BOTH, firstVersion: VERSION_2 }, "1", false],
		["goes on after Retry", "6b3343cf,1", true, { ...BOTH, firstVersion: VERSION_2 }, "2", true],
	];
	for (const [name, versions, retry, options, version, retried] of cases)
		it(name, async () => {
			const server = await startAioquic(certificates, versions, retry);
			let client: PeerClient | undefined;
			try {
				client = await dial(server, options);
				const { statistics } = client.connection;
				equal(`${statistics.version} ${statistics.retried}`, `${version} ${retried}`);
			}
			finally {
				await client?.driver.stop();
				await server.stop();
			}
		});

	it("resumes a session of version 2, with early data", async () => {
		const server = await startAioquic(certificates, "6b3343cf,1"), options = { ...BOTH, firstVersion: VERSION_2 };
		const clients: PeerClient[] = [];
		try {
			const first = await dial(server, options);
			clients.push(first);
			await first.driver.until(() => first.driver.sessions.length > 0, "session ticket", 5000);
			const again = await dial(server, { ...options, session: first.driver.sessions[0]!, earlyData: true });
			clients.push(again);
			const { version, resumed, earlyAccepted } = again.connection.statistics;
			equal(`${version} ${resumed} ${earlyAccepted}`, "2 true true");
		}
		finally {
			for (const client of clients)
				await client.driver.stop();
			await server.stop();
		}
	});
});
