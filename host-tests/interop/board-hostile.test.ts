/** Datagrams that lie, at every socket of the board, while events flow: they are counted, and nothing else happens. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import { describe, deepEqual, equal, ok } from "#test";
import { Prng } from "../support/prng.js";
import { messageOf, sdOf, type EntryText } from "../support/pcap-writer.js";
import { startProxy } from "../support/udp-proxy.js";
import { MULTICAST_PORT, NumberedVehicle } from "./support/numbered-vehicle.js";
import { SD_PORT, Stage, needBoard, together } from "./support/stage.js";

const range = (count: number) => Array.from({ length: count }, (_, i) => i);
const ROUNDS = 400;

/** A sender at `address`, which is also where multicast goes out. */
async function senderAt(stage: Stage, address: string, port = 0): Promise<(datagram: Uint8Array, port: number, to: string) => Promise<void>> {
	const socket: Socket = createSocket({ type: "udp4", reuseAddr: true });
	socket.bind(port, address);
	await once(socket, "listening");
	socket.setMulticastInterface(address);
	stage.also(() => { socket.close(); });
	return (datagram, port, to) => new Promise(resolve => { socket.send(datagram, port, to, () => resolve()); });
}

/** UDP ports of a process's sockets, with their local addresses, by Linux's tables. */
function socketsOf(pid: number): { address: string, port: number }[] {
	const inodes = new Set(readdirSync(`/proc/${pid}/fd`).map(name => /^socket:\[(\d+)\]$/.exec(link(`/proc/${pid}/fd/${name}`))?.[1]));
	const rows = readFileSync("/proc/net/udp", "utf8").trim().split("\n").slice(1).map(line => line.trim().split(/\s+/));
	return rows.filter(columns => inodes.has(columns[9]!)).map(columns => {
		const [address, port] = columns[1]!.split(":") as [string, string];
		return { address: Buffer.from(address, "hex").reverse().join("."), port: parseInt(port, 16) };
	});
}

function link(path: string): string {
	try {
		return readlinkSync(path);
	}
	catch {
		return "";
	}
}

/** The board has been through its sockets since: it answers on its console. No more is under way than they have room for. */
async function turned(stage: Stage): Promise<void> {
	for (let i = 0; i < 2; i++)
		await stage.status("an answer");
}

/** Messages of the vehicle's kind that are wrong in one way each: cut off, or with a length that lies. */
function lies(good: Buffer, prng: Prng): Buffer {
	const bad = Buffer.from(good);
	switch (prng.below(5)) {
		case 0:
			return bad.subarray(0, prng.below(bad.length));
		case 1:
			bad.writeUInt32BE([0, 4, 7, bad.length, 0xffff, 0x7fffffff, 0xfffffff8, 0xffffffff][prng.below(8)]!, 4);
			return bad;
		case 2:
			bad[prng.below(bad.length)]! ^= 1 + prng.below(255);
			return bad;
		case 3:
			// A second message that lies, or is cut off.
			return Buffer.concat([bad, lies(good, prng)]);
		default:
			for (let i = 0; i < bad.length; i++)
				bad[i] = prng.below(256);
			return bad;
	}
}

const ENTRIES = (stage: Stage): EntryText[] => [
	{ type: 1, service: 0x2001, instance: 1, options: [`udp ${stage.vehicleAddress}:30601`] },
	{ type: 1, service: 0x2001, instance: 1, ttl: 0 },
	{ type: 7, service: 0x2001, instance: 1, tail: 1 },
	{ type: 7, service: 0x2001, instance: 1, ttl: 0, tail: 1 },
	{ type: 7, service: 0x2001, instance: 1, tail: 2, options: ["multicast 239.255.0.1:4000"] },
	{ type: 0, service: 0x2001, instance: 1 },
	{ type: 6, service: 0x2001, instance: 1, tail: 1, options: ["udp 10.0.0.1:4000"] },
	{ type: 1, service: 0x2002, instance: 2, options: ["udp 0.0.0.0:0", "udp 255.255.255.255:1", "tcp 127.0.0.1:1"] },
];

/** Broker, a vehicle with numbered events at QoS 1, and the board; attacks while events flow. Every event arrives, in
 *  order, nothing else does, the connections stay, and what survives a collection is as much as before. */
async function underAttack(stage: Stage, attack: (vehicle: NumberedVehicle) => Promise<void>, proxyPort?: (brokerPort: number) => Promise<number>): Promise<void> {
	const broker = await stage.startBroker();
	await stage.subscribe();
	const vehicle = new NumberedVehicle(stage);
	await stage.startBoard({
		change: file => NumberedVehicle.routes(file, 1), ...proxyPort === undefined ? {} : { brokerPort: await proxyPort(broker.port) },
	});
	await stage.untilRunning();
	await stage.until("subscribed", () => vehicle.isSubscribed);
	vehicle.play(20);
	await stage.until("events", () => vehicle.sent >= 20);
	const before = await live(stage), from = stage.lines.length;
	await attack(vehicle);
	vehicle.halt();
	await stage.until("every event delivered", () => NumberedVehicle.numbers(stage).length >= vehicle.sent);
	deepEqual(NumberedVehicle.numbers(stage).sort((a, b) => a - b), range(vehicle.sent));
	const { mqtt, memory } = await stage.status("all acknowledged", ({ mqtt }) => mqtt.acknowledged >= vehicle.sent);
	equal(mqtt.reconnects, 0);
	equal(mqtt.overflowed, 0);
	ok(vehicle.isSubscribed, "the subscription was lost");
	const grown = await live(stage) - before;
	ok(grown < 2048, `${grown} bytes more survive a collection`);
	ok(memory.peakBytes < memory.arenaBytes, `peak ${memory.peakBytes}`);
	ok(!stage.lines.slice(from).some(line => /^E |has restarted|is gone/.test(line)), "the board believed a lie");
	await stage.quit();
}

/** Bytes of chunks and slots that survive a collection. */
async function live(stage: Stage): Promise<number> {
	const cost = await stage.board!.cost();
	ok(cost !== undefined, "no answer to cost");
	return cost!.liveBytes;
}

describe("board: hostile datagrams", () => {
	if (!needBoard())
		return;
	together({
		"drops and counts what lies at the port for events and at the multicast group of events": () => Stage.run(stage => underAttack(stage, async vehicle => {
			const prng = new Prng(21), send = await senderAt(stage, stage.vehicleAddress);
			const dropped = (await stage.status("")).someip.dropped;
			const port = Number(/events come to [\d.]+:(\d+)/.exec(await stage.line(/events come to/))![1]);
			const good = [messageOf(0x2001, 0x8001, Buffer.alloc(40)), messageOf(0x2001, 0x8001, Buffer.alloc(64), { tp: 1 }), messageOf(0x2001, 0x8002, Buffer.alloc(200))];
			for (let i = 0; i < ROUNDS; i++) {
				const bad = lies(good[i % good.length]!, prng);
				await (i % 2 === 0 ? send(bad, port, stage.boardAddress) : send(bad, MULTICAST_PORT, vehicle.multicastGroup));
				if (i % 16 === 0)
					await turned(stage);
			}
			await stage.line(/^W .*someip: \d+ dropped: /);
			await stage.status("drops counted", ({ someip }) => someip.dropped - dropped > ROUNDS / 2);
		})),
		"drops and counts what lies in service discovery, by unicast and by multicast": () => Stage.run(stage => underAttack(stage, async () => {
			// A stranger, not the vehicle's address and port: it owns no offer and has no session.
			const prng = new Prng(22), stranger = stage.vehicleAddress.replace(/\.2$/, ".66");
			const send = await senderAt(stage, stranger, SD_PORT);
			const dropped = (await stage.status("")).someip.dropped;
			for (let i = 0; i < ROUNDS; i++) {
				const entries = ENTRIES(stage);
				const good = sdOf([entries[prng.below(entries.length)]!, entries[1 + prng.below(entries.length - 1)]!], 1 + i);
				const bad = i % 5 === 0 ? good : lies(good, prng);
				await send(bad, SD_PORT, i % 2 === 0 ? stage.boardAddress : stage.group);
				if (i % 16 === 0)
					await turned(stage);
			}
			await stage.line(/^W .*sd: \d+ dropped: /);
			await stage.status("drops counted", ({ someip }) => someip.dropped - dropped > ROUNDS / 2);
		})),
		"goes on under random bytes at every socket": () => Stage.run(stage => underAttack(stage, async () => {
			const prng = new Prng(23), send = await senderAt(stage, stage.vehicleAddress);
			const sockets = socketsOf(stage.board!.pid);
			// Service discovery twice, events twice (one group), and the uplink.
			equal(sockets.length, 5, JSON.stringify(sockets));
			for (let i = 0; i < ROUNDS; i++) {
				const { address, port } = sockets[i % sockets.length]!;
				const bytes = Buffer.from(range(prng.below(i % 50 === 0 ? 1 : 1700)).map(() => prng.below(256)));
				await send(bytes, port, address === "0.0.0.0" ? "127.0.0.1" : address);
				if (i % 16 === 0)
					await turned(stage);
			}
		})),
		"goes on under random and damaged QUIC packets from the broker's own address": () => {
			let inject = (_: Uint8Array) => {}, packets: Uint8Array[] = [];
			return Stage.run(stage => underAttack(stage, async () => {
				const prng = new Prng(24);
				for (let i = 0; i < ROUNDS; i++) {
					const packet = packets.length > 0 && i % 2 === 0 ? packets[prng.below(packets.length)]!.slice() : new Uint8Array(1 + prng.below(1400)).map(() => prng.below(256));
					switch (i % 4) {
						case 0:
							packet[prng.below(packet.length)]! ^= 1 + prng.below(255);
							break;
						case 1:
							// A long header of version 1, with what comes to mind after it.
							packet.set([0xc0 | prng.below(64), 0, 0, 0, 1].slice(0, packet.length));
							break;
						case 3:
							packet[0] = 0x40 | prng.below(64);
							break;
					}
					inject(i % 8 === 6 ? packet.subarray(0, prng.below(packet.length)) : packet);
					if (i % 16 === 0)
						await turned(stage);
				}
			}, async port => {
				// Some of the handshake, some of what came later: replayed, cut off and damaged above.
				const proxy = await startProxy({ port, onDatagram: (datagram, _, isFromClient) => {
					if (!isFromClient && packets.length < 60)
						packets.push(datagram.slice());
				} });
				stage.also(() => proxy.stop());
				inject = datagram => proxy.inject(datagram);
				return proxy.port;
			}));
		},
		"takes its handshake out of random bytes, and of packets from elsewhere": () => Stage.run(async stage => {
			const broker = await stage.startBroker(), prng = new Prng(25);
			const proxy = await startProxy({ port: broker.port, delay: 10, onDatagram: (_, client, isFromClient) => {
				for (let i = 0; isFromClient && i < 10; i++) {
					const bytes = new Uint8Array(1 + prng.below(1400)).map(() => prng.below(256));
					if (i % 2 === 0)
						bytes.set([0xc0 | prng.below(64), 0, 0, 0, 1].slice(0, bytes.length));
					proxy.inject(bytes);
					void send(bytes, client.port, client.address);
				}
			} });
			const send = await senderAt(stage, stage.vehicleAddress);
			stage.also(() => proxy.stop());
			await stage.startBoard({ brokerPort: proxy.port });
			await stage.untilRunning();
			equal((await stage.status("")).mqtt.reconnects, 0);
			await stage.quit();
		}),
		"is not fooled by a Version Negotiation, a Retry or a close that a stranger sends": () => Stage.run(async stage => {
			const broker = await stage.startBroker();
			const proxy = await startProxy({ port: broker.port, delay: 20, onDatagram: (datagram, _, isFromClient) => {
				if (!isFromClient || (datagram[0]! & 0xf0) !== 0xc0)
					return;
				const id = datagram.slice(6, 6 + datagram[5]!), own = Uint8Array.from([0, id.length, ...id]);
				// Version 1 is offered (RFC 9000 §6.2: to be ignored); a Retry with a false tag; a reset with a token from nowhere.
				proxy.inject(Uint8Array.from([0x80, 0, 0, 0, 0, ...own, 0, 0, 0, 1]));
				proxy.inject(Uint8Array.from([0xf0, 0, 0, 0, 1, 0, 4, 1, 2, 3, 4, ...Buffer.from("token"), ...Buffer.alloc(16, 7)]));
				proxy.inject(Uint8Array.from([0x43, ...Buffer.alloc(40, 9)]));
			} });
			stage.also(() => proxy.stop());
			await stage.startBoard({ brokerPort: proxy.port });
			await stage.untilRunning();
			await stage.quit();
		}),
	});
});
