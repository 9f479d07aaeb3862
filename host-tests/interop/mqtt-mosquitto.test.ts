/** Our MQTT 5 against a real broker: Debian's mosquitto over TCP, without QUIC between. */
import { existsSync } from "node:fs";
import { connectAsync, type IClientPublishOptions, type MqttClient } from "mqtt";
import { after, before, deepEqual, describe, equal, it, ok, skip } from "#test";
import { MQTT_PACKET_MAX } from "../../firmware/config.js";
import { PUBLISHED, QUEUED } from "../../firmware/uplink/uplink.js";
import { Mosquitto } from "../../scripts/demo/mosquitto.js";
import { until } from "../support/patience.js";
import { TcpTransport } from "./support/tcp-transport.js";
import { UplinkDriver, type UplinkDriverOptions } from "./support/uplink-driver.js";

describe("mqtt with mosquitto", () => {
	if (!existsSync("/usr/sbin/mosquitto")) {
		skip("everything", "mosquitto is not installed");
		return;
	}
	const drivers: UplinkDriver[] = [], clients: MqttClient[] = [], received: { topic: string, payload: Buffer, retain: boolean }[] = [];
	let broker: Mosquitto, subscriber: MqttClient;

	const listen = async (port: number, filter: string): Promise<MqttClient> => {
		const client = await connectAsync({ host: "127.0.0.1", port, protocolVersion: 5, reconnectPeriod: 200 });
		client.on("message", (topic, payload, packet) => { received.push({ topic, payload, retain: packet.retain }); });
		client.on("error", () => { /* connects again */ });
		await client.subscribeAsync(filter, { qos: 1 });
		clients.push(client);
		return client;
	};
	const dial = (options: Partial<UplinkDriverOptions> = {}): UplinkDriver => {
		const driver = new UplinkDriver({ port: broker.port, transport: () => new TcpTransport(), tcp: true, clientId: `zonal-${drivers.length}`, ...options });
		drivers.push(driver);
		return driver.start();
	};

	before(async () => {
		broker = new Mosquitto({});
		await broker.start();
		subscriber = await listen(broker.port, "test/#");
	});
	after(async () => {
		for (const driver of drivers)
			await driver.stop();
		for (const client of clients)
			await client.endAsync(true);
		await broker.close();
	});

	it("publishes QoS 0 and 1 on more topics than there are aliases, byte for byte", async () => {
		const topics: number[] = [];
		const driver = dial({ prepare: uplink => { for (let i = 0; i < 15; i++) topics.push(uplink.addTopic(`test/a/${i}`)); } });
		await driver.up();
		received.length = 0;
		const sent: string[] = [];
		for (let round = 0; round < 20; round++)
			for (let i = 0; i < topics.length; i++) {
				const payload = Buffer.alloc(round * 7 + i, round + i);
				sent.push(`test/a/${i} ${payload.toString("hex")}`);
				ok(driver.publish(topics[i]!, i % 2 as 0 | 1, payload) > 0);
			}
		await driver.until(() => driver.uplink.statistics.pending === 0, "empty outbox");
		await until("delivery", () => received.length >= sent.length);
		deepEqual(received.map(message => `${message.topic} ${message.payload.toString("hex")}`).sort(), sent.sort());
		deepEqual([driver.uplink.statistics.acknowledged, driver.uplink.statistics.published], [140, 300]);
	});

	it("publishes messages longer than the ring", async () => {
		let topic = 0;
		const driver = dial({ prepare: uplink => { topic = uplink.addTopic("test/long"); } });
		await driver.up();
		received.length = 0;
		const long = Buffer.alloc(15000, "zonal");
		equal(driver.publish(topic, 1, long), PUBLISHED);
		driver.publish(topic, 0, "after");
		await until("delivery", () => received.length === 2);
		ok(received.some(message => message.payload.equals(long)) && received.some(message => message.payload.toString() === "after"));
	});

	it("receives requests with response topic and correlation data, at both QoS", async () => {
		const driver = dial({ prepare: uplink => { uplink.addSubscription("vehicle/+/request", 1); } });
		await driver.up();
		await driver.until(() => driver.uplink.statistics.subscriptions === 1, "SUBACK");
		for (let i = 0; i < 50; i++)
			await subscriber.publishAsync("vehicle/x/request", Buffer.alloc(i * 3, i), { qos: i % 2,
				properties: { responseTopic: `reply/${i}`, correlationData: Buffer.from([i, 255]) } } as IClientPublishOptions);
		await driver.until(() => driver.messages.length === 50, "messages");
		driver.messages.forEach((message, i) => {
			deepEqual([message.topic, message.qos, message.responseTopic, message.correlation.toString("hex")],
				["vehicle/x/request", i % 2, `reply/${i}`, Buffer.from([i, 255]).toString("hex")]);
			ok(message.payload.equals(Buffer.alloc(i * 3, i)));
		});
	});

	it("is spared messages longer than it takes", async () => {
		const driver = dial({ prepare: uplink => { uplink.addSubscription("size", 1); } });
		await driver.up();
		await driver.until(() => driver.uplink.statistics.subscriptions === 1, "SUBACK");
		await subscriber.publishAsync("size", Buffer.alloc(MQTT_PACKET_MAX + 1), { qos: 0 });
		await subscriber.publishAsync("size", Buffer.alloc(MQTT_PACKET_MAX - 20), { qos: 0 });
		await driver.until(() => driver.messages.length > 0, "message");
		deepEqual([driver.messages[0]!.payload.length, driver.errors.length], [MQTT_PACKET_MAX - 20, 0]);
	});

	it("loses no QoS 1 message over broken connections", async () => {
		let topic = 0;
		const driver = dial({ prepare: uplink => { topic = uplink.addTopic("test/cut"); }, backoffMinimum: 20, backoffMaximum: 50 });
		await driver.up();
		received.length = 0;
		for (let i = 0; i < 400; i++) {
			ok(driver.publish(topic, 1, `m${i}`) > 0);
			if (i % 80 === 40) {
				await driver.up();
				driver.cut();
			}
			if (i % 8 === 0)
				await new Promise(resolve => { setTimeout(resolve, 2); });
		}
		await driver.until(() => driver.uplink.statistics.pending === 0, "empty outbox");
		await until("delivery", () => new Set(received.map(message => message.payload.toString())).size === 400);
		const { reconnects, acknowledged, overflowed } = driver.uplink.statistics;
		deepEqual([reconnects, acknowledged, overflowed], [5, 400, 0]);
	});

	it("queues while the broker is away, and comes back when it does", async () => {
		let topic = 0;
		const driver = dial({ prepare: uplink => { topic = uplink.addTopic("test/away"); uplink.addSubscription("down", 1); }, backoffMinimum: 50, backoffMaximum: 200 });
		await driver.up();
		received.length = 0;
		await broker.stop();
		await driver.until(() => driver.errors.length > 0, "error");
		ok(/server shutting down \(0x8b\)|TCP connection ended/.test(driver.errors[0]!), driver.errors[0]);
		for (let i = 0; i < 20; i++)
			equal(driver.publish(topic, i % 2 as 0 | 1, `q${i}`), QUEUED);
		await broker.start();
		// The listener has to be back before what waited goes out.
		driver.cut();
		await until("subscriber", () => subscriber.connected);
		await driver.up();
		await driver.until(() => driver.uplink.statistics.pending === 0 && driver.uplink.statistics.subscriptions === 1, "empty outbox");
		equal(driver.publish(topic, 1, "end"), PUBLISHED);
		// The listener subscribes anew some time after it has connected.
		await until("delivery", () => {
			ok(driver.publish(topic, 1, "end") > 0);
			return received.some(message => message.payload.toString() === "end");
		}, undefined, 100);
		await subscriber.publishAsync("down", "x", { qos: 1 });
		await driver.until(() => driver.messages.length === 1, "message after the restart");
	});

	it("leaves its will behind as the retained status, on a clean stop too", async () => {
		let topic = 0;
		const will = { topic: "will/status", payload: Buffer.from("offline"), qos: 1 as const, retain: true };
		const driver = dial({ will, prepare: uplink => { topic = uplink.addTopic("will/status", { alias: false }); } });
		await driver.up();
		driver.publish(topic, 1, "online", true);
		await driver.until(() => driver.uplink.statistics.pending === 0, "PUBACK");
		received.length = 0;
		await listen(broker.port, "will/#");
		await until("retained status", () => received.length === 1);
		deepEqual([received[0]!.payload.toString(), received[0]!.retain], ["online", true]);
		await driver.stop();
		await until("will", () => received.length === 2);
		equal(received[1]!.payload.toString(), "offline");
	});

	it("is refused without the right password, in words", async () => {
		const locked = new Mosquitto({ username: "board", password: "secret" });
		await locked.start();
		try {
			const right = dial({ port: locked.port, userName: "board", password: Buffer.from("secret") });
			await right.up();
			await right.stop();
			const wrong = dial({ port: locked.port, userName: "board", password: Buffer.from("guess") });
			await wrong.until(() => wrong.errors.length > 0, "error");
			equal(wrong.errors[0], "the broker refused CONNECT: not authorized (0x87): check user name, password and the broker's access rules");
			await wrong.stop();
		}
		finally {
			await locked.close();
		}
	});
});
