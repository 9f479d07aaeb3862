import { deepEqual, describe, equal, it, ok, throws, unhex } from "#test";
import { SERVICE_AVAILABLE, SERVICE_LOST, SUBSCRIBED } from "../../firmware/someip/consumer-event.js";
import { DROP_NOT_SENT } from "../../firmware/someip/drop.js";
import { configurationValue } from "../../firmware/someip/sd/configuration-strings.js";
import { ENTRY_FIND, ENTRY_SUBSCRIBE, OTHER_SERVICES } from "../../firmware/someip/sd/entry.js";
import { SdReader } from "../../firmware/someip/sd/sd-reader.js";
import { SdWriter } from "../../firmware/someip/sd/sd-writer.js";
import { Topology } from "../../firmware/someip/sd/topology.js";
import { AddressTable } from "../../firmware/wire/address-table.js";
import { CLIENT, EVENT_PORT, NETMASK, offerSimple, Pair, SD, SERVER, SERVICE_PORT, simplePair } from "./support/pair.js";

const notify = (pair: Pair, event: number, bytes: number[], only?: number) => {
	const code = pair.provider.notify(event, new Uint8Array(bytes), 0, bytes.length, only);
	pair.drain();
	pair.advance(1);
	return code;
};

describe("what a vehicle may want besides", () => {
	it("feat_req_someipsd_1084, _1151, _1114: an SD endpoint option first in every message, referenced by nothing, and answers go there", () => {
		const on = { sdEndpoint: true }, pair = simplePair({ provider: on, consumer: on });
		pair.start();
		pair.advance(3000);
		equal(pair.toldTimes(SUBSCRIBED), 1);
		const reader = new SdReader(new Topology(0x0a000003, NETMASK, true)), messages = pair.sent.filter(({ payload }) => payload[0] === 0xff);
		ok(messages.length > 3);
		for (const { source, payload } of messages) {
			equal(reader.open(payload, 16, payload.length), 0);
			deepEqual([reader.sdAddress, reader.sdPort], [source, SD]);
			const options = 28 + reader.entryCount * 16;
			equal(payload[options + 2], 0x24);
			for (let i = 0; i < reader.entryCount; i++) {
				const at = 24 + i * 16;
				ok(payload[at + 3] === 0 || payload[at + 1]! > 0, "not referenced");
			}
		}
	});

	it("feat_req_someipsd_1155: over IPv6 it is that of IPv6", () => {
		const addresses = new AddressTable(), at = (text: string) => addresses.intern(unhex(text), 0);
		const host = at("fd00 0000 0000 0000 0000 0000 0000 0001"), other = at("fd00 0000 0000 0000 0000 0000 0000 0002");
		const writer = new SdWriter(addresses, false, host, SD), into = new Uint8Array(1400), reader = new SdReader(new Topology(other, 64, true, addresses));
		writer.begin(into);
		writer.service(ENTRY_FIND, 1, 1, 1, 3, 0);
		equal(reader.open(into, 16, writer.finish(1, true)), 0);
		deepEqual([reader.sdAddress, reader.sdPort, into[46], reader.optionCount], [host, SD, 0x26, 1]);
	});

	it("feat_req_someipsd_439: an eventgroup that is silent is subscribed to anew, one that is heard is not", () => {
		const pair = new Pair({ provider: { timings: { cyclicOfferDelay: 0 } }, consumer: { ttl: 0xffffff } });
		offerSimple(pair.provider, SERVICE_PORT, 0xffffff);
		pair.consumer.expect(pair.consumer.request(0x1234, 1, 0x10), 1000, [0x8001]);
		pair.receiver.silences = pair.consumer.silences;
		pair.start();
		pair.advance(500);
		equal(pair.toldTimes(SUBSCRIBED), 1);
		const before = pair.entries(CLIENT, ENTRY_SUBSCRIBE);
		for (let i = 0; i < 10; i++) {
			pair.advance(500);
			notify(pair, 0, [i]);
		}
		equal(pair.entries(CLIENT, ENTRY_SUBSCRIBE), before, "heard in time");
		for (let i = 0; i < 10; i++) {
			pair.advance(500);
			notify(pair, 1, [i]);
		}
		const after = pair.entries(CLIENT, ENTRY_SUBSCRIBE) - before;
		ok(after >= 4 && after <= 5, `another event does not count: ${after}`);
		// A server that forgot us without a word learns of us again.
		pair.provider.stopOffer(0);
		while (pair.provider.pollTransmit(new Uint8Array(1500), pair.clock.now()) > 0);
		pair.provider.startOffer(0, pair.clock.now());
		pair.advance(1500);
		equal(pair.provider.subscribersOf(0), 1);
	});

	it("feat_req_someip_804, _806: an event to the subscribers on one host, a field to all", () => {
		const pair = simplePair();
		pair.start();
		pair.advance(500);
		deepEqual(pair.provider.subscribingHosts(0), [CLIENT]);
		equal(notify(pair, 0, [1], CLIENT), 1);
		equal(notify(pair, 0, [2], CLIENT + 1), 1);
		equal(notify(pair, 1, [3], CLIENT), DROP_NOT_SENT);
		deepEqual(pair.events.map(({ payload }) => payload[0]), [1]);
	});

	it("feat_req_someip_806: goes by unicast where the others hear multicast", () => {
		const pair = new Pair(), service = pair.provider.offer(0x1234, 1, 1, 0, SERVICE_PORT), group = pair.provider.eventgroup(service, 0x10, 0xe0010203, 31000, 1);
		pair.provider.event(0x8001, [group]);
		pair.consumer.request(0x1234, 1, 0x10);
		pair.start();
		pair.advance(500);
		pair.sent = [];
		notify(pair, 0, [1]);
		notify(pair, 0, [2], CLIENT);
		deepEqual(pair.sent.filter(({ sourcePort }) => sourcePort === SERVICE_PORT).map(({ destination, destinationPort }) => [destination, destinationPort]),
			[[0xe0010203, 31000], [CLIENT, EVENT_PORT]]);
	});

	it("feat_req_someipsd_444: a subscriber and a service that are configured need no discovery", () => {
		const pair = new Pair();
		offerSimple(pair.provider);
		ok(pair.provider.preset(0, CLIENT, EVENT_PORT));
		pair.consumer.preset(0x1234, 1, 1, SERVER, SERVICE_PORT);
		pair.start();
		equal(pair.toldTimes(SERVICE_AVAILABLE), 1);
		equal(pair.provider.subscribersOf(0), 1);
		notify(pair, 0, [7]);
		pair.advance(10_000);
		notify(pair, 0, [8]);
		deepEqual(pair.events.map(({ payload }) => payload[0]), [7, 8]);
		equal(pair.entries(CLIENT, ENTRY_SUBSCRIBE), 0);
		equal(pair.consumer.services.callable(0x1234, 1, 1)!.port, SERVICE_PORT);
		pair.provider.stopOffer(0);
		equal(pair.provider.subscribersOf(0), 0);
		pair.provider.startOffer(0, pair.clock.now());
		equal(pair.provider.subscribersOf(0), 1, "again with the service");
		pair.provider.startOffer(0, pair.clock.now());
		equal(pair.provider.subscribersOf(0), 1, "once");
		pair.consumer.reset(pair.clock.now());
		pair.drain();
		equal(pair.toldTimes(SERVICE_LOST), 1);
		pair.consumer.start(pair.clock.now());
		pair.drain();
		equal(pair.toldTimes(SERVICE_AVAILABLE), 2);
	});

	it("a subscriber that is configured and subscribes all the same is acknowledged, and stays when it leaves", () => {
		const pair = simplePair();
		ok(pair.provider.preset(0, CLIENT, EVENT_PORT));
		pair.start();
		pair.advance(500);
		equal(pair.toldTimes(SUBSCRIBED), 1);
		equal(pair.provider.subscribersOf(0), 1);
		pair.consumer.stop(pair.clock.now());
		pair.drain();
		pair.advance(10);
		equal(pair.provider.subscribersOf(0), 1);
	});

	it("feat_req_someipsd_500, _503, _1227: services that are not SOME/IP are told apart by their string", () => {
		const pair = new Pair(), names = new Map<number, string | undefined>();
		pair.provider.offer(OTHER_SERVICES, 1, 0, 0, 13400, 3, { configuration: ["otherserv=internaldiag", "x=1"] });
		pair.provider.offer(OTHER_SERVICES, 2, 0, 0, 0, 5, { configuration: ["otherserv=flash"] });
		pair.provider.offer(OTHER_SERVICES, 3, 0, 0, 0, 5, { configuration: ["otherserv=other"] });
		pair.consumer.require(OTHER_SERVICES, 0xffff, 0xff, 0, "internaldiag");
		pair.consumer.require(OTHER_SERVICES, 2);
		pair.onTold = code => {
			const { instanceId, configuration } = pair.consumer.event;
			if (code === SERVICE_AVAILABLE)
				names.set(instanceId, configurationValue(configuration!, 0, configuration!.length, "otherserv"));
		};
		pair.start();
		pair.advance(500);
		deepEqual([...names], [[1, "internaldiag"], [2, "flash"]]);
		deepEqual([pair.consumer.services.at(0).address, pair.consumer.services.at(0).port], [SERVER, 13400]);
		const find = pair.sent.find(({ payload }) => payload[24] === ENTRY_FIND);
		ok(find === undefined || new SdReader(new Topology(SERVER, NETMASK, true)).open(find.payload, 16, find.payload.length) === 0);
	});

	it("feat_req_someipsd_500, _502: who offers one names it, and no SOME/IP service is named like that", () => {
		const { provider } = new Pair();
		throws(() => provider.offer(OTHER_SERVICES, 1, 0, 0, 1), "otherserv");
		throws(() => provider.offer(OTHER_SERVICES, 1, 0, 0, 1, 3, { configuration: ["otherserv="] }), "otherserv");
		throws(() => provider.offer(OTHER_SERVICES, 1, 0, 0, 1, 3, { configuration: ["otherserv"] }), "otherserv");
		throws(() => provider.offer(0x1234, 1, 0, 0, 1, 3, { configuration: ["otherserv=x"] }), "otherserv");
	});

	it("feat_req_someipsd_503: a search carries the string", () => {
		const pair = new Pair();
		pair.consumer.require(OTHER_SERVICES, 0xffff, 0xff, 0, "flash");
		pair.consumer.start(0);
		pair.drain();
		pair.advance(500);
		const reader = new SdReader(new Topology(SERVER, NETMASK, true)), { payload } = pair.sent[0]!;
		equal(reader.open(payload, 16, payload.length), 0);
		reader.entry(0);
		equal(reader.endpoints(), 0);
		const strings = reader.configurationStrings(undefined)!;
		deepEqual([reader.type, reader.serviceId, configurationValue(strings, 0, strings.length, "otherserv")], [ENTRY_FIND, OTHER_SERVICES, "flash"]);
	});
});
