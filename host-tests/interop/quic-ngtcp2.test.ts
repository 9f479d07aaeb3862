/** ngtcp2's server speaks HTTP/3 only: it ends the handshake of a client that lets it open no streams, as ours does not.
 *  What comes before is judged here by a second implementation: Retry, our Initial packets and transport parameters. */
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, after, before, equal, ok, skip } from "#test";
import { until } from "../support/patience.js";
import { QUIC_CONNECTION_RECEIVE_WINDOW, QUIC_RECEIVE_DATAGRAM, QUIC_STREAM_RECEIVE_WINDOW } from "../../firmware/config.js";
import { issue, makeCa, type Authority } from "../../scripts/demo/certificates.js";
import { gtlsserverMissing, startGtlsserver } from "./peers/ngtcp2.js";
import { stopChild } from "./peers/peer.js";
import { QuicDriver, type DriverOptions } from "./support/quic-driver.js";

describe("quic with ngtcp2", () => {
	const missing = gtlsserverMissing();
	if (missing !== "") {
		skip("handshake", missing);
		return;
	}
	let folder = "", ca: Authority;
	const servers: ChildProcess[] = [], drivers: QuicDriver[] = [];

	async function serve(...options: string[]): Promise<{ port: number, log: () => string }> {
		const server = await startGtlsserver(["-d", folder, ...options], join(folder, "server.key"), join(folder, "server.pem"));
		servers.push(server.child);
		return server;
	}
	async function dial(options: Partial<DriverOptions> & { port: number }): Promise<QuicDriver> {
		const driver = await QuicDriver.start({ roots: [ca.der], alpn: "h3", ...options });
		drivers.push(driver);
		await driver.until(() => driver.connection.closed, "close");
		return driver;
	}

	before(async () => {
		folder = mkdtempSync(join(tmpdir(), "zonal-ngtcp2-"));
		ca = await makeCa({});
		const issued = await issue(ca, { dns: ["localhost"], ip: ["127.0.0.1"] });
		writeFileSync(join(folder, "server.pem"), issued.chain);
		writeFileSync(join(folder, "server.key"), issued.keyPem);
	});
	after(async () => {
		for (const driver of drivers)
			await driver.stop();
		for (const server of servers)
			await stopChild(server);
		rmSync(folder, { recursive: true });
	});

	it("reads our Initial and transport parameters as they are meant", async () => {
		const server = await serve();
		const driver = await dial({ port: server.port });
		equal(driver.connection.closeByPeer, true);
		equal(driver.connection.closeReason, "CRYPTO_ERROR 0x150 internal_error");
		const texts = [`initial_max_stream_data_bidi_local=${QUIC_STREAM_RECEIVE_WINDOW}`, `initial_max_data=${QUIC_CONNECTION_RECEIVE_WINDOW}`, "max_idle_timeout=20000", `max_udp_payload_size=${QUIC_RECEIVE_DATAGRAM}`, "initial_max_streams_uni=0"];
		await until(() => `${texts.join(", ")} in ${server.log()}`, () => texts.every(text => server.log().includes(text)));
		equal(driver.connection.statistics.droppedForged, 0);
	});

	it("accepts the token of its Retry", async () => {
		const server = await serve("-V");
		let driver!: QuicDriver;
		// Where the server was late, the client has asked again.
		await until("a handshake without a probe", async () => (driver = await dial({ port: server.port })).connection.statistics.probes === 0);
		equal(driver.connection.statistics.retried, true);
		equal(driver.connection.closeReason, "CRYPTO_ERROR 0x150 internal_error");
		equal(driver.sent.length, 2);
		await until(() => `the token in ${server.log().slice(0, 500)}`, () => /Token was successfully validated|the negotiated version is 0x00000001/.test(server.log()));
	});

	it("refuses an ALPN that it does not speak", async () => {
		const server = await serve();
		const driver = await dial({ port: server.port, alpn: "mqtt" });
		equal(driver.connection.closeByPeer, true);
		ok(driver.connection.closeReason.startsWith("CRYPTO_ERROR 0x178 no_application_protocol: the server does not speak ALPN \"mqtt\""), driver.connection.closeReason);
	});
});
