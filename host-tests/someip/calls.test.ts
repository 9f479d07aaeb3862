import { deepEqual, describe, ENGINE, equal, it, ok } from "#test";
import { CALL_NOT_REACHABLE } from "../../firmware/someip/client.js";
import { SERVICE_AVAILABLE } from "../../firmware/someip/consumer-event.js";
import { ENTRY_FIND, ENTRY_SUBSCRIBE } from "../../firmware/someip/sd/entry.js";
import { E_NOT_REACHABLE, E_OK, E_TIMEOUT } from "../../firmware/someip/return-code.js";
import { CallPair, NOTE } from "./support/call-pair.js";
import { CLIENT, offerSimple } from "./support/pair.js";

const bytesOf = (length: number, seed = 0) => Uint8Array.from({ length }, (_, i) => i * 7 + seed & 0xff);

describe("method calls", () => {
	it("a service that is required alone is found and called, and nothing is subscribed", () => {
		const pair = new CallPair({ delay: 5 });
		equal(pair.call(bytesOf(3)), CALL_NOT_REACHABLE);
		pair.start();
		equal(pair.sd.toldTimes(SERVICE_AVAILABLE), 1);
		equal(pair.sd.entries(CLIENT, ENTRY_SUBSCRIBE), 0);
		const request = pair.call(bytesOf(3)), at = pair.now;
		pair.advance(100);
		deepEqual(pair.ended, [{ request, returnCode: E_OK, isLocal: false, payload: bytesOf(3), time: at + 10 }]);
	});

	it("a required service is looked for", () => {
		const pair = new CallPair();
		pair.sd.consumer.start(0);
		pair.sd.drain();
		pair.advance(5000);
		ok(pair.sd.entries(CLIENT, ENTRY_FIND) > 0);
	});

	it("long requests and responses go in segments, over a link that reorders and doubles", () => {
		const pair = new CallPair({ delay: 2, reorder: 0.2, reorderDelay: 2, duplicate: 0.2 }, { queueBytes: 8192 });
		pair.start();
		for (let i = 0; i < 5; i++) {
			pair.call(bytesOf(1400 + i * 1000, i));
			pair.advance(200);
		}
		deepEqual(pair.ended.map(({ payload, returnCode }) => [payload.length, returnCode]), [1400, 2400, 3400, 4400, 5400].map(length => [length, E_OK]));
		pair.ended.forEach(({ payload }, i) => deepEqual(payload, bytesOf(1400 + i * 1000, i)));
	});

	it("each call ends exactly once over a bad link, by its response or its deadline", () => {
		const rounds = ENGINE === "xs" ? 60 : 1000;
		for (const seed of [1, 2, 3]) {
			const pair = new CallPair({ seed, delay: 3, jitter: 10, loss: 0.1, duplicate: 0.1, reorder: 0.1 });
			pair.start();
			const requests = new Set<number>();
			for (let i = 0; i < rounds; i++) {
				const request = pair.call(bytesOf(4, i), 60);
				ok(request > 0, `seed ${seed}`);
				requests.add(request);
				pair.advance(10);
			}
			pair.advance(1000);
			equal(pair.client.pending, 0);
			deepEqual(pair.ended.map(({ request }) => request).sort((a, b) => a - b), [...requests], `seed ${seed}`);
			const lost = pair.ended.filter(({ returnCode }) => returnCode === E_TIMEOUT).length;
			ok(lost > 0 && lost < rounds / 2, `seed ${seed}: ${lost} lost`);
			ok(pair.ended.every(({ returnCode, isLocal }) => isLocal ? returnCode === E_TIMEOUT : returnCode === E_OK));
		}
	});

	it("fire and forget arrives, and nothing comes back", () => {
		const pair = new CallPair();
		pair.start();
		pair.client.send(pair.service, NOTE, bytesOf(2), 0, 2);
		pair.drain();
		pair.advance(10);
		deepEqual(pair.requests, [bytesOf(2)]);
		equal(pair.toClient.statistics.sent, 0);
	});

	it("StopOffer, a lost link and a reboot end the calls at once", () => {
		for (const end of ["StopOffer", "link", "reboot"]) {
			const pair = new CallPair();
			pair.onRequest = () => { };
			pair.start();
			pair.call(bytesOf(1), 60_000);
			pair.advance(10);
			if (end === "StopOffer") {
				pair.sd.provider.stopOffer(0);
				pair.sd.drain();
			}
			else if (end === "link") {
				pair.sd.consumer.reset(pair.now);
				pair.client.reset();
			}
			else {
				pair.sd.resetSessions();
				pair.sd.restartProvider(provider => offerSimple(provider));
			}
			pair.advance(1000);
			deepEqual(pair.ended.map(({ returnCode, isLocal }) => [returnCode, isLocal]), [[E_NOT_REACHABLE, true]], end);
			equal(pair.service !== undefined, end === "reboot", end);
		}
	});
});
