/** TLS 1.3 records against OpenSSL's own server: suites, HelloRetryRequest, resumption, KeyUpdate, stapling, client certificates. */
import { writeFileSync } from "node:fs";
import { after, before, deepEqual, describe, equal, it, ok, skip } from "#test";
import { crypto } from "#hal";
import { GROUP_P256, GROUP_X25519 } from "../../firmware/ports/crypto.js";
import { clientCertificate } from "../../firmware/tls/client-certificate.js";
import type { HandshakeOptions } from "../../firmware/tls/handshake-options.js";
import type { Session } from "../../firmware/tls/session.js";
import { OCSP_IF_STAPLED, OCSP_OFF, OCSP_REQUIRED } from "../../firmware/tls/x509/ocsp.js";
import { hasOpenssl, OpensslServer, Pki, TlsClient } from "./support/openssl-server.js";

describe("tls with OpenSSL", function (this: any) {
	this.timeout?.(120_000);
	if (!hasOpenssl()) {
		skip("everything", "openssl is not installed");
		return;
	}
	let pki: Pki;
	before(() => { pki = new Pki(); });
	after(() => { pki.remove(); });

	const dial = (server: OpensslServer, options: Partial<HandshakeOptions> = {}): TlsClient => new TlsClient(server.port, { roots: [pki.der("ca.pem")], ...options });

	async function serving(options: string[], body: (server: OpensslServer) => Promise<void>): Promise<void> {
		const server = await OpensslServer.start(pki, ...options);
		try {
			await body(server);
		}
		finally {
			server.stop();
		}
	}

	it("carries data both ways under each suite", async () => {
		for (const [suite, name] of [[0x1301, "TLS_AES_128_GCM_SHA256"], [0x1302, "TLS_AES_256_GCM_SHA384"], [0x1303, "TLS_CHACHA20_POLY1305_SHA256"]] as const)
			await serving(["-rev", "-ciphersuites", name], async server => {
				for (const options of [{}, { suites: [suite] }]) {
					const client = await dial(server, options).connected();
					equal(client.records.cipher, name);
					client.send("abcdef\n");
					await client.until("an answer", () => client.received.toString() === "fedcba\n");
					client.close();
				}
			});
	});

	it("agrees on P-256 and X25519, with a HelloRetryRequest where the other share is missing", async () => {
		for (const [group, wanted, other] of [["P-256", GROUP_P256, GROUP_X25519], ["X25519", GROUP_X25519, GROUP_P256]] as const)
			await serving(["-rev", "-groups", group], async server => {
				for (const options of [{}, { shares: [wanted] }, { shares: [other] }]) {
					const client = await dial(server, options).connected();
					client.send("ok\n");
					await client.until("an answer", () => client.received.length === 3);
					client.close();
				}
			});
	});

	it("resumes with a ticket, once more under a HelloRetryRequest", async () => {
		for (const suite of ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"])
			await serving(["-rev", "-ciphersuites", suite, "-groups", "P-256"], async server => {
				let session: Session | undefined;
				for (let round = 0; round < 3; round++) {
					const client = await dial(server, { wantsTickets: true, session, shares: round === 2 ? [GROUP_X25519] : undefined }).connected();
					equal(client.records.resumed, round > 0, `round ${round}`);
					session = undefined;
					await client.until("a ticket", () => (session = client.records.takeSession()) !== undefined);
					client.send("again\n");
					await client.until("an answer", () => client.received.length === 6);
					client.close();
				}
			});
	});

	it("follows a KeyUpdate, and answers one", async () => {
		await serving([], async server => {
			const client = await dial(server).connected();
			server.type("first\n");
			await client.until("the server's first line, behind its tickets", () => client.received.includes("first\n"));
			for (let round = 0; round < 3; round++) {
				const before = client.arrived;
				server.type(round === 0 ? "k\n" : "K\n");
				// What it reads together with the command it takes for its rest.
				await client.until("KeyUpdate", () => client.arrived > before);
				server.type(`from the server ${round}\n`);
				await client.until("the server's line", () => client.received.includes(`from the server ${round}\n`));
				client.send(`from the client ${round}\n`);
				await client.until("the client's line", () => server.output.includes(`from the client ${round}\n`));
			}
			// It goes without close_notify.
			server.type("q\n");
			equal(await client.refused(), "TCP ended");
		});
	});

	it("takes records of every size", async () => {
		const file = new Uint8Array(200_000).map((_, i) => i * 31 >> 3);
		writeFileSync(pki.path("file.bin"), file);
		for (const options of [[], ["-max_send_frag", "512"], ["-max_send_frag", "16384", "-read_buf", "65536"]])
			await serving(["-HTTP", ...options], async server => {
				writeFileSync(pki.path("answer"), Buffer.concat([Buffer.from("HTTP/1.0 200 OK\r\n\r\n"), file]));
				const client = await dial(server).connected();
				client.send("GET /answer HTTP/1.0\r\n\r\n");
				await client.refused();
				deepEqual(new Uint8Array(client.received.subarray(19)), file);
			});
	});

	it("judges stapled responses as openssl makes them", async () => {
		const good = pki.ocsp("good.der", "server", "V", "ca"), revoked = pki.ocsp("revoked.der", "server", "R", "ca");
		const delegated = pki.ocsp("delegated.der", "server", "V", "responder"), sha256 = pki.ocsp("sha256.der", "server", "V", "responder", ["-sha256"], ["-ndays", "2", "-resp_key_id"]);
		const other = pki.ocsp("other.der", "client", "V", "ca"), forged = pki.ocsp("forged.der", "server", "V", "client");
		const endless = pki.ocsp("endless.der", "server", "V", "ca", [], []);
		const cases: [string[], number, string][] = [
			[["-status_file", good], OCSP_REQUIRED, ""], [["-status_file", delegated], OCSP_REQUIRED, ""], [["-status_file", sha256], OCSP_REQUIRED, ""],
			[["-status_file", endless], OCSP_REQUIRED, ""], [["-status_file", revoked], OCSP_IF_STAPLED, "the server's certificate was revoked"], [["-status_file", revoked], OCSP_OFF, ""],
			[["-status_file", other], OCSP_IF_STAPLED, "it is about another certificate"], [["-status_file", forged], OCSP_IF_STAPLED, "its signer's certificate is not for OCSP"],
			[[], OCSP_IF_STAPLED, ""], [[], OCSP_REQUIRED, "no stapled OCSP response"],
		];
		for (const [options, ocsp, reason] of cases)
			await serving(["-rev", ...options], async server => {
				const client = dial(server, { ocsp });
				if (reason === "")
					(await client.connected()).close();
				else {
					const said = await client.refused();
					ok(said.includes(reason), `${options.join(" ")}: ${said}`);
				}
			});
		await serving(["-rev", "-cert", "staple.pem", "-key", "staple.key"], async server => {
			ok((await dial(server).refused()).includes("no stapled OCSP response"));
		});
		await serving(["-rev", "-cert", "staple.pem", "-key", "staple.key", "-status_file", pki.ocsp("staple.der", "staple", "V", "ca")], async server => {
			(await dial(server).connected()).close();
		});
	});

	it("shows a client certificate, and says why it is refused", async () => {
		const key = crypto.signingKey(pki.path("client.key")), certificate = clientCertificate([pki.der("client.pem")], key);
		await serving(["-rev", "-Verify", "2", "-CAfile", "ca.pem", "-verify_return_error"], async server => {
			const client = await dial(server, { certificate }).connected();
			client.send("mine\n");
			await client.until("an answer", () => client.received.toString() === "enim\n");
			client.close();
			equal(await dial(server).refused(), "the server wants a client certificate, and got none");
		});
		key.close();
	});

	it("says that there is no TLS 1.3, and no suite in common", async () => {
		await serving(["-rev", "-ciphersuites", "TLS_AES_256_GCM_SHA384"], async server => {
			ok((await dial(server, { suites: [0x1301] }).refused()).includes("handshake_failure"));
		});
		await serving(["-rev", "-no_tls1_3"], async server => {
			ok((await dial(server).refused()).includes("protocol_version"));
		});
	});
} as () => void);
