import { deepEqual, describe, ENGINE, equal, hex, it, ok, unhex } from "#test";
import { CALL_NOT_REACHABLE, CALL_QUEUE_FULL, CALL_TABLE_FULL, CALL_TOO_LONG, Client } from "../../firmware/someip/client.js";
import {
	DROP_DUPLICATE_RESPONSE, DROP_INTERFACE_VERSION, DROP_LATE_RESPONSE, DROP_LENGTH, DROP_MESSAGE_TYPE, DROP_NOT_SUBSCRIBED,
	DROP_PROTOCOL_VERSION, DROP_TRUNCATED, DROP_UNEXPECTED_REQUEST, DROP_UNEXPECTED_RESPONSE,
} from "../../firmware/someip/drop.js";
import { E_NOT_OK, E_NOT_REACHABLE, E_OK, E_TIMEOUT } from "../../firmware/someip/return-code.js";
import { ServiceTable, type RemoteService } from "../../firmware/someip/service-table.js";
import { Prng } from "../support/prng.js";

const FROM = 0x0a000001, PORT = 30509;
const RESPONSE = "1234 0001 0000000a 4a01 0001 01 01 80 00 cafe";

interface Rig {
	client: Client;
	services: ServiceTable;
	service: RemoteService;
	call(payload?: string, timeout?: number, now?: number): number;
	sent(now?: number): string[];
	take(text: string, now?: number, address?: number, port?: number): string[];
}

function setUp(calls = 8): Rig {
	const services = new ServiceTable(), service = services.add(0x1234, 1, 1)!, client = new Client({ clientId: 0x4a01, calls }), buffer = new Uint8Array(1500);
	services.place(service, FROM, PORT);
	const out = new Uint8Array(1500);
	return {
		client, services, service,
		call(payload = "0102", timeout = 1000, now = 0) {
			const bytes = unhex(payload);
			return client.call(service, 1, bytes, 0, bytes.length, timeout, now);
		},
		sent(now = 0) {
			const sent: string[] = [];
			for (let length = client.pollTransmit(out, now); length > 0; length = client.pollTransmit(out, now))
				sent.push(hex(out, 0, length));
			return sent;
		},
		take(text, now = 0, address = FROM, port = PORT) {
			const bytes = unhex(text), ended: string[] = [];
			buffer.set(bytes);
			client.begin(buffer, bytes.length, address, port);
			while (client.next(now) !== 0)
				ended.push(`${client.request.toString(16)} ${client.returnCode} ${client.isLocal ? "local" : hex(client.payload, client.payloadOffset, client.payloadEnd)}`);
			return ended;
		},
	};
}

const plain = (text: string) => text.split(" ").join("");

describe("client", () => {
	it("writes the request, and the response ends the call", () => {
		const { client, call, sent, take } = setUp();
		equal(call(), 0x4a010001);
		deepEqual(sent(), [plain("1234 0001 0000000a 4a01 0001 01 01 00 00 0102")]);
		equal(client.destinationAddress, FROM);
		equal(client.destinationPort, PORT);
		deepEqual(take(RESPONSE), [`4a010001 ${E_OK} cafe`]);
		equal(client.pending, 0);
		equal(client.statistics.received, 1);
	});

	it("writes fire and forget as its own type, for which nothing waits", () => {
		const { client, service, sent } = setUp();
		equal(client.send(service, 2, new Uint8Array([7]), 0, 1), 0x4a010001);
		deepEqual(sent(), [plain("1234 0002 00000009 4a01 0001 01 01 01 00 07")]);
		equal(client.pending, 0);
	});

	it("matches by service, method, client, session and the sender's endpoint", () => {
		const { client, call, sent, take } = setUp();
		call();
		sent();
		const strays = [
			"1235 0001 0000000a 4a01 0001 01 01 80 00 cafe", "1234 0002 0000000a 4a01 0001 01 01 80 00 cafe",
			"1234 0001 0000000a 4a02 0001 01 01 80 00 cafe", "1234 0001 0000000a 4a01 0002 01 01 80 00 cafe",
		];
		for (const stray of strays)
			deepEqual(take(stray), []);
		deepEqual(take(RESPONSE, 0, FROM + 1), []);
		deepEqual(take(RESPONSE, 0, FROM, PORT + 1), []);
		equal(client.statistics.droppedBy(DROP_UNEXPECTED_RESPONSE), strays.length + 2);
		deepEqual(take(RESPONSE), [`4a010001 ${E_OK} cafe`]);
	});

	it("takes errors of both types, and an ERROR that says E_OK for one", () => {
		for (const [type, code, told] of [["80", "03", 3], ["81", "03", 3], ["81", "20", 0x20], ["81", "00", E_NOT_OK]] as const) {
			const { call, take } = setUp();
			call();
			deepEqual(take(`1234 0001 00000008 4a01 0001 01 01 ${type} ${code}`), [`4a010001 ${told} `]);
		}
	});

	it("counts everything else by its reason, and reads on behind it", () => {
		const bad: [string, number][] = [
			["1234 0001 0000000a 4a01 0001 02 01 80 00 cafe", DROP_PROTOCOL_VERSION],
			["1234 0001 0000000a 4a01 0001 01 01 c0 00 cafe", DROP_MESSAGE_TYPE],
			["1234 0001 0000000a 4a01 0001 01 02 80 00 cafe", DROP_INTERFACE_VERSION],
			["1234 0001 0000000a 4a01 0001 01 01 00 00 cafe", DROP_UNEXPECTED_REQUEST],
			["1234 8001 0000000a 0000 0001 01 01 02 00 cafe", DROP_NOT_SUBSCRIBED],
		];
		for (const [text, reason] of bad) {
			const { client, call, take } = setUp();
			call();
			deepEqual(take(text + RESPONSE), [`4a010001 ${E_OK} cafe`], text);
			equal(client.statistics.droppedBy(reason), 1, text);
		}
	});

	it("drops what is cut anywhere", () => {
		const { client, call, take } = setUp(), bytes = unhex(RESPONSE);
		call();
		for (let length = 1; length < bytes.length; length++)
			deepEqual(take(hex(bytes, 0, length)), []);
		equal(client.statistics.droppedBy(DROP_TRUNCATED) + client.statistics.droppedBy(DROP_LENGTH), bytes.length - 1);
		equal(client.pending, 1);
	});

	it("ends a call at its deadline, and tells the late response from a doubled one", () => {
		const { client, call, take } = setUp();
		call("", 100, 0x7fffffff);
		equal(client.pollTimeout(0x7fffffff), 0, "the request is to be sent");
		client.pollTransmit(new Uint8Array(100), 0x7fffffff);
		equal(client.pollTimeout(0x7fffffff), 100);
		equal(client.next(0x7fffffff + 99 | 0), 0);
		deepEqual(take("", 0x7fffffff + 100 | 0), [`4a010001 ${E_TIMEOUT} local`]);
		deepEqual(take(RESPONSE), []);
		equal(client.statistics.droppedBy(DROP_LATE_RESPONSE), 1);
		call();
		const second = "1234 0001 0000000a 4a01 0002 01 01 80 00 cafe";
		deepEqual(take(second + second), [`4a010002 ${E_OK} cafe`]);
		equal(client.statistics.droppedBy(DROP_DUPLICATE_RESPONSE), 1);
	});

	it("says nothing more of a call that was cancelled", () => {
		const { client, call, take } = setUp(), request = call();
		ok(client.cancel(request));
		ok(!client.cancel(request));
		deepEqual(take(RESPONSE, 5000), []);
		equal(client.statistics.droppedBy(DROP_LATE_RESPONSE), 1);
	});

	it("ends calls whose service is gone, has moved or was begun anew with E_NOT_REACHABLE", () => {
		for (const change of ["gone", "renewed"]) {
			const { client, services, service, call, take } = setUp();
			call();
			if (change === "gone")
				service.state = 0;
			else
				services.renew(service);
			deepEqual(take(RESPONSE), [`4a010001 ${E_NOT_REACHABLE} local`]);
			equal(client.statistics.droppedBy(DROP_LATE_RESPONSE), 1);
		}
	});

	it("refuses with a code what it cannot send", () => {
		const { client, service, call, sent } = setUp(2), long = new Uint8Array(2049);
		equal(client.call(undefined, 1, long, 0, 0, 1, 0), CALL_NOT_REACHABLE);
		equal(client.call(service, 1, long, 0, 2049, 1, 0), CALL_TOO_LONG);
		ok(client.call(service, 1, long, 0, 2040, 1000, 0) > 0);
		equal(client.call(service, 1, long, 0, 9, 1000, 0), CALL_QUEUE_FULL);
		equal(sent().length, 1, "the first segment; the second one 1 ms later");
		equal(sent(1).length, 1);
		ok(call() > 0);
		equal(call(), CALL_TABLE_FULL);
		service.port = 0;
		equal(client.send(service, 1, long, 0, 1), CALL_NOT_REACHABLE);
	});

	it("never gives session 0, nor one that is still waited for", () => {
		const { client, service, call, sent } = setUp(2), empty = new Uint8Array(0);
		equal(call("", 0x7ffffff0), 0x4a010001);
		sent();
		const wrap = ENGINE === "xs" ? 0 : 0xfffe;
		let last = 0;
		for (let i = 0; i < wrap; i++) {
			last = client.send(service, 2, empty, 0, 0);
			sent();
		}
		if (wrap > 0) {
			equal(last, 0x4a01ffff);
			equal(client.send(service, 2, empty, 0, 0), 0x4a010002, "1 is waited for");
		}
	});

	it("survives what is not SOME/IP at all", () => {
		const { client, call, take } = setUp(), prng = new Prng(11), valid = unhex(RESPONSE);
		call("", 0x7ffffff0);
		for (let round = 0; round < (ENGINE === "xs" ? 300 : 20_000); round++) {
			const bytes = valid.slice(0, 1 + prng.below(valid.length));
			bytes[prng.below(bytes.length)]! ^= 1 + prng.below(255);
			if (take(hex(bytes)).length > 0)
				call("", 0x7ffffff0);
		}
		ok(client.pending <= 1);
	});
});
