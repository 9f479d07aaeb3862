/** A broker that stops, is killed, or is far away over a bad link: what the board keeps, loses and counts. */
import { setTimeout as delay } from "node:timers/promises";
import { describe, deepEqual, equal, ok } from "#test";
import { startProxy, type ProxyOptions } from "../support/udp-proxy.js";
import { freePort } from "./peers/ngtcp2.js";
import { NumberedVehicle } from "./support/numbered-vehicle.js";
import { Stage, needBoard, together } from "./support/stage.js";

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
const sorted = (numbers: number[]) => [...new Set(numbers)].sort((a, b) => a - b);

/** Broker, vehicle and board are up, with every event at QoS 1. */
async function startNumbered(stage: Stage, brokerPort?: number): Promise<NumberedVehicle> {
	const vehicle = new NumberedVehicle(stage);
	await stage.startBoard({ change: file => NumberedVehicle.routes(file, 1), ...brokerPort === undefined ? {} : { brokerPort } });
	await stage.until("subscribed", () => vehicle.isSubscribed);
	return vehicle;
}

/** Events that begin before the board has a connection, over a link that is bad both ways. */
const overBadLink = (rates: Partial<ProxyOptions>) => () => Stage.run(async stage => {
	const broker = await stage.startBroker();
	await stage.subscribe();
	const proxy = await startProxy({ port: broker.port, ...rates });
	stage.also(() => proxy.stop());
	const vehicle = await startNumbered(stage, proxy.port);
	vehicle.play(25);
	await stage.status("up over a bad link", ({ mqtt }) => mqtt.connected, 60_000);
	await stage.until("200 events", () => vehicle.sent >= 200);
	vehicle.halt();
	await stage.until("every event delivered", () => sorted(NumberedVehicle.numbers(stage)).length >= vehicle.sent, 60_000);
	deepEqual(sorted(NumberedVehicle.numbers(stage)), range(0, vehicle.sent));
	const { mqtt, someip } = await stage.status("all acknowledged", ({ mqtt }) => mqtt.acknowledged >= vehicle.sent, 60_000);
	equal(mqtt.overflowed, 0);
	equal(someip.dropped, 0);
	ok(proxy.up.statistics.lost > 0 && proxy.down.statistics.lost > 0, "nothing was lost on the way");
	proxy.up.set({ loss: 0 });
	proxy.down.set({ loss: 0 });
	await stage.quit();
});

describe("board: broker away", () => {
	if (!needBoard())
		return;
	together({
		"loses no QoS 1 event over a link that loses 30 % both ways, from the first packet on": overBadLink({ loss: 0.3, seed: 7 }),
		"loses none where datagrams are also doubled, turned round and damaged": overBadLink({ loss: 0.3, duplicate: 0.1, reorder: 0.1, corrupt: 0.05, delay: 5, jitter: 5, seed: 11 }),
		"keeps events while the broker restarts, and delivers them in order": () => Stage.run(async stage => {
			const broker = await stage.startBroker();
			await stage.subscribe();
			const vehicle = await startNumbered(stage);
			await stage.untilRunning();
			vehicle.play(20);
			await stage.until("20 events", () => NumberedVehicle.numbers(stage).length >= 20);
			await broker.kill();
			await delay(300);
			await broker.restart();
			await stage.line(/^W .*lost the connection to .*; next try in 1 s$/);
			await stage.status("up again", ({ mqtt }) => mqtt.connected && mqtt.reconnects === 1);
			vehicle.halt();
			const { mqtt } = await stage.status("all acknowledged", ({ mqtt }) => mqtt.queued === 0);
			equal(mqtt.overflowed, 0);
			// The subscriber was away as long as the broker: what came before it was back is not for it. The last ones are.
			await stage.until("the last event", () => NumberedVehicle.numbers(stage).at(-1) === vehicle.sent - 1);
			await stage.quit();
		}),
		"says that the broker stops, keeps what comes, and delivers it to the next one": () => Stage.run(async stage => {
			const broker = await stage.startBroker();
			const vehicle = await startNumbered(stage);
			await stage.untilRunning();
			await broker.stop();
			await stage.line(/^W .*uplink: .*(the broker ended the connection: |lost the connection to |closed the MQTT stream).*; next try in 1 s$/);
			await stage.status("down", ({ mqtt }) => !mqtt.connected);
			for (let i = 0; i < 50; i++) {
				vehicle.send();
				await delay(2);
			}
			await stage.status("50 events kept", ({ mqtt }) => mqtt.queued >= 50);
			await startBrokerBehind(stage, broker.port);
			await stage.status("up again", ({ mqtt }) => mqtt.connected && mqtt.reconnects === 1);
			await stage.until("50 events delivered", () => NumberedVehicle.numbers(stage).length >= 50);
			deepEqual(NumberedVehicle.numbers(stage), range(0, 50));
			await stage.quit();
		}),
		"counts what its queue cannot hold, and delivers what it does": () => Stage.run(async stage => {
			const port = await freePort();
			const vehicle = await startNumbered(stage, port);
			const count = 200, size = 400;
			for (let i = 0; i < count; i++) {
				vehicle.send(size);
				// No more than the socket's queue has room for.
				if (i % 50 === 49)
					await stage.status("heard", ({ someip }) => someip.received > i);
			}
			await stage.line(/^W .*uplink: \d+ events? (was|were) lost: the queue for the broker is full$/);
			const { mqtt, memory } = await stage.status("all heard", ({ someip }) => someip.received === count);
			ok(mqtt.queued > 50 && mqtt.overflowed > 50, `${mqtt.queued} queued, ${mqtt.overflowed} lost`);
			equal(mqtt.queued + mqtt.overflowed, count);
			ok(memory.peakBytes < memory.arenaBytes, "memory");
			await startBrokerBehind(stage, port);
			await stage.status("up", ({ mqtt }) => mqtt.connected);
			// The board's own state needs room as well; an event or two give theirs.
			const { mqtt: after } = await stage.status("the queue empty", status => status.mqtt.queued === 0);
			const kept = count - after.overflowed;
			ok(kept >= mqtt.queued - 2, `${kept} of ${mqtt.queued} kept`);
			await stage.until("the queue delivered", () => NumberedVehicle.numbers(stage).length >= kept);
			// At QoS 1 the first ones are kept, in order.
			const numbers = NumberedVehicle.numbers(stage);
			deepEqual(numbers, sorted(numbers));
			equal(numbers.length, kept);
			ok(numbers.at(-1)! < mqtt.queued, `${numbers.at(-1)} was kept`);
			vehicle.send();
			await stage.until("the next event", () => NumberedVehicle.numbers(stage).at(-1) === count);
			await stage.quit();
		}),
		"survives a change of its port by a NAT": () => Stage.run(async stage => {
			const broker = await stage.startBroker();
			await stage.subscribe();
			const proxy = await startProxy({ port: broker.port });
			stage.also(() => proxy.stop());
			const vehicle = await startNumbered(stage, proxy.port);
			await stage.untilRunning();
			vehicle.play(20);
			for (let i = 0; i < 3; i++) {
				await delay(300);
				proxy.rebind();
			}
			await delay(300);
			vehicle.halt();
			await stage.until("every event delivered", () => NumberedVehicle.numbers(stage).length >= vehicle.sent);
			deepEqual(sorted(NumberedVehicle.numbers(stage)), range(0, vehicle.sent));
			equal((await stage.status("")).mqtt.reconnects, 0);
			await stage.quit();
		}),
	}, true);
});

/** A broker that the board reaches at `port`, but only after there is a subscriber. */
async function startBrokerBehind(stage: Stage, port: number): Promise<void> {
	const broker = await stage.startBroker();
	await stage.subscribe();
	const proxy = await startProxy({ port: broker.port, listenPort: port });
	stage.also(() => proxy.stop());
}
