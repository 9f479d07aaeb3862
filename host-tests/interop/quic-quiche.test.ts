import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, after, before, equal, ok } from "#test";
import { clock } from "#hal";
import { EVENT_CONFIRMED, EVENT_CONNECTED } from "../../firmware/quic/connection.js";
import { issue, makeCa, type Authority, type IssueOptions } from "../../scripts/demo/certificates.js";
import { QuicTerminator } from "../../scripts/demo/quic-terminator.js";
import { undisturbed, until } from "../support/patience.js";
import { startProxy } from "../support/udp-proxy.js";
import { QuicDriver, type DriverOptions } from "./support/quic-driver.js";
import { QuicheEcho, type EchoOptions } from "./support/quiche-echo.js";

describe("quic with quiche", () => {
	let folder = "", ca: Authority, other: Authority;
	const servers: QuicheEcho[] = [], drivers: QuicDriver[] = [];

	const serve = async (certificate: IssueOptions = {}, more: Partial<EchoOptions> = {}) => {
		const name = join(folder, `server${servers.length}`);
		const issued = await issue(ca, { dns: ["broker.example"], ip: ["127.0.0.1"], ...certificate });
		writeFileSync(`${name}.pem`, issued.chain);
		writeFileSync(`${name}.key`, issued.keyPem);
		const server = await QuicheEcho.start({ chain: `${name}.pem`, key: `${name}.key`, ...more });
		servers.push(server);
		return server;
	};
	const dial = async (port: number, more: Partial<DriverOptions> = {}, onEvent?: (driver: QuicDriver, event: number) => void) => {
		const driver = await QuicDriver.start({ port, roots: [ca.der], ...more }, onEvent);
		drivers.push(driver);
		return driver;
	};
	const closed = async (driver: QuicDriver) => {
		await driver.until(() => driver.connection.closed, "close");
		return driver.connection;
	};
	/** Writes `bytes` on a new stream, and waits for the echo. */
	const echo = async (driver: QuicDriver, bytes: Buffer, limit?: number) => {
		const stream = await driver.open(limit);
		ok((await driver.exchange(stream, bytes, limit)).equals(bytes), "echo differs");
		return stream;
	};

	before(async () => {
		folder = mkdtempSync(join(tmpdir(), "zonal-quic-"));
		ca = await makeCa({ name: "Test CA" });
		other = await makeCa({ name: "Other CA" });
	});
	after(async () => {
		for (const driver of drivers)
			await driver.stop();
		for (const server of servers)
			await server.stop();
		rmSync(folder, { recursive: true });
	});

	it("shakes hands, echoes a stream and closes", async () => {
		const server = await serve();
		const driver = await dial(server.port);
		await driver.until(() => driver.events.includes(EVENT_CONFIRMED), "confirmation");
		equal(driver.events[0], EVENT_CONNECTED);
		await echo(driver, Buffer.from("hello quiche"));
		const statistics = driver.connection.statistics;
		equal(statistics.established, true);
		equal(statistics.cipher, "TLS_AES_128_GCM_SHA256");
		driver.connection.close(7, "enough", clock.now());
		driver.drive();
		await until("the close at the server", () => server.errors.length > 0);
		equal(JSON.stringify(server.errors[0]), JSON.stringify({ isApp: true, errorCode: 7, reason: "enough" }));
	});

	it("confirms the handshake in two datagrams of less than 1.3 KB", () => undisturbed(async () => {
		const server = await serve();
		const driver = await dial(server.port);
		await driver.until(() => driver.events.includes(EVENT_CONFIRMED), "confirmation");
		const { handshakeDatagrams, handshakeBytes } = driver.connection.statistics;
		ok(handshakeDatagrams <= 3 && handshakeBytes <= 1350, `${handshakeDatagrams} datagrams, ${handshakeBytes} bytes`);
	}));

	it("connects, publishes and closes in five datagrams of 1.8 KB", () => undisturbed(async () => {
		const server = await serve();
		const driver = await dial(server.port, {}, (driver, event) => {
			if (event !== EVENT_CONNECTED)
				return;
			// As MQTT does: CONNECT of 40 bytes with the handshake's last flight, PUBLISH when the answer has come.
			const ring = driver.connection.sendRing(driver.connection.openStream());
			ring.putBytes(Buffer.alloc(40, 1), 0, 40);
			ring.commit();
		});
		await driver.until(() => driver.received.get(0)?.length === 40, "echo of CONNECT");
		driver.connection.sendRing(0).putBytes(Buffer.alloc(80, 2), 0, 80);
		driver.connection.sendRing(0).commit();
		driver.drive();
		await driver.until(() => driver.received.get(0)?.length === 120, "echo of PUBLISH");
		driver.connection.close(0, "", clock.now());
		driver.drive();
		const bytes = driver.sent.reduce((sum, length) => sum + length, 0);
		ok(driver.sent.length <= 5 && bytes <= 1800, `${driver.sent.length} datagrams, ${bytes} bytes: ${driver.sent}`);
	}));

	it("carries 300 KB both ways through windows of a few KB", async () => {
		const server = await serve({}, { streamWindow: 6000, connectionWindow: 9000 });
		const driver = await dial(server.port);
		const bytes = Buffer.alloc(300_000);
		for (let i = 0; i < bytes.length; i++)
			bytes[i] = (i * 31 + (i >> 8)) & 0xff;
		await echo(driver, bytes);
		equal(driver.connection.statistics.droppedForged, 0);
	});

	it("uses one stream after another beyond the table and the credit", async () => {
		const server = await serve({}, { maxStreams: 3 });
		const driver = await dial(server.port);
		for (let i = 0; i < 12; i++) {
			equal(await echo(driver, Buffer.from(`stream ${i}`)), i * 4);
		}
	});

	it("speaks ChaCha20-Poly1305 where only that is offered", async () => {
		const server = await serve();
		const driver = await dial(server.port, { suites: [0x1303] });
		await echo(driver, Buffer.from("chacha"));
		equal(driver.connection.statistics.cipher, "TLS_CHACHA20_POLY1305_SHA256");
	});

	it("answers a HelloRetryRequest: only P-256 is offered", async () => {
		const server = await serve();
		const driver = await dial(server.port, { groups: [0x0017] });
		await echo(driver, Buffer.from("p256"));
	});

	it("says in words that the server does not speak the ALPN", async () => {
		const server = await serve();
		const connection = await closed(await dial(server.port, { alpn: "nothing" }));
		equal(connection.closeCode, 0x178);
		equal(connection.closeByPeer, true);
		ok(connection.closeReason.startsWith("CRYPTO_ERROR 0x178 no_application_protocol: the server does not speak ALPN \"nothing\""), connection.closeReason);
	});

	it("refuses a server of another CA", async () => {
		const server = await serve();
		const connection = await closed(await dial(server.port, { roots: [other.der] }));
		equal(connection.closeByPeer, false);
		equal(connection.closeCode, 0x130);
		ok(connection.closeReason.startsWith("CRYPTO_ERROR 0x130 unknown_ca: "), connection.closeReason);
		await until("the close at the server", () => server.errors.length > 0);
		equal(server.errors[0]?.errorCode, 0x130);
	});

	it("refuses a certificate for another name, and one that has expired", async () => {
		const named = await closed(await dial((await serve()).port, { serverName: "other.example" }));
		ok(named.closeReason.includes("other.example"), named.closeReason);
		const expired = await closed(await dial((await serve({ expired: true })).port));
		equal(expired.closeCode, 0x12d);
		ok(expired.closeReason.startsWith("CRYPTO_ERROR 0x12d certificate_expired: certificate expired on 20"), expired.closeReason);
	});

	it("hears of a close by the server, with its reason", async () => {
		const server = await serve();
		const driver = await dial(server.port);
		await driver.until(() => driver.events.includes(EVENT_CONFIRMED), "confirmation");
		server.clients[0]!.connection.close(true, 3, Buffer.from("restart"));
		server.flush();
		const connection = await closed(driver);
		equal(connection.closeReason, "application error 0x3: restart");
		equal(connection.closeByPeer, true);
	});

	it("keeps an idle connection alive with PING", () => undisturbed(async () => {
		const server = await serve({}, { idleTimeout: 600 });
		const driver = await dial(server.port, { keepAlive: 10_000 });
		await driver.until(() => driver.events.includes(EVENT_CONFIRMED), "confirmation");
		await new Promise(resolve => { setTimeout(resolve, 1500); });
		equal(driver.connection.closed, false);
		await echo(driver, Buffer.from("still here"));
	}));

	it("gets 20 KB through links that lose 30 % both ways", async () => {
		const server = await serve();
		const bytes = Buffer.alloc(20_000, 0x5a);
		await Promise.all([1, 2, 3, 4].map(async seed => {
			const proxy = await startProxy({ port: server.port, seed, loss: 0.3, delay: 5, reorder: 0.05, duplicate: 0.05 });
			try {
				const driver = await dial(proxy.port, { handshakeTimeout: 60_000 });
				await echo(driver, bytes, 60_000).catch(error => { throw new Error(`seed ${seed}: ${error.message}`); });
			}
			finally {
				await proxy.stop();
			}
		}));
	});

	it("follows a Retry", async () => {
		await serve();
		const server = await QuicTerminator.start({ chain: join(folder, "server0.pem"), key: join(folder, "server0.key"), host: "127.0.0.1", port: 0, backendPort: () => 1, log: () => {}, retry: true });
		try {
			await undisturbed(async () => {
				const driver = await dial(server.port);
				await driver.until(() => driver.events.includes(EVENT_CONFIRMED), "confirmation");
				equal(driver.connection.statistics.retried, true);
				equal(driver.connection.statistics.handshakeDatagrams, 3);
			});
		}
		finally {
			await server.stop();
		}
	});

	it("understands a stateless reset of a server that was restarted", async () => {
		await serve();
		const options = { chain: join(folder, "server0.pem"), key: join(folder, "server0.key"), host: "127.0.0.1", backendPort: () => 1, log: () => {}, resetToken: Buffer.alloc(16, 0x5c) };
		const server = await QuicTerminator.start({ ...options, port: 0 });
		const driver = await dial(server.port, { keepAlive: 300 });
		await driver.until(() => driver.events.includes(EVENT_CONFIRMED), "confirmation");
		const port = server.port;
		await server.kill();
		const second = await QuicTerminator.start({ ...options, port });
		try {
			const connection = await closed(driver);
			equal(connection.closeReason, "stateless reset: the server does not know this connection any more");
		}
		finally {
			await second.stop();
		}
	});

	it("lives on where a NAT gives it another port", async () => {
		const server = await serve();
		const proxy = await startProxy({ port: server.port });
		try {
			const driver = await dial(proxy.port);
			await echo(driver, Buffer.from("before"));
			for (let i = 0; i < 3; i++) {
				proxy.rebind();
				await echo(driver, Buffer.alloc(3000, i));
			}
			equal(driver.connection.closed, false);
		}
		finally {
			await proxy.stop();
		}
	});
});
