import { SD_SERVICES_MAX } from "../../firmware/config.js";
import { deepEqual, describe, equal, hex, it, unhex } from "#test";
import {
	DROP_E2E_ERROR, DROP_INTERFACE_VERSION, DROP_LENGTH, DROP_MESSAGE_TYPE, DROP_NAMES, DROP_NOT_SUBSCRIBED, DROP_PROTOCOL_VERSION, DROP_TP_LENGTH,
	DROP_TRUNCATED, DROP_UNEXPECTED_REQUEST, DROP_UNEXPECTED_RESPONSE,
} from "../../firmware/someip/drop.js";
import { EventReceiver } from "../../firmware/someip/event-receiver.js";
import type { Peer } from "../../firmware/someip/sd/peer.js";
import { ServiceTable } from "../../firmware/someip/service-table.js";

const FROM = 0x0a000001, PORT = 30509;
const EVENT = "1234 8001 0000000a 0000 0001 01 01 02 00 cafe";

function setUp(): { receiver: EventReceiver; services: ServiceTable; take(text: string, address?: number, port?: number): string[] } {
	const services = new ServiceTable(), service = services.add(0x1234, 1, 1)!, receiver = new EventReceiver(services), buffer = new Uint8Array(1500);
	services.place(service, FROM, PORT);
	service.peer = {} as Peer;
	service.subscribed = 1;
	const take = (text: string, address = FROM, port = PORT) => {
		const bytes = unhex(text), taken: string[] = [];
		buffer.set(bytes);
		receiver.begin(buffer, bytes.length, address, port, 0);
		while (receiver.next() === 1)
			taken.push(`${receiver.serviceId.toString(16)}.${receiver.instanceId} ${receiver.methodId.toString(16)} ${hex(receiver.payload, receiver.payloadOffset, receiver.payloadEnd)}`);
		return taken;
	};
	return { receiver, services, take };
}

describe("event receiver", () => {
	it("delivers every event of a datagram, aligned or not", () => {
		const { receiver, take } = setUp();
		deepEqual(take(EVENT + "1234 8002 00000009 0000 0002 01 01 02 00 aa" + "1234 8001 00000008 0000 0003 01 01 02 00" + EVENT),
			["1234.1 8001 cafe", "1234.1 8002 aa", "1234.1 8001 ", "1234.1 8001 cafe"]);
		equal(receiver.statistics.received, 4);
		equal(receiver.statistics.dropped, 0);
	});

	it("counts each reason, and goes on behind what can be passed over", () => {
		const bad: [string, number, boolean][] = [
			["1234 8001 0000000a 0000 0001 02 01 02 00 cafe", DROP_PROTOCOL_VERSION, true],
			["1234 8001 0000000a 0000 0001 01 01 42 00 cafe", DROP_MESSAGE_TYPE, true],
			["1234 8001 0000000a 0000 0001 01 02 02 00 cafe", DROP_INTERFACE_VERSION, true],
			["1235 8001 0000000a 0000 0001 01 01 02 00 cafe", DROP_NOT_SUBSCRIBED, true],
			["1234 0001 0000000a 0000 0001 01 01 00 00 cafe", DROP_UNEXPECTED_REQUEST, true],
			["1234 0001 0000000a 0000 0001 01 01 01 00 cafe", DROP_UNEXPECTED_REQUEST, true],
			["1234 0001 0000000a 0000 0001 01 01 80 00 cafe", DROP_UNEXPECTED_RESPONSE, true],
			["1234 0001 0000000a 0000 0001 01 01 a1 05 cafe", DROP_UNEXPECTED_RESPONSE, true],
			["1234 8001 0000000e 0000 0001 01 01 22 00 00000001 cafe", DROP_TP_LENGTH, true],
			["1234 8001 00000007 0000 0001 01 01 02 00 cafe", DROP_LENGTH, false],
			["1234 8001 00000000 0000 0001 01 01 02 00 cafe", DROP_LENGTH, false],
			["1234 8001 fffffff8 0000 0001 01 01 02 00 cafe", DROP_LENGTH, false],
		];
		for (const [text, reason, goesOn] of bad) {
			const { receiver, take } = setUp();
			deepEqual(take(EVENT + text + EVENT), goesOn ? ["1234.1 8001 cafe", "1234.1 8001 cafe"] : ["1234.1 8001 cafe"], text);
			equal(receiver.statistics.dropped, 1, text);
			equal(receiver.statistics.droppedBy(reason), 1, text);
			deepEqual(take(EVENT), ["1234.1 8001 cafe"], "the next datagram");
		}
	});

	it("takes nothing of a truncated message", () => {
		const bytes = unhex(EVENT).length;
		for (let length = 1; length < bytes; length++) {
			const { receiver, take } = setUp();
			deepEqual(take(hex(unhex(EVENT).slice(0, length))), []);
			equal(receiver.statistics.droppedBy(length < 16 ? DROP_TRUNCATED : DROP_LENGTH), 1);
		}
	});

	it("takes events from the endpoint that offers the service, and only while it is subscribed", () => {
		const { receiver, services, take } = setUp();
		equal(take(EVENT, FROM + 1).length, 0);
		equal(take(EVENT, FROM, PORT + 1).length, 0);
		services.at(0).subscribed = 0;
		equal(take(EVENT).length, 0);
		equal(receiver.statistics.droppedBy(DROP_NOT_SUBSCRIBED), 3);
		services.at(0).subscribed = 1;
		equal(take(EVENT).length, 1);
		services.unplace(services.at(0));
		equal(take(EVENT).length, 0);
	});

	it("tells two instances by their ports, and two versions by the interface version", () => {
		const { services, take } = setUp();
		const second = services.add(0x1234, 2, 1)!, newer = services.add(0x1234, 3, 2)!;
		second.subscribed = newer.subscribed = 1;
		services.place(second, FROM, PORT + 64);
		services.place(newer, FROM, PORT);
		deepEqual(take(EVENT, FROM, PORT + 64), ["1234.2 8001 cafe"]);
		deepEqual(take(EVENT), ["1234.1 8001 cafe"]);
		deepEqual(take(EVENT.replace("01 01 02", "01 02 02")), ["1234.3 8001 cafe"]);
	});

	it("finds its service in a full table", () => {
		const { services, take } = setUp();
		for (let id = 1; id < SD_SERVICES_MAX; id++) {
			const service = services.add(0x2000 + id, 1, 1)!;
			service.subscribed = 1;
			services.place(service, FROM, PORT);
		}
		equal(services.add(1, 1, 1), undefined, "the table is full");
		for (let id = 1; id < SD_SERVICES_MAX; id++)
			deepEqual(take(EVENT.replace("1234", (0x2000 + id).toString(16))), [`${(0x2000 + id).toString(16)}.1 8001 cafe`]);
	});

	it("a segment of one life is never joined to one of the next", () => {
		const { services, take } = setUp(), segment = (offset: string, byte: string) => `1234 8001 0000001c 0000 0001 01 01 22 00 ${offset} ${byte.repeat(16)}`;
		equal(take(segment("00000001", "aa")).length, 0);
		services.renew(services.at(0));
		equal(take(segment("00000010", "bb")).length, 0);
		deepEqual(take(segment("00000001", "bb")), [`1234.1 8001 ${"bb".repeat(32)}`]);
	});

	it("has a name for every reason", () => {
		equal(DROP_NAMES.length, 1 - DROP_E2E_ERROR);
		equal(new Set(DROP_NAMES).size, DROP_NAMES.length);
	});
});
