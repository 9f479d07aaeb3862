import { CLIENT_CALLS } from "../../../firmware/config.js";
import { deepEqual, describe, equal, hex, it, ok, throws, unhex } from "#test";
import type { MethodRequest } from "../../../firmware/someip/api/method-request.js";
import { typed } from "../../../firmware/someip/api/method-request.js";
import { PayloadCodec } from "../../../firmware/someip/api/payload-codec.js";
import type { AnswerHandler, ServiceProxy } from "../../../firmware/someip/api/proxy.js";
import type { Field, Skeleton } from "../../../firmware/someip/api/skeleton.js";
import { CALL_NOT_REACHABLE, CALL_TABLE_FULL } from "../../../firmware/someip/client.js";
import { SUBSCRIBED, SUBSCRIPTION_REFUSED } from "../../../firmware/someip/consumer-event.js";
import { KIND_SINT16, KIND_STRING, KIND_STRUCT, KIND_UINT8 } from "../../../firmware/someip/payload/type.js";
import {
	E_E2E, E_MALFORMED_MESSAGE, E_NOT_OK, E_NOT_READY, E_NOT_REACHABLE, E_OK, E_TIMEOUT, E_UNKNOWN_METHOD, E_WRONG_INTERFACE_VERSION,
} from "../../../firmware/someip/return-code.js";
import { TRANSPORT_TCP } from "../../../firmware/someip/wanted.js";
import { Application } from "../../../firmware/someip/api/application.js";
import { AddressTable } from "../../../firmware/wire/address-table.js";
import { parseIpv6 } from "../../../firmware/wire/ipv6-address.js";
import { fakeTimer } from "../../support/fake-timer.js";
import { addressKey, type AddressKey } from "../../support/mock-socket.js";
import { Prng } from "../../support/prng.js";
import { CLIENT, GROUP, Hosts, OTHER, SD } from "./support/hosts.js";

const SERVICE = 0x1234, ECHO = 1, GROUP_ID = 0x10, EVENT = 0x8001;

/** A service with an echo method and an event, and its proxy. */
function hosts(setUp: (service: Skeleton, proxy: ServiceProxy, hosts: Hosts) => void = () => {}) {
	const all = new Hosts();
	const availability: boolean[] = [], events: string[] = [], states: number[] = [];
	const service = all.server.offer({ serviceId: SERVICE, instanceId: 1, majorVersion: 2, minorVersion: 7, port: 30509 });
	const proxy = all.client.request({ serviceId: SERVICE, instanceId: 1, majorVersion: 2, onAvailability: (_proxy, isAvailable) => { availability.push(isAvailable); } });
	service.method(ECHO, request => request.respond(request.payload, request.payloadOffset, request.payloadEnd));
	const group = service.eventgroup(GROUP_ID), event = service.event(EVENT, [group]);
	proxy.subscribe(GROUP_ID, code => { states.push(code); });
	proxy.onEvent(EVENT, (bytes, offset, end) => { events.push(hex(bytes, offset, end)); });
	setUp(service, proxy, all);
	return { all, service, proxy, group, event, availability, events, states };
}

/** Keeps how calls end. */
function answers(): { list: [number, string, boolean][]; take: AnswerHandler } {
	const list: [number, string, boolean][] = [];
	return { list, take: (code, bytes, offset, end, isLocal) => { list.push([code, hex(bytes, offset, end), isLocal]); } };
}

const BYTES = unhex("01 02 03");

describe("application: methods", () => {
	it("finds a service, calls its method and is told the answer", () => {
		const { all, proxy, availability } = hosts(), { list, take } = answers();
		equal(proxy.call(ECHO, BYTES, 0, 3, 100, take), CALL_NOT_REACHABLE);
		all.start();
		deepEqual(availability, [true]);
		ok(proxy.call(ECHO, BYTES, 1, 3, 100, take) > 0);
		all.advance(5);
		deepEqual(list, [[E_OK, "0203", false]]);
	});

	it("is told errors, deadlines and the end of the service, each call once", () => {
		let held: MethodRequest | undefined;
		const { all, proxy } = hosts(service => {
			service.method(2, request => { held = request; request.defer(); });
			service.method(3, request => request.refuse(0x21));
			service.method(4, () => { throw new Error("of the application"); });
			service.method(5, () => {});
		}), { list, take } = answers();
		all.start();
		for (const method of [9, 3, 5])
			proxy.call(method, BYTES, 0, 3, 100, take);
		all.advance(5);
		deepEqual(list.splice(0), [[E_UNKNOWN_METHOD, "", false], [0x21, "", false], [E_OK, "", false]]);
		proxy.call(2, BYTES, 0, 3, 100, take);
		all.advance(99);
		equal(list.length, 0);
		all.advance(5);
		deepEqual(list.splice(0), [[E_TIMEOUT, "", true]]);
		ok(held !== undefined);
		proxy.call(4, BYTES, 0, 3, 100, take);
		throws(() => all.advance(5), "of the application");
		all.advance(5);
		deepEqual(list.splice(0), [[E_NOT_OK, "", false]]);
		proxy.call(2, BYTES, 0, 3, 60_000, take);
		all.advance(5);
		all.server.stop();
		all.advance(5);
		deepEqual(list, [[E_NOT_REACHABLE, "", true]]);
	});

	it("answers later what was deferred, once", () => {
		const deferred: number[] = [];
		const { all, proxy } = hosts(service => service.method(2, request => { deferred.push(request.defer()); })), { list, take } = answers();
		all.start();
		proxy.call(2, BYTES, 0, 3, 1000, take);
		proxy.call(2, BYTES, 0, 3, 1000, take);
		all.advance(50);
		equal(all.server.respond(deferred[1]!, BYTES, 0, 1), 1);
		equal(all.server.refuse(deferred[0]!, 0x30), 1);
		ok(all.server.respond(deferred[0]!, BYTES) < 0);
		all.advance(5);
		deepEqual(list, [[E_OK, "01", false], [0x30, "", false]]);
	});

	it("does not tell of a call that was cancelled, and has room for the next", () => {
		const deferred: number[] = [], { all, proxy } = hosts(service => service.method(2, request => { deferred.push(request.defer()); })), { list, take } = answers();
		all.start();
		const requests: number[] = [];
		for (let i = 0; i < CLIENT_CALLS; i++)
			requests.push(proxy.call(2, BYTES, 0, 3, 1000, take));
		equal(proxy.call(2, BYTES, 0, 3, 1000, take), CALL_TABLE_FULL);
		for (const request of requests)
			ok(proxy.cancel(request));
		ok(!proxy.cancel(requests[0]!));
		all.advance(5);
		for (const request of deferred)
			all.server.refuse(request, 0x20);
		ok(proxy.call(ECHO, BYTES, 0, 3, 1000, take) > 0);
		all.advance(2000);
		deepEqual(list, [[E_OK, "010203", false]]);
	});

	it("feat_req_someip_345, _92: sends without an answer, and refuses the wrong interface version", () => {
		const got: string[] = [];
		const { all, proxy } = hosts(service => service.method(2, ({ payload, payloadOffset, payloadEnd }) => { got.push(hex(payload, payloadOffset, payloadEnd)); }, true));
		equal(proxy.send(2, BYTES), CALL_NOT_REACHABLE);
		all.start();
		equal(proxy.send(2, BYTES), 1);
		all.advance(5);
		deepEqual(got, ["010203"]);
		const heard: string[] = [], buffer = new Uint8Array(100), stranger = all.network.host(OTHER)({
			address: OTHER, port: 5000, onReadable: () => {
				const length = stranger.receive(buffer);
				heard.push(hex(buffer, 0, length));
			},
		});
		stranger.send(unhex("1234 0001 00000008 0001 0001 01 03 00 00"), 0, 16, 0x0a000001, 30509);
		all.advance(5);
		equal(heard[0]!.slice(28), `80${(E_WRONG_INTERFACE_VERSION + 0x100).toString(16).slice(1)}`);
	});

	it("calls with values, and refuses what is malformed on either side", () => {
		const text = { kind: KIND_STRING } as const, number = { kind: KIND_SINT16 } as const, { list, take } = answers(), results: [number, unknown][] = [];
		const { all, proxy } = hosts(service => {
			service.method(2, typed(new PayloadCodec(text), new PayloadCodec(number), value => (value as string).length));
			service.method(3, typed(undefined, new PayloadCodec(number), () => "not a number"));
		});
		all.start();
		const length = proxy.method(2, new PayloadCodec(text), new PayloadCodec(number)), keep = (code: number, value: unknown): void => { results.push([code, value]); };
		ok(length.call("grüße", 100, keep) > 0);
		ok(length.call(7, 100, keep) < 0);
		proxy.call(2, BYTES, 0, 3, 100, take);
		proxy.method(3).call(undefined, 100, keep);
		proxy.method(ECHO, new PayloadCodec({ kind: KIND_UINT8 }), new PayloadCodec(text)).call(9, 100, keep);
		all.advance(5);
		deepEqual(list, [[E_MALFORMED_MESSAGE, "", false]]);
		deepEqual(results, [[E_OK, 5], [E_NOT_OK, undefined], [E_MALFORMED_MESSAGE, undefined]]);
	});
});

describe("application: events and fields", () => {
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

describe("application: TCP", () => {
	function overTcp(change: { port?: number; transport?: number; cookies?: boolean } = {}) {
		const all = new Hosts(), events: string[] = [], server = change.cookies ? all.application(OTHER, { cookies: true }) : all.server;
		const service = server.offer({ serviceId: SERVICE, instanceId: 1, majorVersion: 1, tcpPort: 30600, ...change.port === undefined ? {} : { port: change.port } });
		service.method(ECHO, request => request.respond(request.payload, request.payloadOffset, request.payloadEnd));
		const event = service.event(EVENT, [service.eventgroup(GROUP_ID)], undefined, true);
		const proxy = all.client.request({ serviceId: SERVICE, ...change.transport === undefined ? {} : { transport: change.transport } });
		proxy.subscribe(GROUP_ID);
		proxy.onEvent(EVENT, (bytes, offset, end) => { events.push(hex(bytes, offset, end)); });
		server.start();
		all.start();
		all.advance(2000);
		return { all, server, event, proxy, events };
	}

	it("calls, and sends events, over a connection that the client opens", () => {
		for (const change of [{}, { cookies: true }, { port: 30509, transport: TRANSPORT_TCP }]) {
			const { all, server, proxy, event, events } = overTcp(change), { list, take } = answers(), long = new Uint8Array(6000).fill(7);
			ok(proxy.isAvailable);
			ok(proxy.call(ECHO, BYTES, 0, 3, 1000, take) > 0);
			ok(proxy.call(ECHO, long, 0, 2000, 1000, take) > 0);
			all.advance(50);
			deepEqual(list.map(([code, text]) => [code, text.length]), [[E_OK, 6], [E_OK, 4000]]);
			event.notify(BYTES);
			event.notify(long);
			all.advance(50);
			deepEqual(events.map(text => text.length), [6, 12_000]);
			all.client.stop();
			server.stop();
			all.advance(100);
			equal(all.streams.openStreams, 0);
		}
	});

	it("feat_req_someip_326, _647: ends calls with the connection, and connects again", () => {
		const { all, proxy } = overTcp(), { list, take } = answers();
		proxy.call(ECHO, BYTES, 0, 3, 60_000, take);
		all.streams.cut();
		all.advance(5000);
		equal(list.length, 1);
		proxy.call(ECHO, BYTES, 0, 3, 1000, take);
		all.advance(50);
		deepEqual(list[1], [E_OK, "010203", false]);
	});

	it("refuses to offer by TCP where the platform has none", () => {
		const { server } = new Hosts(), { addresses, clock, random, datagramSocket, timer } = server.ports;
		const bare = new Application({ addresses, clock, random, datagramSocket, timer }, server.options);
		throws(() => bare.offer({ serviceId: SERVICE, instanceId: 1, majorVersion: 1, tcpPort: 1 }), "by TCP");
	});
});

describe("application: end-to-end protection", () => {
	it("feat_req_someip_102: protects events, fields and methods; what is damaged does not come", () => {
		const e2e = { profile: "P04", dataId: 7, maxDeltaCounter: 2 } as const, { list, take } = answers();
		let field: Field | undefined;
		const seen: string[] = [], { all, proxy, event, events } = hosts((service, proxy) => {
			service.method(2, request => request.respond(request.payload, request.payloadOffset, request.payloadEnd), false, e2e);
			service.method(3, request => request.respond(BYTES));
			field = service.field({ notifier: 0x8002, eventgroups: [service.eventgroup(0x20)] });
			field.notifier!.protect(e2e);
			proxy.subscribe(0x20);
			proxy.protect(2, e2e);
			proxy.protect(3, e2e);
			proxy.protect(0x8002, e2e);
			proxy.onEvent(0x8002, (bytes, offset, end) => { seen.push(hex(bytes, offset, end)); });
		});
		all.start();
		field!.set(BYTES);
		event.notify(unhex("07"));
		all.advance(5);
		deepEqual([seen, events], [["010203"], ["07"]]);
		proxy.call(2, BYTES, 0, 3, 100, take);
		proxy.call(3, BYTES, 0, 3, 100, take);
		all.advance(200);
		deepEqual(list, [[E_OK, "010203", false], [E_E2E, "", true]]);
		throws(() => all.application(OTHER).request({ serviceId: 1 }).protect(1, e2e), "ask for one");
	});
});

describe("application: IPv6", () => {
	it("offers, finds, calls and notifies", () => {
		const all = new Hosts(), addresses = [new AddressTable(), new AddressTable()], events: string[] = [], { list, take } = answers();
		const at = (index: number, text: string): number => {
			const bytes = new Uint8Array(16);
			ok(parseIpv6(text, bytes, 0));
			return addresses[index]!.intern(bytes, 0);
		};
		const make = (index: number, text: string): Application => new Application({
			addresses: addresses[index]!, clock: all.clock, random: new Prng(index), datagramSocket: all.network.host(keyOf(text)), timer: fakeTimer(all.clock), ...all.streams.host(keyOf(text)),
		}, { address: at(index, text), netmask: 64, sdGroup: at(index, "ff02::4:c0de"), clientId: 1 + index });
		const server = make(0, "fd00::1"), client = make(1, "fd00::2"), service = server.offer({ serviceId: SERVICE, instanceId: 1, majorVersion: 1, port: 30509 });
		service.method(ECHO, request => request.respond(request.payload, request.payloadOffset, request.payloadEnd));
		const event = service.event(EVENT, [service.eventgroup(GROUP_ID)]), proxy = client.request({ serviceId: SERVICE });
		proxy.subscribe(GROUP_ID);
		proxy.onEvent(EVENT, (bytes, offset, end) => { events.push(hex(bytes, offset, end)); });
		server.start();
		client.start();
		all.advance(2000);
		proxy.call(ECHO, BYTES, 0, 3, 1000, take);
		event.notify(BYTES);
		all.advance(10);
		deepEqual([list.length, events.length], [1, 1]);
	});
});

/** The key that the mock network knows an IPv6 address by. */
function keyOf(text: string): AddressKey {
	const table = new AddressTable(), bytes = new Uint8Array(16);
	parseIpv6(text, bytes, 0);
	return addressKey(table.intern(bytes, 0), table)!;
}

describe("application: set-up and life", () => {
	it("refuses what contradicts itself, in words", () => {
		const { all, service, proxy } = hosts();
		throws(() => service.method(ECHO, () => {}), "is there already");
		throws(() => service.method(0x8001, () => {}), "method id");
		throws(() => service.event(0x1, []), "event id");
		throws(() => service.event(0x8005, []), "no eventgroup");
		throws(() => all.server.offer({ serviceId: SERVICE, instanceId: 2, majorVersion: 1, port: 30509 }), "at port 30509 is there already");
		throws(() => all.server.offer({ serviceId: 0xffff, instanceId: 2, majorVersion: 1, port: 1 }), "service id");
		throws(() => all.server.offer({ serviceId: 1, instanceId: 0xffff, majorVersion: 1, port: 1 }), "instance id");
		throws(() => all.server.offer({ serviceId: 1, instanceId: 1, majorVersion: 1, port: 0 }), "port");
		// feat_req_someip_632
		throws(() => service.field({}), "does not exist");
		throws(() => service.event(0x8009, [0]).send(1), "has no codec");
		all.start();
		throws(() => service.method(7, () => {}), "before");
		throws(() => proxy.subscribe(7), "before");
		throws(() => all.client.request({ serviceId: 1 }), "before");
	});

	it("says which address cannot be had", () => {
		const { all } = hosts(), second = all.application(CLIENT, {}, OTHER);
		second.request({ serviceId: 1 });
		all.start();
		throws(() => second.start(), "cannot bind");
	});

	it("feat_req_someipsd_23, _440: comes back after the network was lost", () => {
		const { all, availability, event, events } = hosts();
		all.start();
		all.client.reset();
		deepEqual(availability, [true, false]);
		all.advance(2000);
		all.client.start();
		all.advance(2000);
		deepEqual(availability, [true, false, true]);
		event.notify(BYTES);
		all.advance(5);
		equal(events.length, 1);
	});

	it("feat_req_someip_702: puts together what comes between cork and flush, and keeps what a busy socket refuses", () => {
		const { all, event, events } = hosts();
		all.start();
		all.server.cork();
		event.notify(BYTES);
		event.notify(BYTES);
		all.advance(20);
		equal(events.length, 0);
		all.server.flush();
		all.advance(5);
		equal(events.length, 2);
	});

	it("stops from within a handler, and closes every socket", () => {
		const { all, proxy } = hosts((service, _proxy, { server }) => service.method(2, () => server.stop())), { take } = answers();
		all.start();
		proxy.call(2, BYTES, 0, 3, 100, take);
		all.advance(5);
		ok(!proxy.isAvailable);
		all.client.stop();
		all.advance(5);
		equal(all.network.openSockets, 0);
	});

	it("survives what is no SOME/IP on each of its sockets", () => {
		const { all, proxy, event, events } = hosts(), { list, take } = answers();
		all.start();
		const stranger = all.network.host(OTHER)({ address: OTHER, port: SD, onReadable: () => {} });
		for (let length = 0; length < 60; length++)
			for (const [address, port] of [[GROUP, SD], [0x0a000001, SD], [0x0a000001, 30509], [CLIENT, SD]] as const)
				stranger.send(new Uint8Array(length).fill(length), 0, length, address, port);
		all.advance(20);
		ok(all.server.dropped > 0 && all.client.dropped > 0);
		proxy.call(ECHO, BYTES, 0, 3, 100, take);
		event.notify(BYTES);
		all.advance(5);
		equal(list.length + events.length, 2);
	});
});
