import { describe, equal, it, ok } from "#test";
import { PEER_REBOOTED, SERVICE_LOST, SUBSCRIBED, SUBSCRIPTION_LOST } from "../../firmware/someip/consumer-event.js";
import { ENTRY_FIND, ENTRY_OFFER, ENTRY_SUBSCRIBE } from "../../firmware/someip/sd/entry.js";
import { SendSessions } from "../../firmware/someip/sd/session.js";
import { CLIENT, offerSimple, Pair, SERVER, SERVICE_PORT, simplePair } from "./support/pair.js";

const ask = (pair: Pair) => pair.restartConsumer(consumer => { consumer.request(0x1234, 1, 0x10); });
const notify = (pair: Pair, event: number, ...bytes: number[]) => {
	const code = pair.provider.notify(event, new Uint8Array(bytes), 0, bytes.length);
	pair.drain();
	return code;
};

describe("provider and consumer, who come and go", () => {
	it("a stop of the server is told at once, and is no reason to search", () => {
		const pair = simplePair();
		pair.start();
		pair.advance(500);
		pair.provider.stop();
		pair.drain();
		pair.advance(0);
		equal(pair.toldTimes(SERVICE_LOST), 1);
		equal(pair.consumer.statistics.services, 0);
		equal(pair.consumer.statistics.subscriptions, 0);
		const finds = pair.entries(CLIENT, ENTRY_FIND);
		pair.advance(20_000);
		equal(pair.entries(CLIENT, ENTRY_FIND), finds);
		pair.provider.start(pair.clock.now());
		pair.drain();
		pair.advance(500);
		equal(pair.toldTimes(SUBSCRIBED), 2);
	});

	it("a silent server is lost when its TTL ends; then it is searched for", () => {
		const pair = simplePair();
		pair.start();
		pair.advance(500);
		pair.toClient.blackhole = true;
		pair.advance(2000);
		equal(pair.toldTimes(SERVICE_LOST), 0);
		const finds = pair.entries(CLIENT, ENTRY_FIND);
		pair.advance(2000);
		equal(pair.toldTimes(SERVICE_LOST), 1);
		ok(pair.entries(CLIENT, ENTRY_FIND) > finds);
		pair.toClient.blackhole = false;
		pair.advance(1500);
		equal(pair.toldTimes(SUBSCRIBED), 2);
	});

	it("a clock that jumps ends every TTL, and everything comes back", () => {
		const pair = simplePair({ now: 0x7ffffff0 });
		pair.start();
		pair.advance(500);
		equal(pair.toldTimes(SUBSCRIBED), 1);
		pair.consumer.onTimeout((pair.clock.now() + 3_600_000) | 0);
		pair.drain();
		equal(pair.toldTimes(SERVICE_LOST), 1);
		pair.advance(2000);
		equal(pair.toldTimes(SUBSCRIBED), 2);
	});

	it("TTL 0xffffff does not end", () => {
		const pair = simplePair({ provider: { timings: { cyclicOfferDelay: 0 } }, consumer: { ttl: 0xffffff } });
		pair.consumer.start(0);
		pair.restartProvider(provider => { offerSimple(provider, SERVICE_PORT, 0xffffff); });
		pair.advance(1000);
		const messages = pair.sent.length;
		pair.advance(0x7fffffff);
		pair.advance(0x7fffffff);
		equal(pair.sent.length, messages);
		equal(pair.consumer.statistics.services, 1);
		equal(pair.provider.subscribersOf(0), 1);
		notify(pair, 0, 1);
		pair.advance(1);
		equal(pair.events.length, 1);
	});

	it("a subscriber that went silent is forgotten when its TTL ends", () => {
		const pair = simplePair();
		pair.start();
		pair.advance(500);
		pair.toServer.blackhole = true;
		pair.advance(4000);
		equal(pair.provider.subscribersOf(0), 0);
		equal(pair.toldTimes(SUBSCRIPTION_LOST), 1);
		pair.toServer.blackhole = false;
		pair.advance(2000);
		equal(pair.provider.subscribersOf(0), 1);
		equal(pair.toldTimes(SUBSCRIBED), 2);
	});

	it("the server's reboot is seen in its first message, which is answered with a Subscribe", () => {
		const pair = simplePair();
		pair.start();
		pair.advance(10_000);
		pair.restartProvider(offerSimple);
		notify(pair, 1, 9);
		pair.sent = [];
		pair.events = [];
		while (pair.sent.length === 0)
			pair.advance(1);
		pair.advance(0);
		equal(pair.toldTimes(PEER_REBOOTED), 1);
		equal(pair.entries(SERVER, ENTRY_OFFER), 1);
		equal(pair.entries(CLIENT, ENTRY_SUBSCRIBE), 1);
		equal(pair.events.length, 1, "the field's value is here");
		equal(pair.toldTimes(SERVICE_LOST), 0);
		pair.advance(5000);
		equal(pair.toldTimes(PEER_REBOOTED), 1);
		equal(pair.entries(CLIENT, ENTRY_SUBSCRIBE, true), 0);
	});

	it("what a rebooted server does not offer again is lost", () => {
		const pair = new Pair();
		offerSimple(pair.provider);
		pair.provider.eventgroup(pair.provider.offer(0x1235, 1, 1, 0, 30510), 0x10);
		pair.consumer.request(0x1234, 1, 0x10);
		pair.consumer.request(0x1235, 1, 0x10);
		pair.start();
		pair.advance(3000);
		equal(pair.consumer.statistics.services, 2);
		pair.restartProvider(offerSimple);
		pair.advance(500);
		equal(pair.toldTimes(SERVICE_LOST), 1);
		equal(pair.consumer.statistics.services, 1);
	});

	it("the client's reboot ends its subscription and the new one brings the field", () => {
		const pair = simplePair();
		notify(pair, 1, 5);
		pair.start();
		pair.advance(5000);
		pair.events = [];
		ask(pair);
		pair.advance(1500);
		equal(pair.provider.subscribersOf(0), 1);
		equal(pair.events.length, 1);
	});

	it("a session wrap is no reboot", () => {
		const sessions = new SendSessions(), pair = simplePair({ provider: { sessions }, link: { loss: 0.3 } });
		for (let i = 0; i < 0xfff8; i++)
			sessions.nextMulticast();
		for (let i = 0; i < 0xfffc; i++)
			sessions.nextUnicast(CLIENT);
		pair.start();
		pair.advance(30_000);
		const flags = pair.sent.filter(({ source }) => source === SERVER).map(({ payload }) => payload[16]);
		ok(flags.includes(0xc0) && flags.includes(0x40), "the wrap was seen");
		equal(pair.toldTimes(PEER_REBOOTED), 0);
		pair.toClient.set({ loss: 0 });
		pair.advance(3000);
		equal(pair.toldTimes(PEER_REBOOTED), 0);
		pair.resetSessions();
		pair.restartProvider(offerSimple);
		pair.advance(100);
		equal(pair.toldTimes(PEER_REBOOTED), 1, "a real one is seen after the wrap");
	});

	it("a link that was lost is no reboot: start again, and the subscription is back", () => {
		const pair = simplePair();
		pair.start();
		pair.advance(2000);
		pair.consumer.reset(pair.clock.now());
		pair.drain();
		equal(pair.toldTimes(SERVICE_LOST), 1);
		pair.consumer.start(pair.clock.now());
		pair.drain();
		pair.advance(2000);
		equal(pair.toldTimes(SUBSCRIBED), 2);
		equal(pair.provider.statistics.dropped, 0);
	});

	it("stop ends the subscription with the options it was made with", () => {
		const pair = simplePair();
		pair.start();
		pair.advance(500);
		pair.sent = [];
		pair.consumer.stop(pair.clock.now());
		pair.drain();
		pair.advance(0);
		equal(pair.provider.subscribersOf(0), 0);
		equal(pair.sent.length, 1);
		equal(pair.sent[0]!.payload[27], 0x10, "one option");
		notify(pair, 0, 1);
		pair.advance(60_000);
		equal(pair.events.length, 0);
		equal(pair.entries(CLIENT, ENTRY_FIND), 0, "nor is it searched for when its TTL ends");
	});
});
