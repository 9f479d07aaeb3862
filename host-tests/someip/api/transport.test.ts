import { deepEqual, describe, equal, hex, it, ok, throws, unhex } from "#test";
import { SERVER_REQUESTS } from "../../../firmware/config.js";
import type { Field } from "../../../firmware/someip/api/skeleton.js";
import { E_E2E, E_NOT_READY, E_OK } from "../../../firmware/someip/return-code.js";
import { TRANSPORT_TCP } from "../../../firmware/someip/wanted.js";
import { Application } from "../../../firmware/someip/api/application.js";
import { AddressTable } from "../../../firmware/wire/address-table.js";
import { parseIpv6 } from "../../../firmware/wire/ipv6-address.js";
import { fakeTimer } from "../../support/fake-timer.js";
import { addressKey, type AddressKey } from "../../support/mock-socket.js";
import { Prng } from "../../support/prng.js";
import { BYTES, ECHO, EVENT, GROUP_ID, SERVICE, answers, hosts } from "./support/echo.js";
import { Hosts, OTHER, SERVER } from "./support/hosts.js";

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

	it("a client that takes no answers keeps no place for requests from the others", () => {
		const deferred: number[] = [], all = new Hosts(), service = all.server.offer({ serviceId: SERVICE, instanceId: 1, majorVersion: 1, port: 30509, tcpPort: 30600 });
		service.method(ECHO, request => request.respond(request.payload, request.payloadOffset, request.payloadEnd));
		service.method(2, request => { deferred.push(request.defer()); });
		const proxy = all.client.request({ serviceId: SERVICE, transport: TRANSPORT_TCP }), { list, take } = answers();
		all.start();
		const call = () => {
			proxy.call(ECHO, BYTES, 0, 3, 500, take);
			all.advance(100);
			return list.pop();
		};
		// Small answers: at the end there is no room for an error either.
		const one = unhex("1234 0001 00000008 4a02 0001 01 01 00 00"), requests = new Uint8Array(64 * one.length);
		for (let i = 0; i < 64; i++)
			requests.set(one, i * one.length);
		const slow = all.streams.host(OTHER).streamSocket({ address: SERVER, port: 30600, onChanged() {} });
		all.advance(10);
		for (let i = 0; i < 100; i++) {
			slow.send(requests, 0, requests.length);
			all.advance(5);
		}
		deepEqual(call(), [E_OK, "010203", false], "while it is there");

		// What was deferred and is not wanted any more.
		const later = all.streams.host(OTHER).streamSocket({ address: SERVER, port: 30600, onChanged() {} });
		all.advance(10);
		for (let i = 0; i < SERVER_REQUESTS; i++)
			requests[i * one.length + 3] = 2;
		later.send(requests, 0, SERVER_REQUESTS * one.length);
		all.advance(50);
		equal(deferred.length, SERVER_REQUESTS);
		deepEqual(call(), [E_NOT_READY, "", false]);
		later.close();
		all.advance(50);
		deepEqual(call(), [E_OK, "010203", false]);
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
