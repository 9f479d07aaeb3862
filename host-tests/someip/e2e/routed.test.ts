import { deepEqual, describe, equal, it, ok } from "#test";
import { DROP_E2E_ERROR, DROP_E2E_REPEATED, DROP_E2E_WRONG_SEQUENCE } from "../../../firmware/someip/drop.js";
import { E2eTable, type E2eOptions } from "../../../firmware/someip/e2e/e2e-table.js";
import { CHECK_OK, CHECK_OK_SOME_LOST } from "../../../firmware/someip/e2e/protection.js";
import { STATE_INVALID, STATE_VALID } from "../../../firmware/someip/e2e/state-machine.js";
import { E_E2E, E_E2E_REPEATED, E_OK } from "../../../firmware/someip/return-code.js";
import { CallPair, ECHO, SERVICE } from "../support/call-pair.js";
import { offerSimple, Pair, SERVER, SERVICE_PORT } from "../support/pair.js";
import { StreamPair } from "../support/stream-pair.js";

const PROFILES: E2eOptions[] = [
	{ profile: "P04", dataId: 0x0a0b0c0d, maxDeltaCounter: 2 }, { profile: "P05", dataId: 0x1234, maxDeltaCounter: 2 }, { profile: "P05", dataId: 0x1234, maxDeltaCounter: 2, bigEndianCrc: true },
	{ profile: "P06", dataId: 0x1234, maxDeltaCounter: 2 }, { profile: "P07", dataId: 0x0a0b0c0d, maxDeltaCounter: 2 }, { profile: "P04", dataId: 1, maxDeltaCounter: 2, offset: 11 },
];
const payload = (length: number) => Uint8Array.from({ length }, (_, i) => i * 7 + length);

function eventPair(options: E2eOptions): { pair: Pair; table: E2eTable; send(length: number): void } {
	const pair = new Pair({ provider: { segmentGap: 0 } }), table = new E2eTable();
	offerSimple(pair.provider);
	pair.provider.protect(0, options);
	pair.provider.protect(1, options);
	pair.consumer.request(SERVICE, 1, 0x10);
	table.add(SERVICE, 1, 0x8001, options);
	table.add(SERVICE, 1, 0x8002, options);
	pair.receiver.e2e = table;
	pair.start();
	pair.advance(500);
	const send = (length: number) => {
		equal(pair.provider.notify(0, payload(length), 0, length), 1);
		pair.drain();
		pair.advance(1);
	};
	return { pair, table, send };
}

describe("events and methods with end-to-end protection", () => {
	it("feat_req_someip_102: events of all profiles come without their E2E header, short and in segments", () => {
		for (const options of PROFILES) {
			const { pair, send } = eventPair(options);
			for (const length of [3, 40, 1390, 5000])
				send(length);
			deepEqual(pair.events.map(event => event.payload), [3, 40, 1390, 5000].map(payload), JSON.stringify(options));
			equal(pair.receiver.e2eStatus, CHECK_OK);
			equal(pair.receiver.statistics.dropped, 0);
		}
	});

	it("an event that came twice, is damaged, or comes after too many is dropped and counted", () => {
		for (const options of PROFILES) {
			const { pair, table, send } = eventPair(options), at = table.at(0);
			send(20);
			const first = pair.sent.at(-1)!.payload;
			pair.injectEvent(first);
			equal(pair.receiver.statistics.droppedBy(DROP_E2E_REPEATED), 1);
			for (let i = 16; i < first.length; i++) {
				const damaged = first.slice();
				damaged[i]! ^= 1;
				pair.injectEvent(damaged);
			}
			equal(pair.receiver.statistics.droppedBy(DROP_E2E_ERROR), first.length - 16);
			equal(pair.events.length, 1);
			pair.toClient.loseNext = 1;
			send(20);
			send(20);
			equal(pair.receiver.e2eStatus, CHECK_OK_SOME_LOST);
			pair.toClient.loseNext = 5;
			for (let i = 0; i < 6; i++)
				send(20);
			equal(pair.receiver.statistics.droppedBy(DROP_E2E_WRONG_SEQUENCE), 1);
			send(20);
			equal(pair.events.length, 3);
			deepEqual([at.checker.ok, at.checker.someLost, at.checker.repeated, at.checker.wrongSequence], [2, 1, 1, 1]);
			equal(at.states.state, STATE_INVALID);
			for (let i = 0; i < 12; i++)
				send(4);
			equal(at.states.state, STATE_VALID);
		}
	});

	it("a restarted sender begins its counter anew; a later subscriber's initial value is no loss to the others", () => {
		const { pair, send } = eventPair({ profile: "P04", dataId: 5, maxDeltaCounter: 1 });
		for (let i = 0; i < 5; i++)
			send(8);
		pair.restartProvider(provider => {
			offerSimple(provider);
			provider.protect(0, { profile: "P04", dataId: 5 });
			provider.protect(1, { profile: "P04", dataId: 5 });
		});
		pair.advance(500);
		send(8);
		equal(pair.events.length, 6);
		equal(pair.receiver.statistics.dropped, 0);
	});

	it("what is too short, or not protected at all, is wrong", () => {
		const { pair } = eventPair({ profile: "P04", dataId: 5, maxDeltaCounter: 1 });
		for (let length = 0; length < 12; length++) {
			const bytes = new Uint8Array(16 + length);
			bytes.set([0x12, 0x34, 0x80, 1, 0, 0, 0, 8 + length, 0, 0, 0, 1, 1, 1, 2, 0]);
			pair.injectEvent(bytes, SERVER, SERVICE_PORT);
		}
		equal(pair.receiver.statistics.droppedBy(DROP_E2E_ERROR), 12);
		equal(pair.events.length, 0);
	});

	it("requests and responses of all profiles, by UDP and in segments", () => {
		for (const options of PROFILES) {
			const pair = new CallPair({}, { queueBytes: 8192 }), table = new E2eTable();
			pair.protect(options);
			table.add(SERVICE, 1, ECHO, options);
			pair.client.e2e = table;
			pair.start();
			for (const length of [3, 100, 3000]) {
				ok(pair.call(payload(length)) > 0);
				pair.advance(20);
			}
			deepEqual(pair.requests, [3, 100, 3000].map(payload), JSON.stringify(options));
			deepEqual(pair.ended.map(({ returnCode, payload }) => [returnCode, payload.length]), [[E_OK, 3], [E_OK, 100], [E_OK, 3000]]);
		}
	});

	it("a request that is wrong or repeated is answered with E_E2E*, and the application is not told", () => {
		const options = PROFILES[0]!, pair = new CallPair(), table = new E2eTable();
		pair.protect(options);
		pair.start();
		pair.call(payload(20));
		pair.advance(5);
		deepEqual(pair.ended.map(({ returnCode }) => returnCode), [E_E2E], "not protected");
		table.add(SERVICE, 1, ECHO, options);
		pair.client.e2e = table;
		pair.call(payload(20));
		table.at(0).protector.repeat();
		pair.call(payload(20));
		pair.advance(5);
		deepEqual(pair.ended.slice(1).map(({ returnCode, isLocal }) => [returnCode, isLocal]), [[E_OK, false], [E_E2E_REPEATED, false]]);
		equal(pair.requests.length, 1);
	});

	it("a response that is wrong ends the call with E_E2E", () => {
		const options = PROFILES[0]!, pair = new CallPair(), table = new E2eTable();
		table.add(SERVICE, 1, 0x7777, options);
		pair.protect(options);
		table.add(SERVICE, 1, ECHO, { ...options, dataId: 0x0a0b0c0d });
		pair.client.e2e = table;
		pair.start();
		pair.toClient.set({ corrupt: 1 });
		let wrong = 0;
		for (let i = 0; i < 20; i++) {
			pair.call(payload(300), 50);
			pair.advance(60);
		}
		for (const { returnCode, isLocal } of pair.ended) {
			ok(returnCode !== E_OK);
			if (returnCode === E_E2E && isLocal)
				wrong++;
		}
		ok(wrong > 10, `${wrong} of ${pair.ended.length}`);
	});

	it("by TCP as well", () => {
		const options = PROFILES[0]!, pair = new StreamPair({}, consumer => { consumer.request(0x1234, 1, 0x10); }), table = new E2eTable();
		pair.host!.provider.protect(pair.host!.event, options);
		table.add(0x1234, 1, 0x8001, options);
		pair.receiver.e2e = table;
		pair.advance(300);
		for (const length of [0, 3, 4000])
			pair.host!.notify(pair.host!.event, payload(length));
		pair.advance(3);
		deepEqual(pair.events.map(event => event.payload), [0, 3, 4000].map(payload));
	});
});
