import { deepEqual, describe, equal, ENGINE, it, ok, throws } from "#test";
import { MULTICAST_JOIN, MULTICAST_LEAVE, SERVICE_AVAILABLE, SERVICE_UNSUPPORTED, SUBSCRIBED, SUBSCRIPTION_LOST, SUBSCRIPTION_REFUSED } from "../../firmware/someip/consumer-event.js";
import { DROP_NOT_SENT, DROP_TABLE_FULL } from "../../firmware/someip/drop.js";
import { ENTRY_FIND, ENTRY_OFFER, ENTRY_SUBSCRIBE, ENTRY_SUBSCRIBE_ACK } from "../../firmware/someip/sd/entry.js";
import { Prng } from "../support/prng.js";
import { CLIENT, EVENT_PORT, offerSimple, Pair, SERVER, SERVICE_PORT, simplePair } from "./support/pair.js";

const notify = (pair: Pair, event: number, ...bytes: number[]) => {
	const code = pair.provider.notify(event, new Uint8Array(bytes), 0, bytes.length);
	pair.drain();
	return code;
};

describe("provider and consumer", () => {
	it("find each other, subscribe, and events arrive", () => {
		const pair = simplePair();
		pair.start();
		pair.advance(500);
		equal(pair.toldTimes(SERVICE_AVAILABLE), 1);
		equal(pair.toldTimes(SUBSCRIBED), 1);
		notify(pair, 0, 1, 2, 3);
		pair.advance(1);
		deepEqual(pair.events, [{ service: 0x1234, instance: 1, event: 0x8001, payload: new Uint8Array([1, 2, 3]) }]);
		equal(pair.consumer.statistics.services, 1);
		equal(pair.consumer.statistics.subscriptions, 1);
		equal(pair.consumer.statistics.dropped + pair.provider.statistics.dropped + pair.receiver.statistics.dropped, 0);
	});

	it("a late client searches, is answered by unicast, and searches no more", () => {
		const pair = simplePair({ provider: { timings: { cyclicOfferDelay: 60_000 } }, consumer: { ttl: 100 } });
		pair.restartProvider(provider => { offerSimple(provider, SERVICE_PORT, 0xffffff); });
		pair.advance(5000);
		pair.sent = [];
		pair.consumer.start(pair.clock.now());
		pair.drain();
		pair.advance(5000);
		equal(pair.entries(CLIENT, ENTRY_FIND), 1);
		equal(pair.sent.filter(({ source, destination }) => source === SERVER && destination === CLIENT).length, 2, "Offer and Ack");
		equal(pair.toldTimes(SUBSCRIBED), 1);
	});

	it("the client stops to search after its repetitions", () => {
		const pair = simplePair({ consumer: { timings: { initialDelayMin: 10, initialDelayMax: 10, repetitionsBaseDelay: 100, repetitionsMax: 3 } } });
		pair.consumer.start(0);
		pair.drain();
		pair.advance(60_000);
		deepEqual(pair.sent.map(({ time }) => time), [10, 110, 310, 710]);
	});

	it("offers come at the times of the three phases", () => {
		const pair = simplePair({ provider: { timings: { initialDelayMin: 20, initialDelayMax: 20, repetitionsBaseDelay: 50, repetitionsMax: 2, cyclicOfferDelay: 1000 } } });
		pair.provider.start(0);
		pair.drain();
		pair.advance(3500);
		deepEqual(pair.sent.map(({ time }) => time), [20, 70, 170, 1170, 2170, 3170]);
	});

	it("a subscription is renewed with every offer, and only the first one brings the field's value", () => {
		const pair = simplePair();
		notify(pair, 1, 42);
		pair.start();
		pair.advance(10_000);
		ok(pair.entries(CLIENT, ENTRY_SUBSCRIBE) >= 10);
		equal(pair.entries(CLIENT, ENTRY_SUBSCRIBE), pair.entries(SERVER, ENTRY_SUBSCRIBE_ACK));
		equal(pair.entries(CLIENT, ENTRY_SUBSCRIBE, true), 0);
		deepEqual(pair.events.map(({ event, payload }) => [event, payload[0]]), [[0x8002, 42]]);
		equal(pair.toldTimes(SUBSCRIBED), 1);
	});

	it("renews by its own timer where offers are not cyclic", () => {
		const pair = simplePair({ provider: { timings: { cyclicOfferDelay: 0 } } });
		pair.consumer.start(0);
		pair.restartProvider(provider => { offerSimple(provider, SERVICE_PORT, 0xffffff); });
		pair.advance(30_000);
		equal(pair.toldTimes(SUBSCRIPTION_LOST), 0);
		equal(pair.provider.subscribersOf(0), 1);
		notify(pair, 0, 1);
		pair.advance(1);
		equal(pair.events.length, 1);
	});

	it("a missing Ack makes the next offer bring Stop and Subscribe, adjacent, and the field again", () => {
		const pair = simplePair();
		notify(pair, 1, 7);
		pair.start();
		pair.advance(500);
		loseNextAck(pair);
		pair.advance(2500);
		equal(pair.entries(CLIENT, ENTRY_SUBSCRIBE, true), 1);
		const stop = pair.sent.find(({ source, payload }) => source === CLIENT && payload[24] === ENTRY_SUBSCRIBE && payload[35] === 0)!;
		equal(stop.payload[23], 32, "two entries");
		equal(stop.payload[40], ENTRY_SUBSCRIBE);
		equal(stop.payload[51], 3, "the second one subscribes");
		equal(pair.events.length, 2, "the value came again");
		equal(pair.toldTimes(SUBSCRIPTION_LOST), 0);
	});

	it("a refused subscription is asked for again, without cyclic offers three times", () => {
		const pair = new Pair({ provider: { timings: { cyclicOfferDelay: 0, repetitionsMax: 0 } } });
		pair.consumer.request(0x1234, 1, 0x99);
		pair.consumer.start(0);
		pair.restartProvider(provider => { offerSimple(provider, SERVICE_PORT, 0xffffff); });
		pair.advance(60_000);
		equal(pair.entries(CLIENT, ENTRY_SUBSCRIBE), 4);
		equal(pair.toldTimes(SUBSCRIPTION_REFUSED), 1);
	});

	it("an unknown eventgroup, a wrong version and a full table are refused, once told", () => {
		const pair = new Pair({ provider: { subscribersMax: 1 } });
		offerSimple(pair.provider);
		pair.consumer.request(0x1234, 1, 0x99);
		pair.consumer.request(0x1234, 1, 0x10);
		pair.start();
		pair.advance(5000);
		equal(pair.toldTimes(SUBSCRIPTION_REFUSED), 1);
		equal(pair.toldTimes(SUBSCRIBED), 1);
		const full = new Pair({ provider: { subscribersMax: 0 } });
		offerSimple(full.provider);
		full.consumer.request(0x1234, 1, 0x10);
		full.start();
		full.advance(5000);
		equal(full.toldTimes(SUBSCRIPTION_REFUSED), 1);
		ok(full.provider.statistics.droppedBy(DROP_TABLE_FULL) >= 5);
		notify(full, 0, 1);
		full.advance(5);
		equal(full.events.length, 0);
	});

	it("instance and version ANY bring every instance", () => {
		const pair = new Pair();
		for (let instance = 1; instance <= 3; instance++) {
			const eventgroup = pair.provider.eventgroup(pair.provider.offer(0x1234, instance, instance, 0, 30508 + instance), 0x10);
			pair.provider.event(0x8001, [eventgroup]);
		}
		pair.consumer.request(0x1234, 0xffff, 0x10);
		pair.start();
		pair.advance(1000);
		equal(pair.consumer.statistics.subscriptions, 3);
		for (let event = 0; event < 3; event++)
			notify(pair, event, event);
		pair.advance(1);
		deepEqual(pair.events.map(({ instance, payload }) => [instance, payload[0]]), [[1, 0], [2, 1], [3, 2]]);
	});

	it("a version that was not asked for is left alone", () => {
		const pair = new Pair();
		offerSimple(pair.provider);
		pair.consumer.request(0x1234, 1, 0x10, 2);
		pair.start();
		pair.advance(3000);
		equal(pair.consumer.statistics.services, 0);
		equal(pair.entries(CLIENT, ENTRY_SUBSCRIBE), 0);
	});

	it("multicast eventgroups are joined, sent once, and left", () => {
		const pair = new Pair();
		const eventgroup = pair.provider.eventgroup(pair.provider.offer(0x1234, 1, 1, 0, SERVICE_PORT), 0x10, 0xe0e1e2e9, 32344, 1);
		pair.provider.event(0x8001, [eventgroup]);
		pair.provider.field(0x8002, [eventgroup]);
		pair.consumer.request(0x1234, 1, 0x10);
		notify(pair, 1, 1);
		pair.start();
		pair.advance(500);
		equal(pair.toldTimes(MULTICAST_JOIN), 1);
		deepEqual([...pair.joined], [`${0xe0e1e2e9}:32344`]);
		deepEqual(pair.sent.filter(({ sourcePort }) => sourcePort === SERVICE_PORT).map(({ destination, destinationPort }) => [destination, destinationPort]),
			[[CLIENT, EVENT_PORT]], "the initial event goes by unicast");
		pair.sent = [];
		notify(pair, 0, 2);
		pair.advance(1);
		deepEqual(pair.sent.map(({ destination }) => destination), [0xe0e1e2e9]);
		deepEqual(pair.events.map(({ event }) => event), [0x8002, 0x8001]);
		pair.provider.stop();
		pair.drain();
		pair.advance(1);
		equal(pair.toldTimes(MULTICAST_LEAVE), 1);
		equal(pair.joined.size, 0);
	});

	it("an event of two eventgroups comes once to who subscribed to both", () => {
		const pair = new Pair();
		const service = pair.provider.offer(0x1234, 1, 1, 0, SERVICE_PORT);
		const groups = [pair.provider.eventgroup(service, 0x10), pair.provider.eventgroup(service, 0x11)];
		pair.provider.event(0x8001, groups);
		pair.consumer.request(0x1234, 1, 0x10);
		pair.consumer.request(0x1234, 1, 0x11);
		pair.start();
		pair.advance(500);
		equal(pair.toldTimes(SUBSCRIBED), 2);
		notify(pair, 0, 1);
		pair.advance(1);
		equal(pair.events.length, 1);
	});

	it("long events go in segments, and fields as well", () => {
		const pair = simplePair(), long = new Uint8Array(5012).map((_, i) => i * 7 + (i >> 8));
		pair.provider.notify(1, long, 0, long.length);
		pair.start();
		pair.advance(500);
		equal(pair.provider.notify(0, long, 0, 1401), 1);
		equal(pair.provider.notify(0, long, 0, 1400), 1);
		pair.drain();
		pair.advance(100);
		deepEqual(pair.events.map(({ payload }) => payload), [long, long.slice(0, 1401), long.slice(0, 1400)]);
		equal(pair.provider.notify(0, new Uint8Array(9000), 0, 9000), DROP_NOT_SENT);
		equal(pair.provider.statistics.droppedBy(DROP_NOT_SENT), 1);
	});

	it("a service that moves to another port is subscribed to anew", () => {
		const pair = simplePair();
		pair.start();
		pair.advance(500);
		const offer = pair.sent.find(({ source, payload }) => source === SERVER && payload[24] === ENTRY_OFFER)!.payload.slice();
		pair.sent = [];
		offer[10] = 0xee;
		offer[offer.length - 1]! ^= 1;
		pair.injectSd(offer);
		equal(pair.entries(CLIENT, ENTRY_SUBSCRIBE), 1);
		pair.injectEvent(new Uint8Array([0x12, 0x34, 0x80, 1, 0, 0, 0, 8, 0, 0, 0, 1, 1, 1, 2, 0]));
		equal(pair.events.length, 0);
		pair.injectEvent(new Uint8Array([0x12, 0x34, 0x80, 1, 0, 0, 0, 8, 0, 0, 0, 1, 1, 1, 2, 0]), SERVER, SERVICE_PORT ^ 1);
		equal(pair.events.length, 1);
	});

	it("an offer by TCP alone is told as unsupported, once", () => {
		const pair = simplePair();
		pair.start();
		pair.advance(200);
		const offer = pair.sent.find(({ source, payload }) => source === SERVER && payload[24] === ENTRY_OFFER)!.payload.slice();
		const other = simplePair();
		other.consumer.start(0);
		offer[offer.length - 3] = 6;
		for (let session = 1; session < 5; session++) {
			offer[11] = session;
			other.injectSd(offer);
		}
		equal(other.toldTimes(SERVICE_UNSUPPORTED), 1);
		equal(other.entries(CLIENT, ENTRY_SUBSCRIBE), 0);
	});

	it("120 eventgroups are packed into few messages of at most 1400 bytes", () => {
		const pair = new Pair();
		const service = pair.provider.offer(0x1234, 1, 1, 0, SERVICE_PORT);
		for (let id = 1; id <= 120; id++) {
			pair.provider.eventgroup(service, id);
			pair.consumer.request(0x1234, 1, id);
		}
		pair.start();
		pair.advance(500);
		equal(pair.consumer.statistics.subscriptions, 120);
		const subscribes = pair.sent.filter(({ source, payload }) => source === CLIENT && payload[24] === ENTRY_SUBSCRIBE);
		ok(subscribes.every(({ payload }) => payload.length <= 1400));
		equal(subscribes.length % 2, 0);
		ok(pair.entries(CLIENT, ENTRY_SUBSCRIBE) / subscribes.length === 60, "two messages per offer");
	});

	it("256 subscribers get an event, the 257th is refused", () => {
		const pair = new Pair();
		offerSimple(pair.provider);
		pair.provider.start(0);
		pair.drain();
		pair.advance(3000);
		pair.sent = [];
		const subscribe = new Uint8Array([0xff, 0xff, 0x81, 0, 0, 0, 0, 48, 0, 0, 0, 1, 1, 1, 2, 0, 0xc0, 0, 0, 0, 0, 0, 0, 16,
			6, 0, 0, 0x10, 0x12, 0x34, 0, 1, 1, 0, 0, 3, 0, 0, 0, 0x10, 0, 0, 0, 12, 0, 9, 4, 0, 10, 0, 0, 2, 0, 17, 0, 0]);
		for (let port = 1; port <= 257; port++) {
			subscribe[11] = port;
			subscribe[10] = port >> 8;
			subscribe[54] = port >> 8;
			subscribe[55] = port;
			pair.provider.receiveSd(0, subscribe, subscribe.length, CLIENT, 30490, pair.clock.now());
			pair.drain();
		}
		equal(pair.entries(SERVER, ENTRY_SUBSCRIBE_ACK), 256);
		equal(pair.entries(SERVER, ENTRY_SUBSCRIBE_ACK, true), 1);
		pair.sent = [];
		notify(pair, 0, 1);
		equal(new Set(pair.sent.map(({ destinationPort }) => destinationPort)).size, 256);
	});
});

describe("a provider's set-up", () => {
	it("refuses what cannot be offered", () => {
		const { provider } = new Pair();
		throws(() => provider.offer(0x1234, 1, 1, 0, 0));
		// feat_req_someip_676
		throws(() => provider.offer(0x1234, 1, 1, 0, 30490));
		throws(() => provider.offer(0x1234, 1, 1, 0, 30509, 3, { tcpPort: 30490 }));
		// feat_req_someipsd_253
		for (const ttl of [0, -1, 0x1000000])
			throws(() => provider.offer(0x1234, 1, 1, 0, 30509, ttl));
		const service = provider.offer(0x1234, 1, 1, 0, 30509), eventgroup = provider.eventgroup(service, 1);
		throws(() => provider.event(0x8001, [eventgroup], true), "event 32769 goes by TCP, and its service has no such port");
		throws(() => provider.protect(provider.event(0x8001, [eventgroup]), { profile: "P05", dataId: 0x10000 }));
	});
});

describe("explicit initial data control", () => {
	const on = { provider: { explicitInitialData: true }, consumer: { explicitInitialData: true } };
	const requested = (pair: Pair): boolean[] => pair.sent.filter(({ source, payload }) => source === CLIENT && payload[24] === 6).map(({ payload }) => (payload[37]! & 0x80) !== 0);
	const fields = (pair: Pair) => pair.events.filter(({ event }) => event === 0x8002).length;

	it("feat_req_someipsd_1191: values are asked for by the first Subscribe, not by its renewals, and after a reboot", () => {
		const pair = simplePair(on);
		pair.provider.notify(1, new Uint8Array([7]), 0, 1);
		pair.start();
		pair.advance(5000);
		ok(pair.sent.every(({ payload }) => payload[0] !== 0xff || (payload[16]! & 0x20) !== 0), "feat_req_someipsd_1187");
		const first = requested(pair);
		equal(first[0], true);
		ok(first.length > 3 && first.slice(1).every(flag => !flag), `${first}`);
		equal(fields(pair), 1);
		pair.sent = [];
		pair.restartProvider(offerSimple);
		pair.provider.notify(1, new Uint8Array([8]), 0, 1);
		pair.advance(500);
		equal(requested(pair)[0], true);
		equal(fields(pair), 2);
	});

	it("feat_req_someipsd_844: where the Ack was lost they are asked for again, without a StopSubscribe", () => {
		const pair = simplePair(on);
		pair.provider.notify(1, new Uint8Array([7]), 0, 1);
		pair.start();
		pair.advance(2000);
		pair.sent = [];
		pair.toServer.blackhole = true;
		pair.advance(1000);
		pair.toServer.blackhole = false;
		pair.advance(1000);
		equal(pair.entries(CLIENT, 6, true), 0);
		equal(requested(pair).includes(true), true);
		equal(fields(pair), 2);
	});

	it("feat_req_someipsd_1188: who does not announce it gets the values as ever, and who asks for none gets none", () => {
		for (const [provider, consumer, expected] of [[true, false, 1], [false, true, 1], [true, true, 1]] as const) {
			const pair = simplePair({ provider: { explicitInitialData: provider }, consumer: { explicitInitialData: consumer } });
			pair.provider.notify(1, new Uint8Array([7]), 0, 1);
			pair.start();
			pair.advance(4000);
			equal(fields(pair), expected, `${provider} ${consumer}`);
		}
	});
});

describe("provider and consumer over a faulty link", () => {
	const seeds = ENGINE === "xs" ? 2 : 25;
	it(`recover from loss, duplicates, reordering and corruption (${seeds} seeds)`, () => {
		for (let seed = 1; seed <= seeds; seed++) {
			const pair = simplePair({ link: { seed, loss: 0.3, duplicate: 0.1, reorder: 0.1, reorderDelay: 30, delay: 2, jitter: 5, corrupt: 0.05 }, record: false });
			const random = new Prng(seed), long = new Uint8Array(3000);
			pair.start();
			for (let i = 0; i < 100; i++) {
				random.fill(long);
				pair.provider.notify(0, long, 0, random.below(2) === 0 ? 20 : 3000);
				pair.drain();
				pair.advance(100);
			}
			pair.toClient.set({ loss: 0, duplicate: 0, reorder: 0, corrupt: 0, jitter: 0, delay: 1 });
			pair.toServer.set({ loss: 0, duplicate: 0, reorder: 0, corrupt: 0, jitter: 0, delay: 1 });
			pair.advance(8000);
			equal(pair.consumer.statistics.services, 1, `seed ${seed}`);
			equal(pair.consumer.statistics.subscriptions, 1, `seed ${seed}`);
			equal(pair.provider.subscribersOf(0), 1, `seed ${seed}`);
			pair.events = [];
			notify(pair, 0, 1);
			pair.advance(5);
			equal(pair.events.length, 1, `seed ${seed}`);
		}
	});
});

/** Lets the next Offer through and loses the Ack that answers our Subscribe. */
function loseNextAck(pair: Pair): void {
	const acks = pair.entries(SERVER, ENTRY_SUBSCRIBE_ACK), offers = pair.entries(SERVER, ENTRY_OFFER);
	pair.toClient.set({ delay: 5 });
	while (pair.entries(SERVER, ENTRY_OFFER) === offers)
		pair.advance(1);
	pair.advance(4);
	pair.toClient.loseNext = 1;
	while (pair.entries(SERVER, ENTRY_SUBSCRIBE_ACK) === acks)
		pair.advance(1);
	pair.toClient.set({ delay: 0 });
}
