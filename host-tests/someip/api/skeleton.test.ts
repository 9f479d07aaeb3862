import { deepEqual, describe, equal, hex, it, ok, unhex } from "#test";
import { PayloadCodec } from "../../../firmware/someip/api/payload-codec.js";
import type { Field } from "../../../firmware/someip/api/skeleton.js";
import { SUBSCRIBED, SUBSCRIPTION_REFUSED } from "../../../firmware/someip/consumer-event.js";
import { KIND_STRUCT, KIND_UINT8 } from "../../../firmware/someip/payload/type.js";
import { E_MALFORMED_MESSAGE, E_NOT_READY, E_OK } from "../../../firmware/someip/return-code.js";
import { BYTES, ECHO, EVENT, GROUP_ID, SERVICE, answers, hosts } from "./support/echo.js";
import { Hosts, OTHER } from "./support/hosts.js";

describe("skeleton: events and fields", () => {
	it("sends events to those that subscribed", () => {
		const { all, service, group, event, events, states } = hosts();
		all.start();
		deepEqual(states, [SUBSCRIBED]);
		equal(service.subscribersOf(group), 1);
		equal(event.notify(BYTES), 1);
		all.advance(5);
		deepEqual(events, ["010203"]);
		event.notify(new Uint8Array(5000));
		all.advance(100);
		equal(events[1]!.length, 10_000);
		all.client.stop();
		all.advance(5);
		equal(service.subscribersOf(group), 0);
	});

	it("feat_req_someipsd_14, _22, _619: tells of a refused eventgroup, and of services that go and come", () => {
		const refused: number[] = [];
		const { all, service, proxy, availability, events, event } = hosts((_service, proxy) => proxy.subscribe(0x99, code => { refused.push(code); }));
		all.start();
		equal(refused[0], SUBSCRIPTION_REFUSED);
		service.stopOffer();
		all.advance(5);
		ok(!proxy.isAvailable);
		service.startOffer();
		all.advance(500);
		deepEqual(availability, [true, false, true]);
		event.notify(BYTES);
		all.advance(5);
		equal(events.length, 1);
	});

	it("feat_req_someip_633, _634, _635, feat_req_someipsd_833: gives a field's value to new subscribers and to getters, and adopts what a setter brings", () => {
		const codec = new PayloadCodec({ kind: KIND_STRUCT, members: [{ name: "x", type: { kind: KIND_UINT8 } }] }), values: unknown[] = [], { list, take } = answers();
		let field: Field | undefined;
		const { all, proxy } = hosts((service, proxy) => {
			field = service.field({
				getter: 2, setter: 3, notifier: 0x8002, eventgroups: [service.eventgroup(0x20)], codec,
				onSet: (field, bytes, offset) => {
					if (bytes[offset]! === 99)
						field.assign({ x: 50 });
					return bytes[offset]! > 200 ? 0x22 : E_OK;
				},
			});
			service.field({ getter: 4 });
			proxy.subscribe(0x20);
			proxy.onValue(0x8002, codec, value => { values.push(value); });
		});
		equal(field!.value, undefined);
		equal(field!.assign({ x: 1 }), 1);
		all.start();
		deepEqual(values, [{ x: 1 }]);
		const call = (method: number, text: string): [number, string, boolean] => {
			const bytes = unhex(text);
			proxy.call(method, bytes, 0, bytes.length, 100, take);
			all.advance(5);
			return list.pop()!;
		};
		deepEqual(call(2, ""), [E_OK, "01", false]);
		deepEqual(call(3, "07"), [E_OK, "07", false]);
		deepEqual(call(3, "63"), [E_OK, "32", false]);
		deepEqual(call(3, "c9"), [0x22, "", false]);
		deepEqual(call(3, ""), [E_MALFORMED_MESSAGE, "", false]);
		deepEqual(call(2, ""), [E_OK, "32", false]);
		deepEqual(call(4, ""), [E_NOT_READY, "", false]);
		deepEqual(values, [{ x: 1 }, { x: 7 }, { x: 50 }]);
		deepEqual(field!.value, { x: 50 });
	});

	it("feat_req_someipsd_1187: asks for initial values by the flag where that is switched on", () => {
		const all = new Hosts(), options = { explicitInitialData: true }, server = all.application(OTHER, options), client = all.application(0x0a000004, options), values: string[] = [];
		const service = server.offer({ serviceId: SERVICE, instanceId: 1, majorVersion: 1, port: 30509 });
		const field = service.field({ notifier: 0x8002, eventgroups: [service.eventgroup(GROUP_ID)] }), proxy = client.request({ serviceId: SERVICE });
		proxy.subscribe(GROUP_ID);
		proxy.onEvent(0x8002, (bytes, offset, end) => { values.push(hex(bytes, offset, end)); });
		field.set(BYTES);
		server.start();
		client.start();
		all.advance(1500);
		deepEqual(values, ["010203"]);
	});

	it("feat_req_someip_814, feat_req_someipsd_791: hears events by multicast, and leaves the group with the last subscription", () => {
		const all = new Hosts(), events: string[] = [];
		const service = all.server.offer({ serviceId: SERVICE, instanceId: 1, majorVersion: 1, port: 30509 }), event = service.event(EVENT, [service.eventgroup(GROUP_ID, 0xefc0ff01, 32344)]);
		const proxy = all.client.request({ serviceId: SERVICE });
		proxy.subscribe(GROUP_ID);
		proxy.onEvent(EVENT, (bytes, offset, end) => { events.push(hex(bytes, offset, end)); });
		all.start();
		const before = all.network.openSockets;
		event.notify(BYTES);
		all.advance(5);
		deepEqual(events, ["010203"]);
		all.server.stop();
		all.advance(5);
		equal(all.network.openSockets, before - 4);
		ok(!proxy.isAvailable);
	});

	it("feat_req_someip_636, _445: binds to the first of several instances until it is lost", () => {
		const all = new Hosts(), { list, take } = answers(), services = [1, 2].map(instanceId => {
			const service = all.server.offer({ serviceId: SERVICE, instanceId, majorVersion: 1, port: 30508 + instanceId });
			service.method(ECHO, request => request.respond(new Uint8Array([instanceId])));
			return service;
		});
		const proxy = all.client.request({ serviceId: SERVICE });
		all.start();
		const bound = proxy.boundInstance;
		proxy.call(ECHO, BYTES, 0, 0, 100, take);
		all.advance(5);
		services[bound - 1]!.stopOffer();
		all.advance(1500);
		equal(proxy.boundInstance, 3 - bound);
		proxy.call(ECHO, BYTES, 0, 0, 100, take);
		all.advance(5);
		deepEqual(list, [[E_OK, `0${bound}`, false], [E_OK, `0${3 - bound}`, false]]);
	});
});
