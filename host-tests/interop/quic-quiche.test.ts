import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, after, before, equal, ok } from "#test";
import { clock } from "#hal";
import { EVENT_CONFIRMED, EVENT_CONNECTED, EVENT_STREAM_CREDIT } from "../../firmware/quic/connection.js";
import { issue, makeCa, type Authority, type IssueOptions } from "../../scripts/demo/certificates.js";
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
	/** Writes `bytes` on a new stream as there is room, finishes it, and waits for the echo. */
	const echo = async (driver: QuicDriver, bytes: Buffer, limit = 20000) => {
		await driver.until(() => driver.events.includes(EVENT_STREAM_CREDIT), "credit", limit);
		const stream = driver.connection.openStream();
		ok(stream >= 0, "no stream");
		let at = 0;
		const pump = () => {
			const connection = driver.connection;
			if (at > bytes.length || connection.closed)
				return;
			const ring = connection.sendRing(stream);
			const count = Math.min(ring.room, bytes.length - at);
			if (count > 0) {
				ring.putBytes(bytes, at, at + count);
				ring.commit();
				at += count;
			}
			if (at === bytes.length) {
				connection.finish(stream);
				at++;
			}
		};
		pump();
		driver.drive();
		await driver.until(() => {
			if (at < bytes.length && driver.connection.sendRing(stream).room > 1000)
				setImmediate(() => { pump(); driver.drive(); });
			return driver.connection.isFinished(stream);
		}, "echo", limit);
		ok(driver.received.get(stream)?.equals(bytes), "echo differs");
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
		await new Promise(resolve => { setTimeout(resolve, 50); });
		equal(JSON.stringify(server.errors[0]), JSON.stringify({ isApp: true, errorCode: 7, reason: "enough" }));
	});
});
