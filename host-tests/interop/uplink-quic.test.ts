/** The whole uplink against a real broker: our MQTT, QUIC and TLS, quiche's QUIC, and mosquitto behind it. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { X509Certificate } from "node:crypto";
import { crypto, random } from "#hal";
import { after, before, deepEqual, describe, equal, it, ok, skip } from "#test";
import { UPLINK_FLUSH_TIMEOUT } from "../../firmware/config.js";
import { PUBLISHED, QUEUED } from "../../firmware/uplink/uplink.js";
import { UPLINK_CONNECTING, UPLINK_DOWN, UPLINK_HANDSHAKE_DONE, UPLINK_UP } from "../../firmware/uplink/uplink-state.js";
import { quicTransport, type QuicTransportOptions } from "../../firmware/uplink/quic-transport.js";
import { NodeCalendar } from "../../hal/node/calendar.js";
import { startBroker, type Broker, type BrokerOptions } from "../../scripts/demo/broker.js";
import { ensureCertificates, issue, makeCa, type CertificateFiles } from "../../scripts/demo/certificates.js";
import { countDelivered, type Subscriber } from "../../scripts/demo/subscriber.js";
import { timed, until } from "../support/patience.js";
import { startProxy } from "../support/udp-proxy.js";
import { UplinkDriver, type UplinkDriverOptions } from "./support/uplink-driver.js";

describe("uplink over quic", () => {
	if (!existsSync("/usr/sbin/mosquitto")) {
		skip("everything", "mosquitto is not installed");
		return;
	}
	let folder = "", certificates: CertificateFiles, root: Uint8Array, broker: Broker;
	const drivers: UplinkDriver[] = [], received: { topic: string, payload: string, retained: boolean }[] = [], subscribers: Subscriber[] = [];

	const transport = (more: Partial<QuicTransportOptions> = {}) =>
		quicTransport({ crypto, random, calendar: new NodeCalendar(), serverName: "127.0.0.1", roots: [root], ...more });
	const dial = (options: Partial<UplinkDriverOptions> = {}): UplinkDriver => {
		const driver = new UplinkDriver({ port: broker.port, transport: transport(), clientId: `zonal-${drivers.length}`, backoffMinimum: 50, backoffMaximum: 500, ...options });
		drivers.push(driver);
		return driver.start();
	};
	const start = (more: Partial<BrokerOptions> = {}) => startBroker({ certificates, host: "127.0.0.1", ...more });
	const listen = async (mqttPort: number, filter: string): Promise<void> => {
		subscribers.push(await countDelivered(mqttPort, filter, (topic, payload, retained) => { received.push({ topic, payload: payload.toString(), retained }); }));
	};
	const failure = async (options: Partial<UplinkDriverOptions>): Promise<string> => {
		const driver = dial(options);
		await driver.until(() => driver.errors.length > 0, "error");
		await driver.stop();
		return driver.errors[0]!;
	};

	before(async () => {
		folder = mkdtempSync(join(tmpdir(), "zonal-uplink-"));
		certificates = await ensureCertificates(folder, { dns: ["broker.example"], ip: ["127.0.0.1"] });
		root = new Uint8Array(new X509Certificate(readFileSync(certificates.ca)).raw);
		broker = await start();
		await listen(broker.mqttPort, "test/#");
	});
	after(async () => {
		for (const driver of drivers)
			await driver.stop();
		for (const subscriber of subscribers)
			await subscriber.stop();
		await broker.stop();
		rmSync(folder, { recursive: true });
	});

	it("goes from name to CONNACK and publishes at both QoS", async () => {
		let one = 0, other = 0;
		const driver = dial({ prepare: uplink => {
			one = uplink.addTopic("test/one");
			other = uplink.addTopic("test/other");
		} });
		await driver.up();
		deepEqual(driver.states, [UPLINK_CONNECTING, UPLINK_HANDSHAKE_DONE, UPLINK_UP]);
		deepEqual([driver.uplink.quic?.established, driver.uplink.quic?.version], [true, "1"]);
		received.length = 0;
		for (let i = 0; i < 300; i++)
			ok(driver.publish(i & 1 ? other : one, i % 3 === 0 ? 1 : 0, `message ${i}`) > 0);
		await driver.until(() => driver.uplink.statistics.pending === 0, "empty outbox");
		await until("delivery", () => received.length === 300);
		deepEqual(new Set(received.map(message => message.payload)).size, 300);
		deepEqual([driver.uplink.statistics.acknowledged, driver.uplink.statistics.overflowed, driver.errors.length], [100, 0, 0]);
	});

	it("carries messages longer than the stream's ring, and receives as well", async () => {
		let topic = 0;
		const driver = dial({ prepare: uplink => {
			topic = uplink.addTopic("test/long");
			uplink.addSubscription("test/long", 1);
		} });
		await driver.up();
		await driver.until(() => driver.uplink.statistics.subscriptions === 1, "SUBACK");
		const long = "0123456789".repeat(1500);
		received.length = 0;
		driver.publish(topic, 1, long);
		driver.publish(topic, 1, "short");
		await until("delivery", () => received.length === 2);
		ok(received.some(message => message.payload === long));
		// The long one exceeds what was announced: the broker keeps it back.
		await driver.until(() => driver.messages.length === 1, "message");
		deepEqual([driver.messages[0]!.payload.toString(), driver.errors.length], ["short", 0]);
	});

	it("queues while the broker is gone, and loses no QoS 1 message when it is back", async () => {
		let topic = 0;
		const away = await start();
		const driver = dial({ port: away.port, prepare: uplink => { topic = uplink.addTopic("away/t"); } });
		await driver.up();
		equal(driver.publish(topic, 1, "before"), PUBLISHED);
		await driver.until(() => driver.uplink.statistics.pending === 0, "PUBACK");
		await away.restart();
		await driver.until(() => driver.uplink.state !== UPLINK_UP, "loss");
		ok(/shutting down|lost the connection|closed the MQTT stream/.test(driver.errors[0]!), driver.errors[0]);
		const results = ["a", "b", "c"].map(payload => driver.publish(topic, 1, payload));
		ok(results.every(result => result === QUEUED || result === PUBLISHED));
		await driver.up();
		await driver.until(() => driver.uplink.statistics.pending === 0, "PUBACKs");
		deepEqual([driver.uplink.statistics.acknowledged, driver.uplink.statistics.reconnects], [4, 1]);
		await driver.stop();
		await away.stop();
	});

	it("comes back after a broker that vanished without a word, and delivers what it had not acknowledged", async () => {
		let topic = 0;
		const away = await start();
		const driver = dial({ port: away.port, prepare: uplink => { topic = uplink.addTopic("gone/t"); } });
		await driver.up();
		await away.kill();
		for (let i = 0; i < 5; i++)
			equal(driver.publish(topic, 1, `unheard ${i}`), PUBLISHED);
		await new Promise(resolve => { setTimeout(resolve, 300); });
		equal(driver.uplink.statistics.pending, 5);
		await away.restart();
		received.length = 0;
		await listen(away.mqttPort, "gone/#");
		await driver.until(() => driver.uplink.statistics.pending === 0, "PUBACKs");
		await until("delivery", () => received.length === 5);
		deepEqual(received.map(message => message.payload), [0, 1, 2, 3, 4].map(i => `unheard ${i}`));
		equal(driver.uplink.statistics.reconnects, 1);
		await driver.stop();
		await away.stop();
	});

	it("keeps every QoS 1 message over a link that loses 20 %", async () => {
		let topic = 0;
		const proxy = await startProxy({ port: broker.port, seed: 5, loss: 0.2 });
		const driver = dial({ port: proxy.port, prepare: uplink => { topic = uplink.addTopic("test/lossy"); } });
		await driver.up();
		received.length = 0;
		for (let i = 0; i < 100; i++) {
			ok(driver.publish(topic, 1, `lossy ${i}`) > 0);
			await new Promise(resolve => { setTimeout(resolve, 4); });
		}
		await driver.until(() => driver.uplink.statistics.pending === 0, "PUBACKs");
		await until("delivery", () => new Set(received.map(message => message.payload)).size === 100);
		equal(driver.uplink.statistics.overflowed, 0);
		ok(proxy.up.statistics.lost > 3 && proxy.down.statistics.lost > 3, "the link lost nothing");
		await driver.stop();
		await proxy.stop();
	});

	it("is refused with a wrong password, in words", async () => {
		const locked = await start({ username: "board", password: "secret" });
		const right = dial({ port: locked.port, userName: "board", password: Buffer.from("secret") });
		await right.up();
		await right.stop();
		equal(await failure({ port: locked.port, userName: "board", password: Buffer.from("guess") }),
			"the broker refused CONNECT: not authorized (0x87): check user name, password and the broker's access rules");
		await locked.stop();
	});

	it("refuses a server of another CA, for another name, or out of date, in words", async () => {
		const other = await makeCa({ name: "Other CA" });
		const wrongCa = await failure({ transport: transport({ roots: [other.der] }) });
		ok(wrongCa.startsWith(`no connection to 127.0.0.1:${broker.port}: `) && wrongCa.includes("unknown_ca"), wrongCa);
		const wrongName = await failure({ transport: transport({ serverName: "other.example" }) });
		ok(wrongName.includes("other.example"), wrongName);
		const old = await issue(other, { ip: ["127.0.0.1"], expired: true });
		writeFileSync(join(folder, "old.pem"), old.chain);
		writeFileSync(join(folder, "old.key"), old.keyPem);
		const expired = await start({ certificates: { chain: join(folder, "old.pem"), key: join(folder, "old.key") } });
		const words = await failure({ port: expired.port, transport: transport({ roots: [other.der] }) });
		ok(words.includes("certificate expired on"), words);
		await expired.stop();
	});

	it("says that nobody answers", async () => {
		const silent = createSocket("udp4");
		silent.bind(0, "127.0.0.1");
		await once(silent, "listening");
		const { port } = silent.address();
		equal(await failure({ port }), `no UDP answer from 127.0.0.1:${port} within 10 s: is the broker's QUIC listener on, is UDP open?`);
		silent.close();
	});

	it("leaves with DISCONNECT and CONNECTION_CLOSE, and its will as the status", async () => {
		let topic = 0;
		const will = { topic: "test/status", payload: Buffer.from("offline"), qos: 1 as const, retain: true };
		const driver = dial({ will, prepare: uplink => { topic = uplink.addTopic("test/status", { alias: false }); } });
		await driver.up();
		received.length = 0;
		driver.publish(topic, 1, "online", true);
		await until("status", () => received.length === 1);
		// Neither the outbox nor the acknowledgment of DISCONNECT was waited for in vain.
		ok(await timed(() => driver.stop()) < UPLINK_FLUSH_TIMEOUT, "took longer than a second");
		await until("will", () => received.length === 2);
		deepEqual(received.map(message => message.payload), ["online", "offline"]);
		deepEqual([driver.states.at(-1), driver.uplink.isStopped], [UPLINK_DOWN, true]);
	});
});
