import { deepEqual, describe, equal, it } from "#test";
import { NO_ROUTE, RouteTable } from "../../firmware/gateway/routes.js";
import { configured } from "./support/sample.js";

function table(routes: object[]): { table: RouteTable, topics: string[] } {
	const topics: string[] = [];
	const configuration = configured(sample => { sample.routes = routes; });
	return { table: new RouteTable(configuration.routes, topic => topics.push(topic) - 1), topics };
}

const route = (service: number, instance: number | "any", event: number, changes: object = {}) =>
	({ service, instance, eventgroup: 1, event, topic: "{svc}/{inst}/{event}", ...changes });

describe("routes", () => {
	it("finds an event's topic, QoS and retain flag", () => {
		const { table: routes, topics } = table([
			route(0x2000, 1, 0x8001, { qos: 1 }), route(0x1000, 1, 0x8002, { retain: true }), route(0xfffd, 1, 0xfffe, { qos: 1, retain: true }), route(1, 1, 0x8001),
		]);
		equal(routes.length, 4);
		const seen = [[0x2000, 0x8001], [0x1000, 0x8002], [0xfffd, 0xfffe], [1, 0x8001]].map(([service, event]) => {
			const found = routes.find(service!, event!, 1);
			return [topics[routes.topic(found)], routes.qos(found), routes.retain(found)];
		});
		deepEqual(seen, [["2000/0001/8001", 1, false], ["1000/0001/8002", 0, true], ["fffd/0001/fffe", 1, true], ["0001/0001/8001", 0, false]]);
	});

	it("knows what it has no route for", () => {
		const { table: routes } = table([route(0x1000, 1, 0x8001), route(0x1000, 1, 0x8003)]);
		for (const [service, event, instance] of [[0x1000, 0x8002, 1], [0x1000, 0x8000, 1], [0x1000, 0x8004, 1], [0x0fff, 0x8001, 1], [0x1001, 0x8001, 1], [0, 0, 1], [0xffff, 0xffff, 1], [0x1000, 0x8001, 2]])
			equal(routes.find(service!, event!, instance!), NO_ROUTE);
	});

	it("tells instances apart", () => {
		const { table: routes, topics } = table([route(0x1000, 2, 0x8001), route(0x1000, 1, 0x8001), route(0x1000, 0xfffe, 0x8001)]);
		for (const [instance, topic] of [[1, "1000/0001/8001"], [2, "1000/0002/8001"], [0xfffe, "1000/fffe/8001"]] as const)
			equal(topics[routes.topic(routes.find(0x1000, 0x8001, instance))], topic);
		equal(routes.find(0x1000, 0x8001, 3), NO_ROUTE);
	});

	it("takes any instance where the route says so", () => {
		const { table: routes } = table([route(0x1000, "any", 0x8001), route(0x1000, 5, 0x8002)]);
		equal(routes.find(0x1000, 0x8001, 7), 0);
		equal(routes.find(0x1000, 0x8002, 5), 1);
		equal(routes.find(0x1000, 0x8002, 7), NO_ROUTE);
	});

	it("encodes a topic that two routes share once", () => {
		const { table: routes, topics } = table([route(0x1000, 1, 0x8001, { topic: "a" }), route(0x1000, 1, 0x8002, { topic: "a" })]);
		deepEqual(topics, ["a"]);
		equal(routes.topic(0), routes.topic(1));
	});

	it("finds each of the most routes that there may be", () => {
		const all = [];
		for (let i = 0; i < 128; i++)
			all.push(route(0x1000 + (i * 37) % 11, 1, 0x8001 + i));
		const { table: routes, topics } = table(all);
		for (let i = 0; i < 128; i++)
			equal(topics[routes.topic(routes.find(all[i]!.service, all[i]!.event, 1))], `${all[i]!.service.toString(16)}/0001/${all[i]!.event.toString(16)}`);
	});
});
