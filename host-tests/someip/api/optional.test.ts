import { deepEqual, describe, equal, hex, it, ok, throws, unhex } from "#test";
import { E_NOT_OK } from "../../../firmware/someip/return-code.js";
import { BYTES, ECHO, EVENT, GROUP_ID, SERVICE, answers, hosts } from "./support/echo.js";
import { CLIENT, Hosts, OTHER, SERVER } from "./support/hosts.js";

describe("application: what a vehicle may want besides", () => {
	it("feat_req_someip_101: an error says more, at once and later", () => {
		const deferred: number[] = [];
		const { all, proxy } = hosts(service => {
			service.method(2, request => request.refuse(0x21, unhex("01 02 03 04"), 1, 3));
			service.method(3, request => { deferred.push(request.defer()); });
			service.method(4, request => request.refuse(0x22, new Uint8Array(20_000)));
		}), { list, take } = answers();
		all.start();
		for (const method of [2, 3, 4])
			proxy.call(method, BYTES, 0, 3, 1000, take);
		all.advance(5);
		equal(all.server.refuse(deferred[0]!, E_NOT_OK, BYTES), 1);
		all.advance(5);
		deepEqual(list, [[0x21, "0203", false], [0x22, "", false], [E_NOT_OK, "010203", false]]);
	});

	it("feat_req_someipsd_149, _174: strings, priority and weight go along with an offer", () => {
		const all = new Hosts();
		all.server.offer({ serviceId: SERVICE, instanceId: 1, majorVersion: 1, port: 30509, configuration: ["hostname=zonal", "flag"], priority: 2, weight: 7 });
		all.server.offer({ serviceId: 0xfffe, instanceId: 1, majorVersion: 1, configuration: ["otherserv=internaldiag", "port=13400"] });
		const proxy = all.client.request({ serviceId: SERVICE, instanceId: 1 }), other = all.client.request({ serviceId: 0xfffe, otherService: "internaldiag" });
		const none = all.client.request({ serviceId: 0xfffe, instanceId: 1, otherService: "flash" });
		equal(proxy.configuration("hostname"), undefined);
		all.start();
		deepEqual([proxy.configuration("hostname"), proxy.configuration("flag"), proxy.configuration("x")], ["zonal", "", undefined]);
		deepEqual([proxy.service!.priority, proxy.service!.weight], [2, 7]);
		deepEqual([other.isAvailable, other.configuration("port"), none.isAvailable], [true, "13400", false]);
		throws(() => new Hosts().server.offer({ serviceId: SERVICE, instanceId: 1, majorVersion: 1 }), "port");
	});

	it("feat_req_someipsd_16: tells how many subscribers an eventgroup has, and who they are", () => {
		const counts: number[] = [];
		let group = 0;
		const { all, service } = hosts(own => { group = own.eventgroup(0x11, 0, 0, 1, count => { counts.push(count); }); });
		service.event(EVENT + 1, [group]);
		const other = all.application(OTHER), proxy = other.request({ serviceId: SERVICE });
		proxy.subscribe(0x11);
		all.start();
		deepEqual(counts, []);
		other.start();
		all.advance(500);
		deepEqual(counts, [1]);
		deepEqual(service.subscribingHosts(group), [OTHER]);
		other.stop();
		all.advance(5);
		deepEqual(counts, [1, 0]);
	});

	it("feat_req_someip_806: an event to some of the hosts", () => {
		const { all, event, events } = hosts(), other = all.application(OTHER), proxy = other.request({ serviceId: SERVICE }), heard: string[] = [];
		proxy.subscribe(GROUP_ID);
		proxy.onEvent(EVENT, (bytes, offset, end) => { heard.push(hex(bytes, offset, end)); });
		other.start();
		all.start();
		equal(event.notifyOnly([CLIENT], BYTES, 0, 1), 1);
		equal(event.notifyOnly([CLIENT, OTHER], BYTES, 0, 2), 1);
		equal(event.notify(BYTES), 1);
		all.advance(5);
		deepEqual(events, ["01", "0102", "010203"]);
		deepEqual(heard, ["0102", "010203"]);
	});

	it("feat_req_someipsd_444: both sides are configured: no discovery, events and calls all the same", () => {
		const all = new Hosts(), service = all.server.offer({ serviceId: SERVICE, instanceId: 1, majorVersion: 2, port: 30509, ttl: 3 });
		const client = all.application(OTHER, { sdPort: 40490, eventPort: 41000 }), { list, take } = answers(), events: string[] = [];
		const proxy = client.request({ serviceId: SERVICE, instanceId: 1, majorVersion: 2, endpoint: { address: SERVER, port: 30509 } });
		service.method(ECHO, request => request.respond(request.payload, request.payloadOffset, request.payloadEnd));
		const group = service.eventgroup(GROUP_ID), event = service.event(EVENT, [group]);
		service.preset(group, OTHER, 41000);
		proxy.onEvent(EVENT, (bytes, offset, end) => { events.push(hex(bytes, offset, end)); });
		throws(() => proxy.subscribe(GROUP_ID), "without a subscription");
		throws(() => client.request({ serviceId: SERVICE, endpoint: { address: SERVER, port: 30509 } }), "instance");
		all.start();
		client.start();
		all.advance(10);
		ok(proxy.isAvailable);
		event.notify(BYTES);
		proxy.call(ECHO, BYTES, 1, 3, 100, take);
		all.advance(5);
		deepEqual(events, ["010203"]);
		deepEqual(list, [[0, "0203", false]]);
	});

	it("feat_req_someipsd_439: an eventgroup with a time is subscribed to anew", () => {
		const counts: number[] = [];
		const { all, service, proxy, event } = hosts((own, wanted) => {
			const group = own.eventgroup(0x11, 0, 0, 1, count => { counts.push(count); });
			own.event(EVENT + 1, [group]);
			wanted.subscribe(0x11, undefined, 100, [EVENT + 1]);
			throws(() => wanted.subscribe(0x12, undefined, 100), "which events");
		});
		all.start();
		ok(proxy.isAvailable && service.subscribersOf(1) === 1 && event.notify(BYTES) === 1);
		all.advance(5000);
		deepEqual(counts, [1]);
		equal(all.client.dropped + all.server.dropped, 0);
	});
});
