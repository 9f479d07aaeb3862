import { X509Certificate } from "node:crypto";
import { createSocket } from "node:dgram";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import mqttPacket from "mqtt-packet";
import { describe, it, after, before, equal, ok } from "#test";
import { EVENT_CONNECTED } from "../../firmware/quic/connection.js";
import { startBroker, type Broker, type BrokerOptions } from "../../scripts/demo/broker.js";
import { ensureCertificates, issue, makeCa, type CertificateFiles } from "../../scripts/demo/certificates.js";
import { countDelivered } from "../../scripts/demo/subscriber.js";
import { until } from "../support/patience.js";
import { QuicheClient, type QuicheClientOptions } from "../support/quiche-client.js";
import { startProxy } from "../support/udp-proxy.js";
import { QuicDriver } from "./support/quic-driver.js";

type Packet = mqttPacket.Packet;
const V5 = { protocolVersion: 5 };

const encode = (packet: object) => mqttPacket.generate(packet as Packet, V5);
const connectPacket = (clientId: string, more: object = {}) => encode({
	cmd: "connect", protocolId: "MQTT", protocolVersion: 5, clean: true, clientId, keepalive: 30, ...more,
});

function packets(bytes: Buffer | undefined): Packet[] {
	const found: Packet[] = [], parser = mqttPacket.parser(V5);
	parser.on("packet", packet => { found.push(packet); });
	parser.parse(bytes ?? Buffer.alloc(0));
	return found;
}

async function rejects(work: Promise<unknown>, match: string): Promise<void> {
	const error = await work.then(() => undefined, reason => reason as Error);
	ok(error !== undefined, `did not fail with "${match}"`);
	ok(error!.message.includes(match), `"${error!.message}", expected "${match}"`);
}

describe("broker", () => {
	let folder = "", certificates: CertificateFiles, broker: Broker;
	const lines: string[] = [], clients: QuicheClient[] = [];
	const start = (more: Partial<BrokerOptions> = {}) => startBroker({ certificates, host: "127.0.0.1", log: line => { lines.push(line); }, ...more });
	const dial = async (options: Partial<QuicheClientOptions> = {}) => {
		const client = await QuicheClient.connect({ port: broker.port, ca: certificates.ca, ...options });
		clients.push(client);
		return client;
	};
	const login = async (clientId: string, options: Partial<QuicheClientOptions> = {}, more: object = {}) => {
		const client = await dial(options);
		await client.until(() => client.connection.isEstablished(), "handshake");
		await client.write(0, connectPacket(clientId, more));
		await client.until(() => packets(client.received.get(0)).length > 0, "CONNACK");
		return client;
	};

	before(async () => {
		folder = mkdtempSync(join(tmpdir(), "zonal-broker-"));
		certificates = await ensureCertificates(folder, { dns: ["localhost"], ip: ["127.0.0.1"] });
		broker = await start();
	});
	after(async () => {
		for (const client of clients)
			await client.close().catch(() => {});
		await broker.stop();
		rmSync(folder, { recursive: true });
	});

	it("answers CONNECT with CONNACK over a verified connection", async () => {
		const client = await login("one");
		const connack = packets(client.received.get(0))[0] as mqttPacket.IConnackPacket;
		equal(connack.cmd, "connack");
		equal(connack.reasonCode, 0);
		equal(client.connection.stats().peerInitialMaxStreamsBidi, 10);
		equal(Buffer.from(client.connection.applicationProto()).toString(), "mqtt");
	});
	it("delivers QoS 1 to a subscriber, acknowledges, keeps the order", async () => {
		const seen: string[] = [];
		const subscriber = await countDelivered(broker.mqttPort, "t/#", (topic, payload) => { seen.push(`${topic} ${payload}`); });
		const client = await login("two");
		for (let i = 1; i <= 200; i++)
			await client.write(0, encode({ cmd: "publish", topic: `t/${i % 3}`, payload: `${i}`, qos: 1, messageId: i, retain: false, dup: false }));
		await client.until(() => packets(client.received.get(0)).filter(packet => packet.cmd === "puback").length === 200, "PUBACKs");
		await until("deliveries", () => subscriber.count === 200);
		equal(seen.join(), Array.from({ length: 200 }, (_, i) => `t/${(i + 1) % 3} ${i + 1}`).join());
		await subscriber.stop();
	});
	it("holds back a backend that is faster than the client's window, and loses nothing", async () => {
		const client = await login("slow", { streamWindow: 20000 });
		await client.write(0, encode({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "big", qos: 0, nl: false, rap: false, rh: 0 }] }));
		await client.until(() => packets(client.received.get(0)).length > 1, "SUBACK");
		client.paused = true;
		const publisher = await login("fast");
		const payload = Buffer.alloc(100000, 7);
		for (let i = 0; i < 8; i++)
			await publisher.write(0, encode({ cmd: "publish", topic: "big", payload, qos: 0, retain: false, dup: false }));
		await new Promise(resolve => { setTimeout(resolve, 200); });
		client.paused = false;
		client.drive();
		const publishes = () => packets(client.received.get(0)).filter(packet => packet.cmd === "publish") as mqttPacket.IPublishPacket[];
		await client.until(() => publishes().length === 8, "the payloads");
		const got = publishes();
		ok(got.every(packet => payload.equals(packet.payload as Buffer)));
	});
	it("ends the backend's session with the client's: a will goes out where no DISCONNECT came", async () => {
		const seen: string[] = [];
		const subscriber = await countDelivered(broker.mqttPort, "will/#", topic => { seen.push(topic); });
		const will = (topic: string) => ({ will: { topic, payload: Buffer.from("x"), qos: 0, retain: false } });
		const polite = await login("polite", {}, will("will/polite")), rude = await login("rude", {}, will("will/rude"));
		await polite.write(0, encode({ cmd: "disconnect", reasonCode: 0 }));
		await polite.close();
		await rude.close();
		await until("the will", () => seen.length > 0);
		equal(seen.join(), "will/rude");
		await subscriber.stop();
	});
	it("closes with code 0 after the backend refused", async () => {
		const client = await dial();
		await client.until(() => client.connection.isEstablished(), "handshake");
		await client.write(0, Buffer.from("GET / HTTP/1.1\r\n\r\n"));
		await client.until(() => client.connection.peerError() !== null, "close");
		equal(client.describe().includes("application code 0x0"), true, client.describe());
	});
	it("refuses a second stream and goes on with the first", async () => {
		const client = await login("streams");
		await client.write(4, connectPacket("other"));
		await client.until(() => client.finished.has(4), "reset of stream 4");
		await client.write(0, encode({ cmd: "pingreq" }));
		await client.until(() => packets(client.received.get(0)).some(packet => packet.cmd === "pingresp"), "PINGRESP");
	});
	it("refuses another ALPN with alert 120", async () => {
		const client = await dial({ alpn: "h3" });
		await client.until(() => client.connection.peerError() !== null, "refusal");
		equal(client.connection.peerError()!.errorCode, 0x178);
	});
	it("is refused by a client with another CA", async () => {
		const other = await ensureCertificates(join(folder, "other"), { dns: ["localhost"], ip: [] });
		const client = await dial({ ca: other.ca });
		await client.until(() => client.connection.localError() !== null, "refusal");
		ok(!client.connection.isEstablished());
	});
	it("forgets clients that are gone", async () => {
		const quick = await start({ idleTimeout: 300 });
		try {
			const client = await QuicheClient.connect({ port: quick.port, ca: certificates.ca });
			await client.until(() => client.connection.isEstablished(), "handshake");
			equal(quick.statistics.open, 1);
			await client.drop();
			await until("nobody", () => quick.statistics.open === 0);
		}
		finally {
			await quick.stop();
		}
	});
	it("takes the way over a Retry packet, and asks for a password", async () => {
		const strict = await start({ retry: true, username: "board", password: "secret" });
		try {
			const answer = async (clientId: string, more: object) => {
				const client = await QuicheClient.connect({ port: strict.port, ca: certificates.ca });
				clients.push(client);
				await client.until(() => client.connection.isEstablished(), "handshake");
				await client.write(0, connectPacket(clientId, more));
				await client.until(() => packets(client.received.get(0)).length > 0, "CONNACK");
				return (packets(client.received.get(0))[0] as mqttPacket.IConnackPacket).reasonCode;
			};
			equal(await answer("a", { username: "board", password: Buffer.from("secret") }), 0);
			equal(await answer("b", { username: "board", password: Buffer.from("wrong") }), 135);
			equal(strict.statistics.retries, 2);
		}
		finally {
			await strict.stop();
		}
	});
	it("goes on with the firmware's client, which has an empty connection id, whenever its NAT gives it another port", async () => {
		const proxy = await startProxy({ port: broker.port });
		const driver = await QuicDriver.start({ port: proxy.port, roots: [new Uint8Array(new X509Certificate(readFileSync(certificates.ca)).raw)] });
		try {
			await driver.until(() => driver.events.includes(EVENT_CONNECTED), "handshake");
			const stream = driver.connection.openStream(), ring = driver.connection.sendRing(stream);
			const ask = async (bytes: Buffer, what: string) => {
				const before = driver.received.get(stream)?.length ?? 0;
				ring.putBytes(bytes, 0, bytes.length);
				ring.commit();
				driver.drive();
				await driver.until(() => (driver.received.get(stream)?.length ?? 0) > before, what);
			};
			await ask(connectPacket("nat"), "CONNACK");
			for (let i = 0; i < 8; i++) {
				proxy.rebind();
				await ask(encode({ cmd: "pingreq" }), `PINGRESP after change ${i + 1}`);
			}
		}
		finally {
			await driver.stop();
			await proxy.stop();
		}
	});
	it("comes back on the same ports, and resets connections of before", async () => {
		const client = await login("before"), ports = [broker.port, broker.mqttPort].join();
		await broker.kill();
		await broker.restart();
		equal([broker.port, broker.mqttPort].join(), ports);
		await client.write(0, encode({ cmd: "pingreq" }));
		await client.until(() => client.connection.isClosed() || client.connection.isDraining(), "stateless reset");
		ok(broker.statistics.resets > 0);
		await login("after");
	});
	it("drops what is no QUIC", async () => {
		const socket = createSocket("udp4"), before = broker.statistics.datagramsReceived;
		for (let i = 0; i < 50; i++)
			socket.send(Buffer.alloc(1 + i * 20, i * 5), broker.port, "127.0.0.1");
		await login("through");
		await until("the datagrams", () => broker.statistics.datagramsReceived >= before + 50);
		socket.close();
	});
	it("says what to do where mosquitto is missing or a port is taken", async () => {
		await rejects(start({ mosquittoPath: "/nowhere/mosquitto" }), "apt-get install mosquitto");
		await rejects(start({ port: broker.port }), `UDP port ${broker.port} of 127.0.0.1 is taken`);
		const server = createServer().listen(0, "127.0.0.1");
		await new Promise(resolve => { server.once("listening", resolve); });
		const { port } = server.address() as { port: number };
		await rejects(start({ mqttPort: port }), `TCP port ${port} of 127.0.0.1 is taken`);
		server.close();
		await rejects(start({ host: "192.0.2.1" }), "no address 192.0.2.1");
	});
	it("works with RSA and through an intermediate authority", async () => {
		const root = await makeCa({ key: "rsa", pathLength: 1 }), middle = await makeCa({ name: "Middle", issuer: root });
		const leaf = await issue(middle, { dns: ["localhost"], key: "rsa" });
		const file = (name: string, text: string) => { writeFileSync(join(folder, name), text); return join(folder, name); };
		const other = await start({ certificates: { chain: file("rsa.pem", leaf.chain), key: file("rsa.key", leaf.keyPem) } });
		try {
			const client = await QuicheClient.connect({ port: other.port, ca: file("rsa-ca.pem", root.pem) });
			clients.push(client);
			await client.until(() => client.connection.isEstablished(), "handshake");
		}
		finally {
			await other.stop();
		}
	});
});
