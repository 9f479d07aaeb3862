/** ngtcp2's server speaks HTTP/3 only: it ends the handshake of a client that lets it open no streams, as ours does not.
 *  What comes before is judged here by a second implementation: Retry, our Initial packets and transport parameters. */
import { spawn, type ChildProcess } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, after, before, equal, ok, skip } from "#test";
import { QUIC_CONNECTION_RECEIVE_WINDOW, QUIC_RECEIVE_DATAGRAM, QUIC_STREAM_RECEIVE_WINDOW } from "../../firmware/config.js";
import { issue, makeCa, type Authority } from "../../scripts/demo/certificates.js";
import { QuicDriver, type DriverOptions } from "./support/quic-driver.js";

const PROGRAM = ["/usr/sbin/gtlsserver", "/usr/bin/gtlsserver"].find(existsSync);

describe("quic with ngtcp2", () => {
	if (PROGRAM === undefined) {
		skip("handshake", "gtlsserver is not installed (Debian package ngtcp2-server)");
		return;
	}
	let folder = "", ca: Authority;
	const servers: ChildProcess[] = [], drivers: QuicDriver[] = [];

	async function serve(...options: string[]): Promise<{ port: number, log: () => string }> {
		const probe = createSocket("udp4");
		probe.bind(0, "127.0.0.1");
		await once(probe, "listening");
		const port = probe.address().port;
		await new Promise<void>(resolve => { probe.close(() => resolve()); });
		const server = spawn(PROGRAM!, [...options, "127.0.0.1", String(port), join(folder, "server.key"), join(folder, "server.pem")], { cwd: folder });
		servers.push(server);
		let log = "";
		const add = (data: Buffer) => { log += data; };
		server.stdout.on("data", add);
		server.stderr.on("data", add);
		await new Promise(resolve => { setTimeout(resolve, 300); });
		return { port, log: () => log };
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
		for (const server of servers) {
			server.kill();
			if (server.exitCode === null && server.signalCode === null)
				await once(server, "exit");
		}
		rmSync(folder, { recursive: true });
	});

	it("reads our Initial and transport parameters as they are meant", async () => {
		const server = await serve();
		const driver = await dial({ port: server.port });
		equal(driver.connection.closeByPeer, true);
		equal(driver.connection.closeReason, "CRYPTO_ERROR 0x150 internal_error");
		const log = server.log();
		for (const text of [`initial_max_stream_data_bidi_local=${QUIC_STREAM_RECEIVE_WINDOW}`, `initial_max_data=${QUIC_CONNECTION_RECEIVE_WINDOW}`, "max_idle_timeout=20000", `max_udp_payload_size=${QUIC_RECEIVE_DATAGRAM}`, "initial_max_streams_uni=0"])
			ok(log.includes(text), `no ${text}`);
		equal(driver.connection.statistics.droppedForged, 0);
	});

	it("accepts the token of its Retry", async () => {
		const server = await serve("-V");
		const driver = await dial({ port: server.port });
		equal(driver.connection.statistics.retried, true);
		equal(driver.connection.closeReason, "CRYPTO_ERROR 0x150 internal_error");
		equal(driver.sent.length, 2);
		ok(server.log().includes("Token was successfully validated") || server.log().includes("the negotiated version is 0x00000001"), server.log().slice(0, 500));
	});

	it("refuses an ALPN that it does not speak", async () => {
		const server = await serve();
		const driver = await dial({ port: server.port, alpn: "mqtt" });
		equal(driver.connection.closeByPeer, true);
		ok(driver.connection.closeReason.startsWith("CRYPTO_ERROR 0x178 no_application_protocol: the server does not speak ALPN \"mqtt\""), driver.connection.closeReason);
	});
});
