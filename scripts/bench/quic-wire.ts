/** What clients put on the wire to connect to a broker, publish one message and leave, and how soon the server has their first byte:
 *  ours, quic-go's and quiche's through the same proxy to the same quic-go server with mosquitto behind it, all in the same run. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { X509Certificate } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { generate } from "mqtt-packet";
import type { Storage } from "../../firmware/ports/storage.js";
import { quicTransport } from "../../firmware/uplink/quic-transport.js";
import { SessionStore } from "../../firmware/tls/session-store.js";
import { NodeCalendar } from "../../hal/node/calendar.js";
import { clock } from "../../hal/node/clock.js";
import { crypto } from "../../hal/node/crypto.js";
import { random } from "../../hal/node/random.js";
import { clientProgram, ngtcp2 } from "../../host-tests/interop/peers/ngtcp2.js";
import type { Peer, Told } from "../../host-tests/interop/peers/peer.js";
import { buildQuicGo, quicGo } from "../../host-tests/interop/peers/quic-go.js";
import { UplinkDriver } from "../../host-tests/interop/support/uplink-driver.js";
import { QuicheClient } from "../../host-tests/support/quiche-client.js";
import { startProxy, type UdpProxy } from "../../host-tests/support/udp-proxy.js";
import { ensureCertificates, type CertificateFiles } from "../demo/certificates.js";
import { Mosquitto } from "../demo/mosquitto.js";
import { median } from "./pinned.js";

/** Of the client, up to its end. */
export interface Visit {
	datagrams: number;
	bytes: number;
	firstByteMs: number;
	early: boolean;
}

const TOPIC = "vehicle/ZNLBENCH000000001/event", PAYLOAD = Buffer.alloc(64, 0x5a);
const now = (): number => performance.timeOrigin + performance.now();

/** Keeps entries until the process ends. */
class MemoryStorage implements Storage {
	readonly entries = new Map<string, Uint8Array>();

	read(key: string): Uint8Array | undefined {
		return this.entries.get(key)?.slice();
	}

	write(key: string, value: Uint8Array): boolean {
		this.entries.set(key, value.slice());
		return true;
	}

	delete(key: string): void {
		this.entries.delete(key);
	}
}

export class WireBench {
	readonly files: CertificateFiles;
	readonly proxy: UdpProxy;
	readonly server: Peer;
	#mosquitto: Mosquitto;
	#sent: number[] = [];
	#firstAt = 0;

	private constructor(files: CertificateFiles, proxy: UdpProxy, server: Peer, mosquitto: Mosquitto, sent: number[]) {
		this.files = files;
		this.proxy = proxy;
		this.server = server;
		this.#mosquitto = mosquitto;
		this.#sent = sent;
	}

	static async start(): Promise<WireBench> {
		const files = await ensureCertificates(".zonal/certificates", { dns: ["localhost"], ip: ["127.0.0.1"] }), mosquitto = new Mosquitto({});
		await mosquitto.start();
		const server = await quicGo.serve({ chain: files.chain, key: files.key, early: true, bridge: `127.0.0.1:${mosquitto.port}` });
		const sent: number[] = [];
		const proxy = await startProxy({ port: server.port, onDatagram: (bytes, _client, isFromClient) => {
			if (isFromClient)
				sent.push(bytes.length);
		} });
		return new WireBench(files, proxy, server, mosquitto, sent);
	}

	/** Milliseconds there and back. */
	setRtt(ms: number): void {
		this.proxy.up.set({ delay: ms / 2 });
		this.proxy.down.set({ delay: ms / 2 });
	}

	/** An uplink as the gateway has it: its first visit, and a second with what the first has left. */
	async ours(): Promise<Visit[]> {
		const roots = [new Uint8Array(new X509Certificate(readFileSync(this.files.ca)).raw)], result: Visit[] = [];
		const sessions = new SessionStore(new MemoryStorage(), crypto, { name: "bench", host: "localhost", port: this.proxy.port, alpn: "mqtt", roots, certificate: undefined });
		let topic = 0;
		const driver = new UplinkDriver({
			port: this.proxy.port, clientId: "zonal-bench", prepare: uplink => { topic = uplink.addTopic(TOPIC); },
			transport: quicTransport({ crypto, random, calendar: new NodeCalendar(), serverName: "localhost", roots, sessions, earlyData: true }),
		});
		for (let visit = 0; visit < 2; visit++)
			result.push(await this.#visit(async () => {
				const { statistics } = driver.uplink, acknowledged = statistics.acknowledged;
				driver.uplink.start(clock.now());
				driver.publish(topic, 1, PAYLOAD);
				await driver.until(() => statistics.acknowledged > acknowledged, "acknowledgment");
				const early = driver.uplink.quic?.earlyAccepted === true;
				await driver.stop();
				return early;
			}));
		return result;
	}

	/** quic-go's client, one visit after another; the second and later ones at 0-RTT. */
	async quicGo(visits: number): Promise<Visit[]> {
		const child = spawn(await buildQuicGo(), ["-connect", `127.0.0.1:${this.proxy.port}`, "-ca", this.files.ca, "-alpn", "mqtt", "-runs", String(visits), "-send", MQTT.map(packet => packet.toString("hex")).join(",")]);
		const result: Visit[] = [];
		let text = "", startedAt = 0;
		for await (const data of child.stdout) {
			text += data;
			for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
				const told: Told = JSON.parse(text.slice(0, end));
				text = text.slice(end + 1);
				if (told.event === "start") {
					startedAt = told.us / 1000;
					this.#sent.length = 0;
					this.#firstAt = this.server.told.length;
				}
				else if (told.event === "end") {
					await delay(10);
					result.push(this.#result(startedAt, told["early"] === true));
				}
				else
					throw new Error(`quic-go: ${told["reason"]}`);
			}
		}
		return result;
	}

	/** quiche's client, which has no 0-RTT here. */
	async quiche(): Promise<Visit> {
		return this.#visit(async () => {
			const client = await QuicheClient.connect({ port: this.proxy.port, ca: this.files.ca });
			await client.until(() => client.connection.isEstablished(), "handshake");
			await client.write(0, MQTT[0]!);
			await client.until(() => client.received.has(0), "CONNACK");
			const before = client.received.get(0)!.length;
			await client.write(0, MQTT[1]!);
			await client.until(() => client.received.get(0)!.length > before, "PUBACK");
			await client.write(0, MQTT[2]!);
			await client.close();
			return false;
		});
	}

	async stop(): Promise<void> {
		await this.proxy.stop();
		await this.server.stop();
		await this.#mosquitto.close();
	}

	async #visit(work: () => Promise<boolean>): Promise<Visit> {
		this.#sent.length = 0;
		this.#firstAt = this.server.told.length;
		const from = now(), early = await work();
		await delay(20);
		return this.#result(from, early);
	}

	#result(from: number, early: boolean): Visit {
		const first = this.server.told.slice(this.#firstAt).find(each => each.event === "first");
		if (first === undefined)
			throw new Error("the server has got nothing");
		return { datagrams: this.#sent.length, bytes: this.#sent.reduce((a, b) => a + b, 0), firstByteMs: first.us / 1000 - from, early };
	}
}

/** What the other clients send: the same as ours. */
const MQTT: Buffer[] = [
	generate({ cmd: "connect", protocolId: "MQTT", protocolVersion: 5, clean: true, clientId: "zonal-bench", keepalive: 30, properties: { topicAliasMaximum: 0 } } as any, { protocolVersion: 5 } as any),
	generate({ cmd: "publish", topic: TOPIC, payload: PAYLOAD, qos: 1, messageId: 1, dup: false, retain: false } as any, { protocolVersion: 5 } as any),
	generate({ cmd: "disconnect", reasonCode: 0 } as any, { protocolVersion: 5 } as any),
];

/** The middle one of each figure. */
export function middle(visits: readonly Visit[]): Visit {
	const of = (key: "datagrams" | "bytes" | "firstByteMs"): number => median(visits.map(visit => visit[key]));
	return { datagrams: of("datagrams"), bytes: of("bytes"), firstByteMs: Math.round(of("firstByteMs") * 10) / 10, early: visits.every(visit => visit.early) };
}

/** ngtcp2's client with ngtcp2's server: a GET of a file, by HTTP/3, at 1-RTT and then at 0-RTT. Undefined: they are not installed.
 *  Its time begins with its first datagram, and ends when the server says that it has a request. */
export async function ngtcp2Visits(files: CertificateFiles, rtt: number): Promise<[Visit, Visit] | undefined> {
	const program = clientProgram();
	if (program === undefined || ngtcp2.missing() !== "" || !existsSync(program))
		return undefined;
	const folder = mkdtempSync(join(tmpdir(), "zonal-gtls-")), server = await ngtcp2.serve({ chain: files.chain, key: files.key });
	let sent: number[] = [], firstAt = 0;
	const proxy = await startProxy({ port: server.port, delay: rtt / 2, onDatagram(bytes, _client, isFromClient) {
		if (isFromClient && sent.push(bytes.length) === 1)
			firstAt = now();
	} });
	const visit = async (): Promise<Visit> => {
		sent = [];
		const mark = server.told.length;
		const child = spawn(program, [
			"-q", "--session-file", join(folder, "session"), "--tp-file", join(folder, "parameters"), "--exit-on-all-streams-close",
			"127.0.0.1", String(proxy.port), `https://localhost:${proxy.port}/file-1000`,
		], { stdio: "ignore" });
		await once(child, "exit");
		await delay(50);
		const first = server.told.slice(mark).find(each => /begin request headers|http: stream/i.test(String(each["line"])));
		return { datagrams: sent.length, bytes: sent.reduce((a, b) => a + b, 0), firstByteMs: first === undefined ? NaN : Math.round((first.us / 1000 - firstAt) * 10) / 10, early: false };
	};
	try {
		return [await visit(), await visit()];
	}
	finally {
		await proxy.stop();
		await server.stop();
		rmSync(folder, { recursive: true, force: true });
	}
}
