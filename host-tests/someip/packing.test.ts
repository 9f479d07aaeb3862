import { deepEqual, describe, ENGINE, equal, it, ok } from "#test";
import { Message } from "../../firmware/someip/header.js";
import { CLIENT, offerSimple, Pair, SERVER, simplePair } from "./support/pair.js";

describe("packing", () => {
	it("feat_req_someipsd_836: 3500 eventgroups are subscribed and acknowledged in at most 100 datagrams", () => {
		const count = ENGINE === "xs" ? 350 : 3500;
		const pair = new Pair({ provider: { subscribersMax: count, answersMax: count }, consumer: { subscriptionsMax: count } });
		const service = pair.provider.offer(0x1234, 1, 1, 0, 30509);
		for (let i = 1; i <= count; i++) {
			pair.provider.eventgroup(service, i);
			pair.consumer.request(0x1234, 1, i);
		}
		pair.start();
		while (pair.consumer.statistics.subscriptions < count && pair.clock.now() < 5000)
			pair.advance(10);
		equal(pair.consumer.statistics.subscriptions, count);
		const datagrams = pair.sent.filter(({ payload }) => payload[0] === 0xff && payload[24]! >= 6);
		ok(datagrams.length <= 100, `${datagrams.length} datagrams`);
		ok(pair.sent.every(({ payload }) => payload.length <= 1400));
		equal(pair.consumer.statistics.dropped + pair.provider.statistics.dropped, 0);
	});

	it("feat_req_someip_702: events of one moment share datagrams, and come in order", () => {
		const pair = simplePair();
		pair.start();
		pair.advance(500);
		pair.sent = [];
		for (let i = 0; i < 6; i++)
			equal(pair.provider.notify(i % 2, new Uint8Array([i, 1, 2]), 0, 3), 1);
		pair.drain();
		pair.advance(1);
		deepEqual(pair.sent.map(({ payload }) => payload.length), [6 * 19]);
		deepEqual(pair.events.map(({ payload }) => payload[0]), [0, 1, 2, 3, 4, 5]);
	});

	it("a datagram is never longer than 1416 bytes, and long events stay alone", () => {
		const pair = simplePair({ provider: { segmentGap: 0 } });
		pair.start();
		pair.advance(500);
		pair.sent = [];
		for (const length of [700, 700, 690, 1400, 3, 2000, 3])
			equal(pair.provider.notify(0, new Uint8Array(length).fill(length), 0, length), 1);
		pair.drain();
		pair.advance(5);
		deepEqual(pair.sent.map(({ payload }) => payload.length), [716, 716, 706, 1416, 19, 1412, 628, 19]);
		deepEqual(pair.events.map(({ payload }) => payload.length), [700, 700, 690, 1400, 3, 2000, 3]);
	});

	it("each subscriber gets each event once and in order, whoever subscribed to what", () => {
		const pair = new Pair();
		const service = pair.provider.offer(0x1234, 1, 1, 0, 30509), a = pair.provider.eventgroup(service, 1), b = pair.provider.eventgroup(service, 2);
		const first = pair.provider.event(0x8001, [a]), second = pair.provider.event(0x8002, [b]), both = pair.provider.event(0x8003, [a, b]);
		pair.provider.start(0);
		pair.drain();
		pair.advance(200);
		const subscribe = (port: number, group: number, session: number) => {
			const bytes = new Uint8Array(56), view = new DataView(bytes.buffer);
			bytes.set([0xff, 0xff, 0x81, 0, 0, 0, 0, 48, 0, 0, session >> 8, session, 1, 1, 2, 0, 0x40, 0, 0, 0, 0, 0, 0, 16, 6, 0, 0, 0x10, 0x12, 0x34, 0, 1, 1, 0, 0, 3, 0, 0, 0, group, 0, 0, 0, 12, 0, 9, 4, 0]);
			view.setUint32(48, CLIENT);
			bytes.set([0, 0x11, port >> 8, port], 52);
			pair.provider.receiveSd(0, bytes, bytes.length, CLIENT, 30490, pair.clock.now());
			pair.drain();
		};
		const plan: [number, number[]][] = [[41000, [1]], [41001, [2]], [41002, [1, 2]], [41003, [2]]];
		let session = 1;
		for (const [port, groups] of plan)
			for (const group of groups)
				subscribe(port, group, session++);
		pair.sent = [];
		const order = [first, second, both, second, first, both, first];
		order.forEach((event, index) => pair.provider.notify(event, new Uint8Array([index]), 0, 1));
		pair.drain();
		for (const [port, groups] of plan) {
			const got: number[] = [], message = new Message();
			for (const { destinationPort, payload } of pair.sent)
				if (destinationPort === port) {
					message.attach(payload);
					for (let at = 0; at < payload.length;) {
						at += message.wrap(at, payload.length);
						got.push(payload[message.payloadOffset]!);
					}
				}
			deepEqual(got, order.map((event, index) => event === both || (event === first && groups.includes(1)) || (event === second && groups.includes(2)) ? index : -1).filter(index => index >= 0), `port ${port}`);
		}
		ok(pair.sent.length < 20);
	});

	it("feat_req_someipsd_262: stop of a provider withdraws all services in one message", () => {
		const pair = new Pair();
		offerSimple(pair.provider);
		pair.provider.offer(0x1235, 1, 1, 0, 30510);
		pair.provider.start(0);
		pair.drain();
		pair.advance(500);
		pair.sent = [];
		pair.provider.stop();
		pair.drain();
		equal(pair.sent.length, 1);
		equal(pair.entries(SERVER, 1, true), 2);
	});
});
