import { describe, equal, it } from "#test";
import { MQTT_ANSWER_WAIT } from "../../firmware/config.js";
import { KEEP_ALIVE_FINE, KEEP_ALIVE_LOST, KEEP_ALIVE_PING, KeepAlive } from "../../firmware/mqtt/keep-alive.js";
import { NO_TIMEOUT } from "../../firmware/wire/time.js";

for (const start of [0, 0x7fffffff - 10000, -5000])
	describe(`mqtt/keep-alive from ${start} ms`, () => {
		const at = (time: number): number => (start + time) | 0;

		it("wants a ping after three quarters of the interval without a packet sent", () => {
			const keepAlive = new KeepAlive();
			keepAlive.start(60, at(0));
			equal(keepAlive.pollTimeout(at(0)), 45000);
			keepAlive.sent(at(10000));
			keepAlive.received(at(50000));
			equal(keepAlive.check(at(54999)), KEEP_ALIVE_FINE);
			equal(keepAlive.check(at(55000)), KEEP_ALIVE_PING);
		});

		it("wants a ping where much is sent and nothing comes back", () => {
			const keepAlive = new KeepAlive();
			keepAlive.start(60, at(0));
			for (let time = 0; time < 60000; time += 1000) {
				equal(keepAlive.check(at(time)), KEEP_ALIVE_FINE);
				keepAlive.sent(at(time));
			}
			equal(keepAlive.check(at(60000)), KEEP_ALIVE_PING);
		});

		it("gives up where no answer comes, and goes on where one does", () => {
			const keepAlive = new KeepAlive();
			keepAlive.start(60, at(0));
			keepAlive.pinged(at(45000));
			equal(keepAlive.pollTimeout(at(45000)), 10000);
			keepAlive.received(at(46000));
			keepAlive.answered();
			equal(keepAlive.pollTimeout(at(46000)), 44000);
			keepAlive.pinged(at(90000));
			equal(keepAlive.check(at(99999)), KEEP_ALIVE_FINE);
			equal(keepAlive.check(at(100000)), KEEP_ALIVE_LOST);
		});

		it("asks soon where a PUBACK is owed and nothing moves either way", () => {
			const keepAlive = new KeepAlive();
			keepAlive.start(60, at(0));
			keepAlive.received(at(500));
			keepAlive.sent(at(1000));
			equal(keepAlive.pollTimeout(at(1000), true), MQTT_ANSWER_WAIT);
			equal(keepAlive.check(at(1000 + MQTT_ANSWER_WAIT), false), KEEP_ALIVE_FINE);
			equal(keepAlive.check(at(1000 + MQTT_ANSWER_WAIT), true), KEEP_ALIVE_PING);
			keepAlive.received(at(2000));
			equal(keepAlive.pollTimeout(at(2000), true), MQTT_ANSWER_WAIT);
		});

		it("is off at 0 seconds", () => {
			const keepAlive = new KeepAlive();
			keepAlive.start(0, at(0));
			equal(keepAlive.pollTimeout(at(1000000)), NO_TIMEOUT);
		});
	});
