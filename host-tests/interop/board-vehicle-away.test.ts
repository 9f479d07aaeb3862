/** A vehicle that is switched off, crashes, or is never there. */
import { describe, equal, ok } from "#test";
import { until } from "../support/patience.js";
import { NumberedVehicle } from "./support/numbered-vehicle.js";
import { Stage, needBoard, together } from "./support/stage.js";

/** ms of a log line. */
const timeOf = (line: string) => Number(/\((\d+)\)/.exec(line)![1]);

describe("board: vehicle away", () => {
	if (!needBoard())
		return;
	together({
		"notices that a vehicle that crashed has restarted, and subscribes again at its first message": () => Stage.run(async stage => {
			await stage.startAll();
			await stage.untilMore();
			await stage.vehicle!.kill();
			const from = stage.lines.length;
			await stage.startVehicle();
			const noticed = await stage.line(new RegExp(`^W .*sd: ${stage.vehicleAddress.replaceAll(".", "\\.")} has restarted; subscribing again$`), from);
			await stage.until("every eventgroup subscribed again", () => stage.vehicle!.isSubscribed);
			for (const eventgroup of ["0001 of service 1101", "0002 of service 1101", "0010 of service 1202", "0020 of service 1303"]) {
				const line = await stage.line(new RegExp(`subscribed to eventgroup ${eventgroup}`), from);
				// Not when what was offered before has run out; to the offer: host-tests/someip/lifecycle.test.ts.
				ok(timeOf(line) - timeOf(noticed) < 10_000, `${noticed}, and only then ${line}`);
			}
			await stage.untilMore();
			const { someip, mqtt } = await stage.status("");
			equal(someip.services, 3);
			equal(someip.subscriptions, 4);
			equal(mqtt.reconnects, 0);
			await stage.quit();
		}),
		"says that a vehicle stops and that it is back, and tells the cloud": () => Stage.run(async stage => {
			const availability = () => stage.delivered.filter(({ topic }) => topic.endsWith("/1101/0001/sd")).map(({ payload }) => payload.toString());
			await stage.startAll();
			await stage.untilMore();
			await stage.vehicle!.stop();
			await stage.line(/^W .*sd: service 1101\.0001 is gone$/);
			const away = await stage.status("no services", ({ someip }) => someip.services === 0 && someip.subscriptions === 0);
			equal(away.mqtt.connected, true);
			await stage.until("unavailable", () => availability().at(-1) === "{\"state\":\"unavailable\"}");
			const from = stage.lines.length;
			await stage.startVehicle();
			await stage.line(/^I .*sd: service 1101\.0001 offered by/, from);
			await stage.until("every eventgroup subscribed again", () => stage.vehicle!.isSubscribed);
			await stage.untilMore();
			await stage.until("available", () => availability().at(-1) === "{\"state\":\"available\"}");
			ok(!stage.lines.some(line => line.includes("has restarted")), "a clean stop is no crash");
			await stage.quit();
		}),
		"notices that a vehicle is gone for good when its offers run out": () => Stage.run(async stage => {
			await stage.startAll();
			await stage.vehicle!.kill();
			await stage.line(/^W .*sd: service 1303\.0002 is gone$/);
			await stage.status("no services", ({ someip }) => someip.services === 0 && someip.subscriptions === 0);
			await stage.quit();
		}),
		"says where to look when nothing is offered, and finds what comes later": () => Stage.run(async stage => {
			await stage.startBroker();
			await stage.subscribe();
			await stage.startBoard();
			await stage.line(/^W .*sd: none of the services is offered yet: is the vehicle on, and is 239\.[0-9.]+:30490 its group\?$/);
			await stage.startVehicle();
			await stage.untilRunning();
			await stage.untilMore();
			await stage.quit();
		}),
		"says that a vehicle has not the eventgroup that a route names": () => Stage.run(async stage => {
			await stage.startBroker();
			await stage.subscribe();
			const vehicle = new NumberedVehicle(stage);
			await stage.startBoard({ change: file => {
				NumberedVehicle.routes(file, 0);
				file.routes.push({ service: 0x2001, instance: 1, eventgroup: 7, event: 0x8007 });
			} });
			await stage.line(/^W .*sd: subscription to eventgroup 0007 of service 2001\.0001 refused: does it have this eventgroup\?$/);
			await stage.until("the others subscribed", () => vehicle.isSubscribed);
			await stage.status("up", ({ mqtt }) => mqtt.connected);
			vehicle.send();
			await stage.until("its event", () => NumberedVehicle.numbers(stage).length === 1);
			await stage.quit();
		}),
		"counts every event of a flood that it cannot carry, and goes on": () => Stage.run(async stage => {
			await stage.startBroker();
			await stage.subscribe();
			const vehicle = new NumberedVehicle(stage);
			await stage.startBoard({ change: file => NumberedVehicle.routes(file, 1) });
			await stage.untilRunning();
			await stage.until("subscribed", () => vehicle.isSubscribed);
			for (let i = 0; i < 4000; i++)
				vehicle.send();
			let heard = -1;
			await until("the end of the flood", async () => heard === (heard = (await stage.status("")).someip.received), undefined, 200);
			// What the socket dropped is known with the next datagram.
			vehicle.send();
			const { someip, mqtt, memory } = await stage.status("all sent on", ({ mqtt, someip }) => mqtt.queued === 0 && someip.received + someip.dropped === vehicle.sent);
			await stage.until("all of it delivered", () => NumberedVehicle.numbers(stage).length + mqtt.overflowed === someip.received);
			ok(memory.peakBytes < memory.arenaBytes, "memory");
			equal(NumberedVehicle.numbers(stage).at(-1), vehicle.sent - 1);
			if (someip.dropped > 0)
				await stage.line(/^W .*net: \d+ datagrams? of the vehicle (was|were) lost in a full queue$/);
			if (mqtt.overflowed > 0)
				await stage.line(/^W .*uplink: \d+ events? (was|were) lost: the queue for the broker is full$/);
			await stage.quit();
		}),
	}, true);
});
