import { SD_SERVICES_MAX } from "../../firmware/config.js";
import { describe, ENGINE, equal, it, ok, unhex } from "#test";
import { MULTICAST_JOIN, PEER_REBOOTED, SERVICE_AVAILABLE, SERVICE_LOST } from "../../firmware/someip/consumer-event.js";
import {
	DROP_SD_ARRAY, DROP_SD_CHANNEL, DROP_SD_ENTRY_TYPE, DROP_SD_HEADER, DROP_SD_NO_ENDPOINT, DROP_SD_NOT_OWNER, DROP_SD_OPTION_CONFLICT,
	DROP_SD_OPTION_INDEX, DROP_SD_TOPOLOGY, DROP_SD_UNKNOWN_EVENTGROUP, DROP_TABLE_FULL,
} from "../../firmware/someip/drop.js";
import { ENTRY_SUBSCRIBE, ENTRY_SUBSCRIBE_ACK } from "../../firmware/someip/sd/entry.js";
import { Prng } from "../support/prng.js";
import { CLIENT, Pair, SD, SERVER, simplePair } from "./support/pair.js";

const OTHER = 0x0a000063;
const UDP = "0009 04 00 0a000001 00 11 772d", CLIENT_UDP = "0009 04 00 0a000002 00 11 9c40";

function sd(entries: string, options: string, session = 1, flags = "c0"): Uint8Array {
	const size = (text: string) => (unhex(text).length + 0x100000000).toString(16).slice(1);
	const body = `${flags} 000000 ${size(entries)} ${entries} ${size(options)} ${options}`;
	const length = (unhex(body).length + 8 + 0x100000000).toString(16).slice(1);
	return unhex(`ffff 8100 ${length} 0000 ${(session + 0x10000).toString(16).slice(1)} 01 01 02 00 ${body}`);
}

const offer = (ttl = "000003", service = "1234", instance = "0001") => `01 00 00 10 ${service} ${instance} 01 ${ttl} 00000000`;
const subscribe = (ttl = "000003", group = "0010", runs = "00 00 10", major = "01", bits = "0000") => `06 ${runs} 1234 0001 ${major} ${ttl} ${bits} ${group}`;
const ack = (ttl = "000003", runs = "00 00 00") => `07 ${runs} 1234 0001 01 ${ttl} 0000 0010`;

function connected(): Pair {
	const pair = simplePair();
	pair.start();
	pair.advance(500);
	pair.sent = [];
	return pair;
}

/** A provider past its first offer, alone. */
function provider(): { pair: Pair; give(bytes: Uint8Array, address?: number, channel?: number): void } {
	const pair = simplePair();
	pair.provider.start(0);
	pair.drain();
	pair.advance(500);
	pair.sent = [];
	return {
		pair,
		give: (bytes, address = CLIENT, channel = 0) => {
			pair.provider.receiveSd(channel, bytes, bytes.length, address, SD, pair.clock.now());
			pair.drain();
		},
	};
}

describe("consumer under attack", () => {
	it("who does not own an offer neither stops nor moves it", () => {
		const pair = connected();
		pair.injectSd(sd(offer("000000"), UDP), OTHER, 1);
		pair.injectSd(sd(offer(), "0009 04 00 0a000063 00 11 772d"), OTHER, 1);
		pair.injectSd(sd(ack("000000"), ""), OTHER);
		equal(pair.toldTimes(SERVICE_LOST), 0);
		equal(pair.consumer.statistics.subscriptions, 1);
		equal(pair.consumer.statistics.droppedBy(DROP_SD_NOT_OWNER), 3);
		pair.provider.notify(0, new Uint8Array(1), 0, 1);
		pair.drain();
		pair.advance(1);
		equal(pair.events.length, 1);
	});

	it("answers to nothing that was asked are dropped, and Acks by multicast", () => {
		const pair = simplePair();
		pair.consumer.start(0);
		pair.injectSd(sd(ack(), ""), SERVER);
		equal(pair.consumer.statistics.droppedBy(DROP_SD_NOT_OWNER), 1);
		pair.injectSd(sd(ack(), ""), SERVER, 1);
		equal(pair.consumer.statistics.droppedBy(DROP_SD_CHANNEL), 1);
		equal(pair.consumer.statistics.subscriptions, 0);
	});

	it("offers with wrong endpoints are ignored, each counted", () => {
		const cases: [string, string, number][] = [
			[offer(), "0009 04 00 0a000101 00 11 772d", DROP_SD_TOPOLOGY], [offer(), "0009 04 00 0a000002 00 11 772d", DROP_SD_TOPOLOGY],
			[offer(), "0009 04 00 7f000001 00 11 772d", DROP_SD_TOPOLOGY], [offer(), "0009 04 00 e0000001 00 11 772d", DROP_SD_TOPOLOGY],
			["01 00 00 20 1234 0001 01 000003 00000000", UDP + "0009 04 00 0a000001 00 11 772e", DROP_SD_OPTION_CONFLICT],
			["01 00 00 00 1234 0001 01 000003 00000000", UDP, DROP_SD_NO_ENDPOINT], ["01 00 00 20 1234 0001 01 000003 00000000", UDP, DROP_SD_OPTION_INDEX],
			["02 00 00 10 1234 0001 01 000003 00000000", UDP, DROP_SD_ENTRY_TYPE],
		];
		for (const [entry, options, reason] of cases) {
			const pair = simplePair();
			pair.consumer.start(0);
			pair.injectSd(sd(entry, options), SERVER, 1);
			equal(pair.toldTimes(SERVICE_AVAILABLE), 0, options);
			equal(pair.consumer.statistics.droppedBy(reason), 1, options);
			pair.injectSd(sd(offer(), UDP, 2), SERVER, 1);
			equal(pair.toldTimes(SERVICE_AVAILABLE), 1, "the next one is taken");
		}
	});

	it("one bad entry does not hinder the others", () => {
		const pair = simplePair();
		pair.consumer.start(0);
		pair.injectSd(sd(`99${"00".repeat(15)} 01 05 00 10 1234 0001 01 000003 00000000 ${offer()}`, UDP), SERVER, 1);
		equal(pair.toldTimes(SERVICE_AVAILABLE), 1);
		equal(pair.consumer.statistics.dropped, 2);
	});

	it("what is no SD message is counted as such", () => {
		const pair = simplePair(), good = sd(offer(), UDP);
		pair.consumer.start(0);
		for (const [at, value] of [[0, 0x12], [2, 0x82], [13, 2], [14, 0x80], [14, 0x22]] as const) {
			const bytes = good.slice();
			bytes[at] = value;
			pair.injectSd(bytes, SERVER, 1);
		}
		equal(pair.consumer.statistics.droppedBy(DROP_SD_HEADER), 5);
		const lying = good.slice();
		lying[23] = 32;
		pair.injectSd(lying, SERVER, 1);
		equal(pair.consumer.statistics.droppedBy(DROP_SD_ARRAY), 1);
		equal(pair.consumer.statistics.received, 0);
	});

	it("our own messages that come back are not read", () => {
		const pair = simplePair();
		pair.consumer.start(0);
		pair.injectSd(sd(offer(), UDP), CLIENT, 1);
		equal(pair.consumer.statistics.received + pair.consumer.statistics.dropped, 0);
	});

	it("an Ack with two groups is ignored; the group of a good one is joined once", () => {
		const group = "0009 14 00 e0e1e2e9 00 11 7e58", pair = connected();
		pair.injectSd(sd(ack("000003", "00 00 20"), group + "0009 14 00 e0e1e2e8 00 11 7e58", 50));
		equal(pair.consumer.statistics.droppedBy(DROP_SD_OPTION_CONFLICT), 1);
		equal(pair.toldTimes(MULTICAST_JOIN), 0);
		for (let session = 51; session < 55; session++)
			pair.injectSd(sd(ack("000003", "00 00 10"), group, session));
		equal(pair.toldTimes(MULTICAST_JOIN), 1);
	});

	it("the SD endpoint option replaces the source, for answers and for reboots", () => {
		const pair = simplePair(), place = "0009 24 00 0a000050 00 11 7531";
		pair.consumer.start(0);
		const moved = (session: number) => sd("01 01 00 10 1234 0001 01 000003 00000000", place + UDP, session);
		pair.injectSd(moved(5), SERVER, 1);
		const answer = pair.sent.find(({ payload }) => payload[24] === ENTRY_SUBSCRIBE)!;
		equal(answer.destination, 0x0a000050);
		equal(answer.destinationPort, 0x7531);
		pair.injectSd(moved(6), OTHER, 1);
		equal(pair.toldTimes(PEER_REBOOTED), 0);
		pair.injectSd(moved(1), OTHER, 1);
		equal(pair.toldTimes(PEER_REBOOTED), 1);
	});

	it("a flood of offers from 1000 hosts, and one of reboots, stay within the tables", () => {
		const pair = simplePair({ record: false });
		pair.consumer.request(0x4000, 0xffff, 1);
		pair.start();
		pair.advance(500);
		for (let i = 0; i < 1000; i++)
			pair.injectSd(sd(offer("ffffff", "4000", (0x10000 + i).toString(16).slice(1)), UDP), 0x0a000100 + i, 1);
		ok(pair.consumer.services.length <= SD_SERVICES_MAX);
		ok(pair.consumer.statistics.droppedBy(DROP_TABLE_FULL) >= 800);
		for (let i = 0; i < 1000; i++)
			pair.injectSd(sd(offer(), UDP, 1), SERVER, 1);
		equal(pair.consumer.statistics.services, 32);
		pair.advance(3000);
		pair.provider.notify(0, new Uint8Array(1), 0, 1);
		pair.drain();
		pair.advance(1);
		equal(pair.events.length, 1);
	});
});

describe("provider under attack", () => {
	const nacks: [string, string, string, number][] = [
		["an unknown eventgroup", subscribe("000003", "0099"), CLIENT_UDP, DROP_SD_UNKNOWN_EVENTGROUP],
		["a wrong version", subscribe("000003", "0010", "00 00 10", "02"), CLIENT_UDP, DROP_SD_UNKNOWN_EVENTGROUP],
		["no endpoint", subscribe("000003", "0010", "00 00 00"), CLIENT_UDP, DROP_SD_NO_ENDPOINT],
		["TCP alone", subscribe(), "0009 04 00 0a000002 00 06 9c40", DROP_SD_NO_ENDPOINT],
		["two UDP endpoints", subscribe("000003", "0010", "00 00 20"), CLIENT_UDP + "0009 04 00 0a000002 00 11 9c41", DROP_SD_OPTION_CONFLICT],
		["another subnet", subscribe(), "0009 04 00 0b000002 00 11 9c40", DROP_SD_TOPOLOGY],
		["the provider's own address", subscribe(), "0009 04 00 0a000001 00 11 9c40", DROP_SD_TOPOLOGY],
		["options that are not there", subscribe("000003", "0010", "03 00 10"), CLIENT_UDP, DROP_SD_OPTION_INDEX],
	];
	for (const [name, entry, options, reason] of nacks)
		it(`a Subscribe with ${name} gets a Nack`, () => {
			const { pair, give } = provider();
			give(sd(entry, options));
			equal(pair.entries(SERVER, ENTRY_SUBSCRIBE_ACK, true), 1);
			equal(pair.provider.statistics.droppedBy(reason), 1);
			give(sd(subscribe(), CLIENT_UDP, 2));
			equal(pair.entries(SERVER, ENTRY_SUBSCRIBE_ACK), 1);
		});

	it("an Ack copies counter and reserved bits", () => {
		const { pair, give } = provider();
		give(sd(subscribe("000007", "0010", "00 00 10", "01", "000a"), CLIENT_UDP));
		const { payload } = pair.sent[0]!;
		equal(payload[37], 0x0a);
		equal(payload[35], 7);
	});

	it("a Subscribe by multicast is not answered", () => {
		const { pair, give } = provider();
		give(sd(subscribe(), CLIENT_UDP), CLIENT, 1);
		equal(pair.sent.length, 0);
		equal(pair.provider.subscribersOf(0), 0);
	});

	it("who does not own a subscription neither ends nor takes it", () => {
		const { pair, give } = provider();
		give(sd(subscribe(), CLIENT_UDP));
		give(sd(subscribe("000000"), CLIENT_UDP), OTHER);
		equal(pair.provider.subscribersOf(0), 1);
		give(sd(subscribe(), CLIENT_UDP, 2), OTHER);
		equal(pair.entries(SERVER, ENTRY_SUBSCRIBE_ACK, true), 1);
		equal(pair.provider.statistics.droppedBy(DROP_SD_NOT_OWNER), 2);
		give(sd(subscribe("000000"), CLIENT_UDP, 2));
		equal(pair.provider.subscribersOf(0), 0);
	});

	it("a flood of searches is answered once per host", () => {
		const { pair, give } = provider();
		for (let i = 1; i <= 500; i++)
			pair.provider.receiveSd(0, sd("00 00 00 00 1234 ffff ff ffffff ffffffff".repeat(20), "", i), 16 + 12 + 320, CLIENT, SD, pair.clock.now());
		pair.drain();
		equal(pair.sent.length, 1);
		for (let host = 0; host < 1000; host++)
			pair.provider.receiveSd(0, sd("00 00 00 00 1234 ffff ff ffffff ffffffff", ""), 44, 0x0a000100 + host, SD, pair.clock.now());
		pair.drain();
		ok(pair.sent.length <= 129);
		give(sd(subscribe(), CLIENT_UDP));
		equal(pair.provider.subscribersOf(0), 1);
	});

	it("a flood of subscribers fills the table and no more", () => {
		const { pair, give } = provider();
		for (let i = 0; i < 600; i++)
			give(sd(subscribe("ffffff"), `0009 04 00 0a0000${(16 + i % 200).toString(16)} 00 11 ${(0x2000 + i).toString(16)}`), 0x0a000100 + i);
		ok(pair.provider.subscribersOf(0) <= 256);
		ok(pair.provider.statistics.droppedBy(DROP_TABLE_FULL) > 300);
	});
});

describe("mutated datagrams", () => {
	const rounds = ENGINE === "xs" ? 300 : 100_000;
	it(`${rounds} of them throw nothing, and the next good one is served`, () => {
		const samples: Uint8Array[] = [], sample = new Pair();
		const group = sample.provider.eventgroup(sample.provider.offer(0x1234, 1, 1, 0, 30509), 0x10, 0xe0e1e2e9, 32344, 2);
		sample.provider.event(0x8001, [group]);
		sample.provider.field(0x8002, [group]);
		sample.consumer.request(0x1234, 1, 0x10);
		sample.provider.notify(1, new Uint8Array(3000), 0, 3000);
		sample.start();
		sample.advance(1500);
		for (let i = 0; i < 10; i++) {
			sample.provider.notify(0, new Uint8Array(i * 200), 0, i * 200);
			sample.drain();
			sample.advance(5);
		}
		sample.consumer.stop(sample.clock.now());
		sample.provider.stop();
		sample.drain();
		for (const { payload } of sample.sent)
			samples.push(payload);
		const pair = simplePair({ record: false, provider: { segmentGap: 0 } }), random = new Prng(2026), buffer = new Uint8Array(1500), out = new Uint8Array(1500);
		pair.onEvent = () => { };
		pair.start();
		pair.advance(200);
		for (let i = 0; i < rounds; i++) {
			const bytes = samples[random.below(samples.length)]!, now = pair.clock.now() + i % 50;
			buffer.set(bytes);
			for (let count = random.below(5); count > 0; count--)
				buffer[random.below(random.chance(0.8) ? Math.min(bytes.length, 64) : bytes.length)] = random.chance(0.5) ? random.below(256) : random.below(4);
			const length = random.chance(0.1) ? random.below(bytes.length + 1) : bytes.length;
			pair.consumer.receiveSd(i & 1, buffer, length, SERVER, SD, now);
			pair.provider.receiveSd(i & 1, buffer, length, CLIENT, SD, now);
			pair.receiver.begin(buffer, length, SERVER, 30509, now);
			while (pair.receiver.next() === 1)
				ok(pair.receiver.payloadOffset <= pair.receiver.payloadEnd && pair.receiver.payloadEnd <= pair.receiver.payload.length);
			for (let sent = 0; pair.consumer.pollTransmit(out, now) > 0; sent++)
				ok(sent < 200, "sends without an end");
			for (let sent = 0; pair.provider.pollTransmit(out, now) > 0; sent++)
				ok(sent < 200, "sends without an end");
			while (pair.consumer.pollEvent() !== 0);
		}
		ok(pair.consumer.statistics.dropped > 0 && pair.provider.statistics.dropped > 0 && pair.receiver.statistics.dropped > 0);
		pair.onEvent = event => { pair.events.push(event); };
		ok(pair.consumer.statistics.received > rounds / 20 && pair.provider.statistics.received > rounds / 20 && pair.receiver.statistics.received > rounds / 200);
		pair.drain();
		pair.advance(4000);
		equal(pair.consumer.statistics.subscriptions, 1);
		pair.provider.notify(0, new Uint8Array([7]), 0, 1);
		pair.drain();
		pair.advance(1);
		ok(pair.events.some(({ event, payload }) => event === 0x8001 && payload.length === 1));
	});
});
