import { CLIENT_CALLS } from "../../../firmware/config.js";
import { deepEqual, describe, equal, hex, it, ok, throws, unhex } from "#test";
import type { MethodRequest } from "../../../firmware/someip/api/method-request.js";
import { typed } from "../../../firmware/someip/api/method-request.js";
import { PayloadCodec } from "../../../firmware/someip/api/payload-codec.js";
import { CALL_NOT_REACHABLE, CALL_TABLE_FULL } from "../../../firmware/someip/client.js";
import { KIND_SINT16, KIND_STRING, KIND_UINT8 } from "../../../firmware/someip/payload/type.js";
import { E_MALFORMED_MESSAGE, E_NOT_OK, E_NOT_REACHABLE, E_OK, E_TIMEOUT, E_UNKNOWN_METHOD, E_WRONG_INTERFACE_VERSION } from "../../../firmware/someip/return-code.js";
import { BYTES, ECHO, SERVICE, answers, hosts } from "./support/echo.js";
import { CLIENT, GROUP, OTHER, SD } from "./support/hosts.js";

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
