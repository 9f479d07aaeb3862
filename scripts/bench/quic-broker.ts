/** In real time, with quiche and mosquitto behind a proxy: messages while a NAT gives us another port, and while the link is away. */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { quicTransport } from "../../firmware/uplink/quic-transport.js";
import { NodeCalendar } from "../../hal/node/calendar.js";
import { crypto } from "../../hal/node/crypto.js";
import { random } from "../../hal/node/random.js";
import { UplinkDriver } from "../../host-tests/interop/support/uplink-driver.js";
import { startProxy } from "../../host-tests/support/udp-proxy.js";
import { startBroker } from "../demo/broker.js";
import type { CertificateFiles } from "../demo/certificates.js";
import { median } from "./pinned.js";

/** ms there and back; between messages. */
const RTT = 50, INTERVAL = 100, REBINDS = 5;

export async function measureBroker(files: CertificateFiles) {
	const broker = await startBroker({ certificates: { chain: files.chain, key: files.key }, host: "127.0.0.1" });
	const proxy = await startProxy({ port: broker.port, delay: RTT / 2 });
	let topic = 0;
	const driver = new UplinkDriver({
		port: proxy.port, clientId: "zonal-rebind", prepare: uplink => { topic = uplink.addTopic("bench/rebind"); },
		transport: quicTransport({ crypto, random, calendar: new NodeCalendar(), serverName: "localhost", roots: [new Uint8Array(new X509Certificate(readFileSync(files.ca)).raw)] }),
	});
	/** When each message was given, and how long its acknowledgment took, ms; they come in order. */
	const given: number[] = [], took: number[] = [];
	let isRunning = true;
	try {
		driver.start();
		await driver.up();
		const look = (): boolean => {
			while (took.length < driver.uplink.statistics.acknowledged)
				took.push(performance.now() - given[took.length]!);
			return !isRunning;
		};
		const watching = driver.until(look, "end", 120_000), publishing = (async () => {
			for (let next = performance.now(); isRunning; await delay(Math.max(0, (next += INTERVAL) - performance.now()))) {
				given.push(performance.now());
				driver.publish(topic, 1, Buffer.alloc(64));
			}
		})();
		await delay(1000);
		const usual = median(took), added: number[] = [], resumed: Record<string, number[]> = {};
		for (let i = 0; i < REBINDS; i++) {
			// In the middle of an exchange: the answers that are under way are lost.
			const from = given.length;
			while (given.length === from)
				await delay(1);
			await delay(RTT * 0.7);
			proxy.rebind();
			await delay(1000);
			added.push(Math.max(...took.slice(from, from + 5)) - usual);
		}
		for (const outage of [200, 2000]) {
			resumed[outage] = [];
			for (let i = 0; i < 3; i++) {
				proxy.blackhole = true;
				await delay(outage);
				proxy.blackhole = false;
				const from = performance.now(), before = took.length;
				while (took.length === before && performance.now() - from < 20_000)
					await delay(1);
				resumed[outage]!.push(Math.round(performance.now() - from));
				await delay(500);
			}
		}
		await delay(1000);
		isRunning = false;
		await publishing;
		await delay(10 * RTT);
		driver.drive();
		look();
		await watching;
		return {
			rebind: { addedMs: Math.round(Math.max(0, median(added))), worstMs: Math.round(Math.max(0, ...added)), lost: given.length - took.length }, usualMs: Math.round(usual),
			realTime: resumed, newHandshakes: driver.uplink.socketGeneration - 1,
		};
	}
	finally {
		isRunning = false;
		await driver.stop();
		await proxy.stop();
		await broker.stop();
	}
}
