/** What each stage of an event's way costs on XS. Prints one line per stage: name, slots, chunk bytes and meter per
 *  round. Entry for XS, in a growing heap (the QUIC peer of the tests is not made for the arena). */
import { addresses, crypto as natives } from "#hal";
import { EVENT_NONE } from "../../firmware/quic/connection.js";
import { RouteTable } from "../../firmware/gateway/routes.js";
import type { RouteConfiguration } from "../../firmware/gateway/configuration/configuration.js";
import { EventReceiver } from "../../firmware/someip/event-receiver.js";
import { TYPE_NOTIFICATION, writeHeader } from "../../firmware/someip/header.js";
import { Consumer } from "../../firmware/someip/consumer.js";
import { Provider } from "../../firmware/someip/provider.js";
import { Session } from "../../firmware/mqtt/session.js";
import { AEAD_AES_128_GCM } from "../../firmware/ports/crypto.js";
import { STREAM_OPEN } from "../../firmware/ports/stream-socket.js";
import { SendRing } from "../../firmware/wire/send-ring.js";
import { streamListener, streamSocket } from "../../hal/net/tcp.js";
import { datagramSocket } from "../../hal/net/udp.js";
import { clock } from "../../hal/system/clock.js";
import { engine } from "../../hal/system/engine.js";
import { timer } from "../../hal/system/timer.js";
import { Pair } from "../quic/support/pair.js";
import { bytesOf, padding, stream, varints } from "../quic/support/frames.js";
import { APPLICATION } from "../quic/support/test-peer.js";
import { hasIpv6, ipv6 } from "../support/ipv6.js";
import { Prng } from "../support/prng.js";

const print = (line: string): void => native("xs_print").call(undefined, line);

const ROUNDS = 10_000, WARM_UP = 300;
/** The peer of the QUIC stages takes far longer than what is measured. */
const QUIC_ROUNDS = 400;
const SERVER = 0x0a000001, CLIENT = 0x0a000002, GROUP = 0xe0f4e0f5, SD = 30490, LOOPBACK = 0x7f000001;

/** Adds up what lies between `start` and `stop`. */
class Stage {
	#name: string;
	#slots = 0;
	#chunks = 0;
	#meter = 0;
	#slotsBefore = 0;
	#chunksBefore = 0;
	#meterBefore = 0;
	#rounds = -WARM_UP;

	constructor(name: string) {
		this.#name = name;
	}

	start(): void {
		this.#slotsBefore = engine.slotsAllocated();
		this.#chunksBefore = engine.chunkBytesAllocated();
		this.#meterBefore = engine.meter();
	}

	stop(): void {
		const meter = (engine.meter() - this.#meterBefore) >>> 0;
		const chunks = (engine.chunkBytesAllocated() - this.#chunksBefore) >>> 0, slots = (engine.slotsAllocated() - this.#slotsBefore) >>> 0;
		if (this.#rounds++ < 0)
			return;
		this.#meter += meter;
		this.#chunks += chunks;
		this.#slots += slots;
	}

	report(): void {
		print(`${this.#name} ${this.#slots / this.#rounds} ${this.#chunks / this.#rounds} ${Math.round(this.#meter / this.#rounds)}`);
	}
}

function measure(name: string, work: (round: number) => void, rounds = ROUNDS): void {
	const stage = new Stage(name);
	for (let round = 0; round < WARM_UP + rounds; round++) {
		stage.start();
		work(round);
		stage.stop();
	}
	stage.report();
}

function discovered(): Consumer {
	const common = { netmask: 0xffffff00, sdPort: SD, sdGroup: GROUP, topologyCheck: true, random: new Prng(1) };
	const provider = new Provider({ ...common, localAddress: SERVER });
	const consumer = new Consumer({ ...common, localAddress: CLIENT, eventPort: 40000, ttl: 3 });
	provider.event(0x8001, [provider.eventgroup(provider.offer(0x1101, 1, 1, 0, 30509), 1)]);
	consumer.request(0x1101, 1, 1);
	const bytes = new Uint8Array(1500);
	provider.start(0);
	consumer.start(0);
	for (let now = 0; now < 2000; now += 5) {
		provider.onTimeout(now);
		consumer.onTimeout(now);
		for (let length = provider.pollTransmit(bytes, now); length > 0; length = provider.pollTransmit(bytes, now))
			consumer.receiveSd(provider.destinationAddress === GROUP ? 1 : 0, bytes, length, SERVER, SD, now);
		for (let length = consumer.pollTransmit(bytes, now); length > 0; length = consumer.pollTransmit(bytes, now))
			provider.receiveSd(consumer.destinationAddress === GROUP ? 1 : 0, bytes, length, CLIENT, SD, now);
		while (consumer.pollEvent() !== 0);
	}
	return consumer;
}

function vehicleStages(): void {
	const receiver = new EventReceiver(discovered().services), datagram = new Uint8Array(1500);
	let events = 0;
	measure("someip: one event of a datagram", round => {
		writeHeader(datagram, 0, 0x1101, 0x8001, 32, 0, 1, 1, TYPE_NOTIFICATION);
		receiver.begin(datagram, 48, SERVER, 30509, round);
		while (receiver.next() === 1)
			events++;
	});
	if (events !== WARM_UP + ROUNDS)
		throw new Error(`${events} events`);
	const routes: RouteConfiguration[] = [];
	for (let i = 0; i < 64; i++)
		routes.push({ service: 0x1101 + (i >> 2), instance: 1, eventgroup: 1, event: 0x8001 + (i & 3), topic: `t/${i}`, qos: 0, transport: "auto", retain: false, policy: "all", payload: "raw" });
	let topics = 0;
	const table = new RouteTable(routes, () => topics++);
	measure("gateway: look-up of one of 64 routes", round => {
		const route = table.find(0x1101 + (round & 15), 0x8001, 1);
		table.topic(route);
		table.qos(route);
		table.retain(route);
	});
}

function mqttStages(): void {
	const session = new Session({ clientId: "zonal", keepAlive: 60 }), ring = new SendRing(8192), payload = new Uint8Array(32), { reader } = session;
	const topic = session.publisher.topics.add("vehicle/WVWZZZ/someip/1234/0001/event/8001");
	const put = (byte: number): void => {
		reader.bytes[reader.fillStart] = byte;
		session.filled(1, 0);
	};
	session.open(ring, 0);
	// CONNACK with Topic Alias Maximum 10 and Receive Maximum 20, as mosquitto's.
	for (const byte of [0x20, 9, 0, 0, 6, 0x22, 0, 10, 0x21, 0, 20])
		put(byte);
	session.next(0);
	const release = (): void => ring.release(ring.end);
	const zero = new Stage("mqtt: PUBLISH of 32 bytes at QoS 0, by alias"), one = new Stage("mqtt: PUBLISH of 32 bytes at QoS 1, by alias"), puback = new Stage("mqtt: PUBACK");
	for (let round = 0; round < WARM_UP + ROUNDS; round++) {
		zero.start();
		session.publish(topic, 0, false, payload, 0, 32, round);
		zero.stop();
		release();
		one.start();
		session.publish(topic, 1, false, payload, 0, 32, round);
		one.stop();
		release();
		for (const byte of [0x40, 2, 0, round % 64 + 1])
			put(byte);
		puback.start();
		session.next(round);
		session.drain(round);
		puback.stop();
	}
	for (const stage of [zero, one, puback])
		stage.report();
	if (session.publisher.pending > 0)
		throw new Error(`${session.publisher.pending} messages without PUBACK`);
}

function quicStages(): void {
	const credit = varints(1 << 29);
	const pair = new Pair({ client: { crypto: natives }, parameters: { 0x04: credit, 0x06: credit } }).establish(), { client, peer } = pair;
	const id = client.openStream(), ring = client.sendRing(id), payload = new Uint8Array(40), into = new Uint8Array(1500), text = new Uint8Array(4096);
	const send = new Stage("quic: a packet with 40 bytes of a stream sent"), acked = new Stage("quic: a packet with an ACK received");
	const received = new Stage("quic: a packet with 40 bytes of a stream received, read and acknowledged"), timeout = new Stage("quic: a timeout");
	let now = pair.now, offset = 0;
	for (let round = 0; round < WARM_UP + QUIC_ROUNDS; round++) {
		now += 20;
		timeout.start();
		client.onTimeout(now);
		client.pollTimeout(now);
		timeout.stop();
		ring.putBytes(payload, 0, payload.length);
		ring.commit();
		send.start();
		let length = client.pollTransmit(into, now);
		send.stop();
		peer.take(into.slice(0, length));
		const ack = peer.seal(APPLICATION, peer.acknowledge());
		now += 5;
		acked.start();
		client.receive(ack, ack.length, now);
		client.pollEvent();
		client.pollTransmit(into, now);
		acked.stop();
		const data = peer.seal(APPLICATION, bytesOf(stream(id, offset, padding(40))));
		offset += 40;
		received.start();
		client.receive(data, data.length, now);
		while (client.pollEvent() !== EVENT_NONE)
			client.read(id, text, 0, text.length);
		length = client.pollTransmit(into, now);
		received.stop();
		if (length > 0)
			peer.take(into.slice(0, length));
		peer.packets.length = peer.datagrams.length = 0;
		for (const number of peer.numbers[APPLICATION]!)
			if (number < peer.largest[APPLICATION]! - 20)
				peer.numbers[APPLICATION]!.delete(number);
	}
	for (const stage of [send, acked, received, timeout])
		stage.report();
	if (client.closed)
		throw new Error(client.closeReason);
	client.dispose();
}

function nativeStages(): void {
	const bytes = new Uint8Array(1500), mask = new Uint8Array(5), key = new Uint8Array(16).fill(1);
	const keys = natives.packetKey(AEAD_AES_128_GCM, key, new Uint8Array(12), key);
	measure("crypto: seal, mask and open 64 bytes", round => {
		keys.seal(bytes, 0, 16, 80, round);
		keys.mask(bytes, 20, mask);
		keys.open(bytes, 0, 16, 96, round);
	});
	keys.close();
	measure("clock", () => { clock.now(); });
	const alarm = timer(() => {});
	measure("timer set", () => alarm.schedule(60_000));
	alarm.close();
	const receiver = datagramSocket({ address: LOOPBACK, port: 0, onReadable: () => {} }), sender = datagramSocket({ address: LOOPBACK, port: 0, onReadable: () => {} });
	measure("net: a datagram sent", () => { sender.send(bytes, 0, 48, LOOPBACK, receiver.localPort); receiver.receive(bytes); }, 1000);
	const receive = new Stage("net: a datagram received");
	for (let round = 0; round < WARM_UP + 1000; round++) {
		sender.send(bytes, 0, 48, LOOPBACK, receiver.localPort);
		receive.start();
		receiver.receive(bytes);
		const source = receiver.sourceAddress + receiver.sourcePort;
		receive.stop();
		if (source === 0)
			throw new Error("no source");
	}
	receive.report();
	receiver.close();
	sender.close();
}

/** A datagram there and back, its source answered as an echo does it. */
function echoStage(name: string, address: number): void {
	const bytes = new Uint8Array(64), into = new Uint8Array(64), open = () => datagramSocket({ address, port: 0, addresses, ecn: true, onReadable: () => {} });
	const client = open(), server = open();
	measure(name, () => {
		client.send(bytes, 0, 48, address, server.localPort);
		const length = server.receive(into);
		server.send(into, 0, length, server.sourceAddress, server.sourcePort);
		if (client.receive(into) !== 48 || client.ecn !== 0)
			throw new Error("no echo");
	}, 1000);
	client.close();
	server.close();
}

async function streamStage(): Promise<void> {
	const bytes = new Uint8Array(64), into = new Uint8Array(64), onChanged = (): void => {};
	const listener = streamListener({ address: LOOPBACK, port: 0, onChanged });
	const client = streamSocket({ address: LOOPBACK, port: listener.localPort, onChanged });
	while (client.state !== STREAM_OPEN)
		await new Promise<void>(resolve => timer(resolve).schedule(1));
	const server = listener.accept(onChanged)!;
	measure("net: 48 bytes of a stream there and back", () => {
		client.send(bytes, 0, 48);
		server.send(into, 0, server.receive(into, 0, 64));
		if (client.receive(into, 0, 64) !== 48)
			throw new Error("no echo");
	}, 1000);
	client.close();
	server.close();
	listener.close();
}

export default async function (): Promise<void> {
	measure("(the measuring itself)", () => {});
	vehicleStages();
	mqttStages();
	quicStages();
	nativeStages();
	echoStage("net: a datagram there and back", LOOPBACK);
	if (hasIpv6())
		echoStage("net: an IPv6 datagram there and back", ipv6("::1"));
	await streamStage();
}
